"""The few things that views need and databases say differently, and the aggregates they all share.

A construct's plain form is PostgreSQL's, which most of the newer databases understand; SQLite has its own.
https://docs.sqlalchemy.org/en/21/core/compiler.html
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Double,
    Integer,
    SQLColumnExpression,
    String,
    and_,
    case,
    cast,
    func,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from chalicelib.store.base import UTCDateTime

HOUR = 3600.0  # not 3600: a whole number would divide without a remainder on some


class SecondsBetween(FunctionElement[int]):
    """Whole seconds from one time to a later one; negative when it is an earlier one."""

    type = BigInteger()
    inherit_cache = True


class DayOf(FunctionElement[date]):
    """The UTC day that a time is in."""

    type = Date()
    inherit_cache = True


class MonthOf(FunctionElement[date]):
    """The first day of the UTC month that a time is in."""

    type = Date()
    inherit_cache = True


class NextDay(FunctionElement[date]):
    """The day after a day."""

    type = Date()
    inherit_cache = True


class DaysAgo(FunctionElement[datetime]):
    """The time that many times 24 hours ago."""

    type = UTCDateTime()
    inherit_cache = True


@compiles(SecondsBetween)
def _seconds_between(element: SecondsBetween, compiler: SQLCompiler, **options: Any) -> str:
    start, end = _arguments(element, compiler, options)
    return f"CAST(EXTRACT(EPOCH FROM {end} - {start}) AS BIGINT)"


@compiles(SecondsBetween, "sqlite")
def _seconds_between_sqlite(element: SecondsBetween, compiler: SQLCompiler, **options: Any) -> str:
    # Not julianday(), whose fractions of days are a little beside the second.
    start, end = (f"CAST(strftime('%s', {time}) AS INTEGER)" for time in _arguments(element, compiler, options))
    return f"({end} - {start})"


@compiles(DayOf)
def _day_of(element: DayOf, compiler: SQLCompiler, **options: Any) -> str:
    # Without the time zone, the reader's own would decide.
    (time,) = _arguments(element, compiler, options)
    return f"CAST({time} AT TIME ZONE 'UTC' AS DATE)"


@compiles(DayOf, "sqlite")
def _day_of_sqlite(element: DayOf, compiler: SQLCompiler, **options: Any) -> str:
    (time,) = _arguments(element, compiler, options)
    return f"date({time})"


@compiles(MonthOf)
def _month_of(element: MonthOf, compiler: SQLCompiler, **options: Any) -> str:
    (time,) = _arguments(element, compiler, options)
    return f"CAST(date_trunc('month', {time} AT TIME ZONE 'UTC') AS DATE)"


@compiles(MonthOf, "sqlite")
def _month_of_sqlite(element: MonthOf, compiler: SQLCompiler, **options: Any) -> str:
    (time,) = _arguments(element, compiler, options)
    return f"date({time}, 'start of month')"


@compiles(NextDay)
def _next_day(element: NextDay, compiler: SQLCompiler, **options: Any) -> str:
    (day,) = _arguments(element, compiler, options)
    return f"CAST({day} + INTERVAL '1 day' AS DATE)"


@compiles(NextDay, "sqlite")
def _next_day_sqlite(element: NextDay, compiler: SQLCompiler, **options: Any) -> str:
    (day,) = _arguments(element, compiler, options)
    return f"date({day}, '+1 day')"


@compiles(DaysAgo)
def _days_ago(element: DaysAgo, compiler: SQLCompiler, **options: Any) -> str:
    (days,) = _arguments(element, compiler, options)
    return f"(now() - {days} * INTERVAL '1 day')"


@compiles(DaysAgo, "sqlite")
def _days_ago_sqlite(element: DaysAgo, compiler: SQLCompiler, **options: Any) -> str:
    (days,) = _arguments(element, compiler, options)
    return f"datetime('now', '-' || {days} || ' days')"


def _arguments(element: FunctionElement[Any], compiler: SQLCompiler, options: dict[str, Any]) -> list[str]:
    return [compiler.process(argument, **options) for argument in element.clauses]


def constant(text: str) -> ColumnElement[str]:
    """A text of the same type as a text column, to stand beside one in a CASE or a UNION."""
    return cast(text, String)


def now() -> ColumnElement[datetime]:
    """The time at which the view is read."""
    return func.now(type_=UTCDateTime())


def hours(seconds: ColumnElement[int]) -> ColumnElement[Any]:
    """Seconds as hours, equal on every database: the division comes last."""
    return cast(seconds, Double) / HOUR


def hours_between(start: SQLColumnExpression[Any], end: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    """Hours from one time to a later one; negative when it is an earlier one."""
    return hours(SecondsBetween(start, end))


def earlier(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[Any]:
    """The earlier of two times, neither of them NULL."""
    return case((one < other, one), else_=other)


def later(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[Any]:
    """The later of two times, neither of them NULL."""
    return case((one > other, one), else_=other)


def true_if(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """A condition that is never NULL."""
    return case((condition, True), else_=False)


# CASE and not FILTER in the aggregates: it is the same, and MySQL and SQL Server have it too.


def count_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows of a group meet a condition."""
    return func.count(case((condition, 1)), type_=BigInteger())


def any_if(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether any row of a group meets a condition."""
    return func.max(case((condition, 1), else_=0), type_=Integer()) == 1


def rank_of(value: ColumnElement[Any], *partition: ColumnElement[Any]) -> ColumnElement[Any]:
    """The share of a partition's values that are this one or less; those without a value don't count among them."""
    return func.cume_dist(type_=Double()).over(partition_by=[*partition, value.is_(None)], order_by=value)


def percentile(
    share: float, value: ColumnElement[Any], rank: ColumnElement[Any], where: ColumnElement[bool]
) -> ColumnElement[float]:
    """The least value of a group that at least this share of the values don't exceed; `rank` is their `rank_of`.

    It is one of the values, never between two: the median of 1 and 3 is 1. NULL where there is no value.
    """
    return func.min(case((and_(where, rank >= share), value)), type_=Double())
