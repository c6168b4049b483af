"""docs/queries.md has an example for each view; how answers are written."""

from __future__ import annotations

import re

import pytest

from chalicelib.views import VIEWS
from docs.queries import PATH, cell, examples, named
from tests.docs.pages import blocks

PAGE = PATH.read_text(encoding="utf-8")
HOW = """{missing} has no example in docs/queries.md. Write a question there, with its SQL below it in a block
```sql … ```, then run `make docs`: it writes the answer. Where the answer has no rows, add some to docs/world."""
TODAY = re.compile(r"\b(now\(\)|CURRENT_|strftime|date_trunc|interval)", re.IGNORECASE)


def test_each_view_has_an_example() -> None:
    asked = set[str]().union(*(named(sql) for sql, _ in examples(PAGE)))
    missing = ", ".join(view.name for view in VIEWS if view.name not in asked)
    assert not missing, HOW.format(missing=missing)


def test_no_example_depends_on_one_database_or_on_the_day() -> None:
    assert [sql for sql, _ in examples(PAGE) if TODAY.search(sql)] == []


def test_every_block_of_sql_is_an_example() -> None:
    assert [sql for sql, _ in examples(PAGE)] == blocks(PAGE, "sql")
    assert all(written for _, written in examples(PAGE))


@pytest.mark.parametrize(
    ("value", "is_truth", "written"),
    [
        (None, True, "NULL"),
        (0, True, "false"),
        (0, False, "0"),
        (2.0, False, "2"),
        (10.0, False, "10"),
        (1 / 3, False, "0.33"),
    ],
)
def test_both_databases_values_are_written_alike(value: object, is_truth: bool, written: str) -> None:
    assert cell(value, is_truth=is_truth) == written


def test_times_are_written_to_the_minute() -> None:
    times = ("2025-04-01 09:00:00.000000", "2025-04-01 09:00:00+00:00")
    assert {cell(time, is_truth=False) for time in times} == {"2025-04-01 09:00"}
