"""Nothing is lost on bad input: a record that can't become a row is kept, whole and once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chalicelib.models import RejectedRecord
from chalicelib.nesting import LEFT_OUT
from chalicelib.store.rejected import identity_of, open_identities, save_rejected, settle
from tests.store.expected import stored

NOW = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)


def save(session: Session, record: Any, *, kind: str = "issues", reason: str = "id is missing", days: int = 0) -> None:
    save_rejected(session, kind=kind, org="acme", record=record, reason=reason, now=NOW + timedelta(days=days))


@pytest.mark.parametrize(
    "record",
    [
        {"id": None, "title": "no id"},
        {"body": "NUL \x00 and half \ud83d a pair", "key\x00\udc00": 1},
        {"title": "😀 日本語 \\u0000", "nested": [{"a": [None, True, 1.5, 2**70]}]},
        {"number": float("inf")},
        ["not", "an object"],
        "text \x00",
        None,
        17,
    ],
    ids=lambda record: ascii(record)[:30],
)
def test_the_whole_record_can_be_had_back(shared: Session, record: Any) -> None:
    save(shared, record)
    shared.expire_all()
    [row] = stored(shared, RejectedRecord)
    assert json.loads(row["record"]) == record
    digest = row.pop("digest")
    assert len(digest) == 64
    expected = {"kind": "issues", "org": "acme", "reason": "id is missing", "rejected_at": NOW}
    expected |= {"identity": identity_of(record), "stored_at": None}
    assert {name: row[name] for name in row if name != "record"} == expected


def test_it_is_kept_once_with_its_first_reason_and_time(shared: Session) -> None:
    save(shared, {"a": 1, "b": 2})
    save(shared, {"b": 2, "a": 1}, reason="another reason", days=1)
    [row] = stored(shared, RejectedRecord)
    assert (row["reason"], row["rejected_at"]) == ("id is missing", NOW)


def test_another_record_or_another_kind_is_another(shared: Session) -> None:
    save(shared, {"a": 1})
    save(shared, {"a": 2})
    save(shared, {"a": 1}, kind="pull_requests")
    assert len(stored(shared, RejectedRecord)) == 3


def states(session: Session) -> dict[str | None, datetime | None]:
    return {row["identity"]: row["stored_at"] for row in stored(session, RejectedRecord)}


@pytest.mark.parametrize(
    ("record", "identity"),
    [
        ({"id": 17, "node_id": "I_1"}, "id=17"),
        ({"id": None, "node_id": "I_1"}, "node_id=I_1"),
        ({"id": 17, "event": "labeled"}, "id=17 event=labeled"),
        ({"event": "committed", "sha": "abc"}, "sha=abc event=committed"),
        ({"day": "2026-05-01", "user_id": 7, "user_login": "ana"}, "day=2026-05-01 user_id=7 user_login=ana"),
        ({"assignee": {"id": 7}}, "assignee.id=7"),
        ({"event": "labeled"}, None),
        ({"id": True}, None),
        ({}, None),
        ([1], None),
        (None, None),
    ],
    ids=str,
)
def test_what_tells_a_record_apart(record: Any, identity: str | None) -> None:
    assert identity_of(record) == identity


def test_one_that_is_stored_later_is_no_longer_open(shared: Session) -> None:
    save(shared, {"id": 1, "title": None})
    save(shared, {"id": 2, "title": None})
    assert open_identities(shared, kind="issues", org="acme") == {"id=1", "id=2"}
    settle(shared, kind="issues", org="acme", stored={"id=1": {"id": 1, "title": "x"}}, now=NOW)
    assert states(shared) == {"id=1": NOW, "id=2": None}
    assert open_identities(shared, kind="issues", org="acme") == {"id=2"}
    save(shared, {"id": 1, "title": None})
    assert states(shared) == {"id=1": None, "id=2": None}


def test_what_was_stored_before_it_went_wrong_settles_nothing(shared: Session) -> None:
    save(shared, {"id": 1, "updated_at": "2026-05-02T00:00:00Z", "title": None})
    older = {"id": 1, "updated_at": "2026-05-01T00:00:00Z", "title": "x"}
    settle(shared, kind="issues", org="acme", stored={"id=1": older}, now=NOW)
    assert states(shared) == {"id=1": None}


@pytest.mark.parametrize("levels", [101, 900, 100_000])
def test_what_is_nested_too_deeply_is_kept_without_its_depths(shared: Session, levels: int) -> None:
    """Writing it as JSON met Python's limit: the step ended in a traceback, each time."""
    deep: list[Any] = []
    for _ in range(levels):
        deep = [deep]
    save(shared, {"id": 7, "deep": deep}, reason="it is nested too deeply")
    [row] = stored(shared, RejectedRecord)
    assert json.loads(row["record"])["id"] == 7
    assert LEFT_OUT in row["record"]
