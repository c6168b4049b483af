"""One GitHub JSON object in, one row out. Pure: no network, no database.

A row holds only what its record says: a key that GitHub left out is left out of the row, so that what is stored
stays. A record without what identifies and dates it raises RejectedError; unknown keys are ignored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from chalicelib.errors import RejectedError
from chalicelib.github.nodes import numeric_id
from chalicelib.utils import parse_utc

Record = Mapping[str, Any]
Row = dict[str, Any]
Converter = Callable[[str, Any], Any]
T = TypeVar("T")

INT4, INT8 = 2**31 - 1, 2**63 - 1
REPOSITORY = re.compile(r"/repos/([^/]+)/([^/]+)$")
# What no database text may hold: NUL, and halves of surrogate pairs. In JSON they show as these escapes.
SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def text(name: str, value: Any) -> str | None:
    """Accept a text or null."""
    return _accept(name, value, str, "text")


def flag(name: str, value: Any) -> bool | None:
    """Accept true, false or null."""
    return _accept(name, value, bool, "true or false")


def json_object(name: str, value: Any) -> dict[str, Any] | None:
    """Accept a JSON object or null."""
    return _accept(name, value, dict, "an object")


def json_array(name: str, value: Any) -> list[Any] | None:
    """Accept a JSON array or null."""
    return _accept(name, value, list, "an array")


def _accept(name: str, value: Any, kind: type[T], what: str) -> T | None:
    if value is None or isinstance(value, kind):
        return value
    raise RejectedError(f"{name} is {type(value).__name__}, not {what}")


def number(name: str, value: Any) -> int | None:
    """Accept a whole number that fits a 32-bit column, or null."""
    return _whole(name, value, INT4)


def identity(name: str, value: Any) -> int | None:
    """Accept a whole number that fits a 64-bit column, or null."""
    return _whole(name, value, INT8)


def _whole(name: str, value: Any, largest: int) -> int | None:
    # 1.0 is how a search writes a score; true is an int in Python, but not to GitHub.
    if value is None:
        return None
    if isinstance(value, bool) or not (isinstance(value, int) or (isinstance(value, float) and value.is_integer())):
        raise RejectedError(f"{name} is {type(value).__name__}, not a whole number")
    if not -largest <= value <= largest:
        raise RejectedError(f"{name} is out of range")
    return int(value)


def fraction(name: str, value: Any) -> float | None:
    """Accept a number or null."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise RejectedError(f"{name} is {type(value).__name__}, not a number")
    return float(value)


def rounded(name: str, value: Any) -> int | None:
    """Accept a number or null; a whole one is kept of it, since a pull request's score is an integer column."""
    return None if value is None else number(name, round(fraction(name, value) or 0))


