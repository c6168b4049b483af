"""What tests of deliveries share: telling the webhook something, and looking at what it stored."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import func, select

from chalicelib.jobs.webhook import receive
from chalicelib.models import Event, Issue, PullRequest, RejectedRecord, Transfer, create_db_session
from sandbox import Item, Repository
from tests.organisation import Organisation

SECRET = "a secret of these tests"
Json = dict[str, Any]
Told = tuple[Mapping[str, str], bytes]


def post_to(org: Organisation) -> Callable[[Mapping[str, str], bytes], int]:
    """Make what takes the sandbox's deliveries, at its time."""
    settings = org.settings
    return lambda headers, body: receive(headers, body, settings, now=org.now).status


def due(org: Organisation) -> list[Told]:
    """Take what is to be delivered since the last call, in the order in which it happened."""
    return list(org.sandbox.deliveries(SECRET))


def deliver(org: Organisation, told: Iterable[Told]) -> None:
    """Deliver each of these once more, whatever was delivered before: under another guid."""
    for headers, body in told:
        assert post_to(org)({**headers, "X-GitHub-Delivery": str(uuid.uuid4())}, body) == 200


def tell(org: Organisation, event: str, payload: Json) -> None:
    """Deliver a payload, signed."""
    body = json.dumps(payload).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    deliver(org, [({"X-GitHub-Event": event, "X-Hub-Signature-256": f"sha256={signature}"}, body)])


def payload_of(told: Told) -> Json:
    payload: Json = json.loads(told[1])
    return payload


def event_of(told: Told) -> tuple[str, str]:
    """The event and the action of a delivery."""
    return told[0]["X-GitHub-Event"], str(payload_of(told)["action"])


def an_issue(org: Organisation, *, but: Iterable[Item] = ()) -> Item:
    """An open issue."""
    others = list(but)
    items = org.sandbox.world.items.values()
    return next(item for item in items if not item.is_pull and item.state == "open" and item not in others)


def a_pull(org: Organisation) -> Item:
    """An open pull request of somebody else than the first admin, by whom changes are made: authors can't review."""
    items = (item for item in org.sandbox.world.items.values() if item.is_pull and item.state == "open")
    return next(item for item in items if item.author is not org.sandbox.world.first_admin(item.repository.owner))


def another_repository(org: Organisation, item: Item) -> Repository:
    return next(place for place in org.sandbox.world.repositories.values() if place is not item.repository)


def rows(org: Organisation, model: Any, *conditions: Any) -> list[Json]:
    """Whole rows of a table."""
    table = model.__table__
    with create_db_session(org.db_url) as session:
        found = session.execute(select(table).where(*conditions).order_by(*table.primary_key))
        return [dict(row) for row in found.mappings()]


def issue(org: Organisation, key: int) -> Json:
    [found] = rows(org, Issue, Issue.id == key)
    return found


def pull(org: Organisation, item: Item) -> Json:
    [found] = rows(org, PullRequest, PullRequest.pull_id == item.pull_id)
    return found


def remarks(org: Organisation, item: Item, kind: str = "commented") -> list[Json]:
    """The rows of an item's comments or reviews, those that were removed as well."""
    return rows(org, Event, Event.issue_id == item.id, Event.event == kind)


def moves(org: Organisation) -> list[tuple[int, int]]:
    return [(row["issue_id"], row["new_issue_id"]) for row in rows(org, Transfer)]


def rejected(org: Organisation) -> int:
    with create_db_session(org.db_url) as session:
        return session.scalar(select(func.count()).select_from(RejectedRecord)) or 0
