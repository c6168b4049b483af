"""Events of GraphQL in REST's form: people, enums, ids, and what only GraphQL tells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.contributions.rows import event_row
from chalicelib.contributions.rows.accounts import account
from chalicelib.contributions.rows.events import derived_id
from chalicelib.contributions.rows.graphql import Timeline, has_reactions, rest_event
from chalicelib.contributions.rows.sizes import size_row
from chalicelib.errors import RejectedError
from chalicelib.github import numeric_id
from tests.organisation import at

API = "https://api.github.example"
MOMENT = "2026-05-01T08:00:00Z"
ADA = {
    "__typename": "User",
    "login": "ada",
    "id": "U_kgAH",
    "databaseId": 7,
    "avatarUrl": "https://avatars.github.example/u/7?u=abc&v=4",
    "url": "https://github.example/ada",
    "isSiteAdmin": False,
    "userViewType": "PUBLIC",
}
BOT = {
    "__typename": "Bot",
    "login": "renovate",
    "id": "BOT_kgAI",
    "databaseId": 8,
    "avatarUrl": "https://avatars.github.example/in/2740?v=4",
    "url": "https://github.example/apps/renovate",
}
PLACE: dict[str, Any] = {"issue_id": 1, "org": "acme", "repo": "web"}
LABELED = "LE_lADOAAAAAc4AAAACzgAAAAU"  # the array [0, 1, 2, 5]


def timeline(**more: Any) -> Timeline:
    return Timeline(API, "acme", "web", **more)


def event(kind: str, node: dict[str, Any], **more: Any) -> dict[str, Any]:
    base = {"id": LABELED, "createdAt": MOMENT, "actor": ADA}
    return rest_event({**base, **node}, timeline(**more), kind=kind)


def row(kind: str, node: dict[str, Any], **more: Any) -> dict[str, Any]:
    return event_row(event(kind, node, **more), **PLACE)


def test_a_person_has_the_form_of_rest() -> None:
    found = account(ADA, API) or {}
    assert found["avatar_url"] == "https://avatars.github.example/u/7?v=4"  # REST's has no version
    assert (found["id"], found["type"], found["user_view_type"], found["site_admin"]) == (7, "User", "public", False)
    assert found["events_url"] == f"{API}/users/ada/events{{/privacy}}"
    assert list(found) == USER_KEYS


USER_KEYS = """
    login id node_id avatar_url gravatar_id url html_url followers_url following_url gists_url starred_url
    subscriptions_url organizations_url repos_url events_url received_events_url type user_view_type site_admin
