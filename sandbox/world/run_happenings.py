"""What can happen to runs of workflows, and how one that began lives on; only worlds with runs let it happen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random

from sandbox.world.ci.model import PRODUCTION, Job, JobSpec, Run, Runner
from sandbox.world.ci.runners import SELF_HOSTED
from sandbox.world.hours import DAY, HOUR
from sandbox.world.population import Happen, Happening, Population

ATTEMPTS = 30
MINUTE = 60
# Seconds, on average: until a hosted runner takes a job, until a free one of the organisation's own is looked for,
# how long a job takes, and until somebody approves one.
PICK_UP, LOOK, DURATION, APPROVAL = 12, 90, 240, 2 * HOUR
REJECTED_SHARE, RERUN_SHARE, EPHEMERAL_SHARE = 0.1, 0.4, 0.3
CONCLUSIONS = {"success": 84, "failure": 11, "timed_out": 1, "cancelled": 2, "neutral": 2}
SELF_HOSTED_GPU = (*SELF_HOSTED, "gpu")
LINT, BUILD, TEST = JobSpec("lint"), JobSpec("build"), JobSpec("test", ("ubuntu-24.04",))
# A workflow's name, what starts it, its jobs, and those that need all of them.
Plans = tuple[str, str, tuple[JobSpec, ...], tuple[JobSpec, ...]]
WORKFLOWS: tuple[Plans, ...] = (
    ("CI", "pull_request", (LINT, BUILD, TEST), ()),
    ("CI", "push", (BUILD, TEST), (JobSpec("package", SELF_HOSTED),)),
    ("Deploy", "push", (BUILD,), (JobSpec("deploy", SELF_HOSTED, environment=PRODUCTION),)),
    ("Nightly", "schedule", (JobSpec("train", SELF_HOSTED_GPU), JobSpec("soak", SELF_HOSTED)), (JobSpec("report"),)),
    ("Smoke", "workflow_dispatch", (JobSpec("smoke", environment="staging"),), ()),
)
# In a rush hour: how many runs may end, how many come last, and what these want. Nobody has a runner for the second.
RUSH_ENDED, RUSH_QUEUED = 6, 6
RUSH: tuple[Plans, ...] = (WORKFLOWS[3], ("Mobile", "push", (JobSpec("ios", ("self-hosted", "macOS", "ARM64")),), ()))


@dataclass(slots=True)
class Life:
    """What is to become of a run's attempt: each of its jobs is planned once."""

    world: Population
    run: Run
    rng: Random
    planned: set[int] = field(default_factory=set)

    def plan(self) -> None:
        """Plan what becomes of the jobs that are new."""
        for job in self.run.jobs:
            if job.id in self.planned or job.is_done:
                continue
            self.planned.add(job.id)
            if job.status == "waiting":
                self._later(self.rng.expovariate(1 / APPROVAL), job, "waiting", self._review)
            else:
                self._queue(job)

    def _queue(self, job: Job) -> None:
        mean = LOOK if job.spec.self_hosted else PICK_UP
        self._later(2 + self.rng.expovariate(1 / mean), job, "queued", self._pick_up)

    def _later(self, seconds: float, job: Job, status: str, deed: Callable[[Job], None]) -> None:
        """Do something with a job in so many seconds, if it is in the expected state then, and still there."""

        def act() -> None:
            repository = job.run.repository
            there = self.world.repositories.get(repository.full_name.lower()) is repository
            if there and self.world.find_job(job.id) is job and job.status == status:
                deed(job)

        self.world.later(self.world.now + int(seconds), act)

    def _review(self, job: Job) -> None:
        actor = self.world.draw_insider(self.rng, job.run.repository)
        if self.rng.random() < REJECTED_SHARE:
            self.world.reject(job, actor)
        else:
            self.world.approve(job, actor)
            self._queue(job)
        self.plan()

    def _pick_up(self, job: Job) -> None:
        runner = self.world.free_runner(job.run.repository.owner, job.spec)
        if runner is not None:
            self.world.pick_up(job, runner)
            self._later(5 + self.rng.expovariate(1 / DURATION), job, "in_progress", self._complete)
        elif self.world.now - job.created_at > DAY:
            self.world.cancel_run(self.run)
        else:
            self._queue(job)

    def _complete(self, job: Job) -> None:
        conclusion = self.rng.choices(list(CONCLUSIONS), weights=list(CONCLUSIONS.values()))[0]
        self.world.complete_job(job, conclusion)
        self.plan()


def _report(kind: str, run: Run) -> list[Happening]:
    return [{"kind": kind, "repository": run.repository.full_name, "run": run.id, "attempt": run.latest.number}]


def _provide(world: Population, rng: Random, run: Run) -> None:
    """Give the run's organisation some runners, if it has none."""
    organisation = run.repository.owner
    if not world.runners(organisation):
        for labels in (SELF_HOSTED, SELF_HOSTED, SELF_HOSTED_GPU):
            world.add_runner(organisation, labels=labels)
        if rng.random() < 0.5:
            world.set_runner(world.add_runner(organisation), status="offline")


def _start(world: Population, rng: Random) -> list[Happening]:
    return _start_one_of(world, rng, WORKFLOWS) if world.has_active else []


