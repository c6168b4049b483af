"""Items of boards, row by row."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.errors import RejectedError
from chalicelib.projects.models import ProjectItem
from chalicelib.projects.rows import item_row
from chalicelib.projects.rules import Roles
from tests.organisation import at
from tests.projects.nodes import PVT, issue, item, parent, value

ROLES = Roles(
    {"sprint": "F_Sprint", "points": "F_Points", "status": "F_Status", "deliverable": "F_Deliverable"}, "field"
)
BY_PARENTS = Roles(ROLES.field_ids, "parents", "Epic")
# What saving fills.
OURS = {"first_seen_at", "timeline_read_at", "timeline_read_for", "removed_at"}


def row_of(node: dict[str, Any], roles: Roles = ROLES) -> dict[str, Any]:
    row = item_row(node, project_id=PVT, roles=roles)
    assert row.keys() == set(ProjectItem.__table__.columns.keys()) - OURS
    return row


def test_an_issue_becomes_a_row() -> None:
    node = item(
        7,
        value("Text", "Title", "TITLE", text="Issue 7"),
        value("SingleSelect", "Status", "SINGLE_SELECT", name="In Progress", optionId="o1"),
        value("Number", "Points", number=0.5),
        value("Iteration", "Sprint", title="Sprint 2", iterationId="b"),
        value("Text", "Deliverable", text="Lamp"),
        value("Date", "Due", date="2026-06-01"),
        value("Milestone", "Milestone", milestone={"title": "v2"}),
        {"__typename": "ProjectV2ItemFieldLabelValue"},
    )
    assert row_of(node) == {
        "id": "PVTI_7",
        "project_id": PVT,
        "type": "issue",
        "content_node_id": "I_7",
        "content_id": 9_000_000_007,
        "repository": "acme/lamp",
        "number": 7,
        "title": "Issue 7",
        "url": "https://github.com/acme/lamp/issues/7",
        "state": "open",
        "state_reason": None,
        "closed_at": None,
        "content_created_at": at("2026-04-01T00:00:00Z"),
        "content_updated_at": at("2026-04-03T00:00:00Z"),
        "issue_type": "Bug",
        "ancestors": None,
        "status": "In Progress",
        "points": 0.5,
        "iteration_id": "b",
        "deliverable": "Lamp",
        "fields": {
            "Status": "In Progress",
            "Points": 0.5,
            "Sprint": "Sprint 2",
            "Deliverable": "Lamp",
            "Due": "2026-06-01",
            "Milestone": "v2",
        },
        "is_archived": False,
        "created_at": at("2026-04-02T00:00:00Z"),
        "updated_at": at("2026-04-04T00:00:00Z"),
    }


def test_values_that_were_emptied_vanish_and_0_is_a_value() -> None:
    row = row_of(item(1, value("Number", "Points", number=0), value("Text", "Deliverable", text=None)))
    assert (row["points"], row["fields"]) == (0.0, {"Points": 0.0})
    assert [row[name] for name in ("status", "iteration_id", "deliverable")] == [None] * 3
    assert row_of(item(1))["points"] is None


def test_a_pull_request_is_merged() -> None:
    content = {
        "__typename": "PullRequest",
        "id": "PR_8",
        "number": 8,
        "title": "Fix it",
        "url": "https://github.com/acme/lamp/pull/8",
        "createdAt": "2026-04-01T00:00:00Z",
        "updatedAt": "2026-04-03T00:00:00Z",
        "closedAt": "2026-04-02T00:00:00Z",
        "pullState": "MERGED",
        "repository": {"nameWithOwner": "acme/lamp"},
    }
    row = row_of(item(8, type="PULL_REQUEST", content=content, isArchived=True))
    assert (row["type"], row["state"], row["closed_at"]) == ("pull_request", "merged", at("2026-04-02T00:00:00Z"))
    assert (row["content_node_id"], row["content_id"], row["is_archived"]) == ("PR_8", None, True)


@pytest.mark.parametrize(
    ("more", "state", "reason", "closed_at"),
    [
        ({"issueState": "CLOSED", "stateReason": "NOT_PLANNED"}, "closed", "not_planned", "2026-04-02T00:00:00Z"),
        ({"issueState": "CLOSED", "stateReason": "DUPLICATE"}, "closed", "duplicate", "2026-04-02T00:00:00Z"),
        ({"issueState": "CLOSED", "stateReason": None}, "closed", None, "2026-04-02T00:00:00Z"),
        ({"issueState": "OPEN", "stateReason": "REOPENED"}, "open", None, None),
    ],
)
def test_an_issue_is_closed_for_a_reason(
    more: dict[str, Any], state: str, reason: str | None, closed_at: str | None
) -> None:
    row = row_of(item(1, content=issue(1, closedAt="2026-04-02T00:00:00Z", **more)))
    assert (row["state"], row["state_reason"], row["closed_at"]) == (state, reason, closed_at and at(closed_at))


def test_a_draft_has_a_title_and_no_timeline() -> None:
    content = {"__typename": "DraftIssue", "id": "DI_1", "title": "An idea", "createdAt": "2026-04-01T00:00:00Z"}
    row = row_of(item(1, value("Number", "Points", number=3.0), type="DRAFT_ISSUE", content=content))
    told = {name: each for name, each in row.items() if each is not None}
    assert told == {
        "id": "PVTI_1",
        "project_id": PVT,
        "type": "draft_issue",
        "title": "An idea",
        "content_created_at": at("2026-04-01T00:00:00Z"),
        "points": 3.0,
        "fields": {"Points": 3.0},
        "is_archived": False,
        "created_at": at("2026-04-02T00:00:00Z"),
        "updated_at": at("2026-04-04T00:00:00Z"),
    }


@pytest.mark.parametrize(("kind", "found"), [("REDACTED", "redacted"), ("ISSUE", "issue")])
def test_what_the_token_may_not_see_still_counts(kind: str, found: str) -> None:
    row = row_of(item(1, value("Iteration", "Sprint", title="S", iterationId="b"), type=kind, content=None))
    assert (row["type"], row["title"], row["state"], row["iteration_id"]) == (found, None, None, "b")


def test_the_issues_above_come_the_nearest_first() -> None:
    content = issue(1, parent=parent(2, "Epic", parent(3, "Epic", parent(4, None))))
    row = row_of(item(1, value("Text", "Deliverable", text="Lamp"), content=content), BY_PARENTS)
    common = {"repository": "acme/lamp"}
    assert row["ancestors"] == [
        {**common, "id": "I_2", "number": 2, "title": "Issue 2", "type": "Epic"},
        {**common, "id": "I_3", "number": 3, "title": "Issue 3", "type": "Epic"},
        {**common, "id": "I_4", "number": 4, "title": "Issue 4", "type": None},
    ]
    assert row["deliverable"] == "Issue 2"
    assert row_of(item(1, content=content), Roles({}, "parents"))["deliverable"] == "Issue 4"


def test_a_circle_of_issues_ends_where_it_begins() -> None:
    content = issue(1, parent=parent(2, None, parent(3, None, parent(1, None, parent(2, None)))))
    row = row_of(item(1, content=content), Roles({}, "parents"))
    assert [each["number"] for each in row["ancestors"]] == [2, 3]
    assert row["deliverable"] == "Issue 3"


def test_at_most_eight_levels_are_kept() -> None:
    above = parent(20, None)
    for number in range(19, 1, -1):
        above = parent(number, None, above)
    assert len(row_of(item(1, content=issue(1, parent=above)))["ancestors"]) == 8


def test_fields_go_by_their_ids() -> None:
    node = item(1, value("Number", "points", key="F_other", number=8), value("Number", "Points", number=1.5))
    row = row_of(node)
    assert (row["points"], row["fields"]) == (1.5, {"points": 8.0, "Points": 1.5})


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"id": None}, "id is missing"),
        ({"type": "TABLE"}, "type is TABLE, which is not known"),
        ({"isArchived": "no"}, "isArchived is str, not true or false"),
        ({"content": issue(1, issueState=None)}, "the state is missing"),
        ({"content": issue(1, parent={"id": "I_2"})}, "number is missing"),
        ({"fieldValues": {"nodes": [value("Number", "Points", number="3")]}}, "number is str, not a number"),
        ({"fieldValues": {"nodes": [value("Number", "Points", number=3) | {"field": None}]}}, "id is missing"),
    ],
)
def test_what_is_not_as_github_says_is_rejected(more: dict[str, Any], reason: str) -> None:
    with pytest.raises(RejectedError, match=reason):
        item_row(item(1, **more), project_id=PVT, roles=ROLES)
