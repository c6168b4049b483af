"""Which days of Copilot a part shows, and what is held of them: GitHub gives days late, and some never."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import streamlit as st
from sqlalchemy import ColumnElement, Date, Select, case, extract, func, select

from chalicelib.store.functions import MonthOfDay, NextDay, WeekOfDay, YearOfDay, count_if, ratio, sum_of
from reports.dashboard.filters import Choice, say_unknown
from reports.dashboard.parts import plain, say_start
from reports.dashboard.source import MOST_ROWS, Source
from reports.output import number
from reports.reading import Table, view

KINDS = ("copilot",)
USE = view(
    "copilot_use_daily",
    "org day daily_active_users weekly_active_users monthly_active_users engaged_users suggestions acceptances "
    "acceptance_rate lines_suggested lines_added_or_accepted prompts chat_turns source revision",
)
DAYS = view(
    "copilot_days",
    "org day source monthly_active_chat_users monthly_active_agent_users chat_users chat_turns "
    "user_initiated_interaction_count pull_requests_created pull_requests_created_by_copilot "
    "pull_requests_reviewed_by_copilot report",
)
USERS = view("copilot_user_days", "org day user_id ai_credits_used report")
# GitHub's own limit for teams: numbers of fewer people could show what one of them does.
LEAST_PEOPLE = 5
# The newest first, as docs/copilot.md tells them apart.
SOURCES = {
    "report": "GitHub's API of today",
    "metrics": "an older API, from saved files",
    "usage": "the oldest API, from saved files",
}
ALL_SOURCES = "all"
PERIODS = {"week": WeekOfDay, "month": MonthOfDay, "year": YearOfDay}
ONE_DAY = timedelta(days=1)
WEEKEND = (0, 6)  # of both databases' days of the week
REVISED_DAYS = 28  # as the daily job reads again
MOST_GAPS = 10
NOTHING_HELD = (
    "No day of Copilot is stored in this period: choose a longer one. Reading Copilot needs two permissions and a "
    "policy: docs/copilot.md says which. Saved reports of older days can be loaded: `backfill.py --only copilot`."
)


@dataclass(frozen=True)
class Window:
    """The days that are asked for."""

    org: str
    begin: date
    source: str | None = None
    weekdays: bool = False

    def conditions(self, rows: Any) -> list[ColumnElement[bool]]:
        """Limit a view's rows to these days; views without a source have one only."""
        found = [rows.org == self.org, rows.day >= self.begin]
        found += [rows.source == self.source] if self.source and "source" in rows else []
        return [*found, extract("dow", rows.day).not_in(WEEKEND)] if self.weekdays else found

    def whole(self, by: str) -> Window:
        """Begin with the day on which the first week, month or year begins, since a part of one would mislead."""
        begin = self.begin
        first = {"week": begin - begin.weekday() * ONE_DAY, "month": begin.replace(day=1)}
        return replace(self, begin=first.get(by, begin.replace(month=1, day=1) if by == "year" else begin))


@dataclass(frozen=True)
class Held:
    """What is stored of a period: how many days of each source, the first and last day, and those revised since."""

    days: dict[str, int]
    first: date
    last: date
    revised: int


def held(source: Source, choice: Choice) -> Held | None:
    """Ask what is stored of a period; None when nothing is."""
    rows = USE.c
    query = (
        select(
            rows.source,
            func.count().label("days"),
            func.min(rows.day).label("first_date"),
            func.max(rows.day).label("last_date"),
            count_if(rows.revision > 1).label("revised"),
        )
        .where(*Window(choice.org, choice.begin).conditions(rows))
        .group_by(rows.source)
    )
    found = {row["source"]: row for row in source.all(query)}
    if not found:
        return None
    return Held(
        days={name: found[name]["days"] for name in SOURCES if name in found},
        first=min(row["first_date"] for row in found.values()),
        last=max(row["last_date"] for row in found.values()),
        revised=sum(row["revised"] for row in found.values()),
    )


def choose_window(source: Source, choice: Choice, *, sources: bool = True) -> tuple[Window, Held] | None:
    """Show which days there are and let them be chosen; None, which is said, when there are none."""
    days = held(source, choice)
    if days is None:
        st.info(NOTHING_HELD)
        return None
    # Of teams there is one source only.
    first, second = st.columns(2, vertical_alignment="bottom") if sources else (st, st)
    weekdays = second.toggle("Leave weekends out", key="weekdays", bind="query-params")
    window = Window(choice.org, choice.begin, weekdays=weekdays)
    if sources:
        asked, options = st.query_params.to_dict(), [*days.days, ALL_SOURCES]
        chosen = first.selectbox("Source of the days", options, key="source", bind="query-params")
        say_unknown(asked, {"source": options})
        window = replace(window, source=None if chosen == ALL_SOURCES else chosen)
        say_sources(days, chosen)
    say_held(source, choice, days)
    return window, days


