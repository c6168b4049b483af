"""Labels and assignees, a row for each."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from chalicelib.contributions.views import ITEM_ASSIGNEES, ITEM_LABELS
from tests.views.world import IDS, World, may, user

BUG, UI = {"id": 1, "name": "bug"}, {"id": 2, "name": "ui"}


def test_each_label_of_an_issue_and_of_a_pull_request(world: World) -> None:
    issue = world.issue(may(4), labels=[BUG, UI])
    pull = world.pull(may(4), labels=[BUG], repo="web")
    world.issue(may(4), labels=[])
    rows = world.read(ITEM_LABELS)
    assert sorted(rows, key=lambda row: (row["item_id"], row["name"])) == [
        {"item_id": issue, "kind": "issue", "org": "acme", "repo": "r", "number": issue, "name": "bug"},
        {"item_id": issue, "kind": "issue", "org": "acme", "repo": "r", "number": issue, "name": "ui"},
        {"item_id": pull, "kind": "pull_request", "org": "acme", "repo": "web", "number": pull, "name": "bug"},
    ]


def test_each_assignee_of_an_issue_and_of_a_pull_request(world: World) -> None:
    issue = world.issue(may(4), assignees=[user("ada"), user("bob")])
    pull = world.pull(may(4), assignees=[user("eve")])
    rows = world.read(ITEM_ASSIGNEES)
    people = sorted((row["item_id"], row["user_id"], row["login"]) for row in rows)
    assert people == [(issue, IDS["ada"], "ada"), (issue, IDS["bob"], "bob"), (pull, IDS["eve"], "eve")]
    assert world.read(ITEM_ASSIGNEES, login="eve") == [
        {"item_id": pull, "kind": "pull_request", "org": "acme", "repo": "r", "number": pull}
        | {"user_id": IDS["eve"], "login": "eve"}
    ]


def test_what_github_no_longer_shows_has_no_row(world: World) -> None:
    for make in (world.issue, world.pull):
        make(may(4), labels=[BUG], assignees=[user("ada")], deleted_at=may(5))
    assert world.read(ITEM_LABELS) == world.read(ITEM_ASSIGNEES) == []


# What is in a list beside what GitHub puts there. A text that holds JSON is an object on SQLite.
ODD_ELEMENTS = [None, 5, 1.5, True, "bug", "[", [], [BUG], {}, {"label": "x"}]


@pytest.mark.parametrize("labels", [None, [], *([each] for each in ODD_ELEMENTS)], ids=str)
def test_what_is_no_label_has_no_row(world: World, labels: list[Any] | None) -> None:
    world.issue(may(4), labels=labels, assignees=labels)
    assert world.read(ITEM_LABELS) == world.read(ITEM_ASSIGNEES) == []


@pytest.mark.parametrize("name", [None, 5, True, ["bug"], {"name": "bug"}], ids=str)
def test_a_label_without_a_name_has_no_row_and_hides_no_other(world: World, name: Any) -> None:
    issue = world.issue(may(4), labels=[*ODD_ELEMENTS, {"name": name}, BUG])
    assert [(row["item_id"], row["name"]) for row in world.read(ITEM_LABELS)] == [(issue, "bug")]


@pytest.mark.parametrize("number", [None, "1", True, 1.5, 2**63, -(10**40), [1]], ids=str)
def test_an_assignee_without_an_id_has_no_row_and_hides_no_other(world: World, number: Any) -> None:
    world.issue(may(4), assignees=[*ODD_ELEMENTS, {"id": number, "login": "x"}, {"id": 2**63 - 1, "login": 5}])
    assert [(row["user_id"], row["login"]) for row in world.read(ITEM_ASSIGNEES)] == [(2**63 - 1, None)]


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
@pytest.mark.parametrize("stored", ["no JSON", '{"name": "bug"}', '"bug"', "5", "null"])
def test_what_is_no_list_has_no_row(world: World, stored: str) -> None:
    """SQLite stores anything in a JSON column; PostgreSQL's column takes only lists."""
    world.issue(may(4), labels=[BUG], assignees=[user("ada")])
    world.session.execute(text("UPDATE issues SET labels = :stored, assignees = :stored"), {"stored": stored})
    assert world.read(ITEM_LABELS) == world.read(ITEM_ASSIGNEES) == []


def test_names_are_as_github_writes_them(world: World) -> None:
    names = ["it's", 'a "quoted" one', "größer 😀", "100 %", "a\\b", ""]
    world.issue(may(4), labels=[{"name": name} for name in names])
    assert sorted(row["name"] for row in world.read(ITEM_LABELS)) == sorted(names)
