"""One GitHub object in, one row out: whole rows, and what makes a record none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.contributions.rows import issue_row, pull_request_row, pull_row
from chalicelib.errors import RejectedError

ADA = {"login": "ada", "id": 1, "type": "User"}
GRACE = {"login": "grace", "id": 2, "type": "User"}
GHOST = {"id": 10137, "login": "ghost"}
OPENED = datetime(2026, 5, 1, 8, 0, 0, tzinfo=UTC)
UPDATED = datetime(2026, 5, 2, 9, 30, 15, tzinfo=UTC)
CLOSED = datetime(2026, 5, 2, 9, 30, 14, tzinfo=UTC)
PLACE = "https://api.github.com/repos/Acme/rocket.js"

LEAST = {
    "id": 4_000_000_000,
    "number": 7,
    "title": "It fails",
    "state": "open",
    "created_at": "2026-05-01T08:00:00Z",
    "updated_at": "2026-05-02T09:30:15Z",
    "repository_url": PLACE,
}
LEAST_ROW = {
    "id": 4_000_000_000,
    "number": 7,
    "title": "It fails",
    "state": "open",
    "created_at": OPENED,
    "updated_at": UPDATED,
    "repository_url": PLACE,
    "org": "Acme",
    "repo": "rocket.js",
    "deleted_at": None,
}
MORE = {
    "active_lock_reason": "spam",
    "assignees": [GRACE, ADA],
    "author_association": "MEMBER",
    "body": "Text 😀",
    "comments_url": f"{PLACE}/issues/7/comments",
    "html_url": "https://github.com/Acme/rocket.js/issues/7",
    "labels": [{"id": 1, "name": "bug"}],
    "locked": False,
    "milestone": {"id": 1, "title": "1.0"},
    "node_id": "PR_kwDODunzps6y0F4A",
}
MOST = MORE | {
    "comments": 3,
    "events_url": f"{PLACE}/issues/7/events",
    "labels_url": f"{PLACE}/issues/7/labels{{/name}}",
    "reactions": {"total_count": 1, "+1": 1},
    "state_reason": "completed",
    "timeline_url": f"{PLACE}/issues/7/timeline",
    "url": f"{PLACE}/issues/7",
}
AS_PULL = {"url": f"{PLACE}/pulls/7", "merged_at": None}
PULL = LEAST | {"pull_request": AS_PULL}
PULL_ROW = LEAST_ROW | {"pull_request": AS_PULL, "merged": False, "merged_at": None}


def of(payload: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A payload with changes; `...` leaves the key out."""
    changed = payload | changes
    return {name: value for name, value in changed.items() if value is not ...}


# Issues


@pytest.mark.parametrize(
    ("record", "row"),
    [
        (LEAST, LEAST_ROW),
        (
            LEAST
            | MOST
            | {"closed_at": "2026-05-02T09:30:14Z", "user": ADA, "assignee": GRACE, "score": 0.75}
            | {"performed_via_github_app": {"id": 5, "slug": "renovate", "name": "Renovate Bot"}},
            LEAST_ROW
            | MOST
            | {"closed_at": CLOSED, "user": ADA, "username": "ada", "author_id": 1, "assignee": GRACE, "score": 0.75}
            | {"performed_via_github_app": "renovate", "repository_id": 250_213_286},
        ),
        (of(LEAST, type="Bug", sub_issues_summary={"total": 1}, nonsense=[]), LEAST_ROW),
    ],
    ids=["least", "most", "unknown keys"],
)
def test_an_issue(record: dict[str, Any], row: dict[str, Any]) -> None:
    assert issue_row(record) == row


@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        ({"user": None}, {"user": None, "username": None, "author_id": None}),
        ({"user": GHOST}, {"user": GHOST, "username": "ghost", "author_id": 10137}),
        ({"user": {"login": "ada"}}, {"user": {"login": "ada"}, "username": "ada", "author_id": None}),
        ({"body": None, "closed_at": None}, {"body": None, "closed_at": None}),
        ({"performed_via_github_app": None}, {"performed_via_github_app": None}),
        ({"performed_via_github_app": {"id": 1}}, {"performed_via_github_app": None}),
        ({"score": 1}, {"score": 1.0}),
        ({"created_at": "2026-05-01T10:00:00+02:00"}, {"created_at": OPENED}),
        ({"repository_url": "https://ghe.example.com/api/v3/repos/a-b/.c"}, {"org": "a-b", "repo": ".c"}),
    ],
    ids=["no user", "ghost", "no id", "nulls", "no app", "app without a slug", "whole score", "another zone", "GHES"],
)
def test_a_value_of_an_issue(changes: dict[str, Any], columns: dict[str, Any]) -> None:
    expected = LEAST_ROW | {"repository_url": changes.get("repository_url", PLACE)} | columns
    assert issue_row(LEAST | changes) == expected


def test_what_github_leaves_out_is_left_out() -> None:
    """A missing user once emptied the stored user's name."""
    assert not {"user", "username", "author_id", "assignee", "assignees", "score", "body"} & issue_row(LEAST).keys()


