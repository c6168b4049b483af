"""Workflows: how often runs fail, how long runs and jobs take, minutes, and what ran most and longest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from sqlalchemy import ColumnElement, func, select

from chalicelib.utils import shown
from reports.dashboard.filters import Choice, say_unknown
from reports.dashboard.parts import plain, say_limits, show_figures, show_table
from reports.dashboard.screens.ci import minutes, tops
from reports.dashboard.screens.ci.asking import (
    FEW,
    JOB_KINDS,
    LONGER,
    RUN_KINDS,
    Lines,
    of_choice,
    percent,
    show_lines,
    since,
)
from reports.dashboard.source import MOST_ROWS, Source
from reports.output import NOTHING, number
from reports.reading import Table, view

COUNTS = "runs ended failed cancelled rerun skipped action_required not_completed"
REPOSITORY_RATES = view("repository_rates_weekly", f"org repo week {COUNTS}")
WORKFLOW_RATES = view("workflow_rates_weekly", f"org repo workflow_id week workflow_name {COUNTS}")
RUN_DURATIONS = view(
    "run_durations_weekly", "org repo workflow_id week workflow_name runs median_seconds p90_seconds max_seconds"
)
JOB_DURATIONS = view(
    "job_durations_weekly", "org repo workflow_name name week jobs median_seconds p90_seconds max_seconds"
)
PERCENTS = ("percent_succeeded", "percent_failed", "percent_cancelled", "percent_rerun")
HOW_COUNTED = (
    "Of the runs that ended, in the week in which each was first made; a run counts as its latest attempt ended. "
    "Succeeded is what neither failed nor was cancelled. A run that failed and then succeeded counts as run again, "
    "not as failed."
)
NO_RUNS = f"No run was made in this time: {LONGER}"


def show(source: Source, choice: Choice) -> None:
    """Show the part."""
    show_rates(source, choice)
    show_one(source, choice)
    minutes.show(source, choice)
    tops.show(source, choice)


def rates(rows: Any) -> Sequence[ColumnElement[Any]]:
    """Add up the runs of a group, and give how many of a hundred ended in which way."""
    succeeded = rows.ended - rows.failed - rows.cancelled
    parts = (succeeded, rows.failed, rows.cancelled, rows.rerun)
    counts = (func.sum(rows[name]).label(name) for name in COUNTS.split())
    percents = (percent(part, rows.ended).label(name) for part, name in zip(parts, PERCENTS, strict=True))
    return [*counts, *percents]


def show_rates(source: Source, choice: Choice) -> None:
    """Show how often runs failed, were cancelled and were run again."""
    rows = REPOSITORY_RATES.c
    query = select(rows.week, *rates(rows)).where(*of_choice(rows, choice), since(rows, choice, "week"))
    query = query.group_by(rows.week).order_by(rows.week)
    table = source.read(query, title="How runs ended, by week", kinds=RUN_KINDS, orgs=[choice.org])
    if table.rows:
        show_figures(totals(table))
    say_limits(table, by="week", begin=choice.begin, today=source.today)
    show_lines(source, table, Lines(PERCENTS, "% of runs", ["ended"]), key="rates", empty=NO_RUNS, about=HOW_COUNTED)


def totals(table: Table) -> list[tuple[str, str]]:
    """Add up weeks of runs."""
    runs, ended, failed, cancelled = (sum(table.values(name)) for name in ("runs", "ended", "failed", "cancelled"))

    def share(part: int) -> str:
        return f"{100 * part / ended:.1f} %" if ended else NOTHING

    return [
        ("Runs", number(runs)),
        (f"Succeeded (n = {number(ended)})", share(ended - failed - cancelled)),
        (f"Failed (n = {number(ended)})", share(failed)),
        (f"Cancelled (n = {number(ended)})", share(cancelled)),
    ]


def show_one(source: Source, choice: Choice) -> None:
    """Show one workflow, since medians of several can't be added up."""
    workflows = workflows_of(source, choice)
    if not workflows:
        return
    asked = st.query_params.to_dict()
    chosen = st.selectbox("Workflow", list(workflows), key="workflow", bind="query-params")
    say_unknown(asked, {"workflow": workflows})
    if len(workflows) == MOST_ROWS:
        st.caption(f"There are more workflows than the {MOST_ROWS:,} that ran most, which are listed here.")
    workflow = workflows[chosen]
    show_its_rates(source, choice, workflow)
    show_its_runs(source, choice, workflow)
    show_its_jobs(source, choice, workflow)


