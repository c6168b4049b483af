"""The data itself: how current each kind is, what the jobs did, and what could not be stored."""

from __future__ import annotations

import streamlit as st
from sqlalchemy import func, select

from reports import charts
from reports.commands.health import health
from reports.dashboard.filters import Choice
from reports.dashboard.parts import show_chart, show_figures, show_table, words_of_stopped
from reports.dashboard.screen import Screen
from reports.dashboard.source import Source
from reports.options import midnight
from reports.output import number
from reports.reading import Table, view

LEDGER = view(
    "sync_runs",
    "id job step org status started_at finished_at expected fetched stored rejected requests rate_limit_left error "
    "note",
)
REJECTED = view("rejected_records", "kind org reason identity rejected_at stored_at")
MOST_RUNS, MOST_REJECTED = 200, 200
HOUR, MINUTE = 3600, 60


def show(source: Source, choice: Choice) -> None:
    """Show the page."""
    report = health(source, org=choice.org)
    show_figures(report.summary)
    if stopped := source.stopped(choice.org):
        st.warning(words_of_stopped(stopped))
    empty = "No job has run in 30 days: `.venv/bin/python app.py every_30_min` runs one (docs/operations.md)."
    table = report.results
    lags = by_age(table)
    unit = lags.columns[1].removeprefix("lag_")
    figure = charts.bars(lags, x="kind", y=lags.columns[1:], unit=unit)
    about = "For how long a change on GitHub may have gone unseen. What was never read completely has no bar."
    show_chart(lags, figure, key="freshness", empty=empty, about=about, says=say_oldest(lags, unit))
    show_table(table, key="health", empty=empty)
    show_rejected(source, choice)
    show_ledger(source, choice)


def by_age(table: Table) -> Table:
    """Give the kinds of which it is known how old they are, the oldest first, in minutes or hours."""
    pairs = zip(table.values("kind"), table.values("lag_seconds"), strict=True)
    known = sorted(((kind, lag) for kind, lag in pairs if lag is not None), key=lambda row: -row[1])
    unit, seconds = ("hours", HOUR) if known and known[0][1] > 2 * HOUR else ("minutes", MINUTE)
    rows = [(kind, lag / seconds) for kind, lag in known]
    return Table("How old the data is", ["kind", f"lag_{unit}"], rows, table.as_of, table.view)


def say_oldest(table: Table, unit: str) -> str:
    """Say in a sentence what the chart shows."""
    if not table.rows:
        return ""
    (oldest, most), (newest, least) = table.rows[0], table.rows[-1]
    return f"The oldest data, {oldest}, is {number(most)} {unit} old; the newest, {newest}, {number(least)} {unit}."


def show_rejected(source: Source, choice: Choice) -> None:
    """Show which records could not become rows."""
    rows = REJECTED.c
    query = (
        select(
            rows.kind, rows.reason, func.count().label("records"), func.max(rows.rejected_at).label("last_rejected_at")
        )
        .where(rows.org == choice.org, rows.stored_at.is_(None))
        .group_by(rows.kind, rows.reason)
        .order_by(func.count().desc(), rows.kind, rows.reason)
    )
    table = source.read(
        query, title="Records that could not be stored", kinds=(), orgs=[choice.org], most=MOST_REJECTED
    )
    show_table(table, key="rejected", empty="None: every record that was read is in its table.", is_dated=False)


def show_ledger(source: Source, choice: Choice) -> None:
    """Show what the jobs did last."""
    rows = LEDGER.c
    query = select(*(each for each in rows if each.name not in ("id", "org"))).where(
        rows.org == choice.org, rows.started_at >= midnight(choice.begin)
    )
    title = f"The ledger: the last {MOST_RUNS} steps of jobs"
    table = source.read(query.order_by(rows.id.desc()), title=title, kinds=(), orgs=[choice.org], most=MOST_RUNS)
    show_table(table, key="ledger", empty="No job has run in this time.", is_dated=False)


SCREEN = Screen("Data", "data", "How current is the data, and what is missing?", show, filters=("period",))