""".split()  # noqa: SIM905 - a list of words reads best as text


@pytest.mark.parametrize(
    ("actor", "login"),
    [
        (BOT, "renovate[bot]"),
        ({**BOT, "login": "renovate[bot]"}, "renovate[bot]"),
        ({**BOT, "login": "copilot-swe-agent"}, "Copilot"),
        ({**BOT, "login": "copilot-pull-request-reviewer"}, "copilot-pull-request-reviewer[bot]"),
        ({**BOT, "__typename": "Mannequin", "login": "old-name"}, "old-name"),
        ({**BOT, "__typename": "Organization", "login": "acme"}, "acme"),
    ],
)
def test_a_login_is_the_one_that_rest_has(actor: dict[str, Any], login: str) -> None:
    found = account(actor, API) or {}
    assert found["login"] == login
    assert found["url"] == f"{API}/users/{login.replace('[', '%5B').replace(']', '%5D')}"


def test_a_deleted_account_is_nobody_in_both() -> None:
    ghost = {"login": "ghost", "id": 10137, "type": "User"}
    in_rest = {"id": 5, "node_id": LABELED, "event": "pinned", "actor": ghost, "created_at": MOMENT}
    assert event_row(in_rest, **PLACE)["user"] is None
    assert row("pinned", {"actor": None}) == event_row({**in_rest, "actor": None}, **PLACE) | {"graphql_details": None}


CASES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "a label": ("labeled", {"label": {"name": "bug", "color": "f00"}}, {"label": {"name": "bug", "color": "f00"}}),
    "a lock": ("locked", {"lockReason": "TOO_HEATED"}, {"details": {"lock_reason": "too heated"}}),
    "a lock without a reason": ("locked", {"lockReason": None}, {"details": None}),
    "closed by a commit": (
        "closed",
        {"stateReason": "NOT_PLANNED", "closer": {"__typename": "Commit", "oid": "abc"}},
        {"details": {"commit_id": "abc", "state_reason": "not_planned"}, "graphql_details": None},
    ),
    "closed by a pull request": (
        "closed",
        {
            "stateReason": "COMPLETED",
            "closer": {"__typename": "PullRequest", "number": 9, "repository": {"nameWithOwner": "acme/api"}},
        },
        {
            "details": {"state_reason": "completed"},
            "graphql_details": {"closer": {"type": "PullRequest", "repository": "acme/api", "number": 9}},
        },
    ),
    "a team that is asked": (
        "review_requested",
        {"requestedReviewer": {"__typename": "Team", "databaseId": 4, "name": "Core", "slug": "core"}},
        {
            "details": {
                "review_requester": {"id": 7, "login": "ada", "type": "User"},
                "requested_team": {"id": 4, "name": "Core", "slug": "core"},
            }
        },
    ),
    "a board": (
        "project_v2_item_status_changed",
        {
            "project": {"id": "PVT_1", "number": 3, "title": "Roadmap", "url": "https://github.example/p/3"},
            "status": "Done",
            "previousStatus": "Todo",
            "wasAutomated": True,
        },
        {
            "details": None,
            "graphql_details": {
                "project": {"number": 3, "title": "Roadmap", "url": "https://github.example/p/3"},
                "status": "Done",
                "previous_status": "Todo",
                "was_automated": True,
            },
        },
    ),
    "a title": (
        "renamed",
        {"previousTitle": "a", "currentTitle": "b"},
        {"details": {"rename": {"from": "a", "to": "b"}}},
    ),
    "where it came from": (
        "transferred",
        {"fromRepository": {"nameWithOwner": "acme/old"}},
        {"graphql_details": {"from_repository": "acme/old"}},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_event_becomes_the_row_that_rest_gives(name: str) -> None:
    kind, node, expected = CASES[name]
    found = row(kind, node)
    assert {key: found[key] for key in expected} == expected
    assert (found["id"], found["node_id"], found["event"], found["created_at"]) == (5, LABELED, kind, at(MOMENT))
    assert found["username"] == "ada"


def test_a_comment_has_its_reactions() -> None:
    node = {
        "author": BOT,
        "body": "Hi",
        "updatedAt": "2026-05-02T08:00:00Z",
        "authorAssociation": "NONE",
        "reactionGroups": [{"createdAt": None}, {"createdAt": MOMENT}],
    }
    groups = [
        {"content": "THUMBS_UP", "reactors": {"totalCount": 2}},
        {"content": "EYES", "reactors": {"totalCount": 1}},
    ]
    found = row("commented", node, reactions={LABELED: groups})
    reactions = found["reactions"]
    assert (reactions["total_count"], reactions["+1"], reactions["eyes"], reactions["heart"]) == (3, 2, 1, 0)
    assert reactions["url"] == f"{API}/repos/acme/web/issues/comments/5/reactions"
    assert (found["username"], found["updated_at"]) == ("renovate[bot]", at("2026-05-02T08:00:00Z"))
    assert has_reactions(node)
    assert not has_reactions({"reactionGroups": [{"createdAt": None}]})
    assert not has_reactions({"reactionGroups": None})


@pytest.mark.parametrize("is_pull", [True, False])
def test_a_reference_has_the_key_that_rest_gives(*, is_pull: bool) -> None:
    """A pull request's issue id is not in GraphQL."""
    source = {
        "__typename": "PullRequest" if is_pull else "Issue",
        "id": LABELED,
        "number": 12,
        "title": "T",
        "pullState": "MERGED",
        "issueState": "CLOSED",
        "mergedAt": MOMENT,
        "url": "https://github.example/acme/api/pull/12",
        "repository": {"nameWithOwner": "acme/api"},
    }
    found = row("cross-referenced", {"source": source, "willCloseTarget": True})
    in_rest = {
        "event": "cross-referenced",
        "actor": account(ADA, API),
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "source": {
            "type": "issue",
            "issue": {
                "id": 5 if not is_pull else 77,
                "number": 12,
                "title": "T",
                "state": "closed",
                "html_url": "https://github.example/acme/api/pull/12",
                "repository_url": f"{API}/repos/acme/api",
                "body": "long",
                **({"pull_request": {"merged_at": MOMENT, "url": "x"}} if is_pull else {}),
            },
        },
    }
    assert found == event_row(in_rest, **PLACE) | {"graphql_details": {"will_close_target": True}}
    assert found["id"] == derived_id("cross-referenced", 1, MOMENT, 12, "pull" if is_pull else "issue")


