"""What is in the queue now, by labels, and how long jobs were in it lately.

A job that waits for an approval, or for its concurrency group, waits for no runner, so it is not in the queue.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, case, func, literal, or_, select

from chalicelib.store.functions import DaysAgo, constant, count_if
from chalicelib.store.percentiles import MEDIAN, P90, Nearest, Ranked
from chalicelib.store.views import View, ViewColumn
from chalicelib.workflows.models import WorkflowJob
from chalicelib.workflows.views.columns import COMPLETED, IN_PROGRESS, QUEUED, WAITING, queue_wait_seconds

ABANDONED = "abandoned"
STATES = (QUEUED, WAITING, IN_PROGRESS, COMPLETED, ABANDONED)
DAY_AGO = DaysAgo(literal(1))


def states_of(job: Any) -> dict[str, ColumnElement[bool]]:
    """When a job is in each of STATES, as this app sees it: always in one of them."""
    # An index finds the few jobs that have no end.
    is_open = and_(job.completed_at.is_(None), job.status != COMPLETED)
    is_live = and_(is_open, job.abandoned_at.is_(None))
    return {
        QUEUED: and_(is_live, job.status == QUEUED),
        WAITING: and_(is_live, job.status.not_in((QUEUED, IN_PROGRESS))),
        IN_PROGRESS: and_(is_live, job.status == IN_PROGRESS),
        COMPLETED: or_(job.completed_at.is_not(None), job.status == COMPLETED),
        ABANDONED: and_(is_open, job.abandoned_at.is_not(None)),
    }


def state_of(job: Any) -> ColumnElement[str]:
    """A job's state as this app sees it: one of STATES."""
    return case(*((condition, constant(state)) for state, condition in states_of(job).items()))


def _recent() -> Ranked:
    """The jobs that are not over, and those that were over in the last 24 hours."""
    job = WorkflowJob
    state = state_of(job)
    # Whatever began in the last 24 hours is not over, or was over in them: this finds it by an index.
    is_recent = or_(job.completed_at.is_(None), job.completed_at >= DAY_AGO)
    jobs = (
        select(
            *(job.org, job.label_set, state.label("state")),
            queue_wait_seconds(job).label("waiting_seconds"),
            case((job.started_at >= DAY_AGO, job.queue_seconds)).label("queue_seconds"),
        )
        .where(is_recent)
        .subquery("recent")
        .c
    )
    is_open = jobs.state.in_((QUEUED, WAITING, IN_PROGRESS))
    shown = select(*jobs).where(or_(is_open, jobs.queue_seconds.is_not(None))).subquery("jobs")
    return Ranked(shown, by=("org", "label_set"), values=("queue_seconds",))


_jobs = _recent()
_job = _jobs.c
_started = _job.queue_seconds.is_not(None)


def _percentile(share: float) -> ColumnElement[Any]:
    return Nearest(_jobs.percentile("queue_seconds", share))


QUEUE_NOW = View(
    "queue_now",
    "The queue for runners now, and the queue times of the last 24 hours, by labels. Label sets without a job that is "
    "open, or that began in that time, have no row",
    [
        ViewColumn("org", _job.org, "Organisation"),
        ViewColumn("label_set", _job.label_set, "workflow_jobs.label_set: the labels that the jobs' runner must have"),
        ViewColumn("queued", count_if(_job.state == QUEUED), "Jobs that are ready, and that no runner has taken"),
        ViewColumn(
            "waiting",
            count_if(_job.state == WAITING),
            "Jobs that wait for something else than a runner, such as an approval or their concurrency group",
        ),
        ViewColumn("in_progress", count_if(_job.state == IN_PROGRESS), "Jobs that a runner has"),
        ViewColumn(
            "oldest_wait_seconds",
            func.max(_job.waiting_seconds, type_=BigInteger()),
            "Seconds for which the oldest queued job has been ready; NULL when there is none, or nobody knows since "
            "when",
        ),
        ViewColumn(
            "queue_times",
            count_if(_started),
            "How many queue times are known of jobs that a runner began in the last 24 hours",
        ),
        ViewColumn("median_queue_seconds", _percentile(MEDIAN), "Median of these queue times; NULL: none"),
        ViewColumn("p90_queue_seconds", _percentile(P90), "90th percentile of these queue times; NULL: none"),
    ],
    group_by=[_job.org, _job.label_set],
)
