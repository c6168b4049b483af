"""Percentiles by linear interpolation between the two closest ranks, the same number on every database.

Of n values in order, the share p (0 to 1) is at position p · (n - 1), counted from 0. Between two values, it is as far
from the lower one to the upper one as the position is: the median of 1 and 3 is 2. PostgreSQL's percentile_cont does
so, NumPy by default, and PERCENTILE.INC in spreadsheets.
https://www.postgresql.org/docs/current/functions-aggregate.html#FUNCTIONS-ORDEREDSET-TABLE

SQLite has no such function that is always there, so the rows get their ranks before they are grouped:

    pulls = Ranked(pull_requests.subquery(), by=("org", "month"), values=("hours_to_review", "hours_to_merge"))
    medians = [pulls.percentile(hours, MEDIAN) for hours in ("hours_to_review", "hours_to_merge")]
    select(pulls.c.org, pulls.c.month, *medians).group_by(pulls.c.org, pulls.c.month)

What must not count has no value there: `case((is_merged, hours_to_merge)).label("hours_to_merge")`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Double, FromClause, Label, and_, case, func, literal, select

from chalicelib.store.functions import PatternFunction

MEDIAN, P90, P99 = 0.5, 0.9, 0.99


class _OnSqlite(PatternFunction):
    """A whole number that only SQLite works out: NULL elsewhere, where nothing needs it."""

    type = BigInteger()
    inherit_cache = True
    plain = "CAST(NULL AS BIGINT)"
    sqlite = "{0}"


class _Interpolated(PatternFunction):
    """The share {0} of a group's values {1}, whose ranks are {2}; {3} says at which of them the share is, from 0.

    PostgreSQL's own function takes a third of the time that window functions take there.
    """

    type = Double()
    inherit_cache = True
    plain = "percentile_cont({0}) WITHIN GROUP (ORDER BY {1})"
    # In the order in which PostgreSQL calculates, so that not even the last digit differs.
    sqlite = (
        "(min(CASE WHEN {2} > {3} THEN {1} END)"
        " + (max(CASE WHEN {2} - 2 < {3} THEN {1} END) - min(CASE WHEN {2} > {3} THEN {1} END))"
        " * max(CASE WHEN {1} IS NOT NULL THEN {3} - CAST({3} AS INTEGER) END))"
    )


class Nearest(PatternFunction):
    """A number rounded to the nearest whole one, halves up. round() treats halves in one way here, in another there."""

    type = BigInteger()
    inherit_cache = True
    plain = "CAST(floor({0} + 0.5) AS BIGINT)"
    # Not every SQLite has floor(), and the cast cuts towards 0.
    sqlite = "(CAST({0} + 0.5 AS INTEGER) - ({0} + 0.5 < CAST({0} + 0.5 AS INTEGER)))"


class Ranked:
    """Rows that know their ranks: `c` are their columns, to be grouped by those in `by`; `values` can be asked for."""

    def __init__(self, rows: FromClause, *, by: Iterable[str], values: Iterable[str]) -> None:
        self.by = tuple(by)
        keys = [rows.c[key] for key in self.by]
        places = [place for value in values for place in _places(rows.c[value], keys)]
        self.c = select(*rows.c, *places).subquery("ranked").c

    def percentile(self, value: str, share: float, **only: str) -> ColumnElement[float]:
        """The value at this share (0 to 1) of a group's values; NULLs don't count, and without any it is NULL.

        With `what="review"`, only rows whose column `what` is that count: groups may then be by the other columns of
        `by`. ValueError when `by` has no such column: the ranks would be among other rows, too.
        """
        if strange := set(only).difference(self.by):
            raise ValueError(f"rows are not ranked by {sorted(strange)}")
        column, rank, count = (self.c[name] for name in (value, f"{value}_rank", f"{value}_count"))
        conditions = [self.c[name] == text for name, text in only.items()]
        picked = case((and_(*conditions), column)) if conditions else column
        return _Interpolated(literal(share, Double), picked, rank, literal(share, Double) * (count - 1))


def _places(value: ColumnElement[Any], keys: list[Any]) -> list[Label[Any]]:
    """A value's rank among those with the same keys, from 1, and their number; rows without a value come last."""
    rank = func.row_number().over(partition_by=keys, order_by=value.nulls_last())
    count = func.count(value).over(partition_by=keys)
    return [_OnSqlite(rank).label(f"{value.key}_rank"), _OnSqlite(count).label(f"{value.key}_count")]
