"""What Copilot's counters, days and names may hold, beyond what holds for all fields."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chalicelib.copilot.rows.fields import count, day, github_id, login_of, name_of, objects, people, picked, sum_known
from chalicelib.errors import RejectedError


@pytest.mark.parametrize(
    ("convert", "value", "expected"),
    [
        (count, 0, 0),
        (count, 2**63 - 1, 2**63 - 1),
        (count, None, None),
        (people, 2**31 - 1, 2**31 - 1),
        (github_id, 7, 7),
        (github_id, "0007", 7),
        (github_id, None, None),
        (day, "2021-01-01", date(2021, 1, 1)),
        (day, "2099-12-31T23:59:59Z", date(2099, 12, 31)),
        (day, None, None),
    ],
)
def test_a_value_is_taken(convert: Any, value: Any, expected: Any) -> None:
    assert convert("x", value) == expected


@pytest.mark.parametrize(
    ("convert", "value"),
    [
        *((count, value) for value in (-1, 2**63, 0.5, "1", True)),
        *((people, value) for value in (-1, 2**31)),
        *((github_id, value) for value in (-1, "-1", "", "9" * 19, "1" * 20, "٣", " 7", "7.0")),
        *((day, value) for value in ("2020-12-31", "2100-01-01", "0001-01-01", "soon", 7)),
    ],
)
def test_a_value_is_refused(convert: Any, value: Any) -> None:
    with pytest.raises(RejectedError, match=r"^x is "):
        convert("x", value)


@pytest.mark.parametrize("record", [{}, {"ide": None}, {"ide": ""}], ids=["left out", "null", "empty"])
def test_what_github_does_not_name_is_unknown(record: dict[str, Any]) -> None:
    """An empty name would mean that the row isn't broken down by it."""
    assert name_of(record, "ide", within="totals_by_ide") == "unknown"
    assert name_of({"ide": "vim"}, "ide", within="totals_by_ide") == "vim"


@pytest.mark.parametrize(
    ("record", "login"),
    [
        ({"user_login": "ada"}, "ada"),
        ({"login": "ada"}, "ada"),
        ({"user_login": "ada", "login": "grace"}, "ada"),
        ({"user_login": None, "login": "ada"}, "ada"),
        ({"user_login": ""}, None),
        ({}, None),
    ],
)
def test_a_login_has_one_of_two_names(record: dict[str, Any], login: str | None) -> None:
    assert login_of(record) == login


def test_a_list_holds_objects_only() -> None:
    assert objects("lines", [{}, {"a": 1}]) == [{}, {"a": 1}]
    assert objects("lines", None) == objects("lines", []) == []
    with pytest.raises(RejectedError, match=r"^lines holds int, not objects only$"):
        objects("lines", [{}, 7])


def test_what_is_refused_is_named_with_where_it_stands() -> None:
    assert picked({"a": 1}, {"one": "a", "two": "b"}, count) == {"one": 1, "two": None}
    with pytest.raises(RejectedError, match=r"^lines\.a is negative$"):
        picked({"a": -1}, {"one": "a"}, count, within="lines.")


@pytest.mark.parametrize(
    ("values", "total"),
    [([], 0), ([1, 2], 3), ([1, None], 1), ([None], None), ([None, None], None), ([0, None], 0)],
    ids=["none", "all known", "one known", "unknown", "all unknown", "nought"],
)
def test_what_is_unknown_is_not_counted_as_nothing(values: list[int | None], total: int | None) -> None:
    assert sum_known("x", values) == total


def test_a_sum_must_fit_its_column() -> None:
    with pytest.raises(RejectedError, match=r"^x is out of range$"):
        sum_known("x", [2**62, 2**62])
    with pytest.raises(RejectedError, match=r"^x is out of range$"):
        sum_known("x", [2**30, 2**30], convert=people)
