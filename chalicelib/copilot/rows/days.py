"""Makes the rows of an organisation's day, for all three APIs: one of `copilot_days`, and those of its breakdowns."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from chalicelib.copilot.rows.fields import ACTIVITY, count, people, sum_known
from chalicelib.errors import RejectedError
from chalicelib.ingest.fields import Converter, Record, Row

# Counts of people and of pull requests have 32 bits; counts of what people did have 64.
ACTIVE = (
    "daily_active_users",
    "weekly_active_users",
    "monthly_active_users",
    "monthly_active_chat_users",
    "monthly_active_agent_users",
)
PULL_REQUESTS = {
    "pull_requests_created": "total_created",
    "pull_requests_created_by_copilot": "total_created_by_copilot",
    "pull_requests_reviewed_by_copilot": "total_reviewed_by_copilot",
    "pull_requests_merged": "total_merged",
}
RETIRED = ("engaged_users", "chat_users", "chat_turns", "chat_acceptances", "lines_accepted")
DAY_COUNTERS = (*ACTIVITY, *ACTIVE, *RETIRED, *PULL_REQUESTS)

NAMES = ("ide", "feature", "language", "model")
LINE_COUNTERS: dict[str, Converter] = dict.fromkeys((*ACTIVITY, "lines_accepted"), count) | {"engaged_users": people}


class DayRows(NamedTuple):
    """A day: its row of `copilot_days`, and its rows of `copilot_day_totals`."""

    day: Row
    totals: list[Row]


class Line(NamedTuple):
    """A line of a breakdown: what it is about, and its counters."""

    dimension: str
    names: Row
    counters: Row


def day_rows_of(record: Record, *, org: str, day: date, source: str, counters: Row, lines: Iterable[Line]) -> DayRows:
    """Make a day's rows, each with every column; a counter that the API doesn't have is None."""
    key = {"org": org, "day": day}
    row = key | dict.fromkeys(DAY_COUNTERS) | counters | {"source": source, "report": record}
    return DayRows(row, [key | total for total in merge_lines(lines)])


def merge_lines(lines: Iterable[Line]) -> list[Row]:
    """Add up lines with the same names, since GitHub writes some twice; gives one row for each."""
    same: dict[tuple[Any, ...], list[Line]] = {}
    for line in lines:
        same.setdefault((line.dimension, *map(line.names.get, NAMES)), []).append(line)
    return [_total(group) for group in same.values()]


def _total(lines: list[Line]) -> Row:
    first = lines[0]
    counters = {
        name: sum_known(name, [line.counters.get(name) for line in lines], convert=convert)
        for name, convert in LINE_COUNTERS.items()
    }
    return {"dimension": first.dimension} | dict.fromkeys(NAMES, "") | first.names | counters


def required_day(name: str, value: date | None) -> date:
    """Give the day; raises RejectedError when it is None."""
    if value is None:
        raise RejectedError(f"{name} is missing")
    return value
