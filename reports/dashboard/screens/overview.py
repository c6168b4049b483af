"""The overview: what is the matter now, and the last whole month beside the one before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

import streamlit as st
from sqlalchemy import TableClause, func, select

from reports.commands.cycles import ISSUES, PULL_REQUESTS
from reports.dashboard.filters import Choice
from reports.dashboard.parts import MOST_TILES, say_limits
from reports.dashboard.screen import ALL, Screen
from reports.dashboard.screens.glance import show_glance
from reports.dashboard.screens.people import months
from reports.dashboard.screens.periods import show_counts
from reports.dashboard.screens.small_groups import FLOOR, HIDDEN, RULE
from reports.dashboard.source import Source
from reports.output import HOUR, NOTHING, duration, number
from reports.reading import Table, view

PULLS = view(
    "pull_request_cycle_monthly",
    "level org repo team month opened merged n_hours_to_first_review median_hours_to_first_review n_hours_to_merge "
    "median_hours_to_merge n_lead_time_hours median_lead_time_hours",
)
MINUTES = view("ci_minutes_monthly", "org repo month minutes")
COPILOT = view("copilot_acceptance_monthly", "org month days mean_daily_active_users")


class Figure(NamedTuple):
    """A key figure: a column of a view by month, and whether less of it is better."""

    label: str
    view: TableClause
    column: str
    delta_color: Literal["inverse", "off"] = "off"

    @property
    def counted(self) -> str:
        """The column that says of how many a median or mean is; empty for what is neither."""
        if self.column.startswith("mean_"):
            return "days"
        return self.column.replace("median_", "n_") if self.column.startswith("median_") else ""


Row = Mapping[str, Any]
MONTHLY_ISSUES = ISSUES.periods["month"]
FIGURES = (
    Figure("Pull requests opened", PULLS, "opened"),
    Figure("Pull requests merged", PULLS, "merged"),
    Figure("Median to review", PULLS, "median_hours_to_first_review", "inverse"),
    Figure("Median to merge", PULLS, "median_hours_to_merge", "inverse"),
    Figure("Issues opened", MONTHLY_ISSUES, "opened"),
    Figure("Issues closed", MONTHLY_ISSUES, "closed"),
    Figure("Median to response", MONTHLY_ISSUES, "median_hours_to_first_response", "inverse"),
    Figure("Median to closing", MONTHLY_ISSUES, "median_hours_to_close", "inverse"),
    Figure("Median lead time", PULLS, "median_lead_time_hours", "inverse"),
    Figure("People who contributed", months.MONTHLY, "active_people"),
    Figure("New people", months.MONTHLY, "new_people"),
    Figure("Copilot users a day", COPILOT, "mean_daily_active_users"),
    Figure("Minutes of CI", MINUTES, "minutes"),
)
KINDS = {PULLS: PULL_REQUESTS.kinds, MONTHLY_ISSUES: ISSUES.kinds, months.MONTHLY: (), COPILOT: (), MINUTES: ()}
YEAR = timedelta(days=365)  # so far back one can tell a quiet month from one before all that is stored
MEANINGS = (
    "Bots are left out of pull requests and issues. Lead time is from the first commit to the merge. Copilot users are "
    "the mean of the month's days with data (n). Arrows are red where it took longer than in the month before, and "
    "green where it was quicker."
)


def show(source: Source, choice: Choice) -> None:
    """Show the page."""
    last = (source.today.replace(day=1) - timedelta(days=1)).replace(day=1)
    before = (last - timedelta(days=1)).replace(day=1)
    show_glance(source, choice)
    st.header(f"{last:%B %Y}, beside {before:%B %Y}", anchor=False)
    # Once for the figures and the charts: such a view adds up everything before it gives a month.
    since = min(before - YEAR, choice.begin).replace(day=1)
    tables = {view.name: read(source, choice, view, since=since) for view in KINDS}
    show_figures(tables, choice, last, before)
    for cycle, of in ((PULL_REQUESTS, PULLS), (ISSUES, MONTHLY_ISSUES)):
        counts = cut(tables[of.name], cycle.counts, since=choice.begin.replace(day=1))
        show_counts(counts, cycle, source, "month")
        say_limits(counts, by="month", begin=choice.begin, today=source.today)


def show_figures(tables: Mapping[str, Table], choice: Choice, last: date, before: date) -> None:
    """Show each key figure of a month, and how it differs from the month before."""
    found = {name: by_month(table) for name, table in tables.items()}
    if not any(row_of(found[figure.view.name], month, figure) for figure in FIGURES for month in (last, before)):
        st.info("Nothing of these two months, or of the time before, is stored: `make run`, or a backfill, reads them.")
        return
    names = ", ".join(f"`{name}`" for name in tables)
    st.caption(f"The last month that is over, by what is known now. {MEANINGS} From the views {names}. {RULE}")
    unknown = [figure.label for figure in FIGURES if not knows(figure.view, choice)]
    if unknown:
        st.caption(f"Not known by {'repository' if choice.repo else 'team'}: {', '.join(unknown)}.")
    for place in range(0, len(FIGURES), MOST_TILES):
        row = FIGURES[place : place + MOST_TILES]
        for column, figure in zip(st.columns(MOST_TILES), row, strict=False):
            now_row, then_row = (row_of(found[figure.view.name], month, figure) for month in (last, before))
            now, then = (value_of(figure, row) for row in (now_row, then_row))
            column.metric(
                label_of(figure, now_row),
                HIDDEN if is_hidden(figure, now_row) else written(figure.column, now),
                change(figure.column, now, then),
                delta_color=figure.delta_color,
                delta_arrow="off" if now == then else "auto",
                border=True,
            )


def read(source: Source, choice: Choice, view: TableClause, *, since: date) -> Table:
    """Read the months of a view; what has no levels is added up. None where it doesn't know what is chosen."""
    names = columns_of(view)
    if not knows(view, choice):
        return Table(view.name, ["month", *names], [], view=view.name)
    if view is months.MONTHLY:  # without small groups, as the page People shows it
        return months.read_months(source, replace(choice, begin=since), names, title=view.name)
    rows = view.c
    conditions = [rows.org == choice.org, rows.month >= since]
    if "level" in rows:
        conditions.append(rows.level == ("repository" if choice.repo else "team" if choice.team else "organisation"))
    conditions += [rows.repo == choice.repo] if choice.repo else []
    conditions += [rows.team == choice.team] if choice.team else []
    columns = [rows[name] if "level" in rows else func.sum(rows[name]).label(name) for name in names]
    query = select(rows.month, *columns).where(*conditions).order_by(rows.month)
    query = query if "level" in rows else query.group_by(rows.month)
    return source.read(query, title=view.name, kinds=KINDS[view], orgs=[choice.org])


