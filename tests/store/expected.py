"""What must stand in the tables: said from the payloads alone, without a line of the app that maps them."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib.github import GitHubAPI
from chalicelib.ingest.context import Context
from chalicelib.ingest.scopes import Scope
from chalicelib.settings import load_settings
from chalicelib.store.ledger import open_run
from tests.store.payloads import Json

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def make_context(session: Session, *, org: str = "Acme") -> Context:
    """What a step works with; the client is real, and never asked."""
    run = open_run(session, job="test", step="test", org=org, now=NOW)
    return Context(
        session=session,
        github=GitHubAPI("token"),
        scope=Scope(org),
        settings=load_settings({}),
        now=lambda: NOW,
        run=run,
    )


def time(value: str | None) -> datetime | None:
    return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) if value else None


AS_IT_IS = """active_lock_reason assignee assignees author_association body comments comments_url events_url html_url
labels labels_url locked milestone node_id number reactions repository_url score state state_reason timeline_url title
url user"""
TIMES = ("closed_at", "created_at", "updated_at")


def item_columns(payload: Mapping[str, Any]) -> Json:
    """The columns that a payload in the issue form must set, with their values."""
    columns = {name: payload[name] for name in ("id", *AS_IT_IS.split()) if name in payload}
    columns |= {name: time(payload[name]) for name in TIMES}
    _, columns["org"], columns["repo"] = payload["repository_url"].rsplit("/", 2)
    columns["username"] = payload["user"] and payload["user"]["login"]
    columns["author_id"] = payload["user"] and payload["user"]["id"]
    columns["deleted_at"] = None
    if "_" in payload["node_id"]:
        columns["repository_id"] = repository_of(payload["node_id"])
    if "performed_via_github_app" in payload:
        app = payload["performed_via_github_app"]
        columns["performed_via_github_app"] = app and app["slug"]
    if "pull_request" not in payload:
        return columns
    columns |= {name: payload[name] for name in ("draft", "pull_request") if name in payload}
    columns["pull_id"] = decoded(payload["node_id"])
    return columns | merge_columns(payload["pull_request"])


def pull_columns(payload: Mapping[str, Any], *, known_as: int | None = None) -> Json:
    """The columns that a payload in the `/pulls` form must set, under the issue id where that is known."""
    repository_url, _, number = payload["issue_url"].partition("/issues/")
    assert number == str(payload["number"])
    as_issue = {
        **payload,
        "id": -payload["id"] if known_as is None else known_as,
        "url": payload["issue_url"],
        "repository_url": repository_url,
        "timeline_url": payload["issue_url"] + "/timeline",
    }
    columns = item_columns(as_issue) | merge_columns(payload) | {"pull_id": payload["id"]}
    return columns | ({"draft": payload["draft"]} if "draft" in payload else {})


def merge_columns(payload: Mapping[str, Any]) -> Json:
    if "merged_at" not in payload:
        return {}
    return {"merged_at": time(payload["merged_at"]), "merged": payload["merged_at"] is not None}


def decoded(node: str) -> int:
    """The number in a node id, by other means than the app's."""
    prefix, _, packed = node.partition("_")
    if prefix == "PR":
        raw = base64.urlsafe_b64decode(packed + "==")
        assert raw[-5] == 0xCE, node  # msgpack's mark of a number of four bytes
        return int.from_bytes(raw[-4:], "big")
    found = re.fullmatch(rb"011:PullRequest([0-9]+)", base64.b64decode(node))
    assert found, node
    return int(found[1])


def repository_of(node: str) -> int:
    """The repository's number in a node id of the new form: four bytes after an array's mark, a zero, and theirs."""
    raw = base64.urlsafe_b64decode(node.partition("_")[2] + "==")
    assert raw[:3] == b"\x93\x00\xce", node
    return int.from_bytes(raw[3:7], "big")


def stored(session: Session, model: type[Any]) -> list[Json]:
    """A table's rows, whole, in the order of their keys."""
    table = model.__table__
    found = session.execute(select(table).order_by(*table.primary_key.columns)).mappings()
    return [dict(row) for row in found]


def whole(model: type[Any], columns: Mapping[str, Any]) -> Json:
    """A whole row: what is not told is NULL."""
    return {column.name: columns.get(column.name) for column in model.__table__.columns}
