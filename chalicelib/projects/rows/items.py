"""Items of boards, as GraphQL gives them, to rows.

https://docs.github.com/en/graphql/reference/objects#projectv2item
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.errors import RejectedError
from chalicelib.ingest.fields import (
    Converter,
    Record,
    Row,
    cleaned,
    converted,
    flag,
    fraction,
    json_array,
    json_object,
    moment,
    ordinal,
    positive,
    required,
    text,
)
from chalicelib.projects.rules import DELIVERABLE, PARENTS, POINTS, SPRINT, STATUS, Roles, deliverable_of

ISSUE, PULL_REQUEST, DRAFT_ISSUE, REDACTED = "issue", "pull_request", "draft_issue", "redacted"
TYPES = {"ISSUE": ISSUE, "PULL_REQUEST": PULL_REQUEST, "DRAFT_ISSUE": DRAFT_ISSUE, "REDACTED": REDACTED}
MOST_LEVELS = 8  # GitHub allows no more
OPEN = "open"
ITEM: dict[str, Converter] = {"id": text, "type": text, "isArchived": flag}
ITEM_TIMES: dict[str, Converter] = {"createdAt": moment, "updatedAt": moment}
CONTENT: dict[str, Converter] = {
    "number": ordinal,
    "title": text,
    "url": text,
    "stateReason": text,
    "closedAt": moment,
    "createdAt": moment,
    "updatedAt": moment,
}
# What each kind of value says; the title of a board's item is the issue's.
VALUES: dict[str, tuple[str, Converter]] = {
    "ProjectV2ItemFieldTextValue": ("text", text),
    "ProjectV2ItemFieldNumberValue": ("number", fraction),
    "ProjectV2ItemFieldDateValue": ("date", text),
    "ProjectV2ItemFieldSingleSelectValue": ("name", text),
    "ProjectV2ItemFieldIterationValue": ("title", text),
    "ProjectV2ItemFieldMilestoneValue": ("milestone", json_object),
}
TITLE = "TITLE"


def item_row(node: Any, *, project_id: str, roles: Roles) -> Row:
    """Map an item to a row of `project_items`: all columns that GitHub fills.

    `content_id` of a pull request is None: GraphQL doesn't tell it. Raises RejectedError when it has no id or type, or
    a value is not of its type.
    """
    item = cleaned(node)
    row = required(item, ITEM)
    if row["type"] not in TYPES:
        raise RejectedError(f"type is {row['type']}, which is not known")
    times = converted(item, ITEM_TIMES)
    kind, content = TYPES[row["type"]], json_object("content", item.get("content")) or {}
    values = list(_values(item))
    ancestors = _ancestors(content)
    return {
        "id": row["id"],
        "project_id": project_id,
        "type": kind,
        **_content_columns(kind, content),
        "ancestors": ancestors,
        **_role_columns(values, roles, ancestors),
        "fields": {name: value for _, name, value, _ in values},
        "is_archived": row["isArchived"],
        "created_at": times.get("createdAt"),
        "updated_at": times.get("updatedAt"),
    }


def _content_columns(kind: str, content: Record) -> Row:
    told = converted(content, CONTENT)
    has_timeline = kind in {ISSUE, PULL_REQUEST}
    state = _state(content) if has_timeline else None
    is_closed = state not in {None, OPEN}
    return {
        "content_node_id": text("content.id", content.get("id")) if has_timeline else None,
        "content_id": _number(content.get("fullDatabaseId")) if kind == ISSUE else None,
        "repository": _repository(content),
        "number": told.get("number"),
        "title": told.get("title"),
        "url": told.get("url"),
        "state": state,
        "state_reason": (told.get("stateReason") or "").lower() or None if is_closed else None,
        "closed_at": told.get("closedAt") if is_closed else None,
        "content_created_at": told.get("createdAt"),
        "content_updated_at": told.get("updatedAt"),
        "issue_type": _issue_type(content),
    }


def _state(content: Record) -> str | None:
    """Give the state in small letters; issues and pull requests have it under names of their own."""
    name = "pullState" if "pullState" in content else "issueState"
    state = text(name, content.get(name))
    if content and not state:
        raise RejectedError("the state is missing")
    return state.lower() if state else None


def _number(value: Any) -> int | None:
    """Read an id, which GraphQL writes as text."""
    return positive("fullDatabaseId", int(value) if isinstance(value, str) and value.isdecimal() else value)


def _repository(content: Record) -> str | None:
    repository = json_object("repository", content.get("repository")) or {}
    return text("repository.nameWithOwner", repository.get("nameWithOwner"))


def _issue_type(content: Record) -> str | None:
    kind = json_object("issueType", content.get("issueType")) or {}
    return text("issueType.name", kind.get("name"))


def _ancestors(content: Record) -> list[Row] | None:
    """Give the issues above, the nearest first; None without any. A circle ends where it begins again."""
    seen, found = {content.get("id")}, list[Row]()
    parent = json_object("parent", content.get("parent"))
    while parent is not None and len(found) < MOST_LEVELS:
        row = required(parent, {"id": text, "number": ordinal, "title": text})
        if row["id"] in seen:
            break
        seen.add(row["id"])
        found.append({**row, "repository": _repository(parent), "type": _issue_type(parent)})
        parent = json_object("parent", parent.get("parent"))
    return found or None


def _values(item: Record) -> Iterator[tuple[str, str, Any, Record]]:
    """Give the item's values: id and name of the field, what it says, and GitHub's record."""
    connection = json_object("fieldValues", item.get("fieldValues")) or {}
    for each in json_array("fieldValues.nodes", connection.get("nodes")) or ():
        kind = each.get("__typename") if isinstance(each, dict) else None
        if kind not in VALUES:
            continue  # labels, people, reviewers and linked pull requests are not kept
        key, convert = VALUES[kind]
        value = convert(key, each.get(key))
        if key == "milestone":
            value = text("milestone.title", (value or {}).get("title"))
        field = json_object("field", each.get("field")) or {}
        if value is not None and field.get("dataType") != TITLE:
            names = required(field, {"id": text, "name": text})
            yield names["id"], names["name"], value, each


def _role_columns(
    values: list[tuple[str, str, Any, Record]], roles: Roles, ancestors: list[Row] | None
) -> dict[str, Any]:
    by_id = {field_id: (value, record) for field_id, _, value, record in values}

    def told(role: str) -> tuple[Any, Record]:
        return by_id.get(roles.field_ids.get(role, ""), (None, {}))

    by_parents = roles.deliverables_by == PARENTS
    return {
        "status": told(STATUS)[0],
        "points": fraction(POINTS, told(POINTS)[0]),
        "iteration_id": text("iterationId", told(SPRINT)[1].get("iterationId")),
        "deliverable": deliverable_of(ancestors, roles.parent_type) if by_parents else told(DELIVERABLE)[0],
    }
