"""Deliveries of webhooks in tests: the sandbox's, and those that a test makes up, signed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from chalicelib.jobs.webhook import receive
from sandbox.api.hooks import sign
from tests.organisation import Organisation

SECRET = "a secret of these tests"
Payload = dict[str, Any]


def post_to(org: Organisation) -> Callable[[Mapping[str, str], bytes], int]:
    """Make what takes an organisation's deliveries, at the sandbox's time."""
    settings = org.settings
    return lambda headers, body: receive(headers, body, settings, now=org.now).status


def tell(org: Organisation, event: str, payload: Payload) -> int:
    """Deliver a payload; gives the status of the answer."""
    body = json.dumps(payload).encode()
    signature = {"X-Hub-Signature-256": sign(SECRET, body), "Content-Type": "application/json"}
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
