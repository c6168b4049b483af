"""The ledger: what each step requested, fetched and stored, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression, func, or_, select, update
from sqlalchemy.orm import Session

from chalicelib.store.models import SyncRun

RUNNING, OK, PARTIAL, FAILED = "running", "ok", "partial", "failed"
# Jobs that people run by hand: no data counts as stale because they don't run.
ONE_OFF = ("backfill", "verify")
# Steps that show the data to others, in files and in Slack: that one of them succeeded says nothing of the data.
WRITING = ("%.snapshot", "%.message")


def writes(step: SQLColumnExpression[str]) -> ColumnElement[bool]:
    """Tell whether a step only shows what others have read."""
    return or_(*(step.like(pattern) for pattern in WRITING))


def open_run(
    session: Session,
    *,
    job: str,
    step: str,
    org: str,
    now: datetime,
    window_start: datetime | None = None,
    window_end: datetime | None = None,
) -> SyncRun:
    """Record that a step begins, and commit, so that the ledger shows a killed run too."""
    # The caller holds the job's lease, so an older run that is still `running` was killed.
    session.execute(
        update(SyncRun)
        .where(SyncRun.job == job, SyncRun.step == step, SyncRun.org == org, SyncRun.status == RUNNING)
        .values(status=FAILED, error="the run was killed", finished_at=now)
    )
    run = SyncRun(
        job=job,
        step=step,
        org=org,
        window_start=window_start,
        window_end=window_end,
        fetched=0,
        stored=0,
        rejected=0,
        requests=0,
        not_modified=0,
        status=RUNNING,
        started_at=now,
    )
    session.add(run)
    session.commit()
    return run


def first_window(session: Session, *, job: str, step: str, org: str) -> datetime | None:
    """Give the oldest moment that a job's step ever requested; None when it never ran."""
    begun = select(func.min(SyncRun.window_start)).where(SyncRun.job == job, SyncRun.step == step, SyncRun.org == org)
    return session.scalar(begun)


def first_asked(session: Session, *, steps: Sequence[str], org: str) -> datetime | None:
    """Give the oldest moment that any job ever requested in one of these steps; None when they never ran."""
    asked = select(func.min(SyncRun.window_start)).where(SyncRun.step.in_(steps), SyncRun.org == org)
    return session.scalar(asked)


def last_note(session: Session, run: SyncRun) -> str | None:
    """Give the note of the last run of the same step before this one; None when it had none, or did not end well."""
    before = session.execute(
        select(SyncRun.status, SyncRun.note).where(*_before(run)).order_by(SyncRun.id.desc())
    ).first()
    return before.note if before and before.status == OK else None


def count_runs(session: Session, run: SyncRun) -> int:
    """Count the runs of the same step before this one."""
    return session.scalar(select(func.count()).select_from(SyncRun).where(*_before(run))) or 0


def _before(run: SyncRun) -> tuple[ColumnElement[bool], ...]:
    return (SyncRun.job == run.job, SyncRun.step == run.step, SyncRun.org == run.org, SyncRun.id < run.id)


def close_run(session: Session, run: SyncRun, *, status: str, error: str | None, now: datetime) -> None:
    """Record how a step ended, and commit."""
    run.status, run.error, run.finished_at = status, error, now
    # The clock may have been ahead until GitHub's first answer told the time.
    run.started_at = min(run.started_at, now)
    session.commit()
