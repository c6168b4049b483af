"""Spans of creation times, and how they are cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """A span of creation times, both ends included, to be read as one unit."""

    since: datetime
    until: datetime

    def halves(self) -> tuple[Window, Window]:
        """Cut a window of two seconds or more in two."""
        middle = self.since + timedelta(seconds=int((self.until - self.since).total_seconds()) // 2)
        return Window(self.since, middle), Window(middle + SECOND, self.until)


def cut_windows(since: datetime, until: datetime, *, days: int) -> tuple[Window, ...]:
    """Cut a span into windows of some days that neither overlap nor leave a second out."""
    windows = []
    while since <= until:
        end = min(since + timedelta(days=days) - SECOND, until)
        windows.append(Window(since, end))
        since = end + SECOND
    return tuple(windows)


def months(window: Window) -> Iterator[Window]:
    """Cut a span at the first of each month, UTC."""
    since = window.since
    while since <= window.until:
        following = datetime(since.year + since.month // 12, since.month % 12 + 1, 1, tzinfo=UTC)
        yield Window(since, min(following - SECOND, window.until))
        since = following
