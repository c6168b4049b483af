"""Timeline events to rows: every variant, and what identifies those that GitHub doesn't number."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib.contributions.rows import event_row
from chalicelib.contributions.rows.events import derived_id
from chalicelib.errors import RejectedError
from chalicelib.models import Event
from chalicelib.store.upsert import upsert
from tests.organisation import at

ADA = {"login": "ada", "id": 7, "type": "User", "avatar_url": "https://a.example/7"}
PLACE: dict[str, Any] = {"issue_id": 1, "org": "acme", "repo": "web"}
MOMENT = "2026-05-01T08:00:00Z"


def row(event: dict[str, Any]) -> dict[str, Any]:
    return event_row(event, **PLACE)


def whole(**columns: Any) -> dict[str, Any]:
    nothing = {"user": None, "username": None, "user_id": None, "details": None, "removed_at": None}
    return {**PLACE, "created_at": at(MOMENT), **nothing, **columns}


CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a standard event": (
        {"id": 5, "node_id": "LE_x", "event": "labeled", "actor": ADA, "created_at": MOMENT, "label": {"name": "bug"}},
        whole(id=5, node_id="LE_x", event="labeled", user=ADA, username="ada", user_id=7, label={"name": "bug"}),
    ),
    "a comment": (
        {
            "id": 6,
            "event": "commented",
            "user": ADA,
            "actor": ADA,
            "body": "Hi",
            "created_at": MOMENT,
            "updated_at": "2026-05-02T08:00:00Z",
            "author_association": "MEMBER",
            "reactions": {"+1": 2},
            "html_url": "https://github.example/x",
            "issue_url": "https://api.github.example/x",
        },
        whole(
            id=6,
            event="commented",
            user=ADA,
            username="ada",
            user_id=7,
            body="Hi",
            reactions={"+1": 2},
            updated_at=at("2026-05-02T08:00:00Z"),
            author_association="MEMBER",
        ),
    ),
    "a review has its own time and no actor": (
        {"id": 7, "event": "reviewed", "user": ADA, "state": "approved", "body": "", "submitted_at": MOMENT},
        whole(id=7, event="reviewed", user=ADA, username="ada", user_id=7, state="approved", body=""),
    ),
    "a cross-reference has no number": (
        {
            "event": "cross-referenced",
            "actor": ADA,
            "created_at": MOMENT,
            "updated_at": MOMENT,
            "source": {"type": "issue", "issue": {"id": 9, "number": 3, "body": "long", "labels": []}},
        },
        whole(
            id=derived_id("cross-referenced", 1, MOMENT, 3, "issue"),
            event="cross-referenced",
            user=ADA,
            username="ada",
            user_id=7,
            updated_at=at(MOMENT),
            details={"source": {"type": "issue", "issue": {"id": 9, "number": 3}}},
        ),
    ),
    "a commit has a sha and a committer's time": (
        {
            "event": "committed",
            "sha": "abc",
            "node_id": "C_x",
            "message": "Fix",
            "verification": {"payload": "…"},
            "committer": {"name": "Ada", "date": MOMENT},
        },
        whole(
            id=derived_id("committed", 1, "abc"),
            event="committed",
            node_id="C_x",
            details={"sha": "abc", "message": "Fix", "committer": {"name": "Ada", "date": MOMENT}},
        ),
    ),
    "a line comment is known by its first comment": (
        {"event": "line-commented", "node_id": "PRRT_x", "comments": [{"id": 11, "created_at": MOMENT, "user": ADA}]},
        whole(
            id=derived_id("line-commented", 1, 11),
            event="line-commented",
            node_id="PRRT_x",
            details={"comments": [{"id": 11, "created_at": MOMENT, "user": {"id": 7, "login": "ada", "type": "User"}}]},
        ),
    ),
    "somebody who is gone": (
        {
            "id": 12,
            "event": "closed",
            "actor": None,
            "created_at": MOMENT,
            "commit_id": None,
            "state_reason": "completed",
        },
        whole(id=12, event="closed", details={"state_reason": "completed"}),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_event_becomes_a_row(name: str) -> None:
    event, expected = CASES[name]
    assert row(event) == expected


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"id": 1, "created_at": MOMENT}, "event is missing"),
        ({"id": 1, "event": "labeled"}, "created_at is missing"),
        ({"id": 1, "event": "reviewed", "submitted_at": None}, "created_at is missing"),
        ({"event": "labeled", "created_at": MOMENT}, "id is missing, and nothing identifies this labeled"),
        ({"event": "committed", "created_at": MOMENT}, "id is missing, and nothing identifies this committed"),
        ({"event": "line-commented", "comments": ["x"]}, "comments is not a list of comments"),
        ({"id": "7", "event": "labeled", "created_at": MOMENT}, "id is str, not a whole number"),
        (["labeled"], "it is list, not an object"),
    ],
)
def test_what_has_no_kind_time_or_identity_is_rejected(event: Any, reason: str) -> None:
    with pytest.raises(RejectedError, match=reason):
        row(event)


@given(st.lists(st.text(), min_size=1, max_size=3), st.integers(min_value=1))
def test_a_derived_number_is_the_same_each_time_and_none_of_githubs(marks: list[str], issue_id: int) -> None:
    number = derived_id("committed", issue_id, *marks)
    assert number == derived_id("committed", issue_id, *marks)
    assert -(2**63) <= number < 0


def test_events_are_stored_column_by_column(shared: Session, payloads: Path) -> None:
    files = sorted((payloads / "github-rest/events").glob("*.json"))
    events = [event for file in files for event in json.loads(file.read_text())["body"]]
    events += json.loads((payloads / "github-rest/devlake/events.json").read_text())
    for event in events:
        org, repo = event["issue"]["repository_url"].split("/")[-2:]
        mapped = event_row(event, issue_id=event["issue"]["id"], org=org, repo=repo) | {"page_no": 1}
        assert upsert(shared, Event, [mapped]).refused == []
    stored = {(found.id, found.event): found for found in shared.scalars(select(Event))}
    assert stored.keys() == {(event["id"], event["event"]) for event in events}
    assert len(stored) > 15
    for event in events:
        found = stored[event["id"], event["event"]]
        assert (found.issue_id, found.node_id, found.label) == (
            event["issue"]["id"],
            event["node_id"],
            event.get("label"),
        )
        assert (found.user, found.username) == (event["actor"], event["actor"] and event["actor"]["login"])
        assert found.created_at == at(event["created_at"])
        for name in ("commit_id", "state_reason", "rename"):
            assert (found.details or {}).get(name) == event.get(name)


def test_comments_and_reviews_are_stored_column_by_column(shared: Session, payloads: Path) -> None:
    """Timelines give them with their kind; the lists that were recorded leave it out."""
    folder = payloads / "github-rest/devlake"
    comments = [event | {"event": "commented"} for event in json.loads((folder / "comments.json").read_text())]
    reviews = [
        event | {"event": "reviewed"} for event in json.loads((folder / "pull_request_reviews.json").read_text())
    ]
    rows = [event_row(event, **PLACE) | {"page_no": 1} for event in comments + reviews]
    assert upsert(shared, Event, rows).refused == []
    stored = {(found.id, found.event): found for found in shared.scalars(select(Event))}
    for event in comments + reviews:
        found = stored[event["id"], event["event"]]
        seen = (found.body, found.state, found.author_association, found.reactions, found.user)
        keys = ("body", "state", "author_association", "reactions", "user")
        assert seen == tuple(event.get(key) for key in keys)
        assert found.created_at == at(event.get("created_at") or event["submitted_at"])
