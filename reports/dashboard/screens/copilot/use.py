"""Copilot's use by day, week, month or year: who, how much was suggested, and what was accepted."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from datetime import date
from typing import Any

import streamlit as st
from plotly.graph_objects import Figure
from sqlalchemy import JSON, ColumnElement, Select, func, select, type_coerce

from chalicelib.store.functions import ratio, sum_of
from reports import charts
from reports.dashboard.filters import Choice, choose_one
from reports.dashboard.parts import show_chart, show_figures
from reports.dashboard.screens.copilot.few import hidden_columns, hidden_periods, is_few
from reports.dashboard.screens.copilot.whole import find_parts, mark_parts, say_parts
from reports.dashboard.screens.copilot.window import (
    DAYS,
    PERIODS,
    USE,
    Window,
    choose_window,
    newest_first,
    of_both,
    part_of,
    rate_with_n,
)
from reports.dashboard.screens.small_groups import HIDDEN, say_hidden, say_last, without
from reports.dashboard.source import Source
from reports.output import NOTHING, number
from reports.reading import Table

# The periods that aren't whole, and the columns to hide in each row.
Parts = Collection[date]
Hidden = Sequence[Collection[str]]
BY = ("day", *PERIODS)
PEOPLE_DAILY = ("daily_active_users", "weekly_active_users", "monthly_active_users", "engaged_users")
# By week, month or year, each with the column that says of how many days it is.
PEOPLE = {
    "mean_daily_active_users": "n_days",
    "max_daily_active_users": "n_days",
    "mean_engaged_users": "n_engaged_days",
    "max_engaged_users": "n_engaged_days",
}
COUNTS = ("suggestions", "acceptances")
LINES = ("lines_suggested", "lines_added_or_accepted")
KINDS_OF_USE = (
    *("max_28_day_chat_users", "max_28_day_agent_users", "max_daily_chat_users"),
    *("max_daily_cli_users", "max_daily_cloud_agent_users"),
)
MESSAGES = ("prompts", "cli_prompts", "cli_sessions", "chat_turns")
EMPTY = "There is no such day: choose a longer period, or another source of the days."


def show_use(source: Source, choice: Choice) -> None:
    """Show the part."""
    found = choose_window(source, choice)
    if found is None:
        return
    window, _ = found
    by = choose_one("By", BY, key="grouped", default="month")
    window = window.whole(by)
    show_totals(source, window)
    table = newest_first(use_query(window, by), source, title=f"Copilot by {by}", org=choice.org)
    parts = find_parts(source, window, by)
    say_parts(parts, window, by)
    few = hidden_periods(table, "daily_active_users" if by == "day" else "max_daily_active_users")
    hidden = hidden_columns(table, few)
    show_people(table, by, parts, hidden)
    show_suggestions(table, by, parts, hidden)
    show_kinds(source, window, by, parts, few)


def use_query(window: Window, by: str) -> Select[Any]:
    """Ask for the days, or for what they add up to by week, month or year; the newest first."""
    rows = USE.c
    if by == "day":
        columns = [
            *(rows.day, *(rows[name] for name in (*PEOPLE_DAILY, *COUNTS))),
            (100 * rows.acceptance_rate).label("accepted_percent"),
            of_both(rows, rows.suggestions).label("n_suggestions"),
            *(rows[name] for name in (*LINES, "prompts", "chat_turns", "source", "revision")),
        ]
        return select(*columns).where(*window.conditions(rows)).order_by(rows.day.desc())
    start = PERIODS[by](rows.day).label(by)
    return select(start, *totals(rows)).where(*window.conditions(rows)).group_by(start).order_by(start.desc())


def totals(rows: Any) -> list[Any]:
    """What days add up to; people don't, since most are the same ones on each day."""
    return [
        func.count().label("days"),
        *people_of(rows.daily_active_users, "daily_active_users", "n_days"),
        *people_of(rows.engaged_users, "engaged_users", "n_engaged_days"),
        *(sum_of(rows[name]).label(name) for name in COUNTS),
        *rate_with_n(rows),
        *(sum_of(rows[name]).label(name) for name in (*LINES, "prompts", "chat_turns")),
    ]


def people_of(count: ColumnElement[int], name: str, n: str) -> list[Any]:
    """The mean and the most of a day's people, and on how many days these are known."""
    known_days = func.count(count)
    mean = ratio(func.sum(count), known_days).label(f"mean_{name}")
    return [mean, func.max(count).label(f"max_{name}"), known_days.label(n)]


def show_totals(source: Source, window: Window) -> None:
    """Show the key figures of all days."""
    row = source.first(select(*totals(USE.c)).where(*window.conditions(USE.c)))
    if row is None or not row["days"]:
        return
    most = row["max_daily_active_users"]
    mean, most = (HIDDEN, HIDDEN) if is_few(most) else (written(row["mean_daily_active_users"]), written(most))
    st.caption(f"Of the days since {window.begin}, from the view `{USE.name}`.")
    show_figures(
        [
            ("Days with data", number(row["days"])),
            (f"Mean users a day (n = {number(row['n_days'])})", mean),
            ("Most users on one day", most),
            ("Suggestions", written(row["suggestions"])),
            ("Acceptances", written(row["acceptances"])),
            (f"Accepted (n = {number(row['n_suggestions'] or 0)})", percent(row["accepted_percent"])),
            ("Lines suggested", written(row["lines_suggested"])),
            ("Lines added or accepted", written(row["lines_added_or_accepted"])),
        ]
    )


