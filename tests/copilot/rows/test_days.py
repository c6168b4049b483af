"""One record of Copilot's in, rows out: whole rows, what makes a record none, and how a file is recognised."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.copilot.rows import (
    any_day_rows,
    metrics_day_rows,
    read_document,
    report_day_rows,
    seat_row,
    shape_of,
    usage_day_rows,
    user_day_row,
    user_period_row,
    user_team_row,
)
from chalicelib.errors import RejectedError
from tests.copilot.records import (
    ACTIVE,
    ACTIVITY,
    DAY,
    LAST,
    LEAST,
    METRICS,
    NO_DAY,
    PERIOD,
    PLACE,
    REPORT,
    SEAT,
    TWICE,
    USAGE,
    USER,
    WINDOW,
    Json,
    line,
    of,
)

# Days of reports


def test_a_day_of_a_report() -> None:
    rows = report_day_rows(REPORT, org="acme")
    assert rows.day == NO_DAY | ACTIVITY | ACTIVE | {
        "day": DAY,
        "source": "report",
        "pull_requests_created": 4,
        "pull_requests_created_by_copilot": 3,
        "pull_requests_reviewed_by_copilot": 2,
        "pull_requests_merged": 1,
        "report": REPORT,
    }
    assert rows.totals == [
        line(DAY, "ide", ide="vscode", **ACTIVITY),
        line(DAY, "feature", feature="agent_edit", **ACTIVITY),
        line(DAY, "language_feature", language="go", feature="chat_inline", loc_added_sum=5, loc_deleted_sum=8),
        line(DAY, "language_feature", language="c#", feature="chat_inline", loc_added_sum=2),
        line(DAY, "language_model", language="go", model="auto", **ACTIVITY),
        line(DAY, "model_feature", model="auto", feature="agent_edit", **TWICE),
    ]


@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        ({}, {}),
        ({"daily_active_users": 0, "loc_added_sum": 5.0}, {"daily_active_users": 0, "loc_added_sum": 5}),
        ({"daily_active_users": None, "pull_requests": None, "totals_by_ide": None}, {}),
        ({"day": "2026-05-01T23:30:00-01:00"}, {"day": date(2026, 5, 2)}),
        ({"day": "2026-05-01", "date": "soon"}, {}),
        ({"loc_added_sum": 2**63 - 1}, {"loc_added_sum": 2**63 - 1}),
    ],
    ids=["least", "zeros and whole floats", "nulls", "a time", "unknown field", "largest"],
)
def test_a_value_of_a_day(changes: Json, columns: Json) -> None:
    record = LEAST | changes
    expected = NO_DAY | {"day": DAY, "source": "report", "report": record} | columns
    assert report_day_rows(record, org="acme") == (expected, [])


@pytest.mark.parametrize("name", [..., None, ""], ids=["left out", "null", "empty"])
def test_a_line_that_github_does_not_name_is_unknown(name: Any) -> None:
    """An empty name means that a row isn't broken down by it."""
    record = LEAST | {"totals_by_ide": [of({"loc_added_sum": 1}, ide=name), {"ide": "unknown", "loc_added_sum": 2}]}
    assert report_day_rows(record, org="acme").totals == [line(DAY, "ide", ide="unknown", loc_added_sum=3)]


def test_what_no_database_stores_is_taken_out() -> None:
    record = LEAST | {"totals_by_ide": [{"ide": "vs\x00code"}]}
    rows = report_day_rows(record, org="acme")
    assert rows.day["report"] == LEAST | {"totals_by_ide": [{"ide": "vscode"}]}
    assert rows.totals == [line(DAY, "ide", ide="vscode")]


@pytest.mark.parametrize(
    ("record", "shape"),
    [
        (REPORT, "report"),
        (METRICS, "metrics"),
        (USAGE, "usage"),
        (LEAST, "report"),
        (of(METRICS, date=...), "metrics"),
        ({"date": "2024-11-04"}, "metrics"),
        ({"day": "2024-03-18", "breakdown": []}, "usage"),
        ({}, "report"),
        (7, "report"),
        ([], "report"),
    ],
    ids=range(10),
)
def test_the_shape_of_a_day(record: Any, shape: str) -> None:
    assert shape_of(record) == shape


