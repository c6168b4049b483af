"""Runs of workflows and the ways to bring them forward: nothing here happens by itself."""

from collections.abc import Iterable
from random import Random

from sandbox.world.ci.jobs import Jobs
from sandbox.world.ci.model import FAILED, Attempt, Job, JobSpec, Run, Workflow
from sandbox.world.founding import Plan
from sandbox.world.items import Organisation, Repository
from sandbox.world.people import Person

Specs = Iterable[str | JobSpec]
BROKEN = ".github/workflows/broken.yml"


class Runs(Jobs):
    """The part of the state that is about runs, and the ways to change them."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self._workflows: dict[Repository, list[Workflow]] = {}
        self._runs: dict[Repository, list[Run]] = {}
        self._runs_by_id: dict[int, Run] = {}
        self.started_runs: list[Run] = []  # of repositories that are gone, too
        self._run_ids = Random(f"{plan.seed}/runs")
        self._last_run = self._run_ids.randrange(9_000_000_000, 9_500_000_000)

    def workflows(self, repository: Repository) -> list[Workflow]:
        """Return a repository's workflows."""
        return list(self._workflows.get(repository, ()))

    def runs(self, place: Organisation | Repository | None = None) -> list[Run]:
        """Return all runs of a repository, an organisation or the world, oldest first."""
        if isinstance(place, Repository):
            return list(self._runs.get(place, ()))
        places = self.repositories.values() if place is None else place.repositories
        found = [run for one in places for run in self._runs.get(one, ())]
        return sorted(found, key=lambda run: run.id)

    def jobs(self, place: Organisation | Repository | None = None) -> list[Job]:
        """Return all jobs of all attempts of a repository, an organisation or the world, oldest first."""
        found = [job for run in self.runs(place) for attempt in run.attempts for job in attempt.jobs]
        return sorted(found, key=lambda job: job.id)

    def find_run(self, number: int) -> Run | None:
        """Return a run by its id, if there was one."""
        return self._runs_by_id.get(number)

    def create_workflow(self, repository: Repository, name: str, path: str | None = None) -> Workflow:
        """Give a repository a workflow, or return the one of this name that it has."""
        with self.lock:
            known = self._workflows.setdefault(repository, [])
            found = next((one for one in known if one.name == name), None)
            if found is None:
                path = path or f".github/workflows/{name.lower().replace(' ', '-')}.yml"
                found = Workflow(self._run_ids.randrange(10_000_000, 99_000_000), repository, name, path, self.now)
                known.append(found)
                self.version += 1
            return found

    def start_run(
        self,
        repository: Repository,
        jobs: Specs = ("build", "test"),
        *,
        then: Specs = (),
        workflow: str = "CI",
        event: str = "push",
        branch: str = "main",
        actor: Person | None = None,
        held: str | None = None,
    ) -> Run:
        """Start a run now with these jobs, and those that need all of them; without any it is queued for ever.

        It may be `held`: `pending` until another of its concurrency group is done (`release_run`), or
        `action_required`, as when somebody from outside starts it (`approve_run`). It has no jobs until then.
        """
        if held not in (None, "pending", "action_required"):
            raise ValueError(f"{held}: pending or action_required")
        with self.lock:
            run = self._make_run(repository, workflow, event=event, branch=branch, actor=actor)
            run.first, run.then = _specs(jobs), _specs(then)
            self._new_attempt(run, run.actor)
            self._tell_run(run, "requested")
            if held == "pending":
                self._set_run(run, "pending")
            elif held == "action_required":
                self._set_run(run, "completed", "action_required")
                self._tell_run(run, "completed")
            else:
                self._queue(run)
            return run

    def fail_at_startup(self, repository: Repository, path: str = BROKEN, *, actor: Person | None = None) -> Run:
        """Start a run whose file can't be read: it fails without jobs, and is named after the file."""
        with self.lock:
            run = self._make_run(repository, path, event="push", branch="main", actor=actor, path=path)
            self._new_attempt(run, run.actor)
            self._tell_run(run, "requested")
            self._set_run(run, "completed", "startup_failure")
            self._tell_run(run, "completed")
            return run

    def release_run(self, run: Run) -> None:
        """Let a run's turn come in its concurrency group; ValueError unless it is pending."""
        _demand(run, "pending")
        with self.lock:
            self._set_run(run, "queued")
            self._queue(run)

    def approve_run(self, run: Run, actor: Person | None = None) -> None:
        """Let a run that waits for approval run, as another attempt; ValueError for others."""
        if run.conclusion != "action_required":
            raise ValueError(f"the run is {run.conclusion or run.status}, not action_required")
        self._again(run, actor, kept=[])

    def rerun(self, run: Run, *, failed_only: bool = False, actor: Person | None = None) -> None:
        """Begin another attempt of a completed run: of all its jobs, or of those that failed or were cancelled.

        Jobs that succeeded are taken over with new ids, and their `completed` is told again. ValueError if the run
        isn't completed, if it has no jobs, or if nothing failed.
        """
        _demand(run, "completed")
        if not run.jobs:
            raise ValueError("a run without jobs can't run again")
        kept = [job for job in run.jobs if job.conclusion == "success"] if failed_only else []
        if failed_only and not {job.conclusion for job in run.jobs} & (FAILED | {"cancelled"}):
            raise ValueError("no job of the run failed")
        self._again(run, actor, kept=kept)

    def cancel_run(self, run: Run) -> None:
        """Cancel all jobs of a run that aren't completed, and so the run; ValueError for one that is."""
        if run.status == "completed":
            raise ValueError("the run is completed")
        with self.lock:
            for job in run.jobs:
                if not job.is_done:
                    self._release(job)
                    self._end(job, "cancelled")
            self._set_run(run, "completed", "cancelled")
            self._tell_run(run, "completed")

    def delete_run(self, run: Run) -> None:
        """Delete a run with its jobs, as somebody may, or GitHub after its time; nothing is told of it. ValueError.

        It may not be in progress.
        """
        if run.status != "completed" and run.latest.begun:
            raise ValueError("the run is in progress")
        with self.lock:
            self._runs[run.repository].remove(run)
            self.started_runs.remove(run)
            del self._runs_by_id[run.id]
            for attempt in run.attempts:
                for job in attempt.jobs:
                    del self._jobs[job.id]
            self.version += 1

    def advance_run(self, run: Run, conclusion: str = "success") -> str:
        """Bring a run one step on: what waits is approved, or else queued jobs are taken, or those that run end so.

        Returns the run's state. ValueError if there is no runner.
        """
        with self.lock:
            by_status: dict[str, list[Job]] = {}
            for job in run.jobs:
                by_status.setdefault(job.status, []).append(job)
            if "waiting" in by_status:
                for job in by_status["waiting"]:
                    self.approve(job)
            elif "queued" in by_status:
                for job in by_status["queued"]:
                    self.pick_up(job)
            else:
                for job in by_status.get("in_progress", ()):
                    self.complete_job(job, conclusion)
            return run.status

    def finish_run(self, run: Run, conclusion: str = "success") -> None:
        """Bring a run to its end now, whose jobs all end so; ValueError for one without jobs, or without a runner."""
        if not run.jobs:
            raise ValueError("the run has no jobs")
        while run.status != "completed":
            self.advance_run(run, conclusion)

    def _make_run(
        self,
        repository: Repository,
        name: str,
        *,
        event: str,
        branch: str,
        actor: Person | None,
        path: str | None = None,
    ) -> Run:
        self._last_run += self._run_ids.randrange(20, 9_000)
        runs = self._runs.setdefault(repository, [])
        workflow = self.create_workflow(repository, name, path)
        run = Run(
            id=self._last_run,
            number=1 + sum(one.workflow is workflow for one in runs),
            workflow=workflow,
            name=name,
            title=f"{event} to {branch}",
            event=event,
            branch=branch,
            actor=actor or self.first_admin(repository.owner),
            created_at=self.now,
            first=(),
        )
        runs.append(run)
        self.started_runs.append(run)
        self._runs_by_id[run.id] = run
        return run

    def _new_attempt(self, run: Run, actor: Person) -> None:
        # An attempt tells that it was made two seconds after it started; a run, when its first one was.
        started_at = self.now - 2 if run.attempts else self.now
        number = len(run.attempts) + 1
        attempt = Attempt(
            number=number, created_at=self.now, started_at=started_at, updated_at=self.now, triggered_by=actor
        )
        run.attempts.append(attempt)
        self.version += 1

    def _queue(self, run: Run) -> None:
        for spec in run.first:
            self._add_job(run, spec)
        if run.jobs and all(job.status == "waiting" for job in run.jobs):
            self._set_run(run, "waiting")

    def _again(self, run: Run, actor: Person | None, *, kept: list[Job]) -> None:
        """Begin another attempt, with these jobs taken over."""
        with self.lock:
            self._new_attempt(run, actor or self.first_admin(run.repository.owner))
            self._tell_run(run, "requested")
            for job in kept:
                self._tell_job(job, "completed")
                self._copy_job(job)
            names = {job.spec.name for job in kept}
            for spec in run.first:
                if spec.name not in names:
                    self._add_job(run, spec)
            if run.jobs:
                self._settle(run)


def _specs(jobs: Specs) -> tuple[JobSpec, ...]:
    specs = tuple(JobSpec(one) if isinstance(one, str) else one for one in jobs)
    if len({spec.name for spec in specs}) < len(specs):
        raise ValueError("two jobs have the same name")
    return specs


def _demand(run: Run, status: str) -> None:
    if run.status != status:
        raise ValueError(f"the run is {run.status}, not {status}")
