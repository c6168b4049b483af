"""Webhooks of boards: what stood there before, in GitHub's shapes."""

import json
import lzma
from pathlib import Path
from typing import Any

import pytest
from githubkit.webhooks import parse
from jsonschema import Draft202012Validator

from sandbox import Item, Project, RunningSandbox
from sandbox.api.board_forms import field_node_id, project_node_id, row_node_id
from sandbox.world.board_founding import DELIVERY
from tests.sandbox.conftest import NOW

JSON = dict[str, Any]
SECRET = "It's a Secret to Everybody"


@pytest.fixture
def board(changing: RunningSandbox) -> Project:
    """A board of a world in which nothing else happens, and whose creation was told."""
    changing.world.stand_still()
    board = changing.world.create_board(changing.world.organisations["octo-sandbox"], DELIVERY)
    changing.deliveries(SECRET)
    return board


@pytest.fixture
def issue(changing: RunningSandbox) -> Item:
    return next(one for one in changing.world.items.values() if one.state == "open" and not one.is_pull)


def told(sandbox: RunningSandbox) -> list[JSON]:
    """The payloads of what happened on boards since the last time, each read by GitHub's own description."""
    found = []
    for headers, body in sandbox.deliveries(SECRET):
        if headers["X-GitHub-Event"].startswith("projects_v2"):
            found.append(json.loads(body))
            parse(headers["X-GitHub-Event"], json.dumps(described(found[-1])))
    return found


def described(payload: JSON) -> JSON:
    """A payload without what GitHub's description has no room for, although it is sent: nothing, and fractions."""
    told = payload.get("changes", {}).get("field_value")
    if told is None:
        return payload
    sides = {side: told[side] for side in ("from", "to") if told[side] is not None}
    whole = {side: int(value) if isinstance(value, float) else value for side, value in sides.items()}
    kept = {name: value for name, value in told.items() if name not in ("from", "to")}
    return {**payload, "changes": {"field_value": kept | whole}}


def test_what_is_told_of_a_row(changing: RunningSandbox, board: Project, issue: Item) -> None:
    row = changing.world.add_to_board(board, issue)
    (payload,) = told(changing)
    assert list(payload) == ["action", "projects_v2_item", "organization", "sender"]
    creator = payload["projects_v2_item"].pop("creator")
    assert payload["projects_v2_item"] == {
        "id": row.id,
        "node_id": row_node_id(row),
        "project_node_id": project_node_id(board),
        "content_node_id": changing.app.payloads.item_node_id(issue),
        "content_type": "Issue",
        "created_at": "2026-06-01T12:00:00Z",
        "updated_at": "2026-06-01T12:00:00Z",
        "archived_at": None,
    }
    assert (payload["action"], creator) == ("created", payload["sender"])


def test_what_stood_in_a_field(changing: RunningSandbox, board: Project, issue: Item) -> None:
    world, row = changing.world, changing.world.add_to_board(board, issue)
    first, second, *_ = board.roles["sprint"].iterations
    status, points = board.roles["status"], board.roles["points"]
    told(changing)
    for value in (first, second):
        world.set_field(row, board.roles["sprint"], value)
    world.set_field(row, status, status.named("Todo"))
    for number in (0.5, None):
        world.set_field(row, points, number)
    world.set_field(row, board.named("Notes"), "Ask Ann")
    world.set_field(row, board.named("Target date"), "2026-06-30")
    changes = [payload["changes"]["field_value"] for payload in told(changing)]
    assert changes[1] == {
        "field_node_id": field_node_id(board, board.roles["sprint"]),
        "field_type": "iteration",
        "field_name": "Sprint",
        "project_number": 1,
        "from": {
            "id": first.id,
            "title": "Sprint 1",
            "title_html": "Sprint 1",
            "duration": 14,
            "start_date": "2026-06-01",
            "completed": False,
        },
        "to": {
            "id": second.id,
            "title": "Sprint 2",
            "title_html": "Sprint 2",
            "duration": 14,
            "start_date": "2026-06-15",
            "completed": False,
        },
    }
    option = {"id": status.options[1].id, "name": "Todo", "color": "BLUE", "description": ""}
    assert [(one["field_type"], one["from"], one["to"]) for one in changes[2:]] == [
        ("single_select", None, option),
        ("number", None, 0.5),
        ("number", 0.5, None),
        ("text", None, "Ask Ann"),
        ("date", None, "2026-06-30T00:00:00+00:00"),
    ]


