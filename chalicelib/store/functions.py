"""SQL that the views share: functions that each database writes differently, and aggregates.

A function's `plain` form is PostgreSQL's, which most newer databases understand; SQLite has its own.
https://docs.sqlalchemy.org/en/21/core/compiler.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    Double,
    Integer,
    Numeric,
    SQLColumnExpression,
    String,
    case,
    cast,
    func,
    literal,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from chalicelib.store.base import UTCDateTime

WEEK, WORKING_DAYS = 7, 5  # days
DAY = 86_400  # seconds
MINUTE, HOUR = 60.0, 3600.0  # not 3600: some databases divide whole numbers without the fraction


class PatternFunction(FunctionElement[Any]):
    """A function written by a pattern, whose {0}, {1} are the arguments: `sqlite` on SQLite, else `plain`."""

    inherit_cache = True
    plain: ClassVar[str]
    sqlite: ClassVar[str]


@compiles(PatternFunction)
def _compile(element: PatternFunction, compiler: SQLCompiler, **options: Any) -> str:
    pattern = element.sqlite if compiler.dialect.name == "sqlite" else element.plain
    return pattern.format(*(compiler.process(argument, **options) for argument in element.clauses))


class SecondsBetween(PatternFunction):
    """Whole seconds from one time to another; negative when the other is earlier."""

    type = BigInteger()
    inherit_cache = True
    plain = "CAST(EXTRACT(EPOCH FROM {1} - {0}) AS BIGINT)"
    # Not julianday(): its fractions of days are not exact to the second.
    sqlite = "(CAST(strftime('%s', {1}) AS INTEGER) - CAST(strftime('%s', {0}) AS INTEGER))"


class HourOf(PatternFunction):
    """The beginning of the UTC hour that a time is in."""

    type = UTCDateTime()
    inherit_cache = True
    # Where a time zone is half an hour off, its hours begin elsewhere.
    plain = "date_trunc('hour', {0}, 'UTC')"
    sqlite = "strftime('%Y-%m-%d %H:00:00.000000', {0})"


class DayOf(PatternFunction):
    """The UTC day that a time is in."""

    type = Date()
    inherit_cache = True
    # Without AT TIME ZONE, the reader's own time zone would decide.
    plain = "CAST({0} AT TIME ZONE 'UTC' AS DATE)"
    sqlite = "date({0})"


class MonthOf(PatternFunction):
    """The first day of the UTC month that a time is in."""

    type = Date()
    inherit_cache = True
    plain = "CAST(date_trunc('month', {0} AT TIME ZONE 'UTC') AS DATE)"
    sqlite = "date({0}, 'start of month')"


class QuarterOf(PatternFunction):
    """The first day of the UTC quarter (from January, April, July or October on) that a time is in."""

    type = Date()
    inherit_cache = True
    plain = "CAST(date_trunc('quarter', {0} AT TIME ZONE 'UTC') AS DATE)"
    sqlite = "date({0}, 'start of month', '-' || ((CAST(strftime('%m', {0}) AS INTEGER) - 1) % 3) || ' months')"


class MonthOfDay(PatternFunction):
    """The first day of the month that a day is in."""

    type = Date()
    inherit_cache = True
    # Not MonthOf: it would take the day for midnight in the reader's time zone.
    plain = "CAST(date_trunc('month', CAST({0} AS TIMESTAMP)) AS DATE)"
    sqlite = "date({0}, 'start of month')"


class SecondOfDay(PatternFunction):
    """How many whole seconds of its UTC day are over at a time, from 1970 on."""

    type = BigInteger()
    inherit_cache = True
    plain = "mod(CAST(floor(EXTRACT(EPOCH FROM {0})) AS BIGINT), 86400)"
    sqlite = "(CAST(strftime('%s', {0}) AS INTEGER) % 86400)"


class Clamped(PatternFunction):
    """A whole number, but at least the second one and at most the third; none of them NULL."""

    type = BigInteger()
    inherit_cache = True
    plain = "least(greatest({0}, {1}), {2})"
    sqlite = "min(max({0}, {1}), {2})"


class WeekOf(PatternFunction):
    """The Monday of the UTC week that a time is in."""

    type = Date()
    inherit_cache = True
    plain = "CAST(date_trunc('week', {0} AT TIME ZONE 'UTC') AS DATE)"
    # The Sunday on or after the day, then back. date() first: 'weekday' would round the last millisecond up.
    sqlite = "date(date({0}), 'weekday 0', '-6 days')"


class WeekOfDay(PatternFunction):
    """The Monday of the week that a day is in."""

    type = Date()
    inherit_cache = True
    # Not WeekOf: it would take the day for midnight in the reader's time zone.
    plain = "CAST(date_trunc('week', CAST({0} AS TIMESTAMP)) AS DATE)"
    sqlite = "date({0}, 'weekday 0', '-6 days')"


class YearOfDay(PatternFunction):
    """The first day of the year that a day is in."""

    type = Date()
    inherit_cache = True
    plain = "CAST(date_trunc('year', CAST({0} AS TIMESTAMP)) AS DATE)"
    sqlite = "date({0}, 'start of year')"


class DayNumber(PatternFunction):
    """The UTC day that a time is in, as whole days since Monday, the first of January of the year 1."""

    type = BigInteger()
    inherit_cache = True
    plain = "CAST(CAST({0} AT TIME ZONE 'UTC' AS DATE) - DATE '0001-01-01' AS BIGINT)"
    sqlite = "CAST(julianday(date({0})) - julianday('0001-01-01') AS INTEGER)"


class NextMonth(PatternFunction):
    """The first day of the month after a month's first day."""

    type = Date()
    inherit_cache = True
    plain = "CAST({0} + INTERVAL '1 month' AS DATE)"
    sqlite = "date({0}, '+1 month')"