def moment(name: str, value: Any) -> datetime | None:
    """Accept an ISO 8601 time or null."""
    if value is None:
        return None
    try:
        return parse_utc(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise RejectedError(f"{name} is not a time") from error


def app_slug(name: str, value: Any) -> str | None:
    """Reduce the GitHub App object to its slug."""
    app = json_object(name, value)
    return None if app is None else text(f"{name}.slug", app.get("slug"))


ITEM_REQUIRED: dict[str, Converter] = {
    "id": identity,
    "number": number,
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
MEMBER_REQUIRED: dict[str, Converter] = {"id": identity, "login": text}
MEMBER_OPTIONAL: dict[str, Converter] = {
    "avatar_url": text,
    "events_url": text,
    "followers_url": text,
    "following_url": text,
    "gists_url": text,
    "gravatar_id": text,
    "html_url": text,
    "node_id": text,
    "organizations_url": text,
    "received_events_url": text,
    "repos_url": text,
    "site_admin": flag,
    "starred_url": text,
    "subscriptions_url": text,
    "type": text,
    "url": text,
}


def issue_row(record: Any) -> Row:
    """Map an issue, as searches, lists and `GET …/issues/{n}` give it, to a row of `issues`.

    https://docs.github.com/en/rest/issues/issues
    """
    issue = _cleaned(record)
    if "pull_request" in issue:
        raise RejectedError("it is a pull request, not an issue")
    row = _item_row(issue)
    if "score" in issue:
        row["score"] = fraction("score", issue["score"])
    return row


def pull_request_row(record: Any) -> Row:
    """Map a pull request in its issue form (searches, issue lists) to a row of `pull_requests`.

    `merged` is what `pull_request.merged_at` says, and left out when GitHub left that out.
    https://docs.github.com/en/rest/search/search#search-issues-and-pull-requests
    """
    item = _cleaned(record)
    if "pull_request" not in item:
        raise RejectedError("it is an issue, not a pull request")
    row = _item_row(item)
    row |= _converted(item, {"draft": flag, "pull_request": json_object, "score": rounded})
    row |= _merge_columns(row["pull_request"] or {})
    pull_id = numeric_id(row.get("node_id") or "")
    return row | ({"pull_id": pull_id} if pull_id is not None else {})


def pull_row(record: Any) -> Row:
    """Map a pull request in its own form (`/pulls`, webhooks) to a row of `pull_requests`.

    Its id is of another sequence: it becomes `pull_id`, and the row's `id` is its negative until the issue id is
    known. Its `url` is the issue form's, like that of every other row.
    https://docs.github.com/en/rest/pulls/pulls
    """
    pull = dict(_cleaned(record))
    issue_url = text("issue_url", pull.get("issue_url"))
    if not issue_url:
        raise RejectedError("issue_url is missing")
    repository_url = issue_url.rpartition("/issues/")[0]
    pull |= {"url": issue_url, "repository_url": repository_url, "timeline_url": f"{issue_url}/timeline"}
    row = _item_row(pull) | _converted(pull, {"draft": flag}) | _merge_columns(pull)
    return row | {"pull_id": row["id"], "id": -row["id"]}


def _item_row(item: Record) -> Row:
    row = _required(item, ITEM_REQUIRED) | _converted(item, ITEM_OPTIONAL)
    org, repo = repository_of(item)
    user = row.get("user")
    row |= {"org": org, "repo": repo}
    if "user" in row:
        row["username"] = text("user.login", user.get("login")) if user else None
    if "assignee" not in row and row.get("assignees") is not None:
        row["assignee"] = json_object("assignee", next(iter(row["assignees"]), None))
    # GitHub shows it, so it is there (again).
    return row | {"deleted_at": None}


def repository_of(item: Record) -> tuple[str, str]:
    """Read owner and name off an item's `repository_url`; RejectedError when it has none."""
    found = REPOSITORY.search(text("repository_url", item.get("repository_url")) or "")
    if not found:
        raise RejectedError("repository_url is missing or names no repository")
    return found[1], found[2]


def _merge_columns(item: Record) -> Row:
    if "merged_at" not in item:
        return {}
    merged_at = moment("merged_at", item["merged_at"])
    return {"merged_at": merged_at, "merged": merged_at is not None}


def member_row(record: Any) -> Row:
    """Map a user object of a member list to the columns of `members` that GitHub knows.

    https://docs.github.com/en/rest/orgs/members#list-organization-members
    """
    user = _cleaned(record)
    return _required(user, MEMBER_REQUIRED) | _converted(user, MEMBER_OPTIONAL)


def _required(record: Record, converters: Mapping[str, Converter]) -> Row:
    row = _converted(record, converters)
    for name in converters:
        if row.get(name) is None:
            raise RejectedError(f"{name} is missing")
    return row


def _converted(record: Record, converters: Mapping[str, Converter]) -> Row:
    return {name: convert(name, record[name]) for name, convert in converters.items() if name in record}


def _cleaned(record: Any) -> Record:
    """Take out of a record's texts what no database stores; RejectedError when it is no object."""
    if not isinstance(record, dict):
        raise RejectedError(f"it is {type(record).__name__}, not an object")
    try:
        plain = json.dumps(record, allow_nan=False)
    except ValueError as error:
        raise RejectedError("it holds a number that is not one (NaN or Infinity)") from error
    return _stripped(record) if SUSPECT.search(plain) else record


def _stripped(value: Any) -> Any:
    if isinstance(value, str):
        return UNSTORABLE.sub("", value)
    if isinstance(value, list):
        return [_stripped(item) for item in value]
    if isinstance(value, dict):
        return {_stripped(key): _stripped(item) for key, item in value.items()}
    return value