def test_archived_restored_reordered_converted_deleted(changing: RunningSandbox, board: Project, issue: Item) -> None:
    world = changing.world
    row, other = world.draft_on_board(board, "An idea"), world.add_to_board(board, issue)
    told(changing)
    world.archive_row(row)
    world.restore_row(row)
    world.move_row(row, other)
    world.convert_draft(row, issue.repository)
    world.remove_from_board(row)
    at, after = "2026-06-01T12:00:00+00:00", row_node_id(other)
    assert [(payload["action"], payload.get("changes")) for payload in told(changing)] == [
        ("archived", {"archived_at": {"from": None, "to": at}}),
        ("restored", {"archived_at": {"from": at, "to": None}}),
        ("reordered", {"previous_projects_v2_item_node_id": {"from": after, "to": after}}),
        ("converted", {"content_type": {"from": "DraftIssue", "to": "Issue"}}),
        ("deleted", None),
    ]


def test_boards_themselves(changing: RunningSandbox, board: Project) -> None:
    world = changing.world
    world.edit_board(board, title="Deliveries", short_description=None)
    world.close_board(board)
    world.reopen_board(board)
    world.delete_board(board)
    edited, closed, reopened, deleted = told(changing)
    assert edited["changes"] == {
        "title": {"from": "Delivery", "to": "Deliveries"},
        "short_description": {"from": "What the product teams deliver", "to": None},
    }
    assert [one["action"] for one in (closed, reopened, deleted)] == ["closed", "reopened", "deleted"]
    assert [one["projects_v2"]["closed_at"] for one in (closed, reopened)] == ["2026-06-01T12:00:00Z", None]
    assert deleted["projects_v2"]["deleted_at"] == "2026-06-01T12:00:00Z"


def test_life_is_told_as_it_goes_on(changing: RunningSandbox, board: Project) -> None:
    world = changing.world
    world.fill_board(board, 20)
    found = told(changing)
    assert [one["action"] for one in found].count("created") == 20
    world.advance(NOW + 60)
    assert told(changing) == []


def test_githubs_description_of_them(changing: RunningSandbox, board: Project, issue: Item, samples: Path) -> None:
    """The samples' own, strictly: githubkit overlooks some faults."""
    text = lzma.decompress((samples / "openapi" / "webhooks-api.github.com-12.1.0.json.xz").read_bytes())
    components = json.loads(text)["components"]
    world, roles = changing.world, board.roles
    row = world.add_to_board(board, issue)
    for role, value in (
        ("points", 3.0),
        ("status", roles["status"].options[0]),
        ("sprint", roles["sprint"].iterations[0]),
    ):
        world.set_field(row, roles[role], value)
    world.archive_row(row)
    world.restore_row(row)
    world.move_row(row, None)
    world.convert_draft(world.draft_on_board(board, "An idea"), issue.repository)
    world.remove_from_board(row)
    world.edit_board(board, title="Deliveries")
    world.close_board(board)
    world.reopen_board(board)
    for payload in told(changing):
        what = "item" if "projects_v2_item" in payload else "project"
        name = f"webhook-projects-v2-{what}-{payload['action']}"
        validator = Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": components})
        assert [fault.message for fault in validator.iter_errors(described(payload))] == [], name


def test_shapes_are_those_of_recorded_ones(
    changing: RunningSandbox, board: Project, issue: Item, samples: Path
) -> None:
    row = changing.world.add_to_board(board, issue)
    changing.world.archive_row(row)
    changing.world.restore_row(row)
    changing.world.move_row(row, None)
    for payload in told(changing):
        path = samples / "projects" / "webhooks" / f"hub4j_projects_v2_item_{payload['action']}.json"
        recorded = json.loads(path.read_text())
        assert set(payload) == set(recorded) - {"installation"}
        assert set(payload["projects_v2_item"]) == set(recorded["projects_v2_item"])
        assert {name: set(one) for name, one in payload.get("changes", {}).items()} == {
            name: set(one) for name, one in recorded.get("changes", {}).items()
        }
