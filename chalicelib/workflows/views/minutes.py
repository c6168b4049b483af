"""For how many minutes runners had jobs, and which of these brought nothing; by repository.

Minutes of use, to the second. What GitHub bills is rounded up per job and weighted by the kind of runner: that is
another question, which GitHub's billing reports answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Subquery, and_, case, func, literal, select, union_all

from chalicelib.store.functions import ByBytes, DaysAgo, MonthOf, WeekOf, count_if, minutes, sum_of, true_if
from chalicelib.store.views import View, ViewColumn
from chalicelib.workflows.models import WorkflowJob, WorkflowRun
from chalicelib.workflows.views.columns import (
    CANCELLED,
    FAILED,
    RECENT_DAYS,
    described,
    is_self_hosted,
    place,
    ran,
    run_seconds,
)

_job, _run = WorkflowJob, WorkflowRun


def _jobs() -> Subquery:
    """Jobs that a runner had, and whether a later attempt of their run replaces them."""
    # A later attempt copies what need not run again: that job's minutes serve it, too.
    copy = (
        select(_job.run_id, _job.name, _job.started_at).where(_job.queue_reason == "copied").distinct().subquery("copy")
    )
    is_copied = and_(*(copy.c[name] == getattr(_job, name) for name in ("run_id", "name", "started_at")))
    is_superseded = true_if(and_(_job.run_attempt < _run.run_attempt, copy.c.run_id.is_(None)))
    return (
        ran(
            *(_job.org, _job.repo, is_self_hosted(_job).label("is_self_hosted")),
            *(WeekOf(_job.completed_at).label("week"), MonthOf(_job.completed_at).label("month")),
            *(_job.conclusion, is_superseded.label("is_superseded"), run_seconds().label("seconds")),
        )
        .outerjoin(_run, _run.id == _job.run_id)
        .outerjoin(copy, is_copied)
        .subquery("ran")
    )


def _view(name: str, comment: str, keys: Sequence[str], **words: str) -> View:
    job = _jobs().c

    def spent(where: ColumnElement[bool]) -> ColumnElement[Any]:
        return minutes(sum_of(case((where, job.seconds), else_=0)))

    return View(
        name,
        comment,
        [
            *described(job, keys, **words),
            ViewColumn("jobs", func.count(type_=BigInteger()), "Jobs that a runner took and that ended"),
            ViewColumn("minutes", minutes(sum_of(job.seconds)), "Minutes for which runners had them"),
            ViewColumn("failed_minutes", spent(job.conclusion.in_(FAILED)), "Those of jobs that failed or timed out"),
            ViewColumn("cancelled_minutes", spent(job.conclusion == CANCELLED), "Those of jobs that were cancelled"),
            ViewColumn(
                "superseded_minutes",
                spent(job.is_superseded),
                "Those of jobs of an attempt that is not their run's latest, however they ended. A job that a later "
                "attempt took over is not among them. Failed and cancelled ones are in those columns, too",
            ),
        ],
        group_by=[job[key] for key in keys],
    )


HOW = (
    "A job counts when it ended. A copy in a later attempt does not count again. These are minutes of use, not those "
    "that GitHub bills"
)
CI_MINUTES_WEEKLY = _view(
    "ci_minutes_weekly",
    f"For how many minutes runners had jobs, by repository, kind of runner and week. {HOW}",
    ("org", "repo", "is_self_hosted", "week"),
    week="Monday of the week, UTC, in which the jobs ended",
)
CI_MINUTES_MONTHLY = _view(
    "ci_minutes_monthly",
    f"For how many minutes runners had jobs, by repository, kind of runner and month. {HOW}",
    ("org", "repo", "is_self_hosted", "month"),
    month="First day of the month, UTC, in which the jobs ended",
)


def _busiest() -> Any:
    """Repositories with what ran there in the last days, and their place in the organisation."""
    lately = DaysAgo(literal(RECENT_DAYS))
    made = select(*(_run.org, _run.repo, literal(1).label("run"), literal(0).label("job")), _seconds(literal(0)))
    done = ran(*(_job.org, _job.repo, literal(0), literal(1)), _seconds(run_seconds()))
    made, done = made.where(_run.created_at >= lately), done.where(_job.completed_at >= lately)
    each = union_all(made, done).subquery("each_one")
    counts = (count_if(each.c[name] == 1).label(f"{name}s") for name in ("run", "job"))
    counted = (
        select(each.c.org, each.c.repo, *counts, sum_of(each.c.seconds).label("seconds"))
        .group_by(each.c.org, each.c.repo)
        .subquery("counted")
    )
    order = (counted.c.seconds.desc(), counted.c.runs.desc(), ByBytes(counted.c.repo))
    return select(counted, place(counted.c.org, *order)).subquery("busiest").c


def _seconds(value: ColumnElement[int]) -> ColumnElement[int]:
    return value.label("seconds")


_busy = _busiest()
BUSIEST_REPOSITORIES = View(
    "busiest_repositories",
    f"The repositories by the minutes for which runners had their jobs in the last {RECENT_DAYS} days",
    [
        *described(_busy, ["org"]),
        ViewColumn("place", _busy.place, "Place among the organisation's repositories, from 1"),
        *described(_busy, ["repo"]),
        ViewColumn("runs", _busy.runs, "Runs that were made"),
        ViewColumn("jobs", _busy.jobs, "Jobs that a runner took and that ended"),
        ViewColumn("minutes", minutes(_busy.seconds), "Minutes for which runners had them"),
    ],
)
