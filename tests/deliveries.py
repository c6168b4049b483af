"""Signed deliveries for tests, and the webhook that takes them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select

from chalicelib.jobs.webhook import Reply, receive
from chalicelib.models import create_db_session
from chalicelib.settings import Settings

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
SECRET = "a secret of these tests"
FORM = "application/x-www-form-urlencoded"


def signed(
    event: str, payload: Any, *, guid: str = "guid-1", secret: str = SECRET, is_form: bool = False
) -> tuple[dict[str, str], bytes]:
    """Write a delivery as GitHub sends it: headers and body."""
    body = json.dumps(payload).encode()
    body = urlencode({"payload": body.decode()}).encode() if is_form else body
    headers = {
        "Content-Type": FORM if is_form else "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": guid,
        "X-GitHub-Hook-ID": "7",
        "X-GitHub-Hook-Installation-Target-Type": "organization",
        "X-Hub-Signature-256": sign(body, secret),
    }
    return headers, body


def sign(body: bytes, secret: str = SECRET) -> str:
    """Sign a body as GitHub does."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def webhook(
    db_url: str, *, now: Callable[[], datetime] = lambda: NOW, **variables: str
) -> Callable[[Mapping[str, str], bytes], Reply]:
    """Make a webhook of the organisation acme on a database; `variables` are settings."""
    settings = Settings({"DB_URL": db_url, "GH_ORGS": "acme", "WEBHOOK_SECRET": SECRET, **variables}.get)
    return lambda headers, body: receive(headers, body, settings, now=now)


def rows_of(db_url: str, model: Any) -> list[dict[str, Any]]:
    """All rows of a table, by its key."""
    table = model.__table__
    with create_db_session(db_url) as session:
        return [dict(row) for row in session.execute(select(table).order_by(*table.primary_key)).mappings()]
