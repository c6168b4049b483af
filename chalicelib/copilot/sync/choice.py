"""Chooses between records of the same thing: files of a report may overlap, so a day or a person may come twice.

The choice doesn't depend on the order in which records come. So a report or a set of files that is read again, in any
order, changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date
from typing import Any, TypeVar

from chalicelib.copilot.api import Report
from chalicelib.errors import RejectedError
from chalicelib.ingest.mapping import Mapped
from chalicelib.store.engine import canonical

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
Rank = tuple[Any, ...]
# Keys that differ in each answer, although no figure has changed.
VOLATILE = {"created_at", "report_start_day", "report_end_day"}


def normalized(report: Mapping[str, Any]) -> str:
    """Write a report as text that is the same for reports with the same figures."""
    return canonical({name: value for name, value in report.items() if name not in VOLATILE})


def rank(report: Mapping[str, Any]) -> Rank:
    """Order records of the same thing: the one that was made later, then that with larger figures, then by the text."""
    made = report.get("created_at")
    figures = sum(value for value in report.values() if type(value) is int)
    return made if isinstance(made, str) else "", figures, canonical(report)


def choose(mapped: Iterable[Mapped[T]], key_of: Callable[[T], K], rank_of: Callable[[T], Rank]) -> dict[K, Mapped[T]]:
    """Keep the greatest of the rows with the same key; gives them by key."""
    chosen: dict[K, Mapped[T]] = {}
    for each in mapped:
        key = key_of(each.row)
        if key not in chosen or rank_of(chosen[key].row) < rank_of(each.row):
            chosen[key] = each
    return chosen


def within(report: Report, today: date, to_row: Callable[[Any], T], day_of: Callable[[T], date]) -> Callable[[Any], T]:
    """Let a mapper also reject a record whose day is outside of its report's span, or has not come yet.

    Such a record would be concluded from as if the report had the whole day.
    """
    first, last = report.start_day, min(report.end_day, today)

    def map_within(record: Any) -> T:
        row = to_row(record)
        if not first <= day_of(row) <= last:
            raise RejectedError(f"its day, {day_of(row)}, is outside of its report's days, {first} to {last}")
        return row

    return map_within
