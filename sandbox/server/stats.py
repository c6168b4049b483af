"""What the sandbox was asked and what it answered."""

import threading
from collections import Counter
from typing import Any


class Stats:
    """Counts of requests since the last reset; the control plane's own aren't counted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_flight = 0
        self.resets = -1
        self.reset()

    def reset(self) -> None:
        """Begin counting anew."""
        with self._lock:
            self.total = self.not_modified = self.refused = self.sent_bytes = 0
            self.by_route: Counter[str] = Counter()
            self.by_status: Counter[str] = Counter()
            self.by_fault: Counter[str] = Counter()
            self.most_at_once = self._in_flight
            self.resets += 1

    def begin(self) -> None:
        """Count a request in."""
        with self._lock:
            self._in_flight += 1
            self.most_at_once = max(self.most_at_once, self._in_flight)

    def end(self, *, route: str, status: int, size: int, fault: str | None, refused: bool) -> None:
        """Count an answer: what it was to, its status, bytes sent, and whether a limit refused it."""
        with self._lock:
            self._in_flight -= 1
            self.total += 1
            self.by_route[route] += 1
            self.by_status[str(status)] += 1
            self.not_modified += status == 304
            self.refused += refused
            self.sent_bytes += size
            if fault is not None:
                self.by_fault[fault] += 1

    def summary(self) -> dict[str, Any]:
        """Return all counts."""
        with self._lock:
            counted = {name: dict(getattr(self, name)) for name in ("by_route", "by_status", "by_fault")}
            numbers = ("total", "not_modified", "refused", "sent_bytes", "most_at_once", "resets")
            return {name: getattr(self, name) for name in numbers} | counted
