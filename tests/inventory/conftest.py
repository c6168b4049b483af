"""An organisation whose inventory changes, and its webhook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from chalicelib.models import create_db_session
from chalicelib.store.models import WebhookDelivery
from tests.deliveries import SECRET
from tests.organisation import Organisation, organisation


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    """A small organisation in which nothing happens by itself, read once, with a webhook."""
    with organisation(db_url, items=20, days=5, repositories=3, organisations=("acme", "elsewhere")) as running:
        running.environment["WEBHOOK_SECRET"] = SECRET
        running.sandbox.world.stand_still()
        running.begin("daily")
        running.sandbox.deliveries(SECRET)
        yield running


def rows_of(org: Organisation, model: Any, **same: Any) -> list[dict[str, Any]]:
    """Rows of a table with these values, in order of its key."""
    table = model.__table__
    rows = select(table).where(*(table.c[name] == value for name, value in same.items()))
    with create_db_session(org.db_url) as session:
        return [dict(row) for row in session.execute(rows.order_by(*table.primary_key)).mappings()]


def row_of(org: Organisation, model: Any, number: int) -> dict[str, Any]:
    """The row with an id."""
    [row] = rows_of(org, model, id=number)
    return row


def notes(org: Organisation) -> list[str | None]:
    """What is kept of each delivery, in the order in which they came."""
    with create_db_session(org.db_url) as session:
        kept = select(WebhookDelivery.note).order_by(WebhookDelivery.received_at, WebhookDelivery.guid)
        return list(session.scalars(kept))
