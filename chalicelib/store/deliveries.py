"""Which deliveries of webhooks were stored, so that none is stored twice and a failed one may come again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from chalicelib.errors import DatabaseNotReadyError
from chalicelib.store.models import WebhookDelivery

STORED, FAILED = "stored", "failed"
# GitHub can deliver again for 3 days; the rest is for people who look for a mistake.
KEPT = timedelta(days=30)
INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


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
    if dialect not in INSERTS:
        raise DatabaseNotReadyError("webhooks need PostgreSQL or SQLite")
    table = cast(Table, WebhookDelivery.__table__)
    new = INSERTS[dialect](table)
    result = {name: new.excluded[name] for name in ("received_at", "status", "changed", "rejected", "note")}
    return new.on_conflict_do_update(
        index_elements=["guid"], set_={**result, "tries": table.c.tries + 1}, where=table.c.status == FAILED
    )


def is_stored(session: Session, guid: str) -> bool:
    """Tell whether a delivery was stored."""
    return session.scalar(_stored().where(WebhookDelivery.guid == guid)) is not None


def _stored() -> Any:
    return select(WebhookDelivery.guid).where(WebhookDelivery.status == STORED)


def forget_old(session: Session, *, now: datetime) -> None:
    """Delete what was kept long enough."""
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.received_at < now - KEPT))


def hooks_of(session: Session, org: str, *, since: datetime) -> list[tuple[int, str]]:
    """Give the webhooks that delivered something of an organisation since then: GitHub's ids, and whose they are."""
    hooks = select(WebhookDelivery.hook_id, WebhookDelivery.target_type).where(
        WebhookDelivery.org == org,
        WebhookDelivery.received_at >= since,
        WebhookDelivery.hook_id.is_not(None),
        WebhookDelivery.target_type.is_not(None),
    )
    return [
        (number, kind)
        for number, kind in session.execute(hooks.distinct().order_by(WebhookDelivery.hook_id))
        if number and kind
    ]
