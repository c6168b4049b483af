"""Signed deliveries for tests, the sandbox's and made-up ones, and the webhook that takes them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from sqlalchemy import select

from chalicelib.jobs.webhook import Reply, receive
from chalicelib.models import create_db_session
from chalicelib.settings import Settings
from tests.organisation import Organisation

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
SECRET = "a secret of these tests"
Payload = dict[str, Any]
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


def post_to(org: Organisation) -> Callable[[Mapping[str, str], bytes], int]:
    """Make what takes an organisation's deliveries, at the sandbox's time."""
    settings = org.settings
    return lambda headers, body: receive(headers, body, settings, now=org.now).status


def tell(org: Organisation, event: str, payload: Payload) -> int:
    """Deliver a payload; gives the status of the answer."""
    body = json.dumps(payload).encode()
    signature = {"X-Hub-Signature-256": sign(body), "Content-Type": "application/json"}
    headers = {"X-GitHub-Event": event, "X-GitHub-Delivery": str(uuid4()), **signature}
    return receive(headers, body, org.settings, now=org.now).status


def recorded(samples: Path, event: str) -> dict[str, Payload]:
    """GitHub's own payloads of an event, by the name of the file."""
    files = sorted((samples / "webhooks" / event).glob("*.json"))
    return {path.name.removesuffix(".payload.json"): json.loads(path.read_text()) for path in files}


def told(org: Organisation, event: str) -> list[Payload]:
    """The payloads of an event that happened since the last call, in order; other events are lost."""
    found = []
    for headers, body in org.sandbox.deliveries(SECRET):
        if headers["X-GitHub-Event"] == event:
            found.append(json.loads(body))
    return found


def deliver(org: Organisation, **how: Any) -> list[tuple[str, Payload]]:
    """Deliver what happened since the last call, as `sandbox.deliver` does; gives what was told of alerts."""
    post, found = post_to(org), []
    for headers, body in org.sandbox.deliveries(SECRET, **how):
        assert post(headers, body) in (200, 202)
        if (event := headers["X-GitHub-Event"]).endswith("_alert"):
            found.append((event, json.loads(body)))
    return found