def plan_rush(world: Population, rng: Random, at: int) -> None:
    """Plan an hour up to a moment in which many runs are started, and the end of which no runner takes all jobs."""
    moments = [at - rng.randrange(10 * MINUTE, HOUR) for _ in range(RUSH_ENDED)]
    moments += [at - rng.randrange(MINUTE) for _ in range(RUSH_QUEUED)]
    for index, moment in enumerate(moments):
        workflows = WORKFLOWS[:2] if index < RUSH_ENDED else RUSH
        world.later(moment, partial(_rush, world, Random(rng.random()), workflows))


def _rush(world: Population, rng: Random, workflows: Sequence[Plans]) -> None:
    if world.has_active:
        _start_one_of(world, rng, workflows)


def _start_one_of(world: Population, rng: Random, workflows: Sequence[Plans]) -> list[Happening]:
    repository = world.draw_repository(rng)
    name, event, jobs, then = rng.choice(workflows)
    actor = world.draw_insider(rng, repository)
    branch = "main" if event != "pull_request" else f"topic-{rng.randrange(1_000)}"
    held = rng.choices((None, "pending", "action_required"), weights=(40, 2, 1))[0]
    run = world.start_run(
        repository, jobs, then=then, workflow=name, event=event, branch=branch, actor=actor, held=held
    )
    _provide(world, rng, run)
    life = Life(world, run, Random(rng.random()))
    if held == "pending":
        world.later(world.now + rng.randrange(MINUTE, HOUR), lambda: _release(life))
    life.plan()
    return _report("run_started", run)


def _release(life: Life) -> None:
    if life.run.status == "pending":
        life.world.release_run(life.run)
        life.plan()


def _fail_at_startup(world: Population, rng: Random) -> list[Happening]:
    if not world.has_active:
        return []
    return _report("run_failed_at_startup", world.fail_at_startup(world.draw_repository(rng)))


def _haunt(world: Population, rng: Random) -> list[Happening]:
    if not world.has_active:
        return []
    return _report("ghost_run", world.start_run(world.draw_repository(rng), ()))


def _drawn(world: Population, rng: Random, fits: Callable[[Run], bool]) -> Run | None:
    """Draw a run by luck, or the latest one that fits."""
    runs = world.started_runs
    draws = (rng.choice(runs) for _ in range(ATTEMPTS if runs else 0))
    there = world.repositories
    found = (run for run in (*draws, *reversed(runs)) if there.get(run.repository.full_name.lower()) is run.repository)
    return next((run for run in found if fits(run)), None)


def _rerun(world: Population, rng: Random) -> list[Happening]:
    run = _drawn(world, rng, lambda one: one.conclusion in ("success", "failure", "cancelled") and bool(one.jobs))
    if run is None:
        return []
    failed_only = run.conclusion == "failure" and rng.random() < RERUN_SHARE * 2
    world.rerun(run, failed_only=failed_only, actor=world.draw_insider(rng, run.repository))
    Life(world, run, Random(rng.random())).plan()
    return _report("run_rerun", run)


def _cancel(world: Population, rng: Random) -> list[Happening]:
    run = _drawn(world, rng, lambda one: one.status != "completed" and bool(one.jobs))
    if run is None:
        return []
    world.cancel_run(run)
    return _report("run_cancelled", run)


def _approve(world: Population, rng: Random) -> list[Happening]:
    run = _drawn(world, rng, lambda one: one.conclusion == "action_required")
    if run is None:
        return []
    world.approve_run(run)
    Life(world, run, Random(rng.random())).plan()
    return _report("run_approved", run)


def _of_runner(kind: str, runner: Runner) -> list[Happening]:
    return [{"kind": kind, "organisation": runner.organisation.login, "runner": runner.id}]


def _join(world: Population, rng: Random) -> list[Happening]:
    organisation = rng.choice(list(world.organisations.values()))
    labels = rng.choice((SELF_HOSTED, SELF_HOSTED, SELF_HOSTED_GPU))
    ephemeral = rng.random() < EPHEMERAL_SHARE
    return _of_runner("runner_joined", world.add_runner(organisation, labels=labels, ephemeral=ephemeral))


def _leave(world: Population, rng: Random) -> list[Happening]:
    idle = [one for place in world.organisations.values() for one in world.runners(place) if one.job is None]
    if not idle:
        return []
    runner = rng.choice(idle)
    world.remove_runner(runner)
    return _of_runner("runner_left", runner)


RUN_STARTS: dict[str, tuple[int, Happen]] = {
    "run_started": (46, _start),
    "run_failed_at_startup": (2, _fail_at_startup),
    "ghost_run": (1, _haunt),
}
RUN_CHANGES: dict[str, tuple[int, Happen]] = {
    "run_rerun": (6, _rerun),
    "run_cancelled": (2, _cancel),
    "run_approved": (1, _approve),
    "runner_joined": (1, _join),
    "runner_left": (1, _leave),
}
RUN_HAPPENINGS = RUN_STARTS | RUN_CHANGES
# How many runs change on a day on which a hundred are started.
RUN_CHANGES_SHARE = 0.15
