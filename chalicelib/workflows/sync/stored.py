"""What is stored of runs and jobs, as far as it decides when GitHub is asked again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, union
from sqlalchemy.orm import Session

from chalicelib.inventory.models import Repository
from chalicelib.workflows.models import WorkflowJob, WorkflowRun
from chalicelib.workflows.rows.told import COMPLETED, Row

RUN, JOB = WorkflowRun.__table__.c, WorkflowJob.__table__.c
_COMMON = ("org", "repo", "repository_id", "changed_at", "checked_at", "not_found_at", "abandoned_at")
RUN_COLUMNS = (
    *(RUN[name] for name in ("id", "run_attempt", "status", "created_at", "run_started_at", "updated_at")),
    *(RUN[name] for name in ("jobs_as_of", *_COMMON)),
)
# Not their steps, which are long.
JOB_COLUMNS = (
    *(JOB[name] for name in ("id", "run_id", "run_attempt", "status", "created_at", "started_at")),
    *(JOB[name] for name in ("approval_asked_at", "approved_at", "runner_group_name", *_COMMON)),
)


def stands_open(status: Any) -> ColumnElement[bool]:
    """Say of a column that something has not ended: in two ranges, which an index finds among many that have."""
    return or_(status < COMPLETED, status > COMPLETED)


def rows_of(session: Session, query: Select[Any]) -> Sequence[Row]:
    """Read rows, by their columns' names."""
    return [row._asdict() for row in session.execute(query)]


def open_runs(session: Session, org: str) -> Sequence[Row]:
    """Give an organisation's runs that have not ended."""
    return rows_of(session, select(*RUN_COLUMNS).where(RUN.org == org, stands_open(RUN.status)))


def open_jobs(session: Session, org: str) -> Sequence[Row]:
    """Give an organisation's jobs that have not ended."""
    return rows_of(session, select(*JOB_COLUMNS).where(JOB.org == org, stands_open(JOB.status)))


def deleted_repositories(session: Session, org: str) -> dict[int, datetime]:
    """Give the repositories, of those with runs or jobs that have not ended, that are gone, and since when."""
    ids = [
        select(table.repository_id).where(table.org == org, stands_open(table.status), table.abandoned_at.is_(None))
        for table in (RUN, JOB)
    ]
    is_gone = (Repository.deleted_at.is_not(None), Repository.id.in_(union(*ids)))
    found = session.execute(select(Repository.id, Repository.deleted_at).where(*is_gone))
    return {number: deleted_at for number, deleted_at in found if deleted_at is not None}


def jobs_of(session: Session, run_id: int) -> Sequence[Row]:
    """Give the jobs of a run, of all attempts."""
    return rows_of(session, select(*JOB_COLUMNS).where(JOB.run_id == run_id).order_by(JOB.id))


def stored_job(session: Session, job_id: int) -> Row | None:
    """Give a job; None when it is not stored."""
    return next(iter(rows_of(session, select(*JOB_COLUMNS).where(JOB.id == job_id))), None)


def stored_run(session: Session, run_id: int) -> Row | None:
    """Give a run; None when it is not stored."""
    return next(iter(rows_of(session, select(*RUN_COLUMNS).where(RUN.id == run_id))), None)
