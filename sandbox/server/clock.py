"""The world's clock: real time at the start, going on at a chosen speed, or set by hand."""

import threading
from collections.abc import Callable
from time import monotonic


class Clock:
    """World time in whole epoch seconds; `speed` world seconds pass in a real one, 0 freezes it."""

    def __init__(self, start: int, *, speed: float = 1.0, timer: Callable[[], float] = monotonic) -> None:
        self._timer = timer
        self._lock = threading.Lock()
        self._base = float(start)
        self._since = timer()
        self._speed = speed

    @property
    def speed(self) -> float:
        """World seconds per real second."""
        return self._speed

    def now(self) -> int:
        """Return the world's time as epoch seconds."""
        with self._lock:
            return int(self._exact())

    def set(self, *, now: int | None = None, advance: float = 0, speed: float | None = None) -> int:
        """Move the clock to a moment, then on by some seconds, and change its speed; time never runs back."""
        with self._lock:
            current = self._exact()
            target = max(current, float(now) if now is not None else current) + max(advance, 0)
            self._base, self._since = target, self._timer()
            if speed is not None:
                self._speed = max(speed, 0)
            return int(target)

    def _exact(self) -> float:
        return self._base + (self._timer() - self._since) * self._speed
