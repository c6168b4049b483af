"""What several views share: who is asked, what it is called there, and which jobs count."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, SQLColumnExpression, and_, case, func, literal, or_, select

from chalicelib.store.functions import SecondsBetween, later, seconds_since, true_if
from chalicelib.store.views import ViewColumn
from chalicelib.workflows.models import WorkflowJob

COMPLETED, IN_PROGRESS, QUEUED, WAITING = "completed", "in_progress", "queued", "waiting"
SUCCESS, CANCELLED, SKIPPED, ACTION_REQUIRED = "success", "cancelled", "skipped", "action_required"
FAILED = ("failure", "timed_out", "startup_failure")
RECENT_DAYS = 30  # what the views of the last days look back at
SELF_HOSTED_LABEL = ",self-hosted,"

DESCRIBED = {
    "org": "Owner of the repository",
    "repo": "Repository's name, without the owner",
    "workflow_id": "GitHub's id of the workflow",
    "workflow_name": "Workflow's name; NULL in old payloads",
    "name": "Job's name, with its matrix values",
    "label_set": "Labels that the jobs ask for, in order, with commas between; empty: none",
    "environment": "Environment, such as production",
    "is_self_hosted": "True when the jobs ask for the label self-hosted. A scale set's own label says nothing: false",
}


def described(row: Any, names: Iterable[str], **others: str) -> list[ViewColumn]:
    """Columns of a selectable that are called and described alike everywhere; `others` describes some of them."""
    return [ViewColumn(name, row[name], others.get(name) or DESCRIBED[name]) for name in names]


def is_open(row: Any) -> ColumnElement[bool]:
    """Whether GitHub told of no end of a job or run. An index finds these, unlike what is not completed."""
    return or_(row.status < COMPLETED, row.status > COMPLETED)


def has_runner(job: Any) -> ColumnElement[bool]:
    """Whether a runner took a job."""
    return or_(job.runner_id.is_not(None), job.runner_name.is_not(None))


def ready_at(job: Any) -> ColumnElement[Any]:
    """When a job came into the queue: when it was made, or later let in by its environment."""
    return later(job.approved_at, job.created_at)


def queue_wait_seconds(job: Any) -> ColumnElement[Any]:
    """Seconds for which a job has been in the queue until now; NULL when it is not, or nobody knows since when."""
    # Only webhooks tell of approvals.
    is_known = and_(job.told_at.is_not(None), or_(job.deployment_id.is_(None), job.approved_at.is_not(None)))
    is_queued = and_(job.status == QUEUED, job.abandoned_at.is_(None), ~has_runner(job))
    return case((and_(is_queued, is_known), seconds_since(ready_at(job))))


def is_original(job: Any) -> ColumnElement[bool]:
    """Whether a job ran, and is no copy of one from an earlier attempt."""
    return or_(job.queue_reason.is_(None), job.queue_reason != "copied")


def is_self_hosted(job: Any) -> ColumnElement[bool]:
    """Whether a job asks for the label self-hosted; capitals are the same to GitHub."""
    return true_if((literal(",") + func.lower(job.label_set) + ",").contains(SELF_HOSTED_LABEL))


def workflow_column(row: Any) -> list[ViewColumn]:
    """The name of the workflow of a group of runs: one whose file can't be read is called as its file there."""
    named = func.max(case((or_(row.path.is_(None), row.name != row.path), row.name)))
    name = func.coalesce(named, func.max(row.path), func.max(row.name))
    return [ViewColumn("workflow_name", name, "Workflow's name; its file's path when nobody knows it")]


def place(org: ColumnElement[Any], *order: ColumnElement[Any]) -> ColumnElement[int]:
    """The place among the organisation's, from 1, in an order that leaves nothing open."""
    return func.row_number(type_=BigInteger()).over(partition_by=org, order_by=order).label("place")


def run_seconds(job: Any = WorkflowJob) -> ColumnElement[int]:
    """Seconds that a runner had a job."""
    return SecondsBetween(job.started_at, job.completed_at)


def ran(*columns: SQLColumnExpression[Any]) -> Select[Any]:
    """Select from the jobs that a runner took and ended. Where the times contradict each other, nobody knows."""
    job = WorkflowJob
    is_over = and_(job.status == COMPLETED, job.completed_at >= job.started_at)
    return select(*columns).where(is_over, has_runner(job), is_original(job))
