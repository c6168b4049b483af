"""What fields may hold: each value is taken as it is, or rejected with the field's name and the reason."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import RejectedError
from chalicelib.ingest import fields
from chalicelib.ingest.fields import INT4, INT8, Converter, cleaned, converted, required

NAMED: dict[str, Converter] = {
    name: getattr(fields, name)
    for name in (
        *("text", "flag", "json_object", "json_array", "number", "identity", "fraction", "rounded", "moment", "day"),
    )
}
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
TAKEN: list[tuple[str, Any, Any]] = [
    ("text", "", ""),
    ("text", "größer 🚀", "größer 🚀"),
    ("flag", False, False),
    ("json_object", {"a": [None]}, {"a": [None]}),
    ("json_array", [], []),
    ("number", -INT4, -INT4),
    ("number", 7.0, 7),  # as a search writes a score
    ("identity", INT8, INT8),
    ("identity", INT4 + 1, INT4 + 1),
    ("fraction", 3, 3.0),
    ("fraction", 0.1, 0.1),
    ("rounded", 7.6, 8),
    ("rounded", 0, 0),
    ("moment", "2026-05-01T12:00:00Z", NOON),
    ("moment", "2026-05-01T14:00:00.000+02:00", NOON),
    ("day", "2026-05-01", date(2026, 5, 1)),
    ("day", "2026-04-30T23:30:00-02:00", date(2026, 5, 1)),
]
REFUSED: list[tuple[str, Any, str]] = [
    ("text", 7, "x is int, not text"),
    ("flag", 0, "x is int, not true or false"),
    ("flag", "true", "x is str, not true or false"),
    ("json_object", [], "x is list, not an object"),
    ("json_array", {}, "x is dict, not an array"),
    ("number", True, "x is bool, not a whole number"),
    ("number", "7", "x is str, not a whole number"),
    ("number", 7.5, "x is float, not a whole number"),
    ("number", INT4 + 1, "x is out of range"),
    ("number", float("inf"), "x is float, not a whole number"),
    ("identity", INT8 + 1, "x is out of range"),
    ("identity", -INT8 - 1, "x is out of range"),
    ("fraction", False, "x is bool, not a number"),
    ("fraction", "0.1", "x is str, not a number"),
    ("fraction", 10**400, "x is out of range"),
    ("rounded", 1e30, "x is out of range"),
    ("moment", 1_780_000_000, "x is not a time"),
    ("moment", "soon", "x is not a time"),
    ("moment", "0001-01-01T00:00:00+10:00", "x is not a time"),
    ("day", 20260501, "x is not a day"),
    ("day", "2026-02-30", "x is not a day"),
]


@pytest.mark.parametrize(("converter", "value", "expected"), TAKEN)
def test_a_value_is_taken(converter: str, value: Any, expected: Any) -> None:
    found = NAMED[converter]("x", value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("converter", "value", "reason"), REFUSED)
def test_a_value_is_refused_with_the_reason(converter: str, value: Any, reason: str) -> None:
    with pytest.raises(RejectedError) as caught:
        NAMED[converter]("x", value)
    assert str(caught.value) == reason


def test_every_converter_is_tested_with_both() -> None:
    assert {case[0] for case in TAKEN} == {case[0] for case in REFUSED} == set(NAMED)


@pytest.mark.parametrize("converter", NAMED)
def test_null_is_null(converter: str) -> None:
    assert NAMED[converter]("x", None) is None


CONVERTERS: dict[str, Converter] = {"id": fields.identity, "name": fields.text}


def test_only_what_a_record_has_is_converted() -> None:
    assert converted({"name": None, "other": 1}, CONVERTERS) == {"name": None}
    assert converted({}, CONVERTERS) == {}


def test_what_is_required_must_be_there() -> None:
    assert required({"id": 1, "name": "", "other": 2}, CONVERTERS) == {"id": 1, "name": ""}


@pytest.mark.parametrize("record", [{"id": 1}, {"id": 1, "name": None}], ids=["left out", "null"])
def test_what_is_required_and_is_not_there_is_named(record: dict[str, Any]) -> None:
    with pytest.raises(RejectedError, match=r"^name is missing$"):
        required(record, CONVERTERS)


# What no database stores


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_a_clean_record_keeps_everything_but_what_no_database_stores(record: dict[str, Any]) -> None:
    plain = json.dumps(cleaned(record), ensure_ascii=False)
    assert "\\u0000" not in plain.replace("\\\\", "")
    plain.encode()  # no half of a surrogate pair is left
    if not any(mark in json.dumps(record) for mark in ("\\u0000", "\\ud")):
        assert cleaned(record) is record


def test_texts_are_cleaned_at_any_depth() -> None:
    record = {"a\x00": [{"b": "\ud83d!"}, "\udc00", 1, None], "c": "\\u0000 as text"}
    assert cleaned(record) == {"a": [{"b": "!"}, "", 1, None], "c": "\\u0000 as text"}


def nested(depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(depth):
        found = {"a": found}
    return found


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (None, "it is NoneType, not an object"),
        ([], "it is list, not an object"),
        ({"a": float("nan")}, "it holds a number that is not one (NaN or Infinity)"),
        ({"a": [float("-inf")]}, "it holds a number that is not one (NaN or Infinity)"),
        (nested(100_000), "it is nested too deeply"),
        (nested(101), "it is nested too deeply"),
    ],
    ids=["null", "list", "NaN", "Infinity", "deep", "a little too deep"],
)
def test_what_is_no_record_is_rejected(record: Any, reason: str) -> None:
    with pytest.raises(RejectedError) as caught:
        cleaned(record)
    assert str(caught.value) == reason