def say_sources(days: Held, chosen: str) -> None:
    """Say which days the chosen source leaves out, or that several of them count differently."""
    left = {name: count for name, count in days.days.items() if name != chosen}
    if chosen == ALL_SOURCES and len(days.days) > 1:
        st.info(
            "These days come from several sources, which count suggestions differently: `report` also counts what "
            "chats and agents generate. Compare acceptance rates within one source only."
        )
    elif chosen != ALL_SOURCES and left:
        names = ", ".join(f"{number(count)} from `{name}` ({SOURCES[name]})" for name, count in left.items())
        st.info(f"Left out are the period's days from other sources: {names}. Choose “{ALL_SOURCES}” to add them.")


def say_held(source: Source, choice: Choice, days: Held) -> None:
    """Say what is held of the period: since when, until when, and which days are missing."""
    names = ", ".join(f"{number(count)} from `{name}`, {SOURCES[name]}" for name, count in days.days.items())
    st.caption(
        f"Stored are {number(sum(days.days.values()))} days, from {days.first} to {days.last} ({names}). "
        f"GitHub gives days late, and revises the last {REVISED_DAYS}: {number(days.revised)} of these days were."
    )
    at_most = "GitHub's API gives a year at most, and nothing before 2025-12-12."
    say_start(begin=choice.begin, by="day", first=days.first, more=at_most)
    if days.last < source.today - ONE_DAY:
        st.caption(f"GitHub has not given the days after {days.last} yet, or no job has read them.")
    say_gaps(gaps(source, choice))


def gaps(source: Source, choice: Choice) -> list[tuple[date, date]]:
    """Find the days within the period that are not stored, as their first and last day each."""
    rows = USE.c
    before = func.lag(rows.day, type_=Date()).over(order_by=rows.day).label("day")
    days = select(rows.day.label("until_date"), before)
    pairs = days.where(*Window(choice.org, choice.begin).conditions(rows)).subquery("pairs").c
    query = select(pairs.day, pairs.until_date).where(NextDay(pairs.day) < pairs.until_date).order_by(pairs.day)
    return [(row["day"] + ONE_DAY, row["until_date"] - ONE_DAY) for row in source.all(query)]


def say_gaps(missing: Sequence[tuple[date, date]]) -> None:
    """Name the days that are missing, the newest ones when there are many."""
    if not missing:
        return
    count = sum((last - first).days + 1 for first, last in missing)
    shown = missing[-MOST_GAPS:]
    names = ", ".join(f"{first}" if first == last else f"{first} to {last}" for first, last in shown)
    rest = f"; the newest gaps: {names}" if len(shown) < len(missing) else f": {names}"
    st.caption(f"{number(count)} days in between are not stored{rest}. The ledger on the page Data says why.")


# What all parts count alike


def of_both(rows: Any, value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Give a value of rows that have suggestions and acceptances; only those have a rate."""
    return case((rows.suggestions.is_not(None) & rows.acceptances.is_not(None), value))


def weighted_percent(rows: Any) -> ColumnElement[Any]:
    """Acceptances of a group / its suggestions in percent, of rows that have both, as copilot_acceptance_monthly."""
    return 100 * ratio(*(func.sum(of_both(rows, value)) for value in (rows.acceptances, rows.suggestions)))


def rate_with_n(rows: Any) -> list[Any]:
    """The rate of a group, with the suggestions that it is of."""
    n = sum_of(of_both(rows, rows.suggestions)).label("n_suggestions")
    return [weighted_percent(rows).label("accepted_percent"), n]


def newest_first(query: Select[Any], source: Source, *, title: str, org: str) -> Table:
    """Read rows that begin with the newest, and give them with the oldest first; what is cut is old, and is said."""
    table = source.read(query, title=title, kinds=KINDS, orgs=[org])
    if len(table.rows) > MOST_ROWS:
        st.warning(f"Only the newest {MOST_ROWS:,} rows of “{plain(title)}” are here: choose a shorter period.")
    return Table(table.title, table.columns, table.rows[:MOST_ROWS][::-1], table.as_of, table.view)


def part_of(table: Table, title: str, columns: Sequence[str]) -> Table:
    """Give some columns of a table, under another title."""
    places = [table.columns.index(name) for name in columns]
    rows = [tuple(row[place] for place in places) for row in table.rows]
    return Table(title, list(columns), rows, table.as_of, table.view)
