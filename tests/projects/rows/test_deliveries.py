"""What webhooks deliver of boards, row by row."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.errors import RejectedError
from chalicelib.projects.models import ProjectItemEvent
from chalicelib.projects.rows import board_delivery_row, item_delivery_row
from tests.organisation import at
from tests.projects.nodes import PVT

NOW = at("2026-05-01T00:00:00Z")
ITEM = {
    "node_id": "PVTI_1",
    "project_node_id": PVT,
    "content_node_id": "I_7",
    "content_type": "Issue",
    "created_at": "2026-04-02T00:00:00Z",
    "updated_at": "2026-04-04T00:00:00Z",
    "archived_at": None,
}
ROW = {
    "source": "webhook",
    "project_id": PVT,
    "item_id": "PVTI_1",
    "content_node_id": "I_7",
    "at": at("2026-04-04T00:00:00Z"),
    "actor": "ada",
    "was_automated": False,
    "turn": 0,
    "field_id": None,
    "field_name": None,
    "from_value": None,
    "to_value": None,
    "from_id": None,
    "to_id": None,
}
ONE = {"id": "a", "title": "Sprint 1", "title_html": "Sprint 1", "duration": 14, "start_date": "2026-05-01"}
TWO = {**ONE, "id": "b", "title": "Sprint 2"}


def delivery(action: str, *, changes: Any = None, sender: str = "ada", **item: Any) -> dict[str, Any]:
    return {"action": action, "projects_v2_item": {**ITEM, **item}, "changes": changes, "sender": {"login": sender}}


def edited(kind: str, name: str, before: Any, after: Any) -> dict[str, Any]:
    change = {"field_node_id": f"F_{name}", "field_type": kind, "field_name": name, "from": before, "to": after}
    return delivery("edited", changes={"field_value": {**change, "project_number": 5}})


def row_of(payload: Any) -> dict[str, Any]:
    row = item_delivery_row(payload, received_at=NOW)
    assert row is not None
    assert row.keys() == set(ProjectItemEvent.__table__.columns.keys())
    assert row["id"].startswith("webhook:")
    return {name: each for name, each in row.items() if name != "id"}


@pytest.mark.parametrize(
    ("action", "kind", "moment"),
    [
        ("created", "added", "2026-04-02T00:00:00Z"),
        ("archived", "archived", "2026-04-03T00:00:00Z"),
        ("restored", "restored", "2026-04-04T00:00:00Z"),
        ("converted", "converted", "2026-04-04T00:00:00Z"),
        ("deleted", "removed", "2026-05-01T00:00:00Z"),  # GitHub doesn't say when
    ],
)
def test_what_happens_to_an_item_becomes_a_row(action: str, kind: str, moment: str) -> None:
    assert row_of(delivery(action, archived_at="2026-04-03T02:00:00+02:00")) == {**ROW, "kind": kind, "at": at(moment)}


@pytest.mark.parametrize(
    ("kind", "before", "after", "told"),
    [
        ("iteration", ONE, TWO, ("Sprint 1", "Sprint 2", "a", "b")),
        ("iteration", ONE, None, ("Sprint 1", None, "a", None)),
        ("number", None, 0.5, (None, "0.5", None, None)),
        ("number", 3.0, 0, ("3", "0", None, None)),
        ("single_select", {"id": "o1", "name": "S", "color": "RED"}, None, ("S", None, "o1", None)),
        ("text", "", "Lamp", (None, "Lamp", None, None)),
        ("date", None, "2026-05-01T00:00:00+02:00", (None, "2026-05-01", None, None)),
    ],
)
def test_a_field_says_from_and_to(kind: str, before: Any, after: Any, told: tuple[str | None, ...]) -> None:
    names = ("from_value", "to_value", "from_id", "to_id")
    change = {"field_id": "F_Any", "field_name": "Any", **dict(zip(names, told, strict=True))}
    assert row_of(edited(kind, "Any", before, after)) == {**ROW, "kind": "field", **change}


def test_a_status_is_of_the_same_kind_as_in_timelines() -> None:
    row = row_of(edited("single_select", "Status", None, {"id": "o1", "name": "Done"}))
    assert (row["kind"], row["field_name"], row["to_value"], row["to_id"]) == ("status", "Status", "Done", "o1")


def test_a_workflow_of_the_board_is_no_person() -> None:
    row = row_of(delivery("archived", sender="github-project-automation[bot]"))
    assert (row["actor"], row["was_automated"]) == ("github-project-automation[bot]", True)


def test_a_draft_has_no_timeline() -> None:
    assert row_of(delivery("created", content_type="DraftIssue"))["content_node_id"] is None


@pytest.mark.parametrize(
    "payload",
    [
        delivery("reordered", changes={"previous_projects_v2_item_node_id": {"from": "a", "to": "b"}}),
        delivery("edited", changes={"body": {"from": "a", "to": "b"}}),
        delivery("edited"),
        # Old payloads, and reviewers, don't say what changed: it is not taken for an empty value.
        delivery("edited", changes={"field_value": {"field_node_id": "F_1", "field_type": "single_select"}}),
        delivery("tickled"),
    ],
)
def test_what_tells_nothing_that_is_kept_is_left(payload: Any) -> None:
    assert item_delivery_row(payload, received_at=NOW) is None


def test_what_comes_again_is_the_same_event_and_the_next_change_is_another() -> None:
    def id_of(payload: Any, moment: str = "2026-05-01T00:00:00Z") -> str:
        return str((item_delivery_row(payload, received_at=at(moment)) or {})["id"])

    there, back = edited("iteration", "Sprint", ONE, TWO), edited("iteration", "Sprint", TWO, ONE)
    later = {**there, "projects_v2_item": {**ITEM, "updated_at": "2026-04-05T00:00:00Z"}}
    assert id_of(there) == id_of(there, "2026-06-01T00:00:00Z")
    assert id_of(delivery("deleted")) == id_of(delivery("deleted"), "2026-06-01T00:00:00Z")
    assert len({id_of(each) for each in (there, back, later, delivery("deleted"), delivery("created"))}) == 5


@pytest.mark.parametrize(
    "payload",
    [
        {"action": "created", "projects_v2_item": None},
        delivery("created", project_node_id=None),
        delivery("restored", updated_at=None),
        edited("number", "Points", [1], 2),
    ],
)
def test_what_names_no_item_is_rejected(payload: Any) -> None:
    with pytest.raises(RejectedError):
        item_delivery_row(payload, received_at=NOW)


def test_a_board_becomes_a_row() -> None:
    told = {
        "id": 1,
        "node_id": PVT,
        "number": 5,
        "title": "Roadmap",
        "description": "…",
        "short_description": None,
        "public": True,
        "created_at": "2026-01-02T03:04:05Z",
        "updated_at": "2026-04-04T00:00:00Z",
        "closed_at": None,
        "deleted_at": None,
    }
    row = {
        "id": PVT,
        "org": "acme",
        "number": 5,
        "title": "Roadmap",
        "short_description": None,
        "is_public": True,
        "created_at": at("2026-01-02T03:04:05Z"),
        "updated_at": at("2026-04-04T00:00:00Z"),
        "closed_at": None,
        "deleted_at": None,
    }
    payload = {"action": "edited", "projects_v2": told}
    assert board_delivery_row(payload, org="acme", received_at=NOW) == row
    gone = board_delivery_row({**payload, "action": "deleted"}, org="acme", received_at=NOW)
    assert gone == {**row, "deleted_at": NOW}
    with pytest.raises(RejectedError, match="node_id is missing"):
        board_delivery_row({"action": "edited"}, org="acme", received_at=NOW)
