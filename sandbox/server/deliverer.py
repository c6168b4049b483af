"""Sending webhooks: what happened since the last time, signed, and on demand lost, doubled or out of order."""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from random import Random
from typing import TypedDict, Unpack
from urllib.parse import urlsplit

from sandbox.api.hooks import Delivery, Headers, Hook, Hooks
from sandbox.server.clock import Clock
from sandbox.world.apps import Integration
from sandbox.world.world import World

TIMEOUT = 10  # seconds, as GitHub's
# Gets a delivery's headers and body, and returns the status that it is answered with.
Post = Callable[[Headers, bytes], int]


class How(TypedDict, total=False):
    """How deliveries go wrong: the shares that are lost and that come twice, and whether the order is kept.

    `integration`: as that App's webhook, not the organisations' own. `form`: bodies are forms, with a `payload`.
    """

    lost: float
    doubled: float
    shuffled: bool
    seed: int
    integration: Integration | None
    form: bool


class Deliverer:
    """Delivers what happened in the world to a webhook's receiver."""

    def __init__(self, world: World, hooks: Hooks, clock: Clock) -> None:
        self._world, self._hooks, self._clock = world, hooks, clock
        self._lock = threading.Lock()

    def deliveries(self, secret: str, **how: Unpack[How]) -> list[tuple[Headers, bytes]]:
        """Return the headers and bodies of what is due; the log says that all that isn't lost was answered by 200."""
        with self._lock:
            return [self._hooks.request_of(*one) for one in self._prepare(secret, how)]

    def deliver(self, to: str | Post, secret: str, **how: Unpack[How]) -> Counter[int]:
        """Post what is due to a URL, or hand it to a function; count the answers, an absent one as in the log.

        What isn't answered by 2xx stays in the log, and is not posted again unless somebody asks for it.
        """
        with self._lock:
            if not isinstance(to, str):
                return self._hand_on(self._prepare(secret, how), to)
            for hook in self._targets(how):
                hook.url = to
            with closing(_Connection(to)) as connection:
                return self._hand_on(self._prepare(secret, how), connection.post)

    def _targets(self, how: How) -> list[Hook]:
        integration = how.get("integration")
        owners = self._world.organisations.values() if integration is None else [integration]
        return [self._hooks.of(owner) for owner in owners]

    def _prepare(self, secret: str, how: How) -> list[tuple[Hook, Delivery]]:
        """Return what is due and not lost, in the order in which it goes out; some of it twice."""
        rng = Random(how.get("seed", 1))
        prepared: list[tuple[Hook, Delivery]] = []
        with self._world.lock:
            self._world.advance(self._clock.now())
            due = [(hook, delivery) for hook in self._targets(how) for delivery in self._hooks.begin(hook)]
        due.sort(key=lambda one: one[1].occurrence.at)
        for hook, delivery in due:
            delivery.secret, delivery.form = secret, how.get("form", False)
            if rng.random() < how.get("lost", 0.0):
                delivery.failed()
            else:
                prepared += [(hook, delivery)] * (2 if rng.random() < how.get("doubled", 0.0) else 1)
        if how.get("shuffled"):
            rng.shuffle(prepared)
        return prepared

    def _hand_on(self, prepared: list[tuple[Hook, Delivery]], post: Post) -> Counter[int]:
        answers: Counter[int] = Counter()
        for hook, delivery in prepared:
            try:
                delivery.answered(post(*self._hooks.request_of(hook, delivery)))
            except (OSError, HTTPException):
                delivery.failed()
            answers[delivery.status_code] += 1
        return answers


class _Connection:
    """A connection to the receiver that is kept as long as that keeps it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = kind(parts.netloc, timeout=TIMEOUT)
        self._path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"

    def post(self, headers: Headers, body: bytes) -> int:
        """Post a delivery; return the status. OSError or HTTPException without one."""
        try:
            self._connection.request("POST", self._path, body, headers)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, HTTPException):
            self._connection.close()
            raise
        return answer.status

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
