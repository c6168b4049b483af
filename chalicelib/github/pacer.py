"""Even spacing of the requests that several threads send."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

# GitHub allows 900 GETs a minute; this is a little less, because other clients of the same token count too.
PER_SECOND = 14.0


class Pacer:
    """Spaces the starts of requests evenly, however many threads send them.

    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
    """

    def __init__(
        self,
        *,
        per_second: float = PER_SECOND,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._interval = 1 / per_second
        self._now, self._sleep = now, sleep
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait for this request's turn."""
        with self._lock:
            turn = max(self._now(), self._next)
            self._next = turn + self._interval
        pause = turn - self._now()
        if pause > 0:
            self._sleep(pause)