@pytest.mark.parametrize(
    ("record", "assignee"),
    [
        ({"assignees": [GRACE, ADA]}, {"assignee": GRACE}),
        ({"assignees": []}, {"assignee": None}),
        ({"assignee": ADA, "assignees": [GRACE]}, {"assignee": ADA}),
        ({"assignee": None, "assignees": []}, {"assignee": None}),
        ({"assignees": None}, {}),
        ({}, {}),
    ],
    ids=["two", "nobody any more", "told", "told: nobody", "unknown", "not told"],
)
def test_the_assignee_is_the_first_one_where_github_no_longer_tells(
    record: dict[str, Any], assignee: dict[str, Any]
) -> None:
    """2026-03-10 removes `assignee`; who was taken off an issue stayed its assignee."""
    row = issue_row(LEAST | record)
    assert {name: row[name] for name in row if name == "assignee"} == assignee


# Pull requests in their issue form


@pytest.mark.parametrize(
    ("pull_request", "columns"),
    [
        ({"merged_at": None}, {"merged": False, "merged_at": None}),
        ({"merged_at": "2026-05-02T09:30:14Z"}, {"merged": True, "merged_at": CLOSED}),
        ({"url": f"{PLACE}/pulls/7"}, {}),
        (None, {}),
    ],
    ids=["not merged", "merged", "not told", "nothing told"],
)
def test_merged_is_what_merged_at_says(pull_request: dict[str, Any] | None, columns: dict[str, Any]) -> None:
    expected = LEAST_ROW | {"pull_request": pull_request} | columns
    assert pull_request_row(LEAST | {"pull_request": pull_request}) == expected


@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        ({}, {}),
        ({"draft": True, "score": 1.0}, {"draft": True, "score": 1}),
        ({"draft": None, "score": None}, {"draft": None, "score": None}),
        ({"score": 7.6}, {"score": 8}),
        ({"node_id": "MDExOlB1bGxSZXF1ZXN0MjAzNzU2NzM2"}, {"pull_id": 203756736}),
        ({"node_id": "PR_kwDODunzps6y0F4A"}, {"pull_id": 3_000_000_000, "repository_id": 250_213_286}),
        ({"node_id": "unreadable"}, {}),
        ({"node_id": None}, {}),
    ],
    ids=[
        "least",
        "draft",
        "nulls",
        "score of a best match",
        "legacy node id",
        "node id",
        "unreadable node id",
        "no node id",
    ],
)
def test_a_pull_request(changes: dict[str, Any], columns: dict[str, Any]) -> None:
    named = {name: changes[name] for name in changes if name == "node_id"}
    assert pull_request_row(PULL | changes) == PULL_ROW | named | columns


# Pull requests in their own form


OWN_FORM = of(LEAST, id=3_000_000_000, repository_url=..., url=f"{PLACE}/pulls/7", issue_url=f"{PLACE}/issues/7")
OWN_ROW = LEAST_ROW | {
    "id": -3_000_000_000,
    "pull_id": 3_000_000_000,
    "url": f"{PLACE}/issues/7",
    "timeline_url": f"{PLACE}/issues/7/timeline",
}


@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        ({}, {}),
        ({"merged_at": None, "draft": True}, {"merged_at": None, "merged": False, "draft": True}),
        ({"merged_at": "2026-05-02T09:30:14Z"}, {"merged_at": CLOSED, "merged": True}),
        ({"merged": False, "merged_at": "2026-05-02T09:30:14Z"}, {"merged_at": CLOSED, "merged": True}),
        (MORE, MORE | {"assignee": GRACE, "repository_id": 250_213_286}),
        ({"head": {"ref": "topic"}, "merge_commit_sha": "3ddd58c", "auto_merge": None}, {}),
    ],
    ids=["least", "not merged", "merged", "merged_at decides", "most", "unknown keys"],
)
def test_a_pull_request_in_its_own_form(changes: dict[str, Any], columns: dict[str, Any]) -> None:
    assert pull_row(OWN_FORM | changes) == OWN_ROW | columns


@pytest.mark.parametrize("issue_url", [..., None, "", "https://github.com/Acme/rocket.js", 7])
def test_a_pull_request_in_its_own_form_must_say_where_it_is(issue_url: Any) -> None:
    with pytest.raises(RejectedError, match="_url "):
        pull_row(of(OWN_FORM, issue_url=issue_url))


# What is no row


MAPPERS = {"issue": (issue_row, LEAST), "pull request": (pull_request_row, PULL), "/pulls": (pull_row, OWN_FORM)}
each_mapper = pytest.mark.parametrize(("to_row", "record"), MAPPERS.values(), ids=MAPPERS.keys())


