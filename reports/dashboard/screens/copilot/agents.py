"""Pull requests that Copilot opened or reviewed, by GitHub's reports."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select

from chalicelib.store.functions import MonthOfDay, sum_of
from reports.dashboard.screens.copilot.use import draw
from reports.dashboard.screens.copilot.whole import find_parts, say_parts
from reports.dashboard.screens.copilot.window import DAYS, Window, newest_first
from reports.dashboard.source import Source

COUNTS = ("pull_requests_created", "pull_requests_created_by_copilot", "pull_requests_reviewed_by_copilot")


def show_agents(source: Source, window: Window) -> None:
    """Show how many pull requests Copilot opened and reviewed, beside all that were opened."""
    title = "Pull requests of Copilot's agents, by month"
    window = window.whole("month")
    table = newest_first(agents_query(window), source, title=title, org=window.org)
    about = "As GitHub's reports of Copilot count them: a pull request counts on the day of its creation or review."
    parts = find_parts(source, window, "month")
    say_parts(parts, window, "month")
    draw(table, "month", COUNTS, parts, unit="pull requests", about=about)


def agents_query(window: Window) -> Select[Any]:
    """Ask what days add up to."""
    rows = DAYS.c
    start = MonthOfDay(rows.day).label("month")
    counts = [sum_of(rows[name]).label(name) for name in COUNTS]
    query = select(start, *counts, func.count().label("days")).where(*window.conditions(rows))
    return query.group_by(start).order_by(start.desc())
