"""Views of how long things took: how many there were, and what most of them didn't exceed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Select, case, cast, func, select

from chalicelib.store.functions import percentile, rank_of
from chalicelib.store.views import View, ViewColumn
from chalicelib.workflows.views.columns import described

MEDIAN, P90, P99 = 0.5, 0.9, 0.99
NAMES = {MEDIAN: "median", P90: "p90", P99: "p99"}
MINIMUM = 5  # fewer say little about those to come
TOO_FEW = f"NULL for fewer than {MINIMUM}"


class Counted(NamedTuple):
    """What is counted: the name of the column, what it says, and which times are meant, as `… took at most these`."""

    name: str
    comment: str
    took: str


def times_columns(ranked: Any, counted: Counted, shares: Sequence[float]) -> list[ViewColumn]:
    """How many rows of a group there are, and its percentiles and longest; `ranked` has `seconds` and `rank`."""
    where = ranked.seconds.is_not(None)
    count = func.count(case((where, 1)), type_=BigInteger())

    def enough(value: ColumnElement[Any]) -> ColumnElement[int]:
        return case((count >= MINIMUM, cast(value, BigInteger)))

    def words(share: float) -> str:
        part = "Half" if share == MEDIAN else f"{share:.0%}".replace("%", " %")
        return f"{part} {counted.took} at most these seconds; {TOO_FEW}"

    return [
        ViewColumn(counted.name, count, counted.comment),
        *(
            ViewColumn(
                f"{NAMES[share]}_seconds", enough(percentile(share, ranked.seconds, ranked.rank, where)), words(share)
            )
            for share in shares
        ),
        ViewColumn("max_seconds", enough(func.max(case((where, ranked.seconds)))), f"The longest; {TOO_FEW}"),
    ]


def ranked(rows: Select[Any], keys: Iterable[str]) -> Any:
    """Rows with the rank of their `seconds` among those with the same keys."""
    each = rows.subquery("each_one")
    rank = rank_of(each.c.seconds, *(each.c[key] for key in keys)).label("rank")
    return select(*each.c, rank).subquery("ranked").c


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
    row = ranked(rows, keys)
    columns = [*described(row, keys, **words), *also(row), *times_columns(row, counted, shares)]
    return View(name, comment, columns, group_by=[row[key] for key in keys])
