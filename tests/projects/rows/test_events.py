"""Events of timelines, row by row."""

from __future__ import annotations

import pytest

from chalicelib.errors import RejectedError
from chalicelib.projects.models import ProjectItemEvent
from chalicelib.projects.rows import timeline_event_row
from tests.organisation import at
from tests.projects.nodes import PVT, Node, event

BOARD: Node = {"project": {"id": PVT}, "wasAutomated": True}
ROW = {
    "id": "E_1",
    "source": "timeline",
    "item_id": None,
    "content_node_id": "I_7",
    "at": at("2026-04-05T06:07:08Z"),
    "actor": "ada",
    "turn": 0,
    "field_id": None,
    "field_name": None,
    "from_value": None,
    "to_value": None,
    "from_id": None,
    "to_id": None,
}


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("AddedToProjectV2Event", "added"),
        ("RemovedFromProjectV2Event", "removed"),
        ("ConvertedFromDraftEvent", "converted"),
    ],
)
def test_coming_and_going_become_rows(kind: str, found: str) -> None:
    row = timeline_event_row(event(kind, **BOARD), content_node_id="I_7")
    assert row == {**ROW, "kind": found, "project_id": PVT, "was_automated": True}
    assert row.keys() == set(ProjectItemEvent.__table__.columns.keys())


def test_a_change_of_status_says_from_and_to() -> None:
    node = event("ProjectV2ItemStatusChangedEvent", **BOARD, previousStatus="Todo", status="Done")
    told = {"kind": "status", "project_id": PVT, "was_automated": True}
    values = {"field_name": "Status", "from_value": "Todo", "to_value": "Done"}
    assert timeline_event_row(node, content_node_id="I_7") == {**ROW, **told, **values}
    first = timeline_event_row({**node, "previousStatus": ""}, content_node_id="I_7")
    assert first == {**ROW, **told, **values, "from_value": None}


@pytest.mark.parametrize(
    ("kind", "found"), [("ClosedEvent", "closed"), ("MergedEvent", "closed"), ("ReopenedEvent", "reopened")]
)
def test_closing_belongs_to_no_board(kind: str, found: str) -> None:
    row = timeline_event_row(event(kind), content_node_id="I_7")
    assert row == {**ROW, "kind": found, "project_id": None, "was_automated": None}


@pytest.mark.parametrize(
    ("actor", "login"),
    [
        (None, None),
        ({"__typename": "User", "login": "ada"}, "ada"),
        ({"__typename": "Bot", "login": "github-project-automation"}, "github-project-automation[bot]"),
        ({"__typename": "Bot", "login": "copilot-swe-agent"}, "Copilot"),
    ],
)
def test_logins_are_those_of_rest(actor: Node | None, login: str | None) -> None:
    row = timeline_event_row(event("ClosedEvent", actor=actor), content_node_id="I_7")
    assert row is not None
    assert row["actor"] == login


@pytest.mark.parametrize(
    "node", [event("LabeledEvent"), event("AddedToProjectV2Event", project=None), event("AddedToProjectV2Event")]
)
def test_what_tells_nothing_of_a_board_that_can_be_seen_is_left(node: Node) -> None:
    assert timeline_event_row(node, content_node_id="I_7") is None


@pytest.mark.parametrize("more", [{"id": None}, {"createdAt": None}])
def test_an_event_without_id_or_time_is_rejected(more: Node) -> None:
    with pytest.raises(RejectedError):
        timeline_event_row(event("ClosedEvent", **more), content_node_id="I_7")
