"""What a backfill will cost by GitHub's rate limits, before it begins.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

ITEMS_A_POINT = 100
# Of comments, reactions and long timelines, which are asked for apart.
APART = 1.3
SEARCHES_A_MINUTE, REQUESTS_A_MINUTE = 30, 14 * 60
POINTS_AN_HOUR, REQUESTS_AN_HOUR = 5_000, 5_000
SECONDS_A_QUERY = 3.0  # what GitHub takes to answer for a hundred timelines


@dataclass(frozen=True)
class Cost:
    """So many searches, requests and points."""

    searches: int = 0
    requests: int = 0
    points: int = 0

    @classmethod
    def of_timelines(cls, number: int, *, via: str) -> Self:
        """Estimate what reading timelines costs, each once."""
        if via == "rest":
            return cls(requests=number)
        return cls(points=math.ceil(number / ITEMS_A_POINT * APART))

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.searches + other.searches, self.requests + other.requests, self.points + other.points)

    @property
    def minutes(self) -> float:
        """How long it takes at least: what GitHub allows a minute, and in an hour once that is used up."""
        search = self.searches / SEARCHES_A_MINUTE
        rest = max(self.requests / REQUESTS_A_MINUTE, (self.requests // REQUESTS_AN_HOUR) * 60)
        graphql = max(self.points * SECONDS_A_QUERY / 60, (self.points // POINTS_AN_HOUR) * 60)
        return search + rest + graphql

    @property
    def summary(self) -> str:
        """Say what it costs."""
        requests = self.searches + self.requests
        parts = [f"about {requests:,} request{'' if requests == 1 else 's'}"] if requests else []
        parts += [f"about {self.points:,} point{'' if self.points == 1 else 's'} of GraphQL"] if self.points else []
        return " and ".join(parts) or "nothing"

    @property
    def duration(self) -> str:
        """Say how long it takes."""
        if self.minutes < 1:
            return "less than a minute"
        hours, minutes = divmod(math.ceil(self.minutes), 60)
        return "at least " + (f"{hours} h {minutes} min" if hours else f"{minutes} min")
