"""What timelines of issues and pull requests tell of boards, to rows.

https://docs.github.com/en/graphql/reference/unions#issuetimelineitems
"""

from __future__ import annotations

from typing import Any

from chalicelib.ingest.fields import Row, cleaned, flag, json_object, moment, required, text
from chalicelib.projects.rows.people import login_of

TIMELINE, WEBHOOK = "timeline", "webhook"
ADDED, REMOVED, CONVERTED, STATUS, FIELD = "added", "removed", "converted", "status", "field"
ARCHIVED, RESTORED, CLOSED, REOPENED = "archived", "restored", "closed", "reopened"
STATUS_FIELD = "Status"  # the one field whose changes GitHub keeps
BOARD_KINDS = {
    "AddedToProjectV2Event": ADDED,
    "RemovedFromProjectV2Event": REMOVED,
    "ConvertedFromDraftEvent": CONVERTED,
    "ProjectV2ItemStatusChangedEvent": STATUS,
}
KINDS = BOARD_KINDS | {"ClosedEvent": CLOSED, "MergedEvent": CLOSED, "ReopenedEvent": REOPENED}
# All columns of project_item_events that an event may lack.
BLANK: Row = {
    **dict.fromkeys(("project_id", "item_id", "content_node_id", "actor", "was_automated")),
    **dict.fromkeys(("field_id", "field_name", "from_value", "to_value", "from_id", "to_id")),
    "turn": 0,
}


def timeline_event_row(node: Any, *, content_node_id: str) -> Row | None:
    """Map a timeline's event to a row of `project_item_events`; None when it tells nothing of a board.

    An event of a board that the token may not see is such a one. Raises RejectedError when it has no id or time.
    """
    event = cleaned(node)
    kind = KINDS.get(str(event.get("__typename")))
    if kind is None:
        return None
    row = required(event, {"id": text, "createdAt": moment})
    found: Row = {
        **BLANK,
        "id": row["id"],
        "source": TIMELINE,
        "kind": kind,
        "content_node_id": content_node_id,
        "at": row["createdAt"],
        "actor": login_of(event.get("actor")),
    }
    if kind in {CLOSED, REOPENED}:
        return found
    board = text("project.id", (json_object("project", event.get("project")) or {}).get("id"))
    if board is None:
        return None
    found |= {"project_id": board, "was_automated": flag("wasAutomated", event.get("wasAutomated"))}
    if kind == STATUS:
        before, after = (text(name, event.get(name)) or None for name in ("previousStatus", "status"))
        found |= {"field_name": STATUS_FIELD, "from_value": before, "to_value": after}
    return found