@pytest.mark.parametrize(
    "node", [{}, {"label": None}, {"label": {"name": "bug"}, "actor": {"login": "ada"}}, {"id": None}]
)
def test_an_event_that_is_not_as_the_schema_says_is_rejected(node: dict[str, Any]) -> None:
    with pytest.raises(RejectedError, match="labeled of GraphQL is not as its schema says"):
        event("labeled", node)


# Sizes

PULL: dict[str, Any] = {
    "additions": 3,
    "deletions": 1,
    "changedFiles": 2,
    "reviewDecision": "REVIEW_REQUIRED",
    "baseRefName": "main",
    "headRefName": "fix",
    "mergeCommit": {"oid": "abc"},
    "mergedBy": BOT,
    "commits": {"totalCount": 4, "nodes": [{"commit": {"authoredDate": MOMENT}}]},
}


def test_a_pull_request_has_its_size() -> None:
    team = {"__typename": "Team", "databaseId": 4, "name": "Core", "slug": "core"}
    asked = {"nodes": [{"requestedReviewer": ADA}, {"requestedReviewer": team}, {"requestedReviewer": None}, None]}
    assert size_row({**PULL, "reviewRequests": asked}) == {
        "additions": 3,
        "deletions": 1,
        "changed_files": 2,
        "commits": 4,
        "review_decision": "review_required",
        "merge_commit_oid": "abc",
        "merged_by": "renovate[bot]",
        "base_ref": "main",
        "head_ref": "fix",
        "first_commit_authored_at": at(MOMENT),
        "requested_reviewers": [
            {"type": "User", "id": 7, "login": "ada"},
            {"type": "Team", "id": 4, "slug": "core"},
        ],
    }


def test_what_is_not_there_yet_is_null_and_what_was_not_asked_stays() -> None:
    nothing = {"mergeCommit": None, "mergedBy": None, "reviewDecision": None, "commits": {"totalCount": 0, "nodes": []}}
    found = size_row(PULL | nothing)
    assert "requested_reviewers" not in found
    assert {name for name, value in found.items() if value is None} == {
        "merge_commit_oid",
        "merged_by",
        "review_decision",
        "first_commit_authored_at",
    }


@pytest.mark.parametrize(
    "odd",
    [{"additions": "3"}, {"commits": None}, {"mergedBy": {"login": "ada"}}, {"reviewRequests": {"nodes": [{"x": 1}]}}],
)
def test_an_odd_size_is_rejected(odd: dict[str, Any]) -> None:
    with pytest.raises(RejectedError):
        size_row({**PULL, **odd})


def test_recorded_node_ids_carry_the_ids_that_stand_beside_them(samples: Path) -> None:
    """A real timeline, as GitHub's own pages ask for it."""
    saved = json.loads((samples / "graphql" / "timelines" / "board_status_changes.json").read_text())
    found = [
        (node["id"], node["databaseId"])
        for node in _objects(saved)
        if isinstance(node.get("databaseId"), int) and str(node.get("__typename")).endswith("Event")
    ]
    assert len(found) >= 4
    assert [numeric_id(node_id) for node_id, _ in found] == [number for _, number in found]


def _objects(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [each for item in value for each in _objects(item)]
    if isinstance(value, dict):
        return [value, *(each for item in value.values() for each in _objects(item))]
    return []