class MonthsAfter(PatternFunction):
    """The first day of the month so many months after a month's first day; before it, when they are less than 0."""

    type = Date()
    inherit_cache = True
    plain = "CAST({0} + {1} * INTERVAL '1 month' AS DATE)"
    sqlite = "date({0}, {1} || ' months')"


class NextDay(PatternFunction):
    """The day after a day."""

    type = Date()
    inherit_cache = True
    plain = "CAST({0} + INTERVAL '1 day' AS DATE)"
    sqlite = "date({0}, '+1 day')"


class DaysAfter(PatternFunction):
    """The day so many days after a day."""

    type = Date()
    inherit_cache = True
    plain = "({0} + {1})"
    sqlite = "date({0}, '+' || {1} || ' days')"


class StartOfDay(PatternFunction):
    """The time at which a UTC day begins."""

    type = UTCDateTime()
    inherit_cache = True
    plain = "(CAST({0} AS TIMESTAMP) AT TIME ZONE 'UTC')"
    sqlite = "strftime('%Y-%m-%d 00:00:00.000000', {0})"


class SecondsAgo(PatternFunction):
    """The time so many seconds ago."""

    type = UTCDateTime()
    inherit_cache = True
    plain = "(now() - {0} * INTERVAL '1 second')"
    sqlite = "datetime('now', '-' || {0} || ' seconds')"


class DaysAgo(PatternFunction):
    """The time so many times 24 hours ago."""

    type = UTCDateTime()
    inherit_cache = True
    plain = "(now() - {0} * INTERVAL '1 day')"
    sqlite = "datetime('now', '-' || {0} || ' days')"


class TextsOf(PatternFunction):
    """The texts of a JSON array, a row each (`table_valued("value")`); what is no array has none."""

    inherit_cache = True
    plain = "jsonb_array_elements_text(CASE WHEN jsonb_typeof({0}) = 'array' THEN {0} END)"
    sqlite = "json_each(CASE WHEN json_type({0}) = 'array' THEN {0} END)"


class ByBytes(PatternFunction):
    """A text to order by: the same order on every database, whatever its language is."""

    type = String()
    inherit_cache = True
    plain = '{0} COLLATE "C"'
    sqlite = "{0}"


