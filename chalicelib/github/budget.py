"""How much time a run may still spend, and the one place that sleeps."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.errors import OutOfTimeError
from chalicelib.utils import utc_now

_CANCEL_POLL = 1.0  # seconds between two looks at whether the run was cancelled


@dataclass(frozen=True)
class Pause:
    """A wait that begins now: how many seconds, until when (aware, UTC) and why, in a few words."""

    seconds: float
    until: datetime
    reason: str


class Budget:
    """The time a run has: with a deadline (in a Lambda) it refuses a wait past it, without one (in a shell) it sleeps.

    `deadline` is a moment of `now`'s clock, in seconds, such as `time.monotonic() + 840`. `clock` gives the time of
    day. `on_pause` is called before each wait, on the thread that waits. `cancel` ends the waits of all threads.
    """

    def __init__(
        self,
        *,
        deadline: float | None = None,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
        on_pause: Callable[[Pause], object] | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.deadline = deadline
        self.now = now
        self.clock = clock
        self._sleep = sleep or self._sleep_until_cancelled
        self._cancelled = False
        self._on_pause = on_pause

    def remaining(self) -> float:
        """Seconds until the deadline (negative when it has passed), infinity without one."""
        return math.inf if self.deadline is None else self.deadline - self.now()

    def cancel(self) -> None:
        """End the run's time now: a thread that waits or sends a request stops with OutOfTimeError.

        A signal handler may call this, and must not wait for a lock: hence no Event.
        """
        self._cancelled = True

    def check(self) -> None:
        """Raise OutOfTimeError when the deadline has passed, or the run was cancelled."""
        if self._cancelled:
            raise OutOfTimeError("the run was stopped")
        if self.remaining() <= 0:
            raise OutOfTimeError("the run's deadline has passed")

    def pause(self, seconds: float, reason: str) -> None:
        """Wait `seconds`; raises OutOfTimeError at once, without waiting, when the wait would reach the deadline."""
        seconds = max(seconds, 0.0)
        until = self.clock() + timedelta(seconds=seconds)
        if seconds >= self.remaining():
            raise OutOfTimeError(
                f"a wait of {math.ceil(seconds)} s ({reason}), until {until:%Y-%m-%d %H:%M:%S} UTC, "
                "would go past the run's deadline"
            )
        if self._on_pause is not None:
            self._on_pause(Pause(seconds, until, reason))
        self.sleep(seconds)

    def sleep(self, seconds: float) -> None:
        """Wait for a moment, without calling `on_pause`."""
        self._sleep(seconds)

    def _sleep_until_cancelled(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._cancelled and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _CANCEL_POLL))
