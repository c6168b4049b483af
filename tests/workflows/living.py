"""A continuous integration that lives: runs of every sort begin, go on and end, a tick of the clock at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sandbox import JobSpec, World
from sandbox.world.ci.model import Run
from sandbox.world.items import Repository

HOSTED, OWN = JobSpec("build"), JobSpec("train", ("self-hosted", "Linux"))
TEST, LINT = JobSpec("test", ("ubuntu-24.04",)), JobSpec("lint")
DEPLOY, PACK = JobSpec("deploy", environment="production"), JobSpec("pack")
RUNNERS = 40
# One of these ticks in real life: between half a minute and some minutes.
TICK = (20, 240)
Story = Iterator[None]


@dataclass
class Life:
    """What lives; `deleted` has the ids of runs that somebody deleted, and of their jobs."""

    world: World
    rng: Random
    advance: Callable[[float], None]
    stories: list[Story] = field(default_factory=list)
    deleted: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.repositories = list(self.world.repositories.values())
        for _ in range(RUNNERS):
            self.world.add_runner(self.repositories[0].owner, labels=OWN.labels)

    def go_on(self, jobs: int, *, a_tick: int = 8) -> None:
        """Let runs begin until there are so many jobs, and what has begun go on meanwhile."""
        while len(self.world.jobs()) < jobs:
            self.stories += [self._begin() for _ in range(a_tick)]
            self.tick()

    def tick(self) -> None:
        """Let each story come one step further."""
        self.stories = [story for story in self.stories if next(story, self) is None]
        self.advance(self.rng.randrange(*TICK))

    def _begin(self) -> Story:
        kinds: dict[Callable[[Repository], Story], int] = {
            self._plain: 50,
            self._gated: 9,
            self._again: 8,
            self._again_failed: 8,
            self._cancelled: 6,
            self._held: 4,
            self._stranger: 3,
            self._broken: 4,
            self._deleted: 4,
            self._ghost: 1,
        }
        [kind] = self.rng.choices(list(kinds), weights=list(kinds.values()))
        return kind(self.rng.choice(self.repositories))

    def _start(self, repository: Repository, **more: Any) -> Run:
        jobs = self.rng.sample([HOSTED, OWN, TEST, LINT], self.rng.randrange(1, 5))
        then = [PACK] if self.rng.random() < 0.3 else []
        return self.world.start_run(repository, jobs, then=then, **more)

    def _finish(self, run: Run, conclusion: str = "success") -> Story:
        while run.status != "completed":
            yield
            if self.rng.random() < 0.8:
                self.world.advance_run(run, conclusion)

    def _plain(self, repository: Repository) -> Story:
        yield from self._finish(self._start(repository), self.rng.choice(("success", "success", "failure")))

    def _gated(self, repository: Repository) -> Story:
        run = self.world.start_run(repository, [HOSTED, DEPLOY] if self.rng.random() < 0.5 else [DEPLOY], then=[PACK])
        for _ in range(self.rng.randrange(12)):
            yield
        if self.rng.random() < 0.2:
            [waiting] = [job for job in run.jobs if job.status == "waiting"]
            self.world.reject(waiting)
        yield from self._finish(run)

    def _again(self, repository: Repository) -> Story:
        run = self._start(repository)
        yield from self._finish(run, "failure")
        for _ in range(self.rng.randrange(1, 3)):
            for _ in range(self.rng.randrange(1, 20)):
                yield
            self.world.rerun(run, failed_only=False)
            yield from self._finish(run)

    def _again_failed(self, repository: Repository) -> Story:
        run = self.world.start_run(repository, [HOSTED, TEST, LINT], then=[DEPLOY])
        for job in list(run.jobs):
            yield
            self.world.pick_up(job)
        for job in list(run.jobs):
            yield
            self.world.complete_job(job, "failure" if job.spec is TEST else "success")
        for _ in range(self.rng.randrange(1, 20)):
            yield
        self.world.rerun(run, failed_only=True)
        yield from self._finish(run)

    def _cancelled(self, repository: Repository) -> Story:
        run = self._start(repository)
        for _ in range(self.rng.randrange(3)):
            yield
            if run.status != "completed":
                self.world.advance_run(run)
        yield
        if run.status != "completed":
            self.world.cancel_run(run)

    def _held(self, repository: Repository) -> Story:
        run = self._start(repository, held="pending")
        for _ in range(self.rng.randrange(1, 20)):
            yield
        self.world.release_run(run)
        yield from self._finish(run)

    def _stranger(self, repository: Repository) -> Story:
        run = self._start(repository, held="action_required", event="pull_request")
        for _ in range(self.rng.randrange(1, 20)):
            yield
        self.world.approve_run(run)
        yield from self._finish(run)

    def _broken(self, repository: Repository) -> Story:
        self.world.fail_at_startup(repository)
        yield

    def _deleted(self, repository: Repository) -> Story:
        run = self._start(repository)
        yield
        if self.rng.random() < 0.6:
            yield from self._finish(run)
        self.deleted |= {run.id, *(job.id for attempt in run.attempts for job in attempt.jobs)}
        self.world.delete_run(run)

    def _ghost(self, repository: Repository) -> Story:
        self.world.start_run(repository, ())
        yield