@pytest.mark.parametrize("record", [REPORT, METRICS, USAGE], ids=shape_of)
def test_a_day_of_any_shape(record: Json) -> None:
    mappers = {"report": report_day_rows, "metrics": metrics_day_rows, "usage": usage_day_rows}
    assert any_day_rows(record, org="acme") == mappers[shape_of(record)](record, org="acme")


# What is no row


def to_period(record: Any, *, org: str) -> Json:
    return user_period_row(record, org=org, start_day=DAY, end_day=LAST)


MAPPERS: dict[str, tuple[Callable[..., Any], Json]] = {
    "report": (report_day_rows, REPORT),
    "metrics": (metrics_day_rows, METRICS),
    "usage": (usage_day_rows, USAGE),
    "any": (any_day_rows, USAGE),
    "user": (user_day_row, USER | ACTIVITY | {"used_cli": True, "ai_credits_used": 1.5}),
    "period": (to_period, USER | ACTIVITY | {"total_active_days": 3}),
    "team": (user_team_row, PLACE | {"slug": "core", "user_login": "ada"}),
    "seat": (seat_row, SEAT),
}


@pytest.mark.parametrize("missing", [..., None], ids=["left out", "null"])
@pytest.mark.parametrize(
    ("mapper", "name"),
    [
        *[("report", "day"), ("metrics", "date"), ("usage", "day"), ("user", "day"), ("user", "user_id")],
        *[("period", "user_id"), ("team", "day"), ("team", "user_id"), ("team", "team_id"), ("seat", "assignee")],
    ],
)
def test_a_record_without_what_identifies_it_is_rejected(mapper: str, name: str, missing: Any) -> None:
    to_rows, record = MAPPERS[mapper]
    with pytest.raises(RejectedError, match=f"^{name} is missing$"):
        to_rows(of(record, **{name: missing}), org="acme")


@pytest.mark.parametrize("mapper", MAPPERS)
@pytest.mark.parametrize(("record", "name"), [(None, "NoneType"), ([], "list"), ("x", "str"), (7, "int")])
def test_what_is_no_object_is_rejected(mapper: str, record: Any, name: str) -> None:
    with pytest.raises(RejectedError, match=f"^it is {name}, not an object$"):
        MAPPERS[mapper][0](record, org="acme")


