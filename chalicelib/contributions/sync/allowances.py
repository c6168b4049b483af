"""How many requests the checks may send: a part of the rate limit, which many steps may have to share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from chalicelib.github import GitHubAPI

# Searches per minute, until an answer gives GitHub's real limit.
SEARCH_LIMIT = 30
# A tenth of an hour's searches.
MINUTES = 6
# A share of fewer requests is of no use, so when there are many steps, they take turns by the day.
USEFUL, LEAST = 6, 2


class Allowance:
    """The number of requests that a step may send, so that checks use only a part of the rate limit."""

    def __init__(self, github: GitHubAPI, limit: Callable[[], int]) -> None:
        self._github, self._limit = github, limit
        self._sent_before = github.requests_sent

    @property
    def left(self) -> int:
        """How many requests the step may still send."""
        return self._limit() - (self._github.requests_sent - self._sent_before)

    @property
    def is_spent(self) -> bool:
        """Tell whether the step has sent that many requests."""
        return self.left <= 0

    @classmethod
    def tenth_of_an_hour(cls, github: GitHubAPI, *, shared_by: int) -> Allowance:
        """Allow a tenth of an hour's searches, divided by `shared_by` steps, but two; GitHub's limit is per minute."""

        def limit() -> int:
            search = github.rate_limits.get("search")
            return max((search.limit if search else SEARCH_LIMIT) * MINUTES // shared_by, LEAST)

        return cls(github, limit)


@dataclass(frozen=True)
class Turn:
    """When a step may send requests, and how many steps share the limit on that day."""

    day: date
    shared_by: int


def next_turn(today: date, *, place: int, steps: int) -> Turn:
    """Give the next turn, today's included, of the step at a place (from 0) among all that share a rate limit.

    Each step has a turn every `days` days. So each has a useful share on its day, and none waits for ever.
    """
    days = max(1, -(-steps * USEFUL // (SEARCH_LIMIT * MINUTES)))
    wait = (place - today.toordinal()) % days
    return Turn(today + timedelta(days=wait), -(-steps // days))