class FirstWord(PatternFunction):
    """The part of a text before its first full stop; the whole text when it has none."""

    type = String()
    inherit_cache = True
    plain = "split_part({0}, '.', 1)"
    sqlite = "substr({0}, 1, instr({0} || '.', '.') - 1)"


class Holds(PatternFunction):
    """Whether the first text holds the second one, letter by letter."""

    type = Boolean()
    inherit_cache = True
    plain = "(strpos({0}, {1}) > 0)"
    sqlite = "(instr({0}, {1}) > 0)"


def constant(text: str) -> ColumnElement[str]:
    """A text with the type of a text column, to mix with one in a CASE or a UNION."""
    return cast(text, String)


def now() -> ColumnElement[datetime]:
    """The time at which the view is read."""
    return func.now(type_=UTCDateTime())


def hours(seconds: ColumnElement[int]) -> ColumnElement[Any]:
    """Seconds as hours; dividing last gives the same number on every database."""
    return cast(seconds, Double) / HOUR


def hours_between(start: SQLColumnExpression[Any], end: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    """Hours from `start` to `end`; negative when `end` is earlier."""
    return hours(SecondsBetween(start, end))


def minutes(seconds: ColumnElement[int]) -> ColumnElement[Any]:
    """Seconds as minutes; dividing last gives the same number on every database."""
    return cast(seconds, Double) / MINUTE


def seconds_since(start: SQLColumnExpression[Any]) -> ColumnElement[int]:
    """Whole seconds from a time to now; 0 when it is to come, for clocks differ. NULL for no time."""
    seconds = SecondsBetween(start, now())
    return case((seconds < 0, literal(0, BigInteger)), else_=seconds)


def days_between(start: SQLColumnExpression[Any], end: SQLColumnExpression[Any]) -> ColumnElement[int]:
    """Days of 24 hours from `start` to `end`, rounded down; `end` must not be earlier."""
    return cast(SecondsBetween(start, end) // DAY, BigInteger)


def working_days_between(start: SQLColumnExpression[Any], end: SQLColumnExpression[Any]) -> ColumnElement[int]:
    """How many days from Monday to Friday, UTC, came after the day of `start`, up to the day of `end`."""
    return _working_days_until(end) - _working_days_until(start)


def _working_days_until(time: SQLColumnExpression[Any]) -> ColumnElement[int]:
    """How many working days there were from the year 1 to a time's day, both included."""
    day = DayNumber(time)
    weeks: ColumnElement[int] = day // WEEK
    return weeks * WORKING_DAYS + earlier(day - weeks * WEEK + 1, literal(WORKING_DAYS, BigInteger))


def earlier(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[Any]:
    """The earlier of two times, neither of them NULL."""
    return case((one < other, one), else_=other)


def later(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[Any]:
    """The later of two times, neither of them NULL."""
    return case((one > other, one), else_=other)


def true_if(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """A condition that is false where it would be NULL."""
    return case((condition, True), else_=False)


def ratio(part: SQLColumnExpression[Any], whole: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    """`part` divided by `whole`, with the fraction; NULL when either is NULL or `whole` is not above 0."""
    return case((whole > 0, cast(part, Double) / cast(whole, Double)))


def rounded(value: ColumnElement[Any], digits: int) -> ColumnElement[Any]:
    """A number rounded to `digits`, since databases disagree on the last digits of sums of fractions."""
    return cast(func.round(cast(value, Numeric), digits), Double)


# The aggregates use CASE, not FILTER: the result is the same, and MySQL and SQL Server have no FILTER.


def count_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows of a group meet a condition."""
    return func.count(case((condition, 1)), type_=BigInteger())


def sum_of(value: SQLColumnExpression[Any]) -> ColumnElement[int]:
    """The sum of a group's whole numbers, as a whole number (PostgreSQL's is a decimal); NULL when there are none."""
    return cast(func.sum(value), BigInteger)


def any_if(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether any row of a group meets a condition."""
    return func.max(case((condition, 1), else_=0), type_=Integer()) == 1
