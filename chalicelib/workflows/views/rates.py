"""How often runs fail, are cancelled and are run again; and which workflows run most."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, SQLColumnExpression, and_, func, literal, select

from chalicelib.store.functions import ByBytes, DaysAgo, WeekOf, count_if, ratio
from chalicelib.store.views import View, ViewColumn
from chalicelib.workflows.models import WorkflowRun
from chalicelib.workflows.views.columns import (
    ACTION_REQUIRED,
    CANCELLED,
    COMPLETED,
    FAILED,
    RECENT_DAYS,
    SKIPPED,
    described,
    place,
    workflow_column,
)

_run = WorkflowRun
NAME = "Workflow's name; else its file's path"
SHARES = "Share of ended, 0 to 1; NULL when none ended"


def _counts() -> list[ColumnElement[int]]:
    """How many of a group's runs ended in which way."""
    is_over = _run.status == COMPLETED
    # Old runs may have ended without a conclusion.
    has_ended = and_(is_over, func.coalesce(_run.conclusion, "").not_in((SKIPPED, ACTION_REQUIRED)))
    return [
        func.count(type_=BigInteger()).label("runs"),
        count_if(has_ended).label("ended"),
        count_if(and_(is_over, _run.conclusion.in_(FAILED))).label("failed"),
        count_if(and_(is_over, _run.conclusion == CANCELLED)).label("cancelled"),
        count_if(and_(has_ended, _run.run_attempt > 1)).label("rerun"),
        count_if(and_(is_over, _run.conclusion == SKIPPED)).label("skipped"),
        count_if(and_(is_over, _run.conclusion == ACTION_REQUIRED)).label("action_required"),
        count_if(_run.status != COMPLETED).label("not_completed"),
    ]


def _count_columns(row: Any) -> list[ViewColumn]:
    return [
        ViewColumn("runs", row.runs, "Runs that were made; a re-run is no run of its own"),
        ViewColumn(
            "ended",
            row.ended,
            "Those that are completed, whatever their conclusion, without skipped and action_required",
        ),
        ViewColumn("failed", row.failed, "Those of conclusion failure, timed_out or startup_failure"),
        ViewColumn("cancelled", row.cancelled, "Those that were cancelled"),
        ViewColumn(
            "rerun",
            row.rerun,
            "Those of ended of more than one attempt: that were run again, or, of a fork, approved",
        ),
        ViewColumn("skipped", row.skipped, "Those that were skipped, because no job had to run"),
        ViewColumn("action_required", row.action_required, "Those that somebody must approve before they begin"),
        ViewColumn("not_completed", row.not_completed, "Those whose end GitHub has not told"),
        ViewColumn("failed_share", ratio(row.failed, row.ended), SHARES),
        ViewColumn("cancelled_share", ratio(row.cancelled, row.ended), SHARES),
        ViewColumn("rerun_share", ratio(row.rerun, row.ended), SHARES),
    ]


def _grouped(keys: Iterable[SQLColumnExpression[Any]], also: Iterable[ViewColumn]) -> Any:
    names = [column.expression.label(column.name) for column in also]
    return select(*keys, *names, *_counts()).group_by(*keys).subquery("grouped").c


_WEEK = WeekOf(_run.created_at).label("week")
HOW = (
    "A run counts once, in the week in which its first attempt was made, and as its latest attempt ended. Shares are "
    "of the runs that ended; skipped runs and those that somebody must approve stand apart"
)
IN_WEEK = "Monday of the week, UTC, in which the first attempts were made"

_by_workflow = _grouped([_run.org, _run.repo, _run.workflow_id, _WEEK], workflow_column(_run))
WORKFLOW_RATES_WEEKLY = View(
    "workflow_rates_weekly",
    f"How many runs failed, were cancelled and were run again, by workflow and week. {HOW}",
    [
        *described(_by_workflow, ["org", "repo", "workflow_id", "week"], week=IN_WEEK),
        *described(_by_workflow, ["workflow_name"], workflow_name=NAME),
        *_count_columns(_by_workflow),
    ],
)

_by_repository = _grouped([_run.org, _run.repo, _WEEK], ())
REPOSITORY_RATES_WEEKLY = View(
    "repository_rates_weekly",
    f"How many runs failed, were cancelled and were run again, by repository and week. {HOW}",
    [*described(_by_repository, ["org", "repo", "week"], week=IN_WEEK), *_count_columns(_by_repository)],
)


def _most_run() -> Any:
    """The workflows that ran in the last days, with their place in the organisation."""
    names = [column.expression.label(column.name) for column in workflow_column(_run)]
    keys = (_run.org, _run.repo, _run.workflow_id)
    counted = (
        select(*keys, *names, *_counts())
        .where(_run.created_at >= DaysAgo(literal(RECENT_DAYS)))
        .group_by(*keys)
        .subquery("counted")
    )
    order = (counted.c.runs.desc(), ByBytes(counted.c.repo), func.coalesce(counted.c.workflow_id, 0))
    return select(counted, place(counted.c.org, *order)).subquery("most_run").c


_most = _most_run()
MOST_RUN_WORKFLOWS = View(
    "most_run_workflows",
    f"The workflows by how often they ran in the last {RECENT_DAYS} days. A run counts once, as its latest attempt "
    "ended",
    [
        *described(_most, ["org"]),
        ViewColumn("place", _most.place, "Place among the organisation's workflows, from 1"),
        *described(_most, ["repo", "workflow_id", "workflow_name"], workflow_name=NAME),
        *_count_columns(_most),
    ],
)
