"""The webhook as it is asked, again and again: with settings that are kept, and a line in the log for each delivery."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from types import MappingProxyType

from chalicelib.errors import SettingsError
from chalicelib.jobs.webhook import JOB, Reply, receive, unprepared
from chalicelib.runtime.logs import COUNT, bound, log_json, log_metrics
from chalicelib.settings import Lookup, Settings, load_settings
from chalicelib.utils import utc_now

# In Lambda, secrets are read from SSM, which takes few requests a second, and which the jobs need as well.
FRESH_SECONDS = 300.0
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


class KeptSettings:
    """The settings of a process that answers many requests: they are read anew when they are too old."""

    def __init__(
        self, load: Callable[[], Settings] = load_settings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._load, self._clock = load, clock
        self._kept: tuple[float, Settings] | None = None

    def read(self, *, younger_than: float = FRESH_SECONDS) -> Settings:
        """Give the settings, at most so many seconds old; raises SettingsError when `.env` can't be read."""
        now = self._clock()
        if self._kept is None or now - self._kept[0] >= younger_than:
            settings = self._load()
            self._kept = now, replace(settings, lookup=remembering(settings.lookup))
        return self._kept[1]


def remembering(lookup: Lookup) -> Lookup:
    """Look each setting up once, also one that can't be read: strangers must not make us ask SSM again and again."""
    found: dict[str, str | SettingsError | None] = {}

    def remember(name: str) -> str | None:
        if name not in found:
            try:
                found[name] = lookup(name)
            except SettingsError as error:
                found[name] = error
        value = found[name]
        if isinstance(value, SettingsError):
            raise value
        return value

    return remember


# Of this process.
KEPT = KeptSettings()


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