def workflows_of(source: Source, choice: Choice) -> dict[str, dict[str, Any]]:
    """List the workflows that ran in this time, those that ran most first, as people read them."""
    rows, runs = WORKFLOW_RATES.c, func.sum(WORKFLOW_RATES.c.runs)
    name = func.max(rows.workflow_name).label("name")
    query = select(rows.repo, rows.workflow_id, name, runs.label("runs"))
    query = query.where(*of_choice(rows, choice), since(rows, choice, "week")).group_by(rows.repo, rows.workflow_id)
    found = source.all(query.order_by(runs.desc(), rows.repo, rows.workflow_id))
    # Two workflows of a repository may have the same name.
    return {shown(f"{row['repo']}: {row['name']} (#{row['workflow_id']})"): row for row in found}


def of_workflow(rows: Any, choice: Choice, workflow: dict[str, Any]) -> list[ColumnElement[bool]]:
    """Limit rows to a workflow and the chosen time."""
    own = rows.workflow_id == workflow["workflow_id"]
    return [rows.org == choice.org, rows.repo == workflow["repo"], own, since(rows, choice, "week")]


def show_its_rates(source: Source, choice: Choice, workflow: dict[str, Any]) -> None:
    """Show how a workflow's runs ended."""
    rows = WORKFLOW_RATES.c
    query = select(rows.week, *rates(rows)).where(*of_workflow(rows, choice, workflow))
    query = query.group_by(rows.week).order_by(rows.week)
    title = f"How runs of {called(workflow)} ended, by week"
    table = source.read(query, title=title, kinds=RUN_KINDS, orgs=[choice.org])
    show_lines(source, table, Lines(PERCENTS, "% of runs", ["ended"]), key="workflow-rates", empty=NO_RUNS)


def called(workflow: dict[str, Any]) -> str:
    """Name a workflow in a title."""
    return f"{workflow['name']} in {workflow['repo']}"


def show_its_runs(source: Source, choice: Choice, workflow: dict[str, Any]) -> None:
    """Show how long a workflow's runs took."""
    rows = RUN_DURATIONS.c
    query = select(rows.week, rows.runs, rows.median_seconds, rows.p90_seconds, rows.max_seconds)
    query = query.where(*of_workflow(rows, choice, workflow)).order_by(rows.week)
    title = f"How long runs of {called(workflow)} took, by week"
    table = source.read(query, title=title, kinds=RUN_KINDS, orgs=[choice.org])
    empty = f"No run of it ended in this time, other than by being cancelled: {LONGER}"
    about = f"With all that they waited for. {FEW}"
    drawn = Lines(("median_seconds", "p90_seconds"), "seconds", ["runs"])
    show_lines(source, table, drawn, key="run-durations", empty=empty, about=about)


def show_its_jobs(source: Source, choice: Choice, workflow: dict[str, Any]) -> None:
    """Show how long a workflow's jobs ran."""
    rows = JOB_DURATIONS.c
    query = select(rows.week, rows.name, rows.jobs, rows.median_seconds, rows.p90_seconds, rows.max_seconds)
    query = query.where(rows.org == choice.org, rows.repo == workflow["repo"], since(rows, choice, "week"))
    query = query.where(rows.workflow_name == workflow["name"]).order_by(rows.week.desc(), rows.name)
    title = f"How long jobs of {called(workflow)} ran, by job and week"
    table = source.read(query, title=title, kinds=JOB_KINDS, orgs=[choice.org])
    empty = f"No job of {plain(workflow['name'])} ended in this time, other than by being cancelled."
    show_table(table, key="job-durations", empty=empty, about=f"From when a runner took them. {FEW}")
