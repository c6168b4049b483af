"""Gives up what never ends: by what GitHub has just said of it, never by a call that failed.

`status` stays what GitHub said last; `abandoned_at` says that nobody waits for more, and `abandoned_reason` why.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from chalicelib.ingest.context import Context
from chalicelib.utils import format_utc
from chalicelib.workflows.models import WorkflowJob, WorkflowRun
from chalicelib.workflows.rows import SURE, is_open, job_overdue, left_over, run_overdue
from chalicelib.workflows.rows.told import Row
from chalicelib.workflows.sync.stored import (
    deleted_repositories,
    jobs_of,
    open_jobs,
    open_runs,
    stands_open,
    stored_run,
)


def not_found(session: Session, model: type[Any], row: Row, now: datetime) -> None:
    """Note that GitHub says there is no such run or job; the second time, an hour later, an open one is given up."""
    since = row["not_found_at"]
    _set(session, model, row, not_found_at=since or now, checked_at=now)
    if since is not None and now - since >= SURE and is_open(row):
        reason = f"GitHub answered at {format_utc(since)} and at {format_utc(now)} that there is no such {_word(model)}"
        _abandon(session, model, row, now, reason)


def still_there(
    session: Session, model: type[Any], row: Row, now: datetime, *, run: Row | None = None, jobs: int | None = None
) -> None:
    """Note that GitHub was asked for a run or a job; one that it shows open beyond its limits is given up.

    `run` is a job's, `jobs` the number of a run's jobs, as far as they are known.
    """
    _set(session, model, row, checked_at=now)
    if not is_open(row):
        return
    if model is WorkflowRun:
        reason = run_overdue(row, now, jobs=jobs)
    else:
        reason = job_overdue(row, now) or (left_over(row, run, now) if run is not None else None)
    if reason is not None:
        _abandon(session, model, row, now, f"GitHub showed it at {format_utc(now)} as {reason}")


def checked(session: Session, run_id: int, now: datetime, *, run: Row | None) -> None:
    """Note that GitHub was asked for the jobs of a run, of those that have not ended or that the run doesn't know."""
    unknown = WorkflowJob.run_attempt > (run["run_attempt"] if run is not None else 0)
    asked = (WorkflowJob.run_id == run_id, WorkflowJob.not_found_at.is_(None))
    waiting = or_(stands_open(WorkflowJob.status), unknown)
    session.execute(update(WorkflowJob).where(*asked, waiting).values(checked_at=now))


def put_off(session: Session, run_id: int, now: datetime) -> None:
    """Note that a run was asked for in vain: a failed call is no second answer that it is not there.

    So others come first, and the count of 404s begins anew.
    """
    for model, is_of_run in ((WorkflowRun, WorkflowRun.id == run_id), (WorkflowJob, WorkflowJob.run_id == run_id)):
        is_waited_for = or_(model.abandoned_at.is_(None), model.not_found_at.is_(None))
        session.execute(update(model).where(is_of_run, is_waited_for).values(checked_at=now, not_found_at=None))


def end_of_gone(context: Context) -> None:
    """Give up what stands open in repositories that are gone; should one come back, it is asked for again."""
    session, now = context.session, context.now()
    gone_since = deleted_repositories(session, context.scope.org)
    for model, rows in ((WorkflowRun, open_runs), (WorkflowJob, open_jobs)):
        for row in rows(session, context.scope.org):
            since = gone_since.get(row["repository_id"])
            if since is None or row["abandoned_at"] is not None or not context.scope.covers(row["org"], row["repo"]):
                continue
            _set(session, model, row, not_found_at=row["not_found_at"] or now)
            words = f"GitHub showed it last as {row['status']}, and its repository is gone since {format_utc(since)}"
            _abandon(session, model, row, now, words)
    context.checkpoint()


def end_unreadable(context: Context, readable: Collection[int]) -> None:
    """Give up what stands open beyond GitHub's own limits in repositories of which it shows nothing any more."""
    session, org, now = context.session, context.scope.org, context.now()
    overdue: list[tuple[type[Any], Row, str | None]] = [
        *((WorkflowRun, run, run_overdue(run, now)) for run in open_runs(session, org)),
        *((WorkflowJob, job, job_overdue(job, now)) for job in open_jobs(session, org)),
    ]
    for model, row, reason in overdue:
        is_lost = row["repository_id"] not in readable and context.scope.covers(row["org"], row["repo"])
        if reason is not None and is_lost:
            why = f"the runs of its repository could not be read at {format_utc(now)}"
            _abandon(session, model, row, now, _last_words(row, reason, why))
    context.checkpoint()


def end_broken(session: Session, run_id: int, now: datetime, error: str) -> None:
    """Give up a run and jobs of it beyond GitHub's own limits, because they could not be read though others could."""
    run = stored_run(session, run_id)
    overdue: list[tuple[type[Any], Row, str | None]] = [
        *((WorkflowRun, one, run_overdue(one, now)) for one in (run,) if one is not None and is_open(one)),
        *((WorkflowJob, job, job_overdue(job, now)) for job in jobs_of(session, run_id) if is_open(job)),
    ]
    for model, row, reason in overdue:
        if reason is not None:
            why = f"it could not be read at {format_utc(now)}: {error}"
            _abandon(session, model, row, now, _last_words(row, reason, why))


def _last_words(row: Row, reason: str, why: str) -> str:
    """Say what GitHub showed last of something, how old that news is, and why there is nothing newer."""
    return f"GitHub showed it last as {reason}; nothing else was seen since {format_utc(row['changed_at'])}, and {why}"


def _abandon(session: Session, model: type[Any], row: Row, now: datetime, reason: str) -> None:
    if row["abandoned_at"] is None:
        _set(session, model, row, abandoned_at=now, abandoned_reason=reason)


def _set(session: Session, model: type[Any], row: Row, **values: Any) -> None:
    """Write what was found out about a row, unless it is another one by now."""
    same = (model.id == row["id"], model.status == row["status"], model.changed_at == row["changed_at"])
    session.execute(update(model).where(*same).values(values))


def _word(model: type[Any]) -> str:
    return "run" if model is WorkflowRun else "job"
