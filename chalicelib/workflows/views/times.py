"""Views of how long things took: how many there were, and what most of them didn't exceed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Select, case, func

from chalicelib.store.percentiles import MEDIAN, P90, P99, Nearest, Ranked
from chalicelib.store.views import View, ViewColumn
from chalicelib.workflows.views.columns import described

NAMES = {MEDIAN: "median", P90: "p90", P99: "p99"}
WORDS = {MEDIAN: "Median", P90: "90th percentile", P99: "99th percentile"}
MINIMUM = 5  # fewer say little about those to come
TOO_FEW = f"NULL for fewer than {MINIMUM}"


class Counted(NamedTuple):
    """What is counted: the name of the column, what it says, and `took`, as in `the seconds that they took`."""

    name: str
    comment: str
    took: str


def times_columns(rows: Ranked, counted: Counted, shares: Sequence[float]) -> list[ViewColumn]:
    """How many `seconds` the rows of a group have, and their percentiles and the longest."""
    seconds = rows.c.seconds
    count = func.count(seconds, type_=BigInteger())

    def enough(value: ColumnElement[int]) -> ColumnElement[int]:
        return case((count >= MINIMUM, value))

    return [
        ViewColumn(counted.name, count, counted.comment),
        *(
            ViewColumn(
                f"{NAMES[share]}_seconds",
                enough(Nearest(rows.percentile("seconds", share))),
                f"{WORDS[share]} of the seconds that they {counted.took}; {TOO_FEW}",
            )
            for share in shares
        ),
        ViewColumn("max_seconds", enough(func.max(seconds, type_=BigInteger())), f"The longest; {TOO_FEW}"),
    ]


def ranked(rows: Select[Any], keys: Iterable[str]) -> Ranked:
    """Rows with the rank of their `seconds` among those with the same keys."""
    return Ranked(rows.subquery("each_one"), by=keys, values=("seconds",))


def times_view(
    name: str,
    comment: str,
    rows: Select[Any],
    keys: Sequence[str],
    counted: Counted,
    *,
    shares: Sequence[float],
    also: Callable[[Any], Iterable[ViewColumn]] = lambda _: (),
    words: Mapping[str, str],
) -> View:
    """Make the view of rows by their keys, some of which `words` describe; `rows` have `seconds`, too.

    `also` makes further columns of each group.
    """
    each = ranked(rows, keys)
    row = each.c
    columns = [*described(row, keys, **words), *also(row), *times_columns(each, counted, shares)]
    return View(name, comment, columns, group_by=[row[key] for key in keys])
