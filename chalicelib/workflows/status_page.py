"""GitHub's status page: what works, by GitHub's own account. It is no part of the API, and gets no token.

https://www.githubstatus.com/api
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from chalicelib.errors import RejectedError
from chalicelib.github.answers import NoAnswer, Received
from chalicelib.github.transport import Transport
from chalicelib.ingest.fields import Row, cleaned, json_array, json_object, text

TRIES = 2
SECONDS = 10.0  # for a whole answer
LARGEST = 2_000_000  # bytes; the page has about 10,000
MOST = 200  # components, or incidents
LONGEST = 1_000  # characters of a text
# Stands among the components and is none: "Visit www.githubstatus.com for more information".
NO_COMPONENT = "www.githubstatus.com"
UNREACHABLE = "unreachable"
COMPONENT = {"name": "name", "status": "status"}
TIMES = {name: name for name in ("created_at", "started_at", "updated_at")}
INCIDENT = {"name": "name", "status": "status", "impact": "impact", "url": "shortlink", **TIMES}
SPAN = {name: name for name in ("scheduled_for", "scheduled_until")}
MAINTENANCE = {"name": "name", "status": "status", "url": "shortlink", **SPAN}


def fetch_status(url: str, *, seconds_left: float) -> Row:
    """Ask the page; gives the columns of `github_status` that it tells.

    A page that can't be read, or says something else, is `unreachable`, with the reason as its description: that says
    nothing of GitHub itself. Redirects are not followed.
    """
    transport = Transport(urlsplit(url).hostname or "")
    try:
        received: Received | NoAnswer | None = None
        for _ in range(TRIES):
            received = transport.send(url, authorization=None, seconds_left=min(SECONDS, seconds_left), largest=LARGEST)
            if isinstance(received, Received) and received.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                break
    finally:
        transport.close()
    try:
        return status_row(_body_of(received))
    except RejectedError as error:
        nothing: dict[str, list[Any]] = {"components": [], "incidents": [], "maintenances": []}
        return {"indicator": UNREACHABLE, "description": str(error), **nothing}


def _body_of(received: Received | NoAnswer | None) -> Any:
    """Give the answer's body; raises RejectedError, which says why there is none."""
    if not isinstance(received, Received):
        raise RejectedError(received.problem if received else "nothing was asked")
    if received.status != HTTPStatus.OK:
        raise RejectedError(f"the page answered {received.status}")
    if not received.is_json:
        raise RejectedError("the answer is not JSON")
    return received.body


def status_row(body: Any) -> Row:
    """Map what the page says to the columns of `github_status`; raises RejectedError when it is of another shape."""
    page = cleaned(body)
    status = json_object("status", page.get("status")) or {}
    indicator, description = (_text(status, name) for name in ("indicator", "description"))
    if not indicator or description is None:
        raise RejectedError("status.indicator or status.description is missing")
    components = [each for each in _list(page, "components", COMPONENT) if NO_COMPONENT not in (each["name"] or "")]
    return {
        "indicator": indicator,
        "description": description,
        "components": components,
        "incidents": _list(page, "incidents", INCIDENT),
        "maintenances": _list(page, "scheduled_maintenances", MAINTENANCE),
    }


def _list(page: Mapping[str, Any], name: str, fields: Mapping[str, str]) -> list[dict[str, str | None]]:
    """Cut the objects of a list to a few fields (ours: the page's)."""
    listed = json_array(name, page.get(name))
    if listed is None:
        raise RejectedError(f"{name} is missing")
    objects = [json_object(name, each) or {} for each in listed[:MOST]]
    return [{own: _text(each, theirs) for own, theirs in fields.items()} for each in objects]


def _text(record: Mapping[str, Any], name: str) -> str | None:
    found = text(name, record.get(name))
    return None if found is None else found[:LONGEST]
