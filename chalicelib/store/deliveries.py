"""Which deliveries of webhooks were stored, so that none is stored twice and a failed one may come again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
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

    @property
    def columns(self) -> dict[str, Any]:
        """Its columns in `webhook_deliveries`."""
        return vars(self)


def claim(session: Session, about: About, *, now: datetime) -> bool:
    """Begin to store a delivery, in the session's transaction; False when it is stored already.

    Of two that come at once, the second waits for the first one's end.
    """
    return _write(session, about, now=now, status=STORED, note=None)


def finish(session: Session, guid: str, *, changed: int, rejected: int, note: str | None) -> None:
    """Say what became of a delivery that was claimed in this transaction."""
    counts = {"changed": changed, "rejected": rejected, "note": note}
    session.execute(update(WebhookDelivery).where(WebhookDelivery.guid == guid).values(counts))


def fail(session: Session, about: About, *, now: datetime, reason: str) -> None:
    """Keep that a delivery could not be stored, unless it is stored meanwhile: it may come again."""
    _write(session, about, now=now, status=FAILED, note=reason)


def _write(session: Session, about: About, *, now: datetime, status: str, note: str | None) -> bool:
    connection = session.connection()
    insert = INSERTS.get(connection.dialect.name)
    if insert is None:
        raise DatabaseNotReadyError("webhooks need PostgreSQL or SQLite")
    result = {"received_at": now, "status": status, "note": note, "changed": 0, "rejected": 0}
    new = insert(WebhookDelivery).values(**about.columns, **result, tries=1)
    again = new.on_conflict_do_update(
        index_elements=["guid"],
        set_={**result, "tries": WebhookDelivery.tries + 1},
        where=WebhookDelivery.status == FAILED,
    )
    return connection.execute(again, execution_options={"preserve_rowcount": True}).rowcount > 0


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
