"""Maps issues and pull requests to rows, from each form in which GitHub gives them."""

from __future__ import annotations

import re
from typing import Any

from chalicelib.errors import RejectedError
from chalicelib.github.nodes import numeric_id, repository_id
from chalicelib.ingest.fields import (
    Converter,
    Record,
    Row,
    cleaned,
    converted,
    flag,
    fraction,
    identity,
    json_array,
    json_object,
    moment,
    number,
    ordinal,
    positive,
    required,
    rounded,
    text,
)

REPOSITORY = re.compile(r"/repos/([^/]+)/([^/]+)$")


def app_slug(name: str, value: Any) -> str | None:
    """Reduce the GitHub App object to its slug."""
    app = json_object(name, value)
    return None if app is None else text(f"{name}.slug", app.get("slug"))


ITEM_REQUIRED: dict[str, Converter] = {
    "id": positive,
    "number": ordinal,
    "title": text,
    "state": text,
    "created_at": moment,
    "updated_at": moment,
}
ITEM_OPTIONAL: dict[str, Converter] = {
    "active_lock_reason": text,
    "assignee": json_object,
    "assignees": json_array,
    "author_association": text,
    "body": text,
    "closed_at": moment,
    "comments": number,
    "comments_url": text,
    "events_url": text,
    "html_url": text,
    "labels": json_array,
    "labels_url": text,
    "locked": flag,
    "milestone": json_object,
    "node_id": text,
    "performed_via_github_app": app_slug,
    "reactions": json_object,
    "repository_url": text,
    "state_reason": text,
    "timeline_url": text,
    "url": text,
    "user": json_object,
}


def issue_row(record: Any) -> Row:
    """Map an issue, as searches, lists and `GET …/issues/{n}` give it, to a row of `issues`.

    Raises RejectedError when a required key is missing, or when it is a pull request.
    https://docs.github.com/en/rest/issues/issues
    """
    issue = cleaned(record)
    if "pull_request" in issue:
        raise RejectedError("it is a pull request, not an issue")
    row = _item_row(issue)
    if "score" in issue:
        row["score"] = fraction("score", issue["score"])
    return row


def pull_request_row(record: Any) -> Row:
    """Map a pull request in its issue form (searches, issue lists) to a row of `pull_requests`.

    `merged` follows from `pull_request.merged_at`; without that key the row has neither. Raises RejectedError when a
    required key is missing, or when it is an issue.
    https://docs.github.com/en/rest/search/search#search-issues-and-pull-requests
    """
    item = cleaned(record)
    if "pull_request" not in item:
        raise RejectedError("it is an issue, not a pull request")
    row = _item_row(item)
    row |= converted(item, {"draft": flag, "pull_request": json_object, "score": rounded})
    row |= _merge_columns(row["pull_request"] or {})
    pull_id = numeric_id(row.get("node_id") or "")
    return row | ({"pull_id": pull_id} if pull_id is not None else {})


def pull_row(record: Any) -> Row:
    """Map a pull request in its own form (`/pulls`, webhooks) to a row of `pull_requests`.

    This form has a pull id, which is not the issue id: the row has it as `pull_id`, and its negative as `id` while the
    issue id is unknown. `url` is that of the issue form, as in every row. Raises RejectedError when a required key is
    missing.
    https://docs.github.com/en/rest/pulls/pulls
    """
    pull = dict(cleaned(record))
    issue_url = text("issue_url", pull.get("issue_url"))
    if not issue_url:
        raise RejectedError("issue_url is missing")
    repository_url = issue_url.rpartition("/issues/")[0]
    pull |= {"url": issue_url, "repository_url": repository_url, "timeline_url": f"{issue_url}/timeline"}
    row = _item_row(pull) | converted(pull, {"draft": flag}) | _merge_columns(pull)
    return row | {"pull_id": row["id"], "id": -row["id"]}


def _item_row(item: Record) -> Row:
    row = required(item, ITEM_REQUIRED) | converted(item, ITEM_OPTIONAL)
    org, repo = repository_of(item)
    user = row.get("user")
    row |= {"org": org, "repo": repo}
    place = repository_id(row.get("node_id") or "")
    row |= {} if place is None else {"repository_id": place}
    if "user" in row:
        row["username"] = text("user.login", user.get("login")) if user else None
        row["author_id"] = identity("user.id", user.get("id")) if user else None
    if "assignee" not in row and row.get("assignees") is not None:
        row["assignee"] = json_object("assignee", next(iter(row["assignees"]), None))
    # GitHub shows it, so it is not deleted, or not any more.
    return row | {"deleted_at": None}


def repository_of(item: Record) -> tuple[str, str]:
    """Read owner and name from an item's `repository_url`; RejectedError when it has none."""
    found = REPOSITORY.search(text("repository_url", item.get("repository_url")) or "")
    if not found:
        raise RejectedError("repository_url is missing or names no repository")
    return found[1], found[2]


def _merge_columns(item: Record) -> Row:
    if "merged_at" not in item:
        return {}
    merged_at = moment("merged_at", item["merged_at"])
    return {"merged_at": merged_at, "merged": merged_at is not None}