def written(value: float | None) -> str:
    """Write a number that may be unknown."""
    return NOTHING if value is None else number(value)


def percent(value: float | None) -> str:
    """Write a part of a hundred that may be unknown."""
    return NOTHING if value is None else f"{value:.1f} %"


def show_people(table: Table, by: str, parts: Parts, hidden: Hidden) -> None:
    """Show how many people used it."""
    n_of = {} if by == "day" else PEOPLE
    names = tuple(n_of) or PEOPLE_DAILY
    extra = ("source", "revision") if by == "day" else ("n_days", "n_engaged_days", "days")
    about = (
        "People on the day, and in the 7 and the 28 days that end with it."
        if by == "day"
        else f"The mean and the most of the days of a {by}, since people are mostly the same ones each day: "
        "their sum would count them again and again. n is on how many days they are known."
    )
    about += " Engaged users are known from the source `metrics` only."
    people = without(part_of(table, f"People who used Copilot, by {by}", (by, *names, *extra)), hidden)
    drawn = known(people, names)
    n = [n_of[name] for name in drawn if name in n_of]
    draw(people, by, drawn, parts, unit="people", n=n if len(set(n)) > 1 else n[:1], about=about)


def show_suggestions(table: Table, by: str, parts: Parts, hidden: Hidden) -> None:
    """Show what was suggested, and what became of it."""
    title = f"Suggestions and acceptances, by {by}"
    counted = without(part_of(table, title, (by, *COUNTS, "accepted_percent")), hidden)
    draw(counted, by, COUNTS, parts, unit="times")
    title, columns = f"Accepted suggestions in percent, by {by}", (by, "accepted_percent", "n_suggestions", *COUNTS)
    rates = without(part_of(table, title, columns), hidden)
    about = "Weighted: acceptances / suggestions of all days that have both. n is how many suggestions these days have."
    draw(rates, by, ("accepted_percent",), parts, unit="%", n=("n_suggestions",), about=about)
    lines = without(part_of(table, f"Lines, by {by}", (by, *LINES)), hidden)
    about = "Lines added to files (`report`), or lines accepted (`metrics`, `usage`)."
    draw(lines, by, LINES, parts, unit="lines", about=about)


def show_kinds(source: Source, window: Window, by: str, parts: Parts, few: Collection[Hashable]) -> None:
    """Show how many people used chats, agents and the command line, and how much."""
    table = newest_first(kinds_query(window, by), source, title="Chats, agents and CLI", org=window.org)
    hidden = hidden_columns(table, few)
    title = f"People who used chats, agents or the command line, by {by}"
    people = without(part_of(table, title, (by, *KINDS_OF_USE, "days")), hidden)
    about = (
        f"The highest count of each {by}: chats and agents in the 28 days that end with a day, "
        "the command line (CLI) and the cloud agent on a day. Chat users of a day are known from older APIs only."
    )
    draw(people, by, known(people, KINDS_OF_USE), parts, unit="people", about=about)
    messages = without(part_of(table, f"Prompts, and use of the command line, by {by}", (by, *MESSAGES)), hidden)
    about = "Prompts are chat messages and agent requests. Chat turns are known from older APIs only."
    draw(messages, by, known(messages, MESSAGES), parts, unit="times", about=about)


def kinds_query(window: Window, by: str) -> Select[Any]:
    """Ask how chats, agents and the command line were used; what has no column is in GitHub's record of the day."""
    rows, report = DAYS.c, type_coerce(DAYS.c.report, JSON)
    start = rows.day if by == "day" else PERIODS[by](rows.day).label(by)
    cli = report[("totals_by_cli", "prompt_count")], report[("totals_by_cli", "session_count")]
    columns = [
        func.max(rows.monthly_active_chat_users).label("max_28_day_chat_users"),
        func.max(rows.monthly_active_agent_users).label("max_28_day_agent_users"),
        func.max(rows.chat_users).label("max_daily_chat_users"),
        func.max(report["daily_active_cli_users"].as_integer()).label("max_daily_cli_users"),
        func.max(report["daily_active_copilot_cloud_agent_users"].as_integer()).label("max_daily_cloud_agent_users"),
        sum_of(rows.user_initiated_interaction_count).label("prompts"),
        *(sum_of(each.as_integer()).label(name) for each, name in zip(cli, MESSAGES[1:3], strict=True)),
        sum_of(rows.chat_turns).label("chat_turns"),
        func.count().label("days"),
    ]
    return select(start, *columns).where(*window.conditions(rows)).group_by(start).order_by(start.desc())


def known(table: Table, names: Sequence[str]) -> list[str]:
    """Give the columns of which anything is known; all of them when there is nothing."""
    found = [name for name in names if any(value is not None for value in table.values(name))]
    return found or list(names)


def draw(
    table: Table, by: str, names: Sequence[str], parts: Parts, *, unit: str, n: Sequence[str] = (), about: str = ""
) -> None:
    """Show lines over time, with the periods marked that aren't whole, and say what is hidden."""
    figure: Figure = charts.lines(table, x=by, y=names, unit=unit, n=n)
    mark_parts(figure, table, by=by, parts=parts)
    says = ""
    if HIDDEN in table.columns:
        about = f"{about} {say_hidden(table)}".strip()
        says = say_last(table, names, unit=unit)
    show_chart(table, figure, key=slug(table.title), empty=EMPTY, about=about, says=says)


def slug(title: str) -> str:
    """Name a chart in the name of its file: what it shows, without by what."""
    return title.split(", by ", maxsplit=1)[0].lower().replace(",", "").replace(" ", "-")
