"""The overview: the last whole month beside the one before, and whether the data is well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

import streamlit as st
from sqlalchemy import TableClause, func, select

from reports.commands.cycles import ISSUES, PULL_REQUESTS, issues, pull_requests
from reports.dashboard.filters import Choice
from reports.dashboard.parts import MOST_TILES, say_limits
from reports.dashboard.screen import ALL, Screen
from reports.dashboard.screens.glance import show_glance
from reports.dashboard.screens.people import months
from reports.dashboard.screens.periods import report_of, show_counts
from reports.dashboard.screens.small_groups import HIDDEN, RULE
from reports.dashboard.source import Source
from reports.output import HOUR, NOTHING, duration, number
from reports.reading import view

DELIVERY = view("delivery_monthly", "level org repo month deployments median_lead_time_hours n_lead_time_hours")
MINUTES = view("ci_minutes_monthly", "org repo month minutes")
COPILOT = view("copilot_acceptance_monthly", "org month mean_daily_active_users")


class Figure(NamedTuple):
    """A key figure: a column of a view by month, and whether less of it is better."""

    label: str
    view: TableClause
    column: str
    delta_color: Literal["inverse", "off"] = "off"

    @property
    def counted(self) -> str:
        """The column that says of how many a median is; empty for what is none."""
        return self.column.replace("median_", "n_") if self.column.startswith("median_") else ""


Row = dict[str, Any]
MONTHLY_PULLS, MONTHLY_ISSUES = PULL_REQUESTS.periods["month"], ISSUES.periods["month"]
FIGURES = (
    Figure("Pull requests opened", MONTHLY_PULLS, "opened"),
    Figure("Pull requests merged", MONTHLY_PULLS, "merged"),
    Figure("Median to review", MONTHLY_PULLS, "median_hours_to_first_review", "inverse"),
    Figure("Median to merge", MONTHLY_PULLS, "median_hours_to_merge", "inverse"),
    Figure("Issues opened", MONTHLY_ISSUES, "opened"),
    Figure("Issues closed", MONTHLY_ISSUES, "closed"),
    Figure("Median to response", MONTHLY_ISSUES, "median_hours_to_first_response", "inverse"),
    Figure("Median to closing", MONTHLY_ISSUES, "median_hours_to_close", "inverse"),
    Figure("People who contributed", months.MONTHLY, "active_people"),
    Figure("New people", months.MONTHLY, "new_people"),
    Figure("Deployments", DELIVERY, "deployments"),
    Figure("Median lead time", DELIVERY, "median_lead_time_hours", "inverse"),
    Figure("Minutes of CI", MINUTES, "minutes"),
    Figure("Copilot's users on a day (mean)", COPILOT, "mean_daily_active_users"),
)
VIEWS = (MONTHLY_PULLS, MONTHLY_ISSUES, months.MONTHLY, DELIVERY, MINUTES, COPILOT)


def show(source: Source, choice: Choice) -> None:
    """Show the page."""
    last = (source.today.replace(day=1) - timedelta(days=1)).replace(day=1)
    before = (last - timedelta(days=1)).replace(day=1)
    show_glance(source, choice)
    st.header(f"{last:%B %Y}, beside {before:%B %Y}", anchor=False)
    show_figures_of(source, choice, last, before)
    for make, cycle in ((pull_requests, PULL_REQUESTS), (issues, ISSUES)):
        counts = report_of(make, source, choice, "month").results
        show_counts(counts, cycle, source, "month")
        say_limits(counts, by="month", begin=choice.begin, today=source.today)


def show_figures_of(source: Source, choice: Choice, last: date, before: date) -> None:
    """Show each key figure of a month, and how it differs from the month before."""
    found = {view.name: read_months(source, choice, view, [last, before]) for view in VIEWS}
    if not any(found.values()):
        st.info("Nothing is stored of these two months: `make run`, or a backfill, reads them.")
        return
    st.caption(f"The last month that is over, by what is known now. {sources()} {RULE}")
    unknown = [figure.label for figure in FIGURES if not knows(figure.view, choice)]
    if unknown:
        st.caption(f"Not known by {'repository' if choice.repo else 'team'}: {', '.join(unknown)}.")
    for place in range(0, len(FIGURES), MOST_TILES):
        row = FIGURES[place : place + MOST_TILES]
        for column, figure in zip(st.columns(MOST_TILES), row, strict=False):
            now_row, then_row = (found[figure.view.name].get(month, {}) for month in (last, before))
            now, then = now_row.get(figure.column), then_row.get(figure.column)
            column.metric(
                label_of(figure, now_row),
                HIDDEN if is_hidden(figure, now_row) else written(figure.column, now),
                change(figure.column, now, then),
                delta_color=figure.delta_color,
                delta_arrow="off" if now == then else "auto",
                border=True,
            )


def sources() -> str:
    """Say where the figures come from."""
    return f"From the views {', '.join(f'`{view.name}`' for view in VIEWS)}."


def read_months(source: Source, choice: Choice, view: TableClause, asked: Sequence[date]) -> dict[date, Row]:
    """Read a view's rows of some months, by month; what has no levels is added up."""
    if not knows(view, choice):
        return {}
    if view is months.MONTHLY:
        return read_people(source, choice, since=min(asked))
    rows = view.c
    conditions = [rows.org == choice.org, rows.month.in_(asked)]
    if "level" in rows:
        conditions.append(rows.level == ("repository" if choice.repo else "team" if choice.team else "organisation"))
    conditions += [rows.repo == choice.repo] if choice.repo else []
    conditions += [rows.team == choice.team] if choice.team else []
    names = sorted(
        {name for figure in FIGURES if figure.view is view for name in (figure.column, figure.counted) if name}
    )
    columns = [rows[name] if "level" in rows else func.sum(rows[name]).label(name) for name in names]
    query = select(rows.month, *columns).where(*conditions)
    found = source.all(query if "level" in rows else query.group_by(rows.month))
    return {row["month"]: row for row in found}


