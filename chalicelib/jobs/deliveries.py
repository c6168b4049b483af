"""The webhook as it is asked, again and again: with settings that are kept, and a line in the log for each delivery."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType

from chalicelib.errors import SettingsError
from chalicelib.jobs.kept import KEPT
from chalicelib.jobs.webhook import JOB, Reply, receive, unprepared
from chalicelib.runtime.logs import COUNT, bound, log_json, log_metrics
from chalicelib.settings import Settings
from chalicelib.utils import utc_now

# After an answer that another secret or database might change.
DOUBTED_SECONDS = 60.0
DOUBTFUL = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.SERVICE_UNAVAILABLE})
METRICS = MappingProxyType(
    {
        HTTPStatus.OK: "DeliveriesStored",
        HTTPStatus.ACCEPTED: "DeliveriesLeft",
        HTTPStatus.SERVICE_UNAVAILABLE: "DeliveriesFailed",
    }
)
REFUSED = "DeliveriesRefused"


def answer(headers: Mapping[str, str | None], read_body: Callable[[], bytes]) -> Reply:
    """Handle a request to the webhook, log it on one line, and give what to answer.

    `read_body` gives the body as it was sent; it raises ValueError when it is not what an HTTP server could have got.
    """
    named = {name: value for name, value in headers.items() if value is not None}
    try:
        body, settings = read_body(), KEPT.read()
        if settings.in_lambda:
            log_json()
        with bound(job=JOB):
            reply = _receive(named, body, settings)
            _log(reply, settings)
    except ValueError:
        return Reply(HTTPStatus.BAD_REQUEST, "the body can't be decoded")
    except SettingsError as error:
        return unprepared(error)
    return reply


def _receive(headers: Mapping[str, str], body: bytes, settings: Settings) -> Reply:
    """Handle a delivery, and once more when other settings might help, and there are some."""
    reply = receive(headers, body, settings)
    if reply.status in DOUBTFUL:
        newer = KEPT.read(younger_than=DOUBTED_SECONDS)
        return reply if newer is settings else receive(headers, body, newer)
    return reply


def _log(reply: Reply, settings: Settings) -> None:
    """Log what became of a delivery: nothing of its body or signature; nothing of its headers that is not signed."""
    fields: dict[str, object] = {"status": int(reply.status)}
    about = reply.about
    if about is not None:
        fields |= {"event": about.event, "action": about.action, "delivery": about.guid, "organisation": about.org}
    log_metrics(
        {METRICS.get(HTTPStatus(reply.status), REFUSED): (1, COUNT)},
        dimensions={"Environment": settings.env_name},
        now=utc_now(),
        message=f"a delivery was answered {int(reply.status)}: {reply.message}",
        fields=fields,
    )
