"""Real boards and deliveries: each item, field and event is mapped, and none is rejected."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.projects.rows import field_row, item_delivery_row, item_row, iteration_rows, project_row
from chalicelib.projects.rules import Roles, roles_of
from tests.organisation import at
from tests.projects.nodes import Node

BOARD = "PVT_1"


def found_in(value: Any, name: str) -> Iterator[Node]:
    """Every object within an answer that has a list of this name."""
    if isinstance(value, dict):
        if isinstance(value.get(name), dict) and isinstance(value[name].get("nodes"), list):
            yield value
        for inner in value.values():
            yield from found_in(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from found_in(inner, name)


def gr2m(samples: Path) -> Iterator[tuple[str, list[Node], list[Node], list[Node]]]:
    """Name, boards, fields and items of each recording, with what its queries did not ask for added."""
    for path in sorted((samples / "projects" / "gr2m").glob("*.json")):
        told = json.loads(path.read_text())
        boards = list(found_in(told, "fields"))
        fields = list({one["id"]: with_ids(one) for board in boards for one in board["fields"]["nodes"]}.values())
        items = [completed(one, {field["id"]: field for field in fields}) for one in found_in(told, "fieldValues")]
        yield path.name, boards, fields, items


def with_ids(field: Node) -> Node:
    """Name iterations, whose ids were not asked for, by their titles."""
    if "configuration" not in field:
        return field
    lists = {name: each for name, each in field["configuration"].items() if isinstance(each, list)}
    return {
        **field,
        "configuration": {name: [{"id": one["title"], **one} for one in each] for name, each in lists.items()},
    }


def completed(item: Node, fields: dict[str, Node]) -> Node:
    content = dict(item["content"])
    if "closed" in content:
        closed = "CLOSED" if content["closed"] else "OPEN"
        is_pull = item["type"] == "PULL_REQUEST"
        state = "MERGED" if content.get("merged") else closed
        content |= {"pullState" if is_pull else "issueState": state, "fullDatabaseId": str(content["databaseId"])}
        content["repository"] = {"nameWithOwner": f"github-project-fixtures/{content['repository']['name']}"}
    values = []
    for value in item["fieldValues"]["nodes"]:
        field = fields.get(value.get("field", {}).get("id"), {})
        options = {option["id"]: option["name"] for option in field.get("options", ())}
        named = {"name": options[value["optionId"]]} if "optionId" in value else {}
        values.append({**value, **named, **({"field": field} if field else {})})
    return {**item, "content": content, "fieldValues": {"nodes": values}}


def test_recorded_boards_are_mapped_whole(samples: Path) -> None:
    counts, types = Counter[str](), Counter[str]()
    for name, boards, fields, items in gr2m(samples):
        rows = [field_row(one, project_id=BOARD, position=place) for place, one in enumerate(fields)]
        roles = roles_of(rows, None)
        assert set(roles.field_ids) <= {"sprint", "status"}, name
        for one in boards:
            assert project_row({"number": 2, **one}, org="github-project-fixtures")["title"]
        mapped = [item_row(one, project_id=BOARD, roles=roles) for one in items]
        types.update(row["type"] for row in mapped)
        iterations = [row for one in fields for row in iteration_rows(one, project_id=BOARD)]
        known = {row["id"] for row in iterations}
        counts.update(fields=len(rows), items=len(mapped), iterations=len(known), files=1)
        assert all(row["title"] for row in mapped), name
        assert all(row["is_completed"] for row in iterations if name == "items_list.json")
    assert counts["files"] == 15
    assert counts["items"] == 219
    assert counts["iterations"] > 30
    assert set(types) == {"issue", "pull_request", "draft_issue"}


def test_a_recorded_item_has_all_its_values(samples: Path) -> None:
    _, _, fields, items = next(each for each in gr2m(samples) if each[0] == "items_list.json")
    rows = [field_row(one, project_id=BOARD, position=place) for place, one in enumerate(fields)]
    row = item_row(items[0], project_id=BOARD, roles=roles_of(rows, None))
    assert (row["content_node_id"], row["number"], row["state"], row["content_id"]) == ("I_1", 1, "open", 1001)
    assert row["fields"] == {"Text": "text", "Number": 1.0, "Date": "2020-02-02", "Single select": "One"}
    assert (row["status"], row["points"], row["iteration_id"]) == (None, None, None)


@pytest.mark.parametrize("name", ["agentarena", "cansimulator"])
def test_items_as_the_command_line_lists_them_are_mapped(samples: Path, name: str) -> None:
    """`gh project item-list` writes fields by their names in small letters, and no state."""
    listed = json.loads((samples / "projects" / "gh_item_list" / f"{name}.json").read_text())
    roles = Roles({"status": "status"})
    rows = [item_row(from_command_line(each), project_id=BOARD, roles=roles) for each in listed["items"]]
    assert len(rows) == 30  # where the command stops by itself
    assert all(row["status"] in {"Todo", "In Progress", "Done", "Backlog", "Ready"} for row in rows)
    assert all(row["url"].startswith(f"https://github.com/{row['repository']}/issues/") for row in rows)


def from_command_line(item: Node) -> Node:
    content = {name: item["content"][name] for name in ("number", "title", "url")}
    content |= {"id": item["content"]["url"], "issueState": "OPEN"}
    field = {"id": "status", "name": "Status", "dataType": "SINGLE_SELECT"}
    value = {"__typename": "ProjectV2ItemFieldSingleSelectValue", "name": item["status"], "field": field}
    return {
        "id": item["id"],
        "type": item["content"]["type"].upper(),
        "isArchived": False,
        "content": {**content, "repository": {"nameWithOwner": item["content"]["repository"]}},
        "fieldValues": {"nodes": [value]},
    }


def test_recorded_deliveries_are_mapped_or_tell_nothing(samples: Path) -> None:
    paths = sorted((samples / "projects" / "webhooks").glob("*.json"))
    paths += sorted((samples / "webhooks" / "projects_v2_item").glob("*.json"))
    told = Counter[tuple[str, str | None]]()
    for path in paths:
        payload = json.loads(path.read_text())
        row = item_delivery_row(payload, received_at=at("2026-05-01T00:00:00Z")) or {"kind": None}
        told[payload["action"], row["kind"]] += 1
    assert told == {
        ("created", "added"): 2,
        ("archived", "archived"): 2,
        ("restored", "restored"): 2,
        ("converted", "converted"): 1,
        ("edited", None): 2,  # of 2022, when GitHub didn't say what changed
        ("reordered", None): 2,
    }