def read_people(source: Source, choice: Choice, *, since: date) -> dict[date, Row]:
    """Read how many people there were in each month, without small groups, as the page People does."""
    names = [figure.column for figure in FIGURES if figure.view is months.MONTHLY]
    table = months.read_months(source, replace(choice, begin=since), names, title="People")
    return {row[0]: dict(zip(table.columns, row, strict=True)) for row in table.rows}


def is_hidden(figure: Figure, row: Row) -> bool:
    """Tell whether a figure of few people is left out."""
    return figure.column.replace("_", " ") in row.get(HIDDEN, "").split(", ")


def knows(view: TableClause, choice: Choice) -> bool:
    """Tell whether a view knows repositories, or teams, where one is chosen."""
    return not (choice.repo and "repo" not in view.c) and not (choice.team and "team" not in view.c)


def label_of(figure: Figure, row: Row) -> str:
    """Write what a figure is, and a median's number of values."""
    return f"{figure.label} (n = {number(row[figure.counted])})" if figure.counted and row else figure.label


def written(column: str, value: float | None) -> str:
    """Write a key figure."""
    if value is None:
        return NOTHING
    return duration(value * HOUR) if "hours" in column else number(value)


def change(column: str, now: float | None, then: float | None) -> str | None:
    """Write by how much a figure differs from the one before; None where one of them is unknown."""
    if now is None or then is None:
        return None
    difference = now - then
    sign = "+" if difference > 0 else ""
    return f"{sign}{written(column, difference)} (before: {written(column, then)})"


SCREEN = Screen(
    "Overview",
    "overview",
    "How is it going, beside the month before?",
    show,
    kinds=tuple({*PULL_REQUESTS.kinds, *ISSUES.kinds}),
    filters=ALL,
)
