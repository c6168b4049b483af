"""Copilot's use by day, week, month or year: who, how much was suggested, and what was accepted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from plotly.graph_objects import Figure
from sqlalchemy import JSON, Select, func, select, type_coerce

from chalicelib.store.functions import ratio, sum_of
from reports import charts
from reports.dashboard.filters import Choice, say_unknown
from reports.dashboard.parts import mark_unfinished, period_end, show_chart, show_figures
from reports.dashboard.screens.copilot.window import (
    DAYS,
    ONE_DAY,
    PERIODS,
    USE,
    Held,
    Window,
    choose_window,
    newest_first,
    part_of,
    weighted_percent,
)
from reports.dashboard.source import Source
from reports.output import NOTHING, number
from reports.reading import Table

BY = ("day", *PERIODS)
PEOPLE_DAILY = ("daily_active_users", "weekly_active_users", "monthly_active_users", "engaged_users")
PEOPLE = ("mean_daily_active_users", "max_daily_active_users", "mean_engaged_users")
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
    window, days = found
    asked = st.query_params.to_dict()
    by = st.segmented_control("By", BY, default="month", required=True, key="grouped", bind="query-params")
    say_unknown(asked, {"grouped": BY})
    show_totals(source, window.whole(by))
    table = newest_first(use_query(window.whole(by), by), source, title=f"Copilot by {by}", org=choice.org)
    say_unfinished(table, by, days)
    show_people(table, by, days)
    show_suggestions(table, by, days)
    show_kinds(source, window.whole(by), by, days)


def use_query(window: Window, by: str) -> Select[Any]:
    """Ask for the days, or for what they add up to by week, month or year; the newest first."""
    rows = USE.c
    if by == "day":
        columns = [
            *(rows.day, *(rows[name] for name in (*PEOPLE_DAILY, *COUNTS))),
            (100 * rows.acceptance_rate).label("accepted_percent"),
            *(rows[name] for name in (*LINES, "prompts", "chat_turns", "source", "revision")),
        ]
        return select(*columns).where(*window.conditions(rows)).order_by(rows.day.desc())
    start = PERIODS[by](rows.day).label(by)
    return select(start, *totals(rows)).where(*window.conditions(rows)).group_by(start).order_by(start.desc())


def totals(rows: Any) -> list[Any]:
    """What days add up to; people don't, since most are the same ones on each day."""
    return [
        func.count().label("days"),
        ratio(func.sum(rows.daily_active_users), func.count(rows.daily_active_users)).label("mean_daily_active_users"),
        func.max(rows.daily_active_users).label("max_daily_active_users"),
        ratio(func.sum(rows.engaged_users), func.count(rows.engaged_users)).label("mean_engaged_users"),
        *(sum_of(rows[name]).label(name) for name in COUNTS),
        weighted_percent(rows).label("accepted_percent"),
        *(sum_of(rows[name]).label(name) for name in (*LINES, "prompts", "chat_turns")),
    ]


def show_totals(source: Source, window: Window) -> None:
    """Show the key figures of all days."""
    row = source.first(select(*totals(USE.c)).where(*window.conditions(USE.c)))
    if row is None or not row["days"]:
        return
    st.caption(f"Of the days since {window.begin}, from the view `{USE.name}`.")
    show_figures(
        [
            ("Days with data", number(row["days"])),
            (f"Mean users a day (n = {number(row['days'])})", written(row["mean_daily_active_users"])),
            ("Most users on one day", written(row["max_daily_active_users"])),
            ("Suggestions", written(row["suggestions"])),
            ("Acceptances", written(row["acceptances"])),
            (f"Accepted (n = {written(row['suggestions'])})", percent(row["accepted_percent"])),
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


def say_unfinished(table: Table, by: str, days: Held) -> None:
    """Say that the last week, month or year is not over, or that some of its days are not here yet."""
    if by == "day" or not table.rows:
        return
    last = table.values(by)[-1]
    if period_end(last, by) > days.last + ONE_DAY:
        st.caption(f"The {by} of {last} is not whole (shaded): its days after {days.last} are not here yet.")


def show_people(table: Table, by: str, days: Held) -> None:
    """Show how many people used it."""
    names = PEOPLE_DAILY if by == "day" else PEOPLE
    extra = ("source", "revision") if by == "day" else ("days",)
    about = (
        "People on the day, and in the 7 and the 28 days that end with it."
        if by == "day"
        else f"The mean and the most of the days of a {by}, since people are mostly the same ones each day: "
        "their sum would count them again and again. n is how many days have data."
    )
    about += " Engaged users are known from the source `metrics` only."
    people = part_of(table, f"People who used Copilot, by {by}", (by, *names, *extra))
    draw(people, by, known(people, names), days, unit="people", n=() if by == "day" else ("days",), about=about)


def show_suggestions(table: Table, by: str, days: Held) -> None:
    """Show what was suggested, and what became of it."""
    counted = part_of(table, f"Suggestions and acceptances, by {by}", (by, *COUNTS, "accepted_percent"))
    draw(counted, by, COUNTS, days, unit="times")
    rates = part_of(table, f"Accepted suggestions in percent, by {by}", (by, "accepted_percent", *COUNTS))
    about = "Weighted: acceptances / suggestions of all days. n is how many suggestions there were."
    draw(rates, by, ("accepted_percent",), days, unit="%", n=("suggestions",), about=about)
    lines = part_of(table, f"Lines, by {by}", (by, *LINES))
    about = "Lines added to files (`report`), or lines accepted (`metrics`, `usage`)."
    draw(lines, by, LINES, days, unit="lines", about=about)


def show_kinds(source: Source, window: Window, by: str, days: Held) -> None:
    """Show how many people used chats, agents and the command line, and how much."""
    table = newest_first(kinds_query(window, by), source, title="Chats, agents and CLI", org=window.org)
    people = part_of(table, f"People who used chats, agents or the command line, by {by}", (by, *KINDS_OF_USE, "days"))
    about = (
        f"The highest count of each {by}: chats and agents in the 28 days that end with a day, "
        "the command line (CLI) and the cloud agent on a day. Chat users of a day are known from older APIs only."
    )
    draw(people, by, known(people, KINDS_OF_USE), days, unit="people", about=about)
    messages = part_of(table, f"Prompts, and use of the command line, by {by}", (by, *MESSAGES))
    about = "Prompts are chat messages and agent requests. Chat turns are known from older APIs only."
    draw(messages, by, known(messages, MESSAGES), days, unit="times", about=about)


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
    table: Table, by: str, names: Sequence[str], days: Held, *, unit: str, n: Sequence[str] = (), about: str = ""
) -> None:
    """Show lines over time, with the last period marked when it isn't whole."""
    figure: Figure = charts.lines(table, x=by, y=names, unit=unit, n=n)
    mark_unfinished(figure, table, by=by, today=days.last + ONE_DAY)
    show_chart(table, figure, key=slug(table.title), empty=EMPTY, about=about)


def slug(title: str) -> str:
    """Name a chart in the name of its file: what it shows, without by what."""
    return title.split(", by ", maxsplit=1)[0].lower().replace(",", "").replace(" ", "-")
