"""Waits that are no queue time: for an approval, and of runs before their first job is made."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, func, select

from chalicelib.store.functions import SecondsBetween, WeekOf
from chalicelib.store.percentiles import MEDIAN, P90
from chalicelib.workflows.models import WorkflowJob, WorkflowRun
from chalicelib.workflows.views.columns import workflow_column
from chalicelib.workflows.views.times import Counted, times_view

_job, _run = WorkflowJob, WorkflowRun

APPROVAL_WAITS_WEEKLY = times_view(
    "approval_waits_weekly",
    "How long jobs waited until their environment let them into the queue, by environment and week. Those that still "
    "wait don't count: jobs_now shows them",
    select(
        *(_job.org, _job.repo, _job.environment, WeekOf(_job.approved_at).label("week")),
        SecondsBetween(_job.approval_asked_at, _job.approved_at).label("seconds"),
    ).where(_job.approved_at >= _job.approval_asked_at),
    ("org", "repo", "environment", "week"),
    Counted("jobs", "Jobs that waited for an approval, and got it", "waited for"),
    shares=(MEDIAN, P90),
    words={"week": "Monday of the week, UTC, in which they were let in"},
)


def _waited() -> Select[Any]:
    """Runs, with the seconds until the first job of their latest attempt was made."""
    first = (
        select(_job.run_id, _job.run_attempt, func.min(_job.created_at).label("at"))
        .group_by(_job.run_id, _job.run_attempt)
        .subquery("first_job")
    )
    theirs = and_(first.c.run_id == _run.id, first.c.run_attempt == _run.run_attempt)
    return (
        select(
            *(_run.org, _run.repo, _run.workflow_id, _run.name, _run.path, WeekOf(_run.run_started_at).label("week")),
            SecondsBetween(_run.run_started_at, first.c.at).label("seconds"),
        )
        .join(first, theirs)
        .where(first.c.at >= _run.run_started_at)
    )


RUN_WAITS_WEEKLY = times_view(
    "run_waits_weekly",
    "How long the latest attempts of runs waited before their first job was made, such as for another run of their "
    "concurrency group, by workflow and week. The first job is the first of those that this app knows",
    _waited(),
    ("org", "repo", "workflow_id", "week"),
    Counted("runs", "Runs that have a job", "waited for"),
    shares=(MEDIAN, P90),
    also=workflow_column,
    words={"week": "Monday of the week, UTC, in which their latest attempts were made"},
)
