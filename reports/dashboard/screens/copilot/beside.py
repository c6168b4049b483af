"""Copilot beside pull requests, month by month: an association, which proves no effect."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from statistics import median
from typing import Any, NamedTuple

import streamlit as st
from sqlalchemy import Select, func, select

from chalicelib.store.functions import MonthOfDay
from reports import charts
from reports.dashboard.filters import Choice
from reports.dashboard.parts import mark_unfinished, period_end, say_limits, show_chart, show_table
from reports.dashboard.screens.copilot.few import is_few
from reports.dashboard.screens.copilot.window import KINDS, USE, held, part_of, say_held
from reports.dashboard.screens.small_groups import say_hidden, say_last, without
from reports.dashboard.source import Source
from reports.reading import Table, view

EFFECT = view(
    "copilot_pull_request_effect",
    "org month mean_daily_active_users acceptance_rate pull_requests_created_by_copilot pull_requests_opened "
    "pull_requests_merged median_hours_to_merge",
)
USERS_OF_MONTH = ("mean_daily_active_users", "accepted_percent")
NO_PROOF = (
    "**This is an association, and no proof of an effect.** Months differ in much besides Copilot: people, "
    "projects, holidays, releases. That two numbers change together does not say that one causes the other."
)
EMPTY = "No month has Copilot's days or pull requests in this period: choose a longer one."


class Month(NamedTuple):
    """What the groups are made of."""

    users: float | None
    merged: int | None
    hours: float | None


def show_beside(source: Source, choice: Choice) -> None:
    """Show the part."""
    st.warning(NO_PROOF)
    if days := held(source, choice):
        say_held(source, choice, days)
    table = source.read(
        query_of(choice), title="Copilot and pull requests", kinds=(*KINDS, "pull_requests"), orgs=[choice.org]
    )
    say_limits(table, by="month", begin=choice.begin, today=source.today)
    hidden = hidden_of(source, choice, table)
    open_table, table = table, without(table, hidden)
    st.caption(say_hidden(table))
    draw(
        part_of(table, "Hours to merge, by month (median)", table.columns),
        "median_hours_to_merge",
        source.today,
        unit="hours",
        n=("pull_requests_merged",),
        about="Of all repositories, without bots. n is how many pull requests were merged.",
    )
    draw(
        part_of(table, "People who used Copilot on a day, by month (mean)", table.columns),
        "mean_daily_active_users",
        source.today,
        unit="people",
        about="The mean of the month's days. Months without a point have no days of Copilot.",
    )
    show_groups(open_table, source.today)


def query_of(choice: Choice) -> Select[Any]:
    """Ask for the months of one organisation."""
    rows = EFFECT.c
    columns = [
        *(rows.month, rows.mean_daily_active_users, (100 * rows.acceptance_rate).label("accepted_percent")),
        *(rows.pull_requests_created_by_copilot, rows.pull_requests_opened, rows.pull_requests_merged),
        rows.median_hours_to_merge,
    ]
    months = rows.month >= choice.begin.replace(day=1)
    return select(*columns).where(rows.org == choice.org, months).order_by(rows.month)


def hidden_of(source: Source, choice: Choice, table: Table) -> list[Collection[str]]:
    """Name each month's numbers to hide: what is said of Copilot's people where these were few on each day."""
    rows = USE.c
    month = MonthOfDay(rows.day).label("month")
    query = select(month, func.max(rows.daily_active_users).label("most_users"))
    query = query.where(rows.org == choice.org, rows.day >= choice.begin.replace(day=1)).group_by(month)
    most = {row["month"]: row["most_users"] for row in source.all(query)}
    return [USERS_OF_MONTH if is_few(most.get(month)) else () for month in table.values("month")]


def draw(table: Table, name: str, today: date, *, unit: str, about: str, n: Sequence[str] = ()) -> None:
    """Show a column over time."""
    figure = charts.lines(table, x="month", y=(name,), unit=unit, n=n)
    mark_unfinished(figure, table, by="month", today=today)
    says = say_last(table, (name,), unit=unit)
    show_chart(table, figure, key=f"beside-{name.replace('_', '-')}", empty=EMPTY, about=about, says=says)


def show_groups(table: Table, today: date) -> None:
    """Show months with much use of Copilot beside those with less, and those without."""
    columns = ["months_with", "n_months", "n_merged", "fewest_users", "most_users", "median_of_months_hours_to_merge"]
    rows = group_rows([month for begin, month in months_of(table) if period_end(begin, "month") <= today])
    groups = Table("Months by how much Copilot was used", columns, rows, table.as_of, table.view)
    users = columns[3:5]
    found = [{name for name in users if is_few(row[columns.index(name)])} for row in rows]
    groups = without(groups, found)
    show_table(
        groups,
        key="beside-groups",
        empty="No month that is over has merged pull requests in this period: choose a longer one.",
        about="Months that are over and have merged pull requests, in groups by their mean of daily active users: the "
        "upper half begins above the median month. A group's hours are the median of its months' medians, each month "
        "counting the same. n is how many months and merged pull requests a group has: few months say nothing.",
    )


def months_of(table: Table) -> list[tuple[date, Month]]:
    """Give the months that have merged pull requests."""
    names = ("month", "mean_daily_active_users", "pull_requests_merged", "median_hours_to_merge")
    found = zip(*(table.values(name) for name in names), strict=True)
    return [(month, Month(*rest)) for month, *rest in found if rest[1] and rest[2] is not None]


def group_rows(months: Sequence[Month]) -> list[tuple[Any, ...]]:
    """Give a row for each group that has months."""
    users = [month.users for month in months if month.users is not None]
    middle = median(users) if users else 0.0
    groups = {
        "no days of Copilot": [month for month in months if month.users is None],
        "less use of Copilot": [month for month in months if month.users is not None and month.users <= middle],
        "more use of Copilot": [month for month in months if month.users is not None and month.users > middle],
    }
    return [group_row(name, group) for name, group in groups.items() if group]


def group_row(name: str, months: Sequence[Month]) -> tuple[Any, ...]:
    """Add up a group."""
    users = [month.users for month in months if month.users is not None]
    return (
        name,
        len(months),
        sum(month.merged or 0 for month in months),
        min(users, default=None),
        max(users, default=None),
        median(month.hours for month in months if month.hours is not None),
    )
