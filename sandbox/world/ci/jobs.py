"""Jobs of runs, from the queue to their end, and what that makes of the run."""

import copy
from dataclasses import replace
from random import Random

from sandbox.world.ci.model import (
    CONCLUSIONS,
    FAILED,
    PRODUCTION,
    SUCCEEDED,
    Deployment,
    Job,
    JobSpec,
    Run,
    Runner,
    Step,
)
from sandbox.world.ci.runners import Runners
from sandbox.world.founding import Plan
from sandbox.world.hours import DAY
from sandbox.world.people import Person


class Jobs(Runners):
    """The part of the state that is about jobs, and the ways to change them."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self._jobs: dict[int, Job] = {}
        self._job_ids = Random(f"{plan.seed}/jobs")
        self._last_job = self._job_ids.randrange(25_000_000_000, 26_000_000_000)
        self._last_status = self._job_ids.randrange(2_500_000_000, 2_600_000_000)
        self._last_deployment = self._job_ids.randrange(1_500_000_000, 1_600_000_000)

    def find_job(self, number: int) -> Job | None:
        """Return a job by its id, if there was one."""
        return self._jobs.get(number)

    def pick_up(self, job: Job, runner: Runner | None = None) -> None:
        """Let a runner take a queued job: this one, or any that is free; ValueError if there is none."""
        _demand(job, "queued")
        with self.lock:
            runner = runner or self.free_runner(job.run.repository.owner, job.spec)
            if runner is None or not runner.takes(job.labels):
                raise ValueError(f"no free runner has {', '.join(job.labels)}")
            if not runner.hosted:
                runner.job = job
            job.runner, job.status, job.started_at = runner, "in_progress", self.now
            job.steps = (Step("Set up job", self.now),)
            self._tell_job(job, "in_progress")
            self._tell_deployment(job, "in_progress")
            self._set_run(job.run, "in_progress")
            if not job.run.latest.begun:
                job.run.latest.begun = True
                self._tell_run(job.run, "in_progress")

    def complete_job(self, job: Job, conclusion: str = "success") -> None:
        """End a job that runs; the run goes on with what needs it, or ends. ValueError for an unknown conclusion."""
        _demand(job, "in_progress")
        if conclusion not in CONCLUSIONS:
            raise ValueError(f"{conclusion}: one of {', '.join(CONCLUSIONS)}")
        with self.lock:
            begun = replace(job.steps[0], completed_at=job.started_at, conclusion="success")
            main = Step(f"Run {job.spec.name}", job.started_at, self.now, conclusion)
            job.steps = (begun, main, Step("Complete job", self.now, self.now, "success"))
            self._release(job)
            self._end(job, conclusion)
            self._settle(job.run)

    def approve(self, job: Job, actor: Person | None = None) -> None:
        """Let a job that waits for somebody's approval into the queue; ValueError for others."""
        _demand(job, "waiting")
        with self.lock:
            self._review(job)
            job.status = "queued"
            self._tell_job(job, "queued", actor)
            self._tell_deployment(job, "queued", actor)
            if job.run.status == "waiting":
                self._set_run(job.run, "queued")

    def reject(self, job: Job, actor: Person | None = None) -> None:
        """Refuse a job that waits for somebody's approval: it fails without a runner; ValueError for others."""
        _demand(job, "waiting")
        with self.lock:
            self._review(job)
            self._end(job, "failure", actor)
            self._settle(job.run)

    def _review(self, job: Job) -> None:
        if job.deployment is not None:
            job.deployment.updated_at = self.now

    def _add_job(self, run: Run, spec: JobSpec) -> Job:
        """Queue a job of the latest attempt, or let it wait for the approval that its environment needs."""
        job = self._make_job(run, spec, created_at=self.now, started_at=self.now, labels=spec.labels)
        if spec.environment is not None:
            self._last_deployment += self._job_ids.randrange(1, 500)
            job.status = "waiting"
            job.deployment = Deployment(self._last_deployment, spec.environment, run.actor, self.now, self.now)
        # The job that is queued for an approval says already that it waits for it.
        self._tell_job(job, "queued")
        if job.deployment is not None:
            self._tell_job(job, "waiting")
            self._tell_deployment(job, "waiting")
        return job

    def _skip_job(self, run: Run, spec: JobSpec) -> None:
        """Add a job that is not run: as on GitHub, it may have begun before it was made."""
        job = self._make_job(run, spec, created_at=self.now, started_at=self.now - 1)
        self._end(job, "skipped", at=job.started_at)

    def _copy_job(self, job: Job) -> None:
        """Take a job over into the latest attempt: it gets a new id and keeps its times but `created_at`."""
        run = job.run
        copied = self._make_job(run, job.spec, created_at=self.now, started_at=job.started_at, labels=job.labels)
        copied.status, copied.conclusion, copied.completed_at = job.status, job.conclusion, job.completed_at
        copied.runner, copied.steps, copied.deployment = job.runner, job.steps, job.deployment
        self._tell_job(copied, "completed")

    def _make_job(
        self, run: Run, spec: JobSpec, *, created_at: int, started_at: int, labels: tuple[str, ...] = ()
    ) -> Job:
        self._last_job += self._job_ids.randrange(1, 900)
        job = Job(
            id=self._last_job,
            run=run,
            attempt=run.latest.number,
            spec=spec,
            created_at=created_at,
            started_at=started_at,
            labels=labels,
        )
        run.jobs.append(job)
        self._jobs[job.id] = job
        self.version += 1
        return job

    def _end(self, job: Job, conclusion: str, actor: Person | None = None, *, at: int | None = None) -> None:
        job.status, job.conclusion, job.completed_at = "completed", conclusion, self.now if at is None else at
        with self.journal.watching(also=self._was_told(job)):
            self._tell_job(job, "completed", actor)
            self._tell_deployment(job, "success" if conclusion in SUCCEEDED else "failure", actor)

    def _was_told(self, job: Job) -> bool:
        """Whether an end within history was told: that of a job that deploys to production."""
        in_production = job.deployment is not None and job.deployment.environment == PRODUCTION
        return in_production and 0 <= self.plan.now - self.now < self.plan.told_days * DAY

    def _release(self, job: Job) -> None:
        """Free a job's runner; an ephemeral one leaves."""
        runner = job.runner
        if runner is not None and runner.job is job:
            runner.job = None
            if runner.ephemeral and runner in self.runners(runner.organisation):
                self.remove_runner(runner)

    def _settle(self, run: Run) -> None:
        """Bring a run to what follows from its jobs: those that need the others, and in the end its conclusion."""
        if all(job.is_done for job in run.jobs):
            self._continue(run)
        if all(job.is_done for job in run.jobs):
            self._set_run(run, "completed", conclude(run.jobs))
            self._tell_run(run, "completed")
        elif all(job.is_done or job.status == "waiting" for job in run.jobs):
            self._set_run(run, "waiting")

    def _continue(self, run: Run) -> None:
        known = {job.spec.name for job in run.jobs}
        succeeded = conclude(run.jobs) == "success"
        for spec in run.then:
            if spec.name not in known:
                if succeeded:
                    self._add_job(run, spec)
                else:
                    self._skip_job(run, spec)

    def _set_run(self, run: Run, status: str, conclusion: str | None = None) -> None:
        attempt = run.latest
        attempt.status, attempt.conclusion, attempt.updated_at = status, conclusion, self.now
        self.version += 1

    def _tell_job(self, job: Job, action: str, sender: Person | None = None) -> None:
        self.version += 1
        if self.journal.watched:
            snapshot = copy.copy(job)
            snapshot.deployment = copy.copy(job.deployment)
            self.tell(job.run.repository.owner, "workflow_job", action, snapshot, sender or job.run.actor)

    def _tell_deployment(self, job: Job, state: str, sender: Person | None = None) -> None:
        """Tell what became of what a job deploys, if it does."""
        if job.deployment is not None:
            self._last_status += self._job_ids.randrange(1, 500)
            if self.journal.watched:
                snapshot = copy.copy(job)
                snapshot.deployment = copy.copy(job.deployment)
                about = {"state": state, "id": self._last_status}
                self.tell(job.run.repository.owner, "deployment_status", "created", snapshot, sender, **about)

    def _tell_run(self, run: Run, action: str) -> None:
        if self.journal.watched:
            snapshot = copy.copy(run)
            snapshot.attempts = [*run.attempts[:-1], copy.copy(run.latest)]
            self.tell(run.repository.owner, "workflow_run", action, snapshot, run.latest.triggered_by)


def conclude(jobs: list[Job]) -> str:
    """Return what a run ends as, whose jobs ended so."""
    ends = {job.conclusion for job in jobs}
    if ends & FAILED:
        return "failure"
    if "cancelled" in ends:
        return "cancelled"
    return "skipped" if ends == {"skipped"} else "success"


def _demand(job: Job, status: str) -> None:
    if job.status != status:
        raise ValueError(f"the job is {job.status}, not {status}")
