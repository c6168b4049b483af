"""Maps timeline events of every kind to rows of `events`.

https://docs.github.com/en/rest/issues/timeline
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from chalicelib.errors import RejectedError
from chalicelib.ingest.fields import (
    Converter,
    Record,
    Row,
    cleaned,
    converted,
    identity,
    json_object,
    moment,
    ordinal,
    positive,
    text,
)
from chalicelib.utils import format_utc

OPTIONAL: dict[str, Converter] = {
    "body": text,
    "label": json_object,
    "reactions": json_object,
    "state": text,
    "updated_at": moment,
    "node_id": text,
    "author_association": text,
    "graphql_details": json_object,
}
# Keys left out of `details`: those with a column, those that are the same for all events, and a commit's signature.
NOT_IN_DETAILS = {
    "id",
    "event",
    "created_at",
    "submitted_at",
    "user",
    "actor",
    "issue",
    "performed_via_github_app",
    "verification",
    "tree",
    "parents",
    *OPTIONAL,
}
# The keys to keep of an issue that refers to this one, of a person, and of a team: those that both APIs tell. An issue
# of ours has a row of its own.
ISSUE_KEYS = ("id", "number", "title", "state", "html_url", "repository_url", "pull_request")
PERSON_KEYS = ("id", "login", "type")
TEAM_KEYS = ("id", "name", "slug")
LINKED_KEYS = ("number", "title", "state", "state_reason", "repository")
# What each thing is cut to, by its name.
KEPT_OF = {
    "requested_team": TEAM_KEYS,
    **dict.fromkeys(("sub_issue", "parent_issue", "blocked_by", "blocking"), LINKED_KEYS),
    "repository": ("id", "full_name"),
    **dict.fromkeys(("issue_type", "prev_issue_type"), ("id", "name", "color")),
}
# Events of a deleted account come without a person, or with this stand-in.
GHOST_ID = 10137


def is_private_draft(record: Any) -> bool:
    """Tell whether an event is a review that its author has not submitted: nobody else may see it.

    https://docs.github.com/en/rest/pulls/reviews#create-a-review-for-a-pull-request
    """
    return (
        isinstance(record, dict)
        and record.get("event") == "reviewed"
        and str(record.get("state")).casefold() == "pending"
        and not record.get("submitted_at")
    )


def event_row(record: Any, *, issue_id: int, org: str, repo: str) -> Row:
    """Map an event of an issue's timeline to a row of `events`.

    `id` is GitHub's id, or else a negative number derived from other fields. Raises RejectedError when the event has
    no kind, no time, or no field to derive an id from.
    https://docs.github.com/en/rest/issues/timeline#list-timeline-events-for-an-issue
    """
    event = cleaned(record)
    kind = text("event", event.get("event"))
    if not kind:
        raise RejectedError("event is missing")
    person = _person_of(event)
    row = converted(event, OPTIONAL)
    return row | {
        "id": _id_of(event, kind, issue_id),
        "issue_id": issue_id,
        "event": kind,
        "org": org,
        "repo": repo,
        "created_at": _time_of(event, kind),
        "user": person,
        "username": text("user.login", person.get("login")) if person else None,
        "user_id": identity("user.id", person.get("id")) if person else None,
        "details": _details(event),
        "removed_at": None,
    }


def _person_of(event: Record) -> dict[str, Any] | None:
    person = json_object("user", event.get("user")) or json_object("actor", event.get("actor"))
    return None if person is None or person.get("id") == GHOST_ID else person


def _time_of(event: Record, kind: str) -> Any:
    found = moment("created_at", event.get("created_at")) or moment("submitted_at", event.get("submitted_at"))
    if found is None and kind == "committed":
        found = moment("committer.date", (json_object("committer", event.get("committer")) or {}).get("date"))
    if found is None and event.get("comments"):
        found = moment("comments.created_at", _first_comment(event).get("created_at"))
    if found is None:
        raise RejectedError("created_at is missing")
    return found


def _first_comment(event: Record) -> Record:
    comments = event["comments"]
    if not isinstance(comments, list) or not isinstance(comments[0], dict):
        raise RejectedError("comments is not a list of comments")
    return comments[0]


def _id_of(event: Record, kind: str, issue_id: int) -> int:
    github_id = positive("id", event.get("id"))
    if github_id is not None:
        return github_id
    parts = ID_PARTS.get(kind, _node)(event)
    if not all(parts):
        raise RejectedError(f"id is missing, and nothing identifies this {kind}")
    return derived_id(kind, issue_id, *parts)


def derived_id(*parts: object) -> int:
    """Derive an id from an event's fields: the same on every read, and negative, unlike GitHub's ids."""
    digest = hashlib.sha256("\n".join(map(str, parts)).encode()).digest()
    return -1 - (int.from_bytes(digest[:8], "big") >> 1)


def _cross_reference(event: Record) -> list[object]:
    source = json_object("source", event.get("source")) or {}
    issue = json_object("source.issue", source.get("issue")) or {}
    created_at = moment("created_at", event.get("created_at"))
    form = "pull" if issue.get("pull_request") else "issue"
    # A pull request's issue id is not in GraphQL, and a repository's name may change.
    return [created_at and format_utc(created_at), ordinal("source.issue.number", issue.get("number")), form]


def _commit(event: Record) -> list[object]:
    return [text("sha", event.get("sha"))]


def _comments(event: Record) -> list[object]:
    return [identity("comments.id", _first_comment(event).get("id"))] if event.get("comments") else [None]


def _node(event: Record) -> list[object]:
    return [text("node_id", event.get("node_id"))]


# How to find the fields that identify an event without an id, by kind; for other kinds, its node id.
ID_PARTS: dict[str, Callable[[Record], list[object]]] = {
    "cross-referenced": _cross_reference,
    "committed": _commit,
    "line-commented": _comments,
    "commit-commented": _comments,
}


def _details(event: Record) -> dict[str, Any] | None:
    """Keep the fields that only this kind of event has, without URLs; people and the like are cut to a few keys."""
    found = {
        name: _trimmed(name, value)
        for name, value in event.items()
        if name not in NOT_IN_DETAILS and value is not None and not name.endswith("url") and name != "_links"
    }
    return found or None


def _trimmed(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_trimmed(name, item) for item in value]
    if not isinstance(value, dict):
        return value
    if name == "issue":
        return _source_issue(value)
    keys = PERSON_KEYS if "login" in value else KEPT_OF.get(name, value)
    return {
        key: _trimmed(key, value[key])
        for key in keys
        if value.get(key) is not None and not key.endswith("_url") and key != "_links"
    }


def _source_issue(issue: Record) -> dict[str, Any]:
    kept = {key: issue[key] for key in ISSUE_KEYS if key in issue}
    if isinstance(pull := kept.get("pull_request"), dict):
        # Its issue id is not in GraphQL.
        kept.pop("id", None)
        kept["pull_request"] = {"merged_at": pull.get("merged_at")}
    return kept
