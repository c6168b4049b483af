"""Nothing is lost on bad input: a record that can't become a row is kept, whole and once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chalicelib.models import RejectedRecord
from chalicelib.store.rejected import save_rejected
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
