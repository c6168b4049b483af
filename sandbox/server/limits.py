"""GitHub's rate limits, on real time: the primary one by account and resource, and the secondary ones."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from math import ceil
from time import time
from typing import Any

from sandbox.api.errors import DOCUMENTATION, ApiError

RESOURCES = ("core", "search", "graphql")
LIMITS_PAGE = f"{DOCUMENTATION}/using-the-rest-api/rate-limits-for-the-rest-api"


@dataclass(slots=True)
class LimitSettings:
    """Requests in a window (seconds), points in a minute, requests at once, and the wait a refusal asks for.

    `graphql` are points, in an hour. `points` are requests of REST a minute, `graphql_points` are queries.
    """

    core: int = 5_000
    core_window: int = 3_600
    search: int = 30
    search_window: int = 60
    graphql: int = 5_000
    graphql_window: int = 3_600
    points: int = 900
    graphql_points: int = 2_000
    concurrency: int = 100
    retry_after: int = 60


@dataclass(slots=True)
class Window:
    """A resource's use by an account until its reset (epoch seconds)."""

    resource: str
    limit: int
    reset: int
    used: int = 0

    def headers(self) -> dict[str, str]:
        """Return the `x-ratelimit-*` headers."""
        return {f"X-RateLimit-{name.title()}": str(value) for name, value in self.summary().items()}

    def summary(self) -> dict[str, Any]:
        """Return the resource's entry in `/rate_limit`."""
        remaining = max(self.limit - self.used, 0)
        numbers = {"limit": self.limit, "used": self.used, "remaining": remaining, "reset": self.reset}
        return {**numbers, "resource": self.resource}


class Limits:
    """Who has used what; a refusal is raised as the API's error."""

    def __init__(self, settings: LimitSettings | None = None, *, now: Callable[[], float] = time) -> None:
        self.settings = settings or LimitSettings()
        self.now = now
        self._lock = threading.Lock()
        self._windows: dict[tuple[str, str], Window] = {}
        self._points: dict[tuple[str, str], deque[float]] = {}
        self._at_once: dict[str, int] = {}

    def update(self, **settings: int) -> dict[str, int]:
        """Change settings and begin all windows anew; return the settings. TypeError for one that there isn't."""
        with self._lock:
            self.settings = replace(self.settings, **{name: int(value) for name, value in settings.items()})
            self._windows.clear()
            self._points.clear()
            return asdict(self.settings)

    def window(self, account: str, resource: str) -> Window:
        """Return a copy of the present window, unchanged by looking at it."""
        with self._lock:
            return replace(self._window(account, resource))

    def _window(self, account: str, resource: str) -> Window:
        window = self._windows.get((account, resource))
        if window is None or self.now() >= window.reset:
            length = getattr(self.settings, f"{resource}_window")
            limit = getattr(self.settings, resource)
            window = self._windows[account, resource] = Window(resource, limit, int(self.now()) + length)
        return window

    def charge(self, account: str, resource: str, *, holder: str = "user ID 1") -> Window:
        """Count a request against the primary limit; raise the 403, which names the holder, when nothing is left."""
        with self._lock:
            window = self._window(account, resource)
            if window.used >= window.limit:
                message = f"API rate limit exceeded for {holder}."
                raise ApiError(403, message, headers=window.headers(), documentation=LIMITS_PAGE)
            window.used += 1
            return replace(window)

    def charge_points(self, account: str, points: int) -> Window | None:
        """Take a query's points from the primary limit of GraphQL; None when nothing is left."""
        with self._lock:
            window = self._window(account, "graphql")
            if window.used >= window.limit:
                return None
            window.used += points
            return replace(window)

    def refund(self, account: str, window: Window) -> Window:
        """Take back a request that turned out to be free (a 304)."""
        with self._lock:
            current = self._windows.get((account, window.resource))
            if current is not None and current.reset == window.reset:
                current.used -= 1
            return replace(window, used=window.used - 1)

    def enter(self, account: str, resource: str | None = None) -> None:
        """Count a request in; raise the secondary limit's 403 (too many at once) or 429 (too many a minute)."""
        api = "graphql_points" if resource == "graphql" else "points"
        with self._lock:
            at_once = self._at_once.get(account, 0) + 1
            if at_once > self.settings.concurrency:
                raise secondary_limit(403, retry_after=self.settings.retry_after)
            points = self._points.setdefault((account, api), deque())
            now = self.now()
            while points and points[0] <= now - 60:
                points.popleft()
            if len(points) >= getattr(self.settings, api):
                wait = min(ceil(points[0] + 60 - now) if points else 60, self.settings.retry_after)
                raise secondary_limit(429, retry_after=max(wait, 1))
            points.append(now)
            self._at_once[account] = at_once

    def leave(self, account: str) -> None:
        """Count a request out."""
        with self._lock:
            self._at_once[account] -= 1


def secondary_limit(status: int, *, retry_after: int | None) -> ApiError:
    """Return the secondary limit's refusal, with or without the time to wait."""
    message = (
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. "
        "If you reach out to GitHub Support for help, please include the request ID."
    )
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return ApiError(status, message, headers=headers, documentation=f"{LIMITS_PAGE}#about-secondary-rate-limits")
