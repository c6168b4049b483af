"""The ledger: what each step asked for, got and stored, and how it ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from chalicelib.store.models import SyncRun

RUNNING, OK, PARTIAL, FAILED = "running", "ok", "partial", "failed"
# Jobs that are run by hand, now and then: nothing grows stale because they don't.
ONE_OFF = ("backfill", "verify")


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
    """Write down that a step begins, and commit, so that a killed run leaves its trace too."""
    # Whoever comes here holds the job's lease, so a run of it that still counts as running was killed.
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
    """Tell the oldest moment that a job's step ever asked for; None when it never ran."""
    begun = select(func.min(SyncRun.window_start)).where(SyncRun.job == job, SyncRun.step == step, SyncRun.org == org)
    return session.scalar(begun)


def close_run(session: Session, run: SyncRun, *, status: str, error: str | None, now: datetime) -> None:
    """Write down how a step ended, and commit."""
    run.status, run.error, run.finished_at = status, error, now
    session.commit()
