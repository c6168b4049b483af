"""How long jobs queued for a runner, by when one took them; and which jobs have no queue time, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Select, SQLColumnExpression, Subquery, func, select

from chalicelib.store.functions import DayOf, HourOf, WeekOf, ratio
from chalicelib.store.percentiles import MEDIAN, P90, P99
from chalicelib.store.views import View, ViewColumn
from chalicelib.workflows.models import WorkflowJob
from chalicelib.workflows.views.columns import described
from chalicelib.workflows.views.times import MINIMUM, Counted, times_view

_job = WorkflowJob
WHICH = (
    "A job counts when a runner took it (started_at). Only jobs with a queue time count; queue_reasons tells of the "
    f"others. With fewer than {MINIMUM}, the times are NULL"
)
QUEUED = Counted("jobs", "Jobs that have a queue time", "were in the queue for")


def _queued(*keys: SQLColumnExpression[Any]) -> Select[Any]:
    """Jobs with a queue time."""
    return select(_job.org, *keys, _job.queue_seconds.label("seconds")).where(_job.queue_seconds.is_not(None))


def _view(name: str, by: str, keys: Sequence[Any], **words: str) -> View:
    return times_view(
        name,
        f"How long jobs were in the queue, {by}. {WHICH}",
        _queued(*keys),
        ("org", *(key.key for key in keys)),
        QUEUED,
        shares=(MEDIAN, P90, P99),
        words=words,
    )


_WEEK = WeekOf(_job.started_at).label("week")
IN_WEEK = "Monday of the week, UTC, in which runners took them"

QUEUE_TIME_HOURLY = _view(
    "queue_time_hourly",
    "by organisation and hour",
    [HourOf(_job.started_at).label("hour")],
    hour="Beginning of the hour, UTC, in which runners took them",
)
QUEUE_TIME_DAILY = _view(
    "queue_time_daily",
    "by organisation and day",
    [DayOf(_job.started_at).label("day")],
    day="Day, UTC, on which runners took them",
)
QUEUE_TIME_BY_LABELS_WEEKLY = _view(
    "queue_time_by_labels_weekly", "by the labels that they ask for and week", [_job.label_set, _WEEK], week=IN_WEEK
)
QUEUE_TIME_BY_REPOSITORY_WEEKLY = _view(
    "queue_time_by_repository_weekly", "by repository and week", [_job.repo, _WEEK], week=IN_WEEK
)


def _reasons() -> Subquery:
    """How many jobs of each day have no queue time for which reason, and how many the day has."""
    # Old payloads don't tell when a job was made.
    day = DayOf(func.coalesce(_job.created_at, _job.first_seen_at)).label("day")
    jobs = func.count(type_=BigInteger()).label("jobs")
    counted = (
        select(_job.org, day, _job.queue_reason.label("reason"), jobs)
        .group_by(_job.org, day, _job.queue_reason)
        .subquery("counted")
        .c
    )
    total = func.sum(counted.jobs).over(partition_by=[counted.org, counted.day])
    each = select(*counted, ratio(counted.jobs, total).label("share")).subquery("each_reason")
    return select(each).where(each.c.reason.is_not(None)).subquery("reasons")


_reason = _reasons().c

QUEUE_REASONS = View(
    "queue_reasons",
    "How many jobs have no queue time, by organisation, day and reason",
    [
        *described(_reason, ["org"]),
        ViewColumn("day", _reason.day, "Day, UTC, on which they were made; else on which this app first saw them"),
        ViewColumn("reason", _reason.reason, "workflow_jobs.queue_reason"),
        ViewColumn("jobs", _reason.jobs, "Jobs without a queue time for this reason"),
        ViewColumn("share", _reason.share, "Share of all jobs of the day, those with a queue time too, 0 to 1"),
    ],
)
