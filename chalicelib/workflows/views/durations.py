"""How long jobs and runs took, and which jobs took longest."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Subquery, func, literal, select

from chalicelib.store.functions import DaysAgo, SecondsBetween, WeekOf
from chalicelib.store.percentiles import MEDIAN, P90
from chalicelib.store.views import View, ViewColumn
from chalicelib.workflows.models import WorkflowJob, WorkflowRun
from chalicelib.workflows.views.columns import (
    CANCELLED,
    COMPLETED,
    RECENT_DAYS,
    SUCCESS,
    described,
    place,
    ran,
    run_seconds,
    workflow_column,
)
from chalicelib.workflows.views.times import Counted, times_view

_job, _run = WorkflowJob, WorkflowRun
IN_WEEK = "Monday of the week, UTC, in which they ended"
BY_THEMSELVES = (SUCCESS, "neutral", "failure", "timed_out")
LONGEST = 100  # jobs of an organisation

JOB_DURATIONS_WEEKLY = times_view(
    "job_durations_weekly",
    "How long jobs ran, from when a runner took them, by workflow, job and week. Cancelled ones don't count: they say "
    "nothing about how long a job takes. Nor do copies in later attempts",
    ran(
        *(_job.org, _job.repo, _job.workflow_name, _job.name),
        WeekOf(_job.completed_at).label("week"),
        run_seconds().label("seconds"),
    ).where(func.coalesce(_job.conclusion, "") != CANCELLED),
    ("org", "repo", "workflow_name", "name", "week"),
    Counted("jobs", "Jobs that ended, other than by being cancelled", "ran for"),
    shares=(MEDIAN, P90),
    words={"week": IN_WEEK},
)


def _ended() -> Select[Any]:
    """Runs that ended by themselves, after they had begun."""
    # A run whose latest attempt ends before it begins: nobody knows how long it took.
    is_over = (_run.status == COMPLETED, _run.updated_at >= _run.run_started_at)
    return select(
        *(_run.org, _run.repo, _run.workflow_id, _run.name, _run.path, WeekOf(_run.updated_at).label("week")),
        SecondsBetween(_run.run_started_at, _run.updated_at).label("seconds"),
    ).where(*is_over, _run.conclusion.in_(BY_THEMSELVES))


RUN_DURATIONS_WEEKLY = times_view(
    "run_durations_weekly",
    "How long runs took by workflow and week: their latest attempt, from when it was made to its end, with all that it "
    "waited for. Cancelled and skipped runs don't count, nor those that could not start or wait for an approval",
    _ended(),
    ("org", "repo", "workflow_id", "week"),
    Counted("runs", "Runs that ended with success, neutral, failure or timed_out", "took"),
    shares=(MEDIAN, P90),
    also=workflow_column,
    words={"week": IN_WEEK},
)


def _longest() -> Subquery:
    """The longest jobs of each organisation in the last days."""
    each = (
        ran(
            *(_job.id, _job.org, _job.repo, _job.workflow_name, _job.name, _job.run_id, _job.run_attempt),
            *(_job.head_branch, _job.label_set, _job.runner_name, _job.conclusion, _job.started_at, _job.completed_at),
            *(_job.html_url, run_seconds().label("seconds")),
        )
        .where(_job.completed_at >= DaysAgo(literal(RECENT_DAYS)))
        .subquery("each_job")
    )
    numbered = select(each, place(each.c.org, each.c.seconds.desc(), each.c.id)).subquery("numbered")
    return select(numbered).where(numbered.c.place <= LONGEST).subquery("longest")


_long = _longest().c

LONGEST_JOBS = View(
    "longest_jobs",
    f"The {LONGEST} jobs of each organisation that ran longest, of those that ended in the last {RECENT_DAYS} days. "
    "Copies in later attempts don't count",
    [
        *described(_long, ["org"]),
        ViewColumn("place", _long.place, "Place among the organisation's jobs, from 1"),
        *described(_long, ["repo", "workflow_name", "name"]),
        ViewColumn("id", _long.id, "workflow_jobs.id"),
        ViewColumn("run_id", _long.run_id, "workflow_runs.id"),
        ViewColumn("run_attempt", _long.run_attempt, "Attempt of the run, from 1"),
        ViewColumn("head_branch", _long.head_branch, "Branch or tag that it ran on"),
        *described(_long, ["label_set"]),
        ViewColumn("runner_name", _long.runner_name, "Runner that had it"),
        ViewColumn("conclusion", _long.conclusion, "How it ended, such as success or cancelled"),
        ViewColumn("started_at", _long.started_at, "When a runner took it"),
        ViewColumn("completed_at", _long.completed_at, "When it ended"),
        ViewColumn("seconds", _long.seconds, "Seconds that it ran"),
        ViewColumn("html_url", _long.html_url, "Web page"),
    ],
)