@each_mapper
@pytest.mark.parametrize("missing", [..., None], ids=["left out", "null"])
@pytest.mark.parametrize("name", ["id", "number", "title", "state", "created_at", "updated_at"])
def test_a_record_without_what_identifies_and_dates_it_is_rejected(
    to_row: Any, record: dict[str, Any], name: str, missing: Any
) -> None:
    with pytest.raises(RejectedError, match=f"^{name} is missing$"):
        to_row(of(record, **{name: missing}))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": "7"}, "id is str, not a whole number"),
        ({"id": True}, "id is bool, not a whole number"),
        ({"id": 7.5}, "id is float, not a whole number"),
        ({"id": 2**63}, "id is out of range"),
        ({"id": -(2**63)}, "id is out of range"),
        ({"number": 2**31}, "number is out of range"),
        ({"number": 1e300}, "number is out of range"),
        ({"number": float("inf")}, "it holds a number that is not one (NaN or Infinity)"),
        ({"score": float("nan")}, "it holds a number that is not one (NaN or Infinity)"),
        ({"score": "high"}, "score is str, not a number"),
        ({"score": False}, "score is bool, not a number"),
        ({"title": 7}, "title is int, not text"),
        ({"title": {"text": "It"}}, "title is dict, not text"),
        ({"locked": "no"}, "locked is str, not true or false"),
        ({"locked": 0}, "locked is int, not true or false"),
        ({"labels": {"name": "bug"}}, "labels is dict, not an array"),
        ({"labels": "bug"}, "labels is str, not an array"),
        ({"milestone": []}, "milestone is list, not an object"),
        ({"user": "ada"}, "user is str, not an object"),
        ({"user": {"login": 7}}, "user.login is int, not text"),
        ({"user": {"id": "7"}}, "user.id is str, not a whole number"),
        ({"user": {"id": 2**63}}, "user.id is out of range"),
        ({"assignees": ["ada"]}, "assignee is str, not an object"),
        ({"performed_via_github_app": "renovate"}, "performed_via_github_app is str, not an object"),
        ({"performed_via_github_app": {"slug": 7}}, "performed_via_github_app.slug is int, not text"),
        ({"created_at": "yesterday"}, "created_at is not a time"),
        ({"created_at": 1_780_000_000}, "created_at is not a time"),
        ({"closed_at": ""}, "closed_at is not a time"),
        ({"closed_at": "0001-01-01T00:00:00+10:00"}, "closed_at is not a time"),
        ({"repository_url": ...}, "repository_url is missing or names no repository"),
        ({"repository_url": None}, "repository_url is missing or names no repository"),
        ({"repository_url": "https://api.github.com/repos/a"}, "repository_url is missing or names no repository"),
        ({"repository_url": ["a", "b"]}, "repository_url is list, not text"),
        ({"pull_request": {}}, "it is a pull request, not an issue"),
    ],
    ids=lambda value: ascii(value)[:40] if isinstance(value, dict) else "",
)
def test_an_issue_that_is_none_is_rejected_with_the_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(RejectedError) as caught:
        issue_row(of(LEAST, **changes))
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"pull_request": ...}, "it is an issue, not a pull request"),
        ({"pull_request": "yes"}, "pull_request is str, not an object"),
        ({"pull_request": {"merged_at": "soon"}}, "merged_at is not a time"),
        ({"draft": "yes"}, "draft is str, not true or false"),
        ({"score": "high"}, "score is str, not a number"),
        ({"score": 1e30}, "score is out of range"),
    ],
    ids=["an issue", "no object", "no time", "no flag", "no number", "a huge number"],
)
def test_a_pull_request_that_is_none_is_rejected_with_the_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(RejectedError) as caught:
        pull_request_row(of(PULL, **changes))
    assert str(caught.value) == reason


@pytest.mark.parametrize("to_row", [issue_row, pull_request_row, pull_row])
@pytest.mark.parametrize(
    ("record", "name"), [(None, "NoneType"), ([], "list"), ("x", "str"), (7, "int")], ids=["null", "[]", "x", "7"]
)
def test_what_is_no_object_is_rejected(to_row: Any, record: Any, name: str) -> None:
    with pytest.raises(RejectedError, match=f"^it is {name}, not an object$"):
        to_row(record)


# What no database stores


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("a\x00b", "ab"),
        ("\x00", ""),
        ("half \ud83d and \udc00 half", "half  and  half"),
        ("whole 😀", "whole 😀"),
        ("written \\u0000 and \\ud83d", "written \\u0000 and \\ud83d"),
    ],
    ids=ascii,
)
def test_what_no_database_stores_is_taken_out_of_texts(told: str, kept: str) -> None:
    record = LEAST | {"title": told, "body": told, "labels": [{"name": told, told: [told, None, 1]}], "user": ADA}
    columns = {"title": kept, "body": kept, "labels": [{"name": kept, kept: [kept, None, 1]}]}
    assert issue_row(record) == LEAST_ROW | columns | {"user": ADA, "username": "ada", "author_id": 1}


def test_the_record_itself_stays_as_it_was() -> None:
    record = of(OWN_FORM, body="\x00", assignees=[ADA])
    before = of(record, assignees=[ADA])
    pull_row(record)
    assert record == before
