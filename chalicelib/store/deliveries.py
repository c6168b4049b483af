"""Which deliveries of webhooks were stored, so that none is stored twice and a failed one may come again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Table, and_, case, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from chalicelib.errors import DatabaseNotReadyError
from chalicelib.store.among import among
from chalicelib.store.models import WebhookDelivery

STORED, FAILED = "stored", "failed"
# GitHub can deliver again for 3 days; the rest is for people who look for a mistake.
KEPT = timedelta(days=30)
INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
# After the first failure, and after each time that GitHub was asked again, the wait is doubled up to the longest.
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=10), timedelta(hours=12)
MOST_ASKS = 11  # the last one is nearly three days after the failure: then GitHub has forgotten it


@dataclass(frozen=True)
class Hook:
    """A webhook: GitHub's id, and whose it is: an organisation's, a repository's or an App's (`integration`).

    Without an id, it is the one that an App has.
    """

    id: int | None
    target_type: str

    def __str__(self) -> str:
        return f"the {self.target_type}'s webhook" + (f" {self.id}" if self.id else "")


@dataclass(frozen=True)
class About:
    """What is known of a delivery before it is handled."""

    guid: str
    event: str
    action: str | None
    org: str | None
    repository_id: int | None
    hook_id: int | None
    target_type: str | None


def record(
    session: Session, about: About, *, now: datetime, changed: int = 0, rejected: int = 0, note: str | None = None
) -> bool:
    """Record that a delivery is stored, in the transaction that stores it; False when it was stored before.

    Of two that come at once, the second waits for the first one's end.
    """
    counts = {"changed": changed, "rejected": rejected, "note": note}
    return _write(session, about, {"received_at": now, "status": STORED, **counts})


def fail(session: Session, about: About, *, now: datetime, reason: str) -> None:
    """Keep that a delivery could not be stored, unless it is stored meanwhile: it may come again."""
    _write(session, about, {"received_at": now, "status": FAILED, "changed": 0, "rejected": 0, "note": reason})


def _write(session: Session, about: About, result: dict[str, Any]) -> bool:
    connection = session.connection()
    statement = _insert(connection.dialect.name)
    written = connection.execute(
        statement, {**vars(about), **result, "tries": 1}, execution_options={"preserve_rowcount": True}
    )
    return written.rowcount > 0


@lru_cache
def _insert(dialect: str) -> Any:
    """Build the statement once: a webhook has many deliveries, and building takes as long as writing."""
    table = cast(Table, WebhookDelivery.__table__)
    new = _insert_for(dialect)(table)
    result = {name: new.excluded[name] for name in ("received_at", "status", "changed", "rejected", "note")}
    return new.on_conflict_do_update(
        index_elements=["guid"], set_={**result, "tries": table.c.tries + 1}, where=table.c.status == FAILED
    )


def _insert_for(dialect: str) -> Any:
    insert = INSERTS.get(dialect)
    if insert is None:
        raise DatabaseNotReadyError("webhooks need PostgreSQL or SQLite")
    return insert


def is_stored(session: Session, guid: str) -> bool:
    """Tell whether a delivery was stored."""
    same = (WebhookDelivery.guid == guid, WebhookDelivery.status == STORED)
    return session.scalar(select(WebhookDelivery.guid).where(*same)) is not None


@dataclass(frozen=True)
class Failure:
    """A delivery that failed, by GitHub's log: its newest try there, when that was, and why."""

    about: About
    delivery_id: int
    failed_at: datetime
    reason: str


def note_failures(session: Session, failures: Sequence[Failure]) -> int:
    """Keep deliveries that failed, each once, and when they are to be asked for; gives how many were new or changed.

    What is stored stays as it is.
    """
    if not failures:
        return 0
    connection, table = session.connection(), WebhookDelivery
    new = _insert_for(connection.dialect.name)(table).values([_failed_row(failure) for failure in failures])
    is_not_asked = table.asks == 0
    again = new.on_conflict_do_update(
        index_elements=["guid"],
        set_={
            "delivery_id": new.excluded.delivery_id,
            "ask_at": case((is_not_asked, func.coalesce(table.ask_at, new.excluded.ask_at)), else_=table.ask_at),
        },
        where=and_(
            table.status == FAILED, or_(table.delivery_id.is_(None), table.delivery_id < new.excluded.delivery_id)
        ),
    )
    return max(connection.execute(again, execution_options={"preserve_rowcount": True}).rowcount, 0)


def _failed_row(failure: Failure) -> dict[str, Any]:
    return {
        **vars(failure.about),
        "received_at": failure.failed_at,
        "tries": 0,
        "status": FAILED,
        "changed": 0,
        "rejected": 0,
        "note": failure.reason,
        "delivery_id": failure.delivery_id,
        "asks": 0,
        "ask_at": failure.failed_at + FIRST_WAIT,
    }


def forget_failures(session: Session, guids: Collection[str]) -> None:
    """Forget failed deliveries that have arrived meanwhile, and of which nothing is kept."""
    if guids:
        arrived = (WebhookDelivery.status == FAILED, among(WebhookDelivery.guid, guids))
        session.execute(delete(WebhookDelivery).where(*arrived))


def due_again(
    session: Session, org: str, hook: Hook, events: Collection[str], *, now: datetime, most: int
) -> list[tuple[str, int]]:
    """Give the failed deliveries of a webhook's events that are to be asked for now: their guids and GitHub's ids."""
    same = [WebhookDelivery.org == org, WebhookDelivery.target_type == hook.target_type]
    if hook.id is not None:
        same.append(WebhookDelivery.hook_id == hook.id)
    is_due = (
        WebhookDelivery.status == FAILED,
        WebhookDelivery.event.in_(events),
        WebhookDelivery.ask_at <= now,
        WebhookDelivery.delivery_id.is_not(None),
    )
    columns = (WebhookDelivery.guid, WebhookDelivery.delivery_id)
    found = session.execute(select(*columns).where(*same, *is_due).order_by(WebhookDelivery.ask_at).limit(most))
    return [(guid, number) for guid, number in found if number]


def note_asked(session: Session, guid: str, *, now: datetime) -> None:
    """Keep that GitHub was asked to deliver something again, and when it is to be asked the next time, if at all."""
    same = WebhookDelivery.guid == guid
    asks = (session.scalar(select(WebhookDelivery.asks).where(same)) or 0) + 1
    ask_at = now + min(FIRST_WAIT * 2**asks, LONGEST_WAIT) if asks < MOST_ASKS else None
    session.execute(update(WebhookDelivery).where(same).values(asks=asks, ask_at=ask_at))


def forget_old(session: Session, *, now: datetime) -> None:
    """Delete what was kept long enough."""
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.received_at < now - KEPT))


def hooks_of(session: Session, org: str, *, since: datetime) -> list[Hook]:
    """Give the webhooks that delivered something of an organisation since then."""
    hooks = select(WebhookDelivery.hook_id, WebhookDelivery.target_type).where(
        WebhookDelivery.org == org,
        WebhookDelivery.received_at >= since,
        WebhookDelivery.hook_id.is_not(None),
        WebhookDelivery.target_type.is_not(None),
    )
    return [
        Hook(number, kind)
        for number, kind in session.execute(hooks.distinct().order_by(WebhookDelivery.hook_id))
        if number and kind
    ]
