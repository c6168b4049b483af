"""Counts and hours by month or week, which pull requests and issues have alike."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from reports import charts
from reports.commands.cycles import Cycle
from reports.dashboard.filters import Choice, say_unknown
from reports.dashboard.parts import mark_unfinished, say_limits, show_chart, show_figures, titled
from reports.dashboard.source import Source
from reports.reading import Table
from reports.report import Report

BY = ("month", "week")
MOST_BARS = 7  # with their dates below them, as the charts let bars stand
Make = Callable[..., Report]


def show_periods(make: Make, cycle: Cycle, source: Source, choice: Choice) -> None:
    """Show a report by month or week: how many there were, and how long they waited."""
    asked = st.query_params.to_dict()
    by = st.selectbox("By", BY, key="by", bind="query-params", width=160)
    say_unknown(asked, {"by": BY})
    report = report_of(make, source, choice, by)
    show_figures([(f"{label} in these {by}s", value) for label, value in report.summary])
    st.caption("Bots are left out of these counts and medians.")
    say_limits(report.results, by=by, begin=choice.begin, today=source.today)
    show_hours(report.results, cycle, source, by)
    show_counts(report.results, cycle, source, by)


def report_of(make: Make, source: Source, choice: Choice, by: str) -> Report:
    """Make a report of what is chosen."""
    # A repository is named with its owner: another organisation may have one of that name.
    repo = f"{choice.org}/{choice.repo}" if choice.repo else None
    return make(source, org=choice.org, repo=repo, team=choice.team, since=choice.since, by=by)


def show_hours(read: Table, cycle: Cycle, source: Source, by: str) -> None:
    """Show the medians, each period with its number of values."""
    table = titled(read, f"How long {cycle.name} waited, by {by} (medians, in hours)")
    counts = [f"n_{name.removeprefix('median_')}" for name in cycle.medians]
    figure = charts.lines(table, x=by, y=cycle.medians, unit="hours", n=counts)
    mark_unfinished(figure, table, by=by, today=source.today)
    about = "n is of how many values each median is, in the order of the lines."
    show_chart(table, figure, key=f"{slug(cycle)}-hours", empty=empty_of(cycle), about=about)


def show_counts(read: Table, cycle: Cycle, source: Source, by: str) -> None:
    """Show how many there were."""
    table = titled(read, f"How many {cycle.name} there were, by {by}")
    # Many bars would lie, and time runs to the right.
    draw = charts.bars if len(table.rows) <= MOST_BARS else charts.lines
    figure = draw(table, x=by, y=cycle.counts, unit=cycle.name)
    mark_unfinished(figure, table, by=by, today=source.today)
    show_chart(table, figure, key=f"{slug(cycle)}-counts", empty=empty_of(cycle))


def empty_of(cycle: Cycle) -> str:
    """Say what to do where there was nothing."""
    return (
        f"There were no {cycle.name} in this time: choose a longer period, or another repository or team. "
        "Or none has been read yet: see the page Data."
    )


def slug(cycle: Cycle) -> str:
    """Name a cycle in a file's name."""
    return cycle.name.replace(" ", "-")
