"""The few things that views need and databases say differently, and the aggregates they all share.

A construct's plain form is PostgreSQL's, which most of the newer databases understand; SQLite has its own.
https://docs.sqlalchemy.org/en/21/core/compiler.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Double,
    Integer,
    Numeric,
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


class Written(FunctionElement[Any]):
    """A construct that is written by a pattern: `plain`, or another where a dialect says it differently."""

    inherit_cache = True
    plain: ClassVar[str]
    sqlite: ClassVar[str]


@compiles(Written)
def _write(element: Written, compiler: SQLCompiler, **options: Any) -> str:
    pattern = element.sqlite if compiler.dialect.name == "sqlite" else element.plain
    return pattern.format(*(compiler.process(argument, **options) for argument in element.clauses))


class SecondsBetween(Written):
    """Whole seconds from one time to a later one; negative when it is an earlier one."""

    type = BigInteger()
    inherit_cache = True
    plain = "CAST(EXTRACT(EPOCH FROM {1} - {0}) AS BIGINT)"
    # Not julianday(), whose fractions of days are a little beside the second.
    sqlite = "(CAST(strftime('%s', {1}) AS INTEGER) - CAST(strftime('%s', {0}) AS INTEGER))"


class DayOf(Written):
    """The UTC day that a time is in."""

    type = Date()
    inherit_cache = True
    # Without the time zone, the reader's own would decide.
    plain = "CAST({0} AT TIME ZONE 'UTC' AS DATE)"
    sqlite = "date({0})"


class MonthOf(Written):
    """The first day of the UTC month that a time is in."""

    type = Date()
    inherit_cache = True
    plain = "CAST(date_trunc('month', {0} AT TIME ZONE 'UTC') AS DATE)"
    sqlite = "date({0}, 'start of month')"


class MonthOfDay(Written):
    """The first day of the month that a day is in."""

    type = Date()
    inherit_cache = True
    # Not MonthOf, which would take the day for midnight where the reader is.
    plain = "CAST(date_trunc('month', CAST({0} AS TIMESTAMP)) AS DATE)"
    sqlite = "date({0}, 'start of month')"


class NextDay(Written):
    """The day after a day."""

    type = Date()
    inherit_cache = True
    plain = "CAST({0} + INTERVAL '1 day' AS DATE)"
    sqlite = "date({0}, '+1 day')"


class DaysAgo(Written):
    """The time that many times 24 hours ago."""

    type = UTCDateTime()
    inherit_cache = True
    plain = "(now() - {0} * INTERVAL '1 day')"
    sqlite = "datetime('now', '-' || {0} || ' days')"


class FirstWord(Written):
    """What a text has before its first full stop; all of it when there is none."""

    type = String()
    inherit_cache = True
    plain = "split_part({0}, '.', 1)"
    sqlite = "substr({0}, 1, instr({0} || '.', '.') - 1)"


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


def ratio(part: SQLColumnExpression[Any], whole: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    """A number over another, with its fraction; NULL when one of them is NULL or the other one is not above 0."""
    return case((whole > 0, cast(part, Double) / cast(whole, Double)))


def rounded(value: ColumnElement[Any], digits: int) -> ColumnElement[Any]:
    """A number without the last digits, in which sums of fractions differ between databases."""
    return cast(func.round(cast(value, Numeric), digits), Double)


# CASE and not FILTER in the aggregates: it is the same, and MySQL and SQL Server have it too.


def count_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows of a group meet a condition."""
    return func.count(case((condition, 1)), type_=BigInteger())


def sum_of(value: SQLColumnExpression[Any]) -> ColumnElement[int]:
    """The sum of a group's whole numbers, as one: PostgreSQL's has decimals. NULL when there are none."""
    return cast(func.sum(value), BigInteger)


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
