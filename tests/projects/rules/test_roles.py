"""Which field says what: by the setting, or by a guess where only one fits."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.projects.rows import field_row
from chalicelib.projects.rules import Choice, Roles, roles_of
from tests.projects.nodes import PVT, field

COMMON = (
    field("Title", "TITLE"),
    field("Assignees", "ASSIGNEES"),
    field("Status", "SINGLE_SELECT", "Todo", "In Progress", "Done"),
    field("Milestone", "MILESTONE"),
    field("Parent issue", "PARENT_ISSUE"),
)


def rows(*fields: dict[str, Any]) -> list[dict[str, Any]]:
    return [field_row(each, project_id=PVT, position=place) for place, each in enumerate((*COMMON, *fields))]


def guess(*fields: dict[str, Any]) -> dict[str, str]:
    return dict(roles_of(rows(*fields), None).field_ids)


def test_what_every_board_has_is_only_a_status() -> None:
    assert roles_of(rows(), None) == Roles({"status": "F_Status"}, None, None, "guess", [])


def test_a_board_is_guessed_by_names_and_types() -> None:
    found = roles_of(
        rows(field("Cycle", "ITERATION"), field("Story Points", "NUMBER"), field("📦 Epic", "SINGLE_SELECT")), None
    )
    ids = {"sprint": "F_Cycle", "points": "F_Story Points", "status": "F_Status", "deliverable": "F_📦 Epic"}
    assert found == Roles(ids, "field", None, "guess", [])


@pytest.mark.parametrize(
    ("fields", "role", "found"),
    [
        ([field("Quad", "ITERATION"), field("Sprint", "ITERATION")], "sprint", "F_Sprint"),
        ([field("Quad", "ITERATION"), field("Cycle", "ITERATION")], "sprint", None),
        ([field("Sprint", "ITERATION"), field("sprint", "ITERATION")], "sprint", None),
        ([field("Sprint", "TEXT")], "sprint", None),
        ([field("Points", "NUMBER"), field("Estimate", "NUMBER")], "points", None),
        ([field("Points", "TEXT"), field("Estimate", "NUMBER")], "points", "F_Estimate"),
        ([field("Votes", "NUMBER")], "points", None),
        ([field("status", "SINGLE_SELECT", "A")], "status", "F_Status"),
        ([field("Deliverable", "TEXT")], "deliverable", "F_Deliverable"),
        ([field("Deliverable", "TEXT"), field("Epic", "SINGLE_SELECT")], "deliverable", None),
        ([field("Deliverable", "NUMBER")], "deliverable", None),
    ],
)
def test_a_guess_is_made_only_where_one_field_fits(fields: list[dict[str, Any]], role: str, found: str | None) -> None:
    assert guess(*fields).get(role) == found


def test_the_setting_wins_and_the_rest_is_guessed() -> None:
    fields = rows(field("Quad", "ITERATION"), field("Sprint", "ITERATION"), field("Points", "NUMBER"))
    found = roles_of(fields, Choice(sprint="quad", deliverable="milestone"))
    ids = {"sprint": "F_Quad", "points": "F_Points", "status": "F_Status", "deliverable": "F_Milestone"}
    assert found == Roles(ids, "field", None, "setting", [])


def test_an_empty_name_means_that_there_is_none() -> None:
    found = roles_of(rows(field("Points", "NUMBER")), Choice(points=""))
    assert found == Roles({"status": "F_Status"}, None, None, "setting", [])


@pytest.mark.parametrize(
    ("name", "kind"),
    [("parents", None), ("Parents", None), ("parents:Epic", "Epic"), ("parents: Big Thing", "Big Thing")],
)
def test_deliverables_are_issues_above(name: str, kind: str | None) -> None:
    found = roles_of(rows(field("Deliverable", "TEXT")), Choice(deliverable=name))
    assert found == Roles({"status": "F_Status"}, "parents", kind, "setting", [])


def test_two_names_that_differ_in_case_are_two_fields() -> None:
    fields = rows(field("points", "NUMBER"), field("Points", "NUMBER"))
    assert roles_of(fields, Choice(points="Points")).field_ids["points"] == "F_Points"
    assert roles_of(fields, Choice(points="POINTS")).unknown == ["POINTS"]


def test_what_the_board_lacks_is_named() -> None:
    choice = Choice(sprint="Sprint", points="Title", done=("done", "Shipped"), in_progress=("Doing",))
    found = roles_of(rows(), choice)
    assert found == Roles({"status": "F_Status"}, None, None, "setting", ["Sprint", "Title", "Shipped", "Doing"])


def test_a_field_that_is_renamed_keeps_its_role() -> None:
    """A day's snapshot was without points because somebody had called the field otherwise."""
    fields = rows(field("Size in points", "NUMBER"), field("Sprint!", "ITERATION"), field("Other", "ITERATION"))
    known = {"points": "F_Size in points", "sprint": "F_Sprint!"}
    for choice in (None, Choice(points="Points", sprint="Sprint")):
        assert roles_of(fields, choice, known).field_ids == {**known, "status": "F_Status"}
    assert roles_of(fields, Choice(points="Points"), known).unknown == ["Points"]
    assert "points" not in roles_of(fields, Choice(points=""), known).field_ids
    assert roles_of(fields, Choice(sprint="Other"), known).field_ids["sprint"] == "F_Other"


def test_a_field_that_is_gone_or_of_another_type_keeps_no_role() -> None:
    known = {"points": "F_Points", "sprint": "F_Sprint"}
    assert roles_of(rows(field("Sprint", "TEXT")), None, known).field_ids == {"status": "F_Status"}
