"""Boards, fields, items and events as GraphQL gives them, made by hand."""

from __future__ import annotations

from typing import Any

Node = dict[str, Any]
PVT = "PVT_kwDO1"


def board(number: int = 5, **more: Any) -> Node:
    return {
        "id": PVT,
        "number": number,
        "title": "Roadmap",
        "shortDescription": "What comes next",
        "url": f"https://github.com/orgs/acme/projects/{number}",
        "public": False,
        "closed": False,
        "closedAt": None,
        "createdAt": "2026-01-02T03:04:05Z",
        "updatedAt": "2026-05-01T00:00:00Z",
        "items": {"totalCount": 3},
        **more,
    }


def field(name: str, data_type: str, *options: str, key: str = "", **more: Any) -> Node:
    node: Node = {"__typename": "ProjectV2Field", "id": key or f"F_{name}", "name": name, "dataType": data_type}
    choices = {"options": [{"id": f"o_{option}", "name": option} for option in options]} if options else {}
    return {**node, **choices, **more}


def iteration(key: str, start: str, days: int = 14, title: str = "") -> Node:
    return {"id": key, "title": title or f"Sprint {key}", "startDate": start, "duration": days}


def sprint_field(now: list[Node], completed: list[Node], name: str = "Sprint") -> Node:
    return field(name, "ITERATION", configuration={"iterations": now, "completedIterations": completed})


def value(kind: str, of: str, data_type: str = "", key: str = "", **says: Any) -> Node:
    """What an item has in a field."""
    of_field = {"id": key or f"F_{of}", "name": of, "dataType": data_type or kind.upper()}
    return {"__typename": f"ProjectV2ItemField{kind}Value", **says, "field": of_field}


def issue(number: int = 7, **more: Any) -> Node:
    return {
        "__typename": "Issue",
        "id": f"I_{number}",
        "fullDatabaseId": str(9_000_000_000 + number),
        "number": number,
        "title": f"Issue {number}",
        "url": f"https://github.com/acme/lamp/issues/{number}",
        "createdAt": "2026-04-01T00:00:00Z",
        "updatedAt": "2026-04-03T00:00:00Z",
        "closedAt": None,
        "issueState": "OPEN",
        "stateReason": None,
        "repository": {"nameWithOwner": "acme/lamp"},
        "issueType": {"name": "Bug"},
        "parent": None,
        **more,
    }


def parent(number: int, kind: str | None, above: Node | None = None) -> Node:
    return {
        "id": f"I_{number}",
        "number": number,
        "title": f"Issue {number}",
        "issueType": kind and {"name": kind},
        "repository": {"nameWithOwner": "acme/lamp"},
        "parent": above,
    }


def item(number: int = 1, *values: Node | None, **more: Any) -> Node:
    return {
        "id": f"PVTI_{number}",
        "type": "ISSUE",
        "isArchived": False,
        "createdAt": "2026-04-02T00:00:00Z",
        "updatedAt": "2026-04-04T00:00:00Z",
        "content": issue(number),
        "fieldValues": {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": list(values)},
        **more,
    }


def event(kind: str, number: int = 1, **more: Any) -> Node:
    return {
        "__typename": kind,
        "id": f"E_{number}",
        "createdAt": "2026-04-05T06:07:08Z",
        "actor": {"__typename": "User", "login": "ada"},
        **more,
    }
