"""What REST shows of the rarer kinds of event beside the usual: boards, types and links between issues."""

from collections.abc import Callable
from typing import Any

from sandbox.api.payloads import Payloads
from sandbox.world.boards import IssueType
from sandbox.world.items import Change, Item, Kind

JSON = dict[str, Any]


def _card(payloads: Payloads, item: Item, change: Change) -> JSON:
    """Return the card on a classic board, which is long gone there."""
    if change.project is None:
        return {}
    url, project = f"{payloads.base}/projects", change.project
    card = {
        "id": item.id,
        "url": f"{url}/columns/cards/{item.id}",
        "project_id": project.id,
        "project_url": f"{url}/{project.id}",
        "column_name": change.text,
    }
    return {"project_card": card | ({} if change.before is None else {"previous_column_name": change.before})}


def _type(found: IssueType | None) -> JSON | None:
    return None if found is None else {"id": found.id, "name": found.name, "color": found.color}


def _reference(payloads: Payloads, change: Change) -> JSON | None:
    """Return an issue as an event refers to it; None if it is gone."""
    item = change.other.now() if change.other is not None else None
    if item is None or item.id not in payloads.world.items:
        return None
    found = item.issue_type
    return {
        "number": item.number,
        "title": item.title,
        "state": item.state,
        "state_reason": item.state_reason,
        "repository": payloads.repository(item.repository),
        "issue_type": found and {**(_type(found) or {}), "node_id": payloads.issue_type(found)["node_id"]},
    }


def _linked(name: str) -> Callable[[Payloads, Item, Change], JSON]:
    return lambda payloads, _, change: {name: _reference(payloads, change)}


RARE_DETAILS: dict[Kind, Callable[[Payloads, Item, Change], JSON]] = {
    **dict.fromkeys(
        (
            Kind.ADDED_TO_PROJECT,
            Kind.MOVED_COLUMNS_IN_PROJECT,
            Kind.REMOVED_FROM_PROJECT,
            Kind.CONVERTED_NOTE_TO_ISSUE,
        ),
        _card,
    ),
    Kind.ISSUE_TYPE_ADDED: lambda _, __, change: {"issue_type": _type(change.issue_type)},
    Kind.ISSUE_TYPE_REMOVED: lambda _, __, change: {"prev_issue_type": _type(change.issue_type)},
    Kind.ISSUE_TYPE_CHANGED: lambda _, __, change: {
        "issue_type": _type(change.issue_type),
        "prev_issue_type": _type(change.former_type),
    },
    **dict.fromkeys((Kind.SUB_ISSUE_ADDED, Kind.SUB_ISSUE_REMOVED), _linked("sub_issue")),
    **dict.fromkeys((Kind.PARENT_ISSUE_ADDED, Kind.PARENT_ISSUE_REMOVED), _linked("parent_issue")),
    **dict.fromkeys((Kind.BLOCKED_BY_ADDED, Kind.BLOCKED_BY_REMOVED), _linked("blocked_by")),
    **dict.fromkeys((Kind.BLOCKING_ADDED, Kind.BLOCKING_REMOVED), _linked("blocking")),
}
