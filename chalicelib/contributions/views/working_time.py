"""Business hours: how much working time lies between two times."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, FromClause, literal

from chalicelib.contributions.models import WorkingDay
from chalicelib.store.base import table_of
from chalicelib.store.functions import Clamped, DayOf, SecondOfDay, hours, later


class WorkingMoment:
    """A time, and how much working time there was until then; NULL where the calendar does not reach."""

    def __init__(self, at: ColumnElement[Any]) -> None:
        self._at, self._day = at, table_of(WorkingDay).alias()

    def joined(self, source: FromClause) -> FromClause:
        """Join the day that the time is in."""
        return source.outerjoin(self._day, self._day.c.day == DayOf(self._at))

    def hours_until(self, end: WorkingMoment) -> ColumnElement[Any]:
        """Business hours from here to a later time; 0 when that is earlier."""
        # In this order, for NULL must stay NULL.
        return hours(later(literal(0, BigInteger), end.seconds() - self.seconds()))

    def seconds(self) -> ColumnElement[int]:
        """Working seconds from the calendar's beginning until then."""
        day, second = self._day.c, SecondOfDay(self._at)
        worked = Clamped(second, day.opens, day.closes) - day.opens
        again = Clamped(second, day.opens_again, day.closes_again) - day.opens_again
        return day.seconds_before + worked + again
