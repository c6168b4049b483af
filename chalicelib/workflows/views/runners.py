"""How busy self-hosted runners are, and for which labels jobs wait longest."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Select, Subquery, and_, case, cast, func, literal, null, or_, select, union_all

from chalicelib.store.functions import (
    DAY,
    DayOf,
    DaysAfter,
    DaysAgo,
    NextDay,
    SecondsBetween,
    StartOfDay,
    count_if,
    earlier,
    later,
    now,
    ratio,
    seconds_since,
    sum_of,
)
from chalicelib.store.percentiles import MEDIAN, P90, P99, Ranked
from chalicelib.store.views import View, ViewColumn
from chalicelib.workflows.models import Runner, RunnerSample, WorkflowJob
from chalicelib.workflows.views.columns import (
    COMPLETED,
    IN_PROGRESS,
    QUEUED,
    RECENT_DAYS,
    described,
    has_runner,
    is_open,
    is_original,
    is_self_hosted,
    queue_wait_seconds,
)
from chalicelib.workflows.views.times import Counted, ranked, times_columns

DAYS_OF_A_JOB = 6  # at most: GitHub ends a self-hosted job after five times 24 hours
_job, _runner, _sample = WorkflowJob, Runner, RunnerSample


def _jobs() -> Subquery:
    """Jobs that a self-hosted runner had or has, with its labels, from when to when."""
    theirs = and_(_runner.id == _job.runner_id, _runner.org == _job.org, _runner.name == _job.runner_name)
    is_running = and_(_job.status == IN_PROGRESS, _job.abandoned_at.is_(None))
    end = case((_job.status == COMPLETED, _job.completed_at), (is_running, now()))
    return (
        select(
            *(_job.org, func.coalesce(_runner.label_set, _job.label_set).label("label_set")),
            *(_job.started_at.label("begin"), end.label("end")),
        )
        .outerjoin(_runner, theirs)
        .where(end >= _job.started_at, has_runner(_job), is_original(_job))
        .where(or_(_runner.id.is_not(None), is_self_hosted(_job)))
        .subquery("ran")
    )


def _busy() -> Select[Any]:
    """Seconds that runners were busy: a job over midnight counts in each of its days."""
    job = _jobs().c
    numbers = (select(literal(number).label("days")) for number in range(DAYS_OF_A_JOB))
    after = union_all(*numbers).subquery("after")
    day = DaysAfter(DayOf(job.begin), after.c.days)
    begin, end = later(job.begin, StartOfDay(day)), earlier(job.end, StartOfDay(NextDay(day)))
    online, samples = (cast(null(), BigInteger).label(name) for name in ("online", "samples"))
    return select(
        job.org, day.label("day"), job.label_set, SecondsBetween(begin, end).label("busy"), online, samples
    ).join(after, StartOfDay(day) < job.end)


def _online() -> Select[Any]:
    """Seconds that runners were online: as many as on average of the day's samples, for as long as the day is."""
    day = DayOf(_sample.sampled_at).label("day")
    # Labels without a runner have no row at that time, so times are counted for the whole organisation.
    time = func.dense_rank(type_=BigInteger()).over(partition_by=[_sample.org, day], order_by=_sample.sampled_at)
    each = select(_sample.org, day, _sample.label_set, _sample.online, time.label("time")).subquery("sample").c
    keys = (each.org, each.day, each.label_set)
    total = (
        select(*keys, sum_of(each.online).label("online"), func.max(each.time).label("time"))
        .group_by(*keys)
        .subquery("total")
        .c
    )
    samples = func.max(total.time).over(partition_by=[total.org, total.day])
    so_far = case((total.day == DayOf(now()), seconds_since(StartOfDay(total.day))), else_=literal(DAY, BigInteger))
    seconds = cast(total.online * so_far // samples, BigInteger)
    nothing = literal(0, BigInteger)
    return select(total.org, total.day, total.label_set, nothing, seconds.label("online"), samples.label("samples"))


def _daily() -> Any:
    each = union_all(_busy(), _online()).subquery("each_one").c
    keys = (each.org, each.day, each.label_set)
    sums = (sum_of(each[name]).label(name) for name in ("busy", "online"))
    return select(*keys, *sums, func.max(each.samples).label("samples")).group_by(*keys).subquery("daily").c


_day = _daily()

RUNNER_UTILISATION_DAILY = View(
    "runner_utilisation_daily",
    "How busy self-hosted runners were, by their labels and day. A job over midnight counts in each of its days, one "
    "that still runs up to now. A runner that was never listed, because it came and went between two samples, has the "
    "labels that its job asked for",
    [
        ViewColumn("org", _day.org, "Organisation"),
        ViewColumn("day", _day.day, "Day, UTC; today's numbers are those so far"),
        ViewColumn("label_set", _day.label_set, "Labels of the runners, in order, with commas between"),
        ViewColumn("busy_seconds", _day.busy, "Seconds that runners had jobs"),
        ViewColumn(
            "online_seconds",
            _day.online,
            "Seconds that runners were online: their average number in the day's samples, times the seconds of the "
            "day. NULL without samples of these labels",
        ),
        ViewColumn("samples", _day.samples, "Samples of the organisation's runners that day; NULL as above"),
        ViewColumn(
            "busy_share",
            ratio(_day.busy, _day.online),
            "busy_seconds of online_seconds, 0 to 1; above 1 when runners came and went between samples",
        ),
    ],
)


def _waits() -> Ranked:
    """Jobs that were taken lately or are in the queue, ranked by how long they queued."""
    took = _job.queue_seconds.label("seconds")
    nothing = cast(null(), BigInteger)
    done = select(_job.org, _job.label_set, took, literal(0).label("is_queued"), nothing.label("wait"))
    queued = select(_job.org, _job.label_set, nothing, literal(1), queue_wait_seconds(_job))
    each = union_all(
        done.where(_job.queue_seconds.is_not(None), _job.started_at >= DaysAgo(literal(RECENT_DAYS))),
        queued.where(is_open(_job), _job.status == QUEUED, _job.abandoned_at.is_(None)),
    )
    return ranked(select(each.subquery("wait")), ("org", "label_set"))


_each_wait = _waits()
_wait = _each_wait.c
LONGEST_WAITING_LABELS = View(
    "longest_waiting_labels",
    f"For which labels jobs wait: how long they were in the queue in the last {RECENT_DAYS} days, and how many are in "
    "it now",
    [
        *described(_wait, ["org", "label_set"]),
        ViewColumn("queued_now", count_if(_wait.is_queued == 1), "Jobs that are queued now"),
        ViewColumn(
            "longest_wait_seconds",
            func.max(_wait.wait),
            "Seconds for which the first of these has been in the queue; NULL when none is, or nobody knows",
        ),
        *times_columns(
            _each_wait,
            Counted("jobs", f"Jobs with a queue time that a runner took in the last {RECENT_DAYS} days", "queued for"),
            (MEDIAN, P90, P99),
        ),
    ],
    group_by=[_wait.org, _wait.label_set],
)