@pytest.mark.parametrize(
    ("mapper", "changes", "reason"),
    [
        ("report", {"day": "yesterday"}, "day is not a day"),
        ("report", {"day": 20260501}, "day is not a day"),
        ("report", {"day": ""}, "day is not a day"),
        ("report", {"day": ["2026-05-01"]}, "day is not a day"),
        ("report", {"daily_active_users": -1}, "daily_active_users is negative"),
        ("report", {"daily_active_users": 2**31}, "daily_active_users is out of range"),
        ("report", {"loc_added_sum": 2**63}, "loc_added_sum is out of range"),
        ("report", {"loc_added_sum": 1.5}, "loc_added_sum is float, not a whole number"),
        ("report", {"loc_added_sum": "1"}, "loc_added_sum is str, not a whole number"),
        ("report", {"loc_added_sum": True}, "loc_added_sum is bool, not a whole number"),
        ("report", {"loc_added_sum": float("nan")}, "it holds a number that is not one (NaN or Infinity)"),
        ("report", {"pull_requests": [1]}, "pull_requests is list, not an object"),
        ("report", {"pull_requests": {"total_merged": -1}}, "pull_requests.total_merged is negative"),
        ("report", {"totals_by_ide": {"vscode": 1}}, "totals_by_ide is dict, not an array"),
        ("report", {"totals_by_ide": [None]}, "totals_by_ide holds NoneType, not objects only"),
        ("report", {"totals_by_ide": [{"ide": 7}]}, "totals_by_ide.ide is int, not text"),
        ("report", {"totals_by_ide": [{"loc_added_sum": -1}]}, "totals_by_ide.loc_added_sum is negative"),
        ("report", {"totals_by_ide": [{"loc_added_sum": 2**62}] * 2}, "loc_added_sum is out of range"),
        ("metrics", {"copilot_ide_chat": []}, "copilot_ide_chat is list, not an object"),
        (
            "metrics",
            {"copilot_ide_chat": {"editors": [{"models": [{"total_chats": 0.5}]}]}},
            "total_chats is float, not a whole number",
        ),
        (
            "metrics",
            {"copilot_ide_code_completions": {"editors": [{"models": [{"languages": ["go"]}]}]}},
            "copilot_ide_code_completions.languages holds str, not objects only",
        ),
        ("usage", {"total_chat_turns": -5}, "total_chat_turns is negative"),
        ("usage", {"breakdown": [{"active_users": 2**31}]}, "breakdown.active_users is out of range"),
        ("usage", {"breakdown": "none"}, "breakdown is str, not an array"),
        ("user", {"user_id": -1}, "user_id is negative"),
        ("user", {"user_id": "ada"}, "user_id is str, not a whole number"),
        ("user", {"user_id": "9" * 19}, "user_id is out of range"),
        ("user", {"user_login": 7}, "user_login is int, not text"),
        ("user", {"used_cli": 1}, "used_cli is int, not true or false"),
        ("user", {"ai_credits_used": "3"}, "ai_credits_used is str, not a number"),
        ("user", {"ai_credits_used": 10**400}, "ai_credits_used is out of range"),
        ("period", {"total_active_days": -1}, "total_active_days is negative"),
        ("team", {"slug": 7}, "slug is int, not text"),
        ("seat", {"assignee": {"login": "ada"}}, "assignee.id is missing"),
        ("seat", {"assignee": "ada"}, "assignee is str, not an object"),
        ("seat", {"assigning_team": {"slug": 1}}, "assigning_team.slug is int, not text"),
        ("seat", {"pending_cancellation_date": "soon"}, "pending_cancellation_date is not a day"),
        ("seat", {"last_activity_at": "never"}, "last_activity_at is not a time"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_record_that_is_no_row_is_rejected_with_the_reason(mapper: str, changes: Json, reason: str) -> None:
    to_rows, record = MAPPERS[mapper]
    with pytest.raises(RejectedError) as caught:
        to_rows(record | changes, org="acme")
    assert str(caught.value) == reason


# Anything at all


NUMBERS = st.integers() | st.floats() | st.sampled_from([0, -1, 2**31, 2**63, 10**400, 1e300])
LEAVES = st.none() | st.booleans() | NUMBERS | st.text(max_size=5) | st.sampled_from(["2026-05-01", "17", "\ud800"])
KEYS = st.sampled_from(sorted({*REPORT, *METRICS, *USAGE, *SEAT, *PERIOD, *WINDOW, *PLACE, "seats", "user_totals"}))
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4))


def with_another(value: Any, path: list[int], other: Any) -> Any:
    """The same value, with another one somewhere inside."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    if not keys or not path:
        return other
    key = keys[path[0] % len(keys)]
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[key] = with_another(value[key], path[1:], other)
    return changed


@pytest.mark.parametrize("mapper", MAPPERS)
@given(path=st.lists(st.integers(0, 20), min_size=1, max_size=8), other=VALUES)
def test_a_record_with_anything_in_it_is_a_row_or_rejected(mapper: str, path: list[int], other: Any) -> None:
    to_rows, record = MAPPERS[mapper]
    for candidate in (with_another(record, path, other), other):
        with suppress(RejectedError):
            to_rows(candidate, org="acme")


@given(values=st.lists(VALUES, max_size=4))
def test_a_file_with_anything_in_it_is_recognised_or_rejected(values: list[Any]) -> None:
    texts = list(map(json.dumps, values))
    for text in [*texts, "\n".join(texts), f"[{','.join(texts)}]"]:
        with suppress(RejectedError):
            read_document(text)


def test_a_record_that_is_nested_without_end_is_rejected() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(RejectedError, match=r"^it is nested too deeply$"):
        report_day_rows(LEAST | {"deep": deep}, org="acme")
