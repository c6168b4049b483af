"""Asks GitHub for what no webhook told of: ends that were not seen, and jobs that nobody knows.

A run is asked for with all its jobs, which costs less than its jobs one by one. Only a job that its run's list doesn't
show is asked for by its id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import update

from chalicelib.errors import RejectedError
from chalicelib.github import Pacer
from chalicelib.ingest.ahead import fetch_ahead
from chalicelib.ingest.context import Context
from chalicelib.ingest.deliveries import Place
from chalicelib.ingest.fields import moment
from chalicelib.store.locks import take_turn
from chalicelib.store.marks import WHOLE
from chalicelib.workflows.api import Jobs, WorkflowAPI
from chalicelib.workflows.models import WorkflowJob, WorkflowRun
from chalicelib.workflows.rows import is_gone, is_open
from chalicelib.workflows.rows.told import COMPLETED, Row
from chalicelib.workflows.sync import abandoning
from chalicelib.workflows.sync.due import Look, find_looks
from chalicelib.workflows.sync.places import THREADS, Outcome, listed_places
from chalicelib.workflows.sync.saving import JOBS, save_jobs, save_runs, turn_of
from chalicelib.workflows.sync.stored import jobs_of, stored_job, stored_run


def repair_jobs(context: Context) -> None:
    """Ask for runs that stand open, for those whose jobs are not known, and for jobs that stand open.

    Raises IncompleteReadError at its end when some repositories could not be read; the others are stored.
    """
    Repair(context).do()


@dataclass(frozen=True)
class Shown:
    """What GitHub shows of a run: itself, if it was asked for, and its jobs; no jobs when there is no such run."""

    run: Any | None
    jobs: Jobs | None


@dataclass
class Repair:
    """One go of repairs in an organisation."""

    context: Context
    outcome: Outcome = field(init=False)
    probed: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        budget = self.context.github.budget
        self.outcome = Outcome(self.context)
        self.api = WorkflowAPI(self.context.github, Pacer(now=budget.now, sleep=budget.sleep).wait)

    def do(self) -> None:
        """Ask for each run that is due, and store what is shown, each in a transaction of its own."""
        begun, places = self.context.now(), listed_places(self.context)
        abandoning.end_of_gone(self.context)
        looks, left = find_looks(self.context, places)
        self.context.checkpoint()
        session = self.context.session
        ahead = fetch_ahead(self._awaited(looks), self._fetch, threads=THREADS, name="run", session=session)
        for look, shown in ahead:
            if not self.outcome.is_out(look.place) and not self._attempt(look, shown.result):
                self._put_off(look)
            self.context.checkpoint()
            if self.outcome.is_hopeless:
                break
        readable = {number for number, place in places.items() if not self.outcome.is_out(place)}
        abandoning.end_unreadable(self.context, readable)
        if left:
            self.context.note(f"{left} more runs are asked for next time")
        self.outcome.conclude()
        self.context.marks.watermark(JOBS, scope=WHOLE).advance(begun)
        self.context.checkpoint()

    def _awaited(self, looks: Iterable[Look]) -> Iterator[Look]:
        return (look for look in looks if not self.outcome.is_out(look.place))

    def _attempt(self, look: Look, fetched: Callable[[], Shown]) -> bool:
        return self.outcome.attempt(look.place, partial(self._save, look, fetched), probe=partial(self._probe, look))

    def _probe(self, look: Look) -> None:
        """Read something else of a repository, once: raises what attempts do when nothing of it can be read."""
        number = look.place.repository_id
        if number not in self.probed:
            self.api.read_anything(number)
            self.probed.add(number)

    def _fetch(self, look: Look) -> Shown:
        repository_id = look.place.repository_id
        run = self.api.fetch_run(repository_id, look.run_id) if look.asks_run else None
        if look.asks_run and run is None:
            return Shown(None, None)
        return Shown(run, self.api.fetch_jobs(repository_id, look.run_id))

    def _save(self, look: Look, fetched: Callable[[], Shown]) -> None:
        shown = fetched()
        take_turn(self.context.session.connection(), turn_of(look.run_id))
        if shown.jobs is not None:
            self._store(look, shown.run, shown.jobs)
        unlisted = self._conclude(look, shown)
        # It is kept before others are asked for: no transaction is open while GitHub answers.
        self.context.commit()
        self._ask_all(look.place, unlisted)

    def _store(self, look: Look, run: Any | None, jobs: Jobs) -> None:
        """Store what is shown of a run, and vouch for its jobs when all of them were listed."""
        if run is not None:
            save_runs(self.context, look.place, [run], told=False)
        is_whole = save_jobs(self.context, look.place, jobs.records, told=False) and jobs.is_whole
        as_of = look.as_of if run is None else _updated_at(run)
        if not is_whole or as_of is None or _unlisted(jobs_of(self.context.session, look.run_id), jobs):
            return
        # Only of a run that has ended, and as it was before its jobs were listed, nothing more will come.
        ended = [WorkflowRun.id == look.run_id, WorkflowRun.status == COMPLETED, WorkflowRun.updated_at == as_of]
        if not jobs.records:
            # Most runs have jobs: that one has none must be said twice.
            ended.append(WorkflowRun.checked_at >= WorkflowRun.changed_at)
        self.context.session.execute(update(WorkflowRun).where(*ended).values(jobs_as_of=as_of))

    def _conclude(self, look: Look, shown: Shown) -> list[Row]:
        """Say of a run and its jobs that they were asked for, and give up what never ends; gives unlisted jobs."""
        session, now = self.context.session, self.context.now()
        run, jobs = stored_run(session, look.run_id), jobs_of(session, look.run_id)
        unlisted = _unlisted(jobs, shown.jobs)
        if shown.jobs is None:
            if run is not None:
                abandoning.not_found(session, WorkflowRun, run, now)
        elif run is not None:
            count = len(shown.jobs.ids) + len(unlisted) if shown.jobs.is_whole else None
            abandoning.still_there(session, WorkflowRun, run, now, jobs=count)
            run = stored_run(session, look.run_id)
        abandoning.checked(session, look.run_id, now, run=run)
        for job in jobs:
            if shown.jobs is not None and job["id"] in shown.jobs.ids and is_open(job):
                abandoning.still_there(session, WorkflowJob, job, now, run=run)
        return unlisted

    def _ask_all(self, place: Place, unlisted: Iterable[Row]) -> None:
        """Ask for jobs that their run's list doesn't show; of those that ended, one that is there says enough of it."""
        for job in sorted(unlisted, key=lambda one: not is_open(one)):
            is_there = self._ask(place, job)
            if is_there and not is_open(job):
                return

    def _ask(self, place: Place, job: Row) -> bool:
        """Ask for a job that its run's list doesn't show; tells whether it is there."""
        found = self.api.fetch_job(place.repository_id, job["id"])
        session, now = self.context.session, self.context.now()
        take_turn(session.connection(), turn_of(job["run_id"]))
        if found is None:
            abandoning.not_found(session, WorkflowJob, job, now)
        else:
            save_jobs(self.context, place, [found], told=False)
            stored = stored_job(session, job["id"])
            if stored is not None:
                abandoning.still_there(session, WorkflowJob, stored, now, run=stored_run(session, job["run_id"]))
        self.context.checkpoint()
        return found is not None

    def _put_off(self, look: Look) -> None:
        """Let others come first next time, and give up what GitHub itself has ended by now."""
        session, now = self.context.session, self.context.now()
        abandoning.put_off(session, look.run_id, now)
        if not self.outcome.is_out(look.place):
            abandoning.end_broken(session, look.run_id, now, self.outcome.broken[-1])


def _unlisted(jobs: Iterable[Row], listed: Jobs | None) -> list[Row]:
    """Find the stored jobs of a run that its list doesn't show; only open ones when there is no such run."""
    if listed is None:
        return [job for job in jobs if is_open(job) and not is_gone(job)]
    return [job for job in jobs if job["id"] not in listed.ids and not is_gone(job)]


def _updated_at(record: Any) -> datetime | None:
    try:
        return moment("updated_at", record.get("updated_at"))
    except RejectedError:
        return None
