"""What webhooks deliver of boards and their items, to rows.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#projects_v2_item
"""

from __future__ import annotations

import hashlib
import json
import math
from datetime import datetime
from typing import Any

from chalicelib.errors import RejectedError
from chalicelib.ingest.fields import Record, Row, cleaned, converted, flag, json_object, moment, ordinal, required, text
from chalicelib.projects.rows.events import (
    ADDED,
    ARCHIVED,
    BLANK,
    CONVERTED,
    FIELD,
    REMOVED,
    RESTORED,
    STATUS,
    STATUS_FIELD,
    WEBHOOK,
)
from chalicelib.projects.rows.people import AUTOMATION, login_of

# Moving an item within its board (`reordered`) changes nothing that is stored.
KINDS = {
    "created": ADDED,
    "edited": FIELD,
    "archived": ARCHIVED,
    "restored": RESTORED,
    "deleted": REMOVED,
    "converted": CONVERTED,
}
DRAFT = "DraftIssue"
DAY_LENGTH = len("2026-05-01")
ITEM_PART, BOARD_PART = "projects_v2_item", "projects_v2"


def item_delivery_row(payload: Any, *, received_at: datetime) -> Row | None:
    """Map a delivery of `projects_v2_item` to a row of `project_item_events`; None when it tells no such thing.

    `received_at` is when an item was deleted, which GitHub doesn't say. The same delivery has the same id when it comes
    again. Raises RejectedError when it names no item or board.
    """
    told = cleaned(payload)
    kind = KINDS.get(str(told.get("action")))
    if kind is None:
        return None
    item = json_object(ITEM_PART, told.get(ITEM_PART)) or {}
    names = required(item, {"node_id": text, "project_node_id": text})
    change = _field_change(told) if kind == FIELD else {}
    if change is None:
        return None
    kind = STATUS if change.get("field_name") == STATUS_FIELD else kind
    at = received_at if kind == REMOVED else _moment_of(item, kind)
    sender = login_of(told.get("sender"))
    row: Row = {
        **BLANK,
        "source": WEBHOOK,
        "kind": kind,
        "project_id": names["project_node_id"],
        "item_id": names["node_id"],
        "content_node_id": _content_of(item),
        "at": at,
        "actor": sender,
        "was_automated": sender == AUTOMATION,
        **change,
    }
    return row | {"id": _id_of(row)}


def board_delivery_row(payload: Any, *, org: str, received_at: datetime) -> Row:
    """Map a delivery of `projects_v2` to a row of `projects`; its address is not told.

    Raises RejectedError when it names no board. https://docs.github.com/en/webhooks/webhook-events-and-payloads#projects_v2
    """
    told = cleaned(payload)
    board = json_object(BOARD_PART, told.get(BOARD_PART)) or {}
    names = required(board, {"node_id": text, "number": ordinal, "title": text})
    times = converted(board, dict.fromkeys(("created_at", "updated_at", "closed_at", "deleted_at"), moment))
    is_deleted = told.get("action") == "deleted"
    return {
        "id": names["node_id"],
        "org": org,
        "number": names["number"],
        "title": names["title"],
        "short_description": text("short_description", board.get("short_description")),
        "is_public": flag("public", board.get("public")),
        "created_at": times.get("created_at"),
        "updated_at": times.get("updated_at"),
        "closed_at": times.get("closed_at"),
        "deleted_at": (times.get("deleted_at") or received_at) if is_deleted else None,
    }


def _content_of(item: Record) -> str | None:
    """Give the issue or pull request; a draft is none."""
    return None if item.get("content_type") == DRAFT else text("content_node_id", item.get("content_node_id"))


def _moment_of(item: Record, kind: str) -> datetime:
    name = {ADDED: "created_at", ARCHIVED: "archived_at"}.get(kind, "updated_at")
    at = moment(name, item.get(name)) or moment("updated_at", item.get("updated_at"))
    if at is None:
        raise RejectedError("updated_at is missing")
    return at


def _field_change(payload: Record) -> Row | None:
    """Read which field changed, and how; None when that is not told, as of reviewers, and in old payloads."""
    changes = json_object("changes", payload.get("changes")) or {}
    change = json_object("changes.field_value", changes.get("field_value"))
    if change is None or "from" not in change or "to" not in change:
        return None
    kind = text("field_type", change.get("field_type"))
    (from_value, from_id), (to_value, to_id) = (_value_of(change[side], kind) for side in ("from", "to"))
    return {
        "field_id": required(change, {"field_node_id": text})["field_node_id"],
        "field_name": text("field_name", change.get("field_name")),
        "from_value": from_value,
        "to_value": to_value,
        "from_id": from_id,
        "to_id": to_id,
    }


def _value_of(value: Any, kind: str | None) -> tuple[str | None, str | None]:
    """Give a value as text, and the id of an option or iteration."""
    if isinstance(value, dict):
        name = value["name"] if "name" in value else value.get("title")
        return text("name", name), text("id", value.get("id"))
    if value is None or value == "":
        return None, None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RejectedError(f"a value of {kind} is {type(value).__name__}")
    if isinstance(value, float) and not math.isfinite(value):
        raise RejectedError(f"a value of {kind} is no finite number")
    if isinstance(value, str):
        # A day comes as a time with an offset, in which it is midnight.
        return value[:DAY_LENGTH] if kind == "date" else value, None
    return (str(int(value)) if float(value).is_integer() else repr(value)), None


def _id_of(row: Row) -> str:
    """Make an id of what happened, so that a delivery that comes again is the same event."""
    # An item goes only once, and nothing says when.
    at = None if row["kind"] == REMOVED else row["at"].isoformat()
    names = ("kind", "item_id", "field_id", "from_value", "to_value", "from_id", "to_id")
    told = json.dumps([at, *(row[name] for name in names)])
    return f"webhook:{hashlib.sha256(told.encode()).hexdigest()[:40]}"