def columns_of(view: TableClause) -> list[str]:
    """Name the columns of a view that figures and charts show."""
    figures = [figure for figure in FIGURES if figure.view is view]
    return list(dict.fromkeys(name for figure in figures for name in (figure.column, figure.counted) if name))


def by_month(table: Table) -> dict[date, Row]:
    """Give a table's rows by their month."""
    return {row[0]: dict(zip(table.columns, row, strict=True)) for row in table.rows}


def row_of(rows: Mapping[date, Row], month: date, figure: Figure) -> Row:
    """Give a month's row. A month without one, after one that has a row, is one in which there was none."""
    if month in rows or figure.counted or not any(each < month for each in rows):
        return rows.get(month, {})
    return {figure.column: 0}


def cut(table: Table, columns: Sequence[str], *, since: date) -> Table:
    """Give some columns of the months of the period."""
    rows = [(month, *(row[name] for name in columns)) for month, row in by_month(table).items() if month >= since]
    return replace(table, columns=["month", *columns], rows=rows)


def value_of(figure: Figure, row: Row) -> float | None:
    """Give a figure, unless it is hidden."""
    return None if is_hidden(figure, row) else row.get(figure.column)


def is_hidden(figure: Figure, row: Row) -> bool:
    """Tell whether a figure of few people is left out."""
    if figure.view is COPILOT:
        return 0 < (row.get(figure.column) or 0) < FLOOR
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
    kinds=tuple(dict.fromkeys((*PULL_REQUESTS.kinds, *ISSUES.kinds))),
    filters=ALL,
)
