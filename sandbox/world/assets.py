"""Files of releases."""

from dataclasses import dataclass

from sandbox.world.hours import DAY


@dataclass(frozen=True, slots=True)
class Asset:
    """A release's file; `popularity` is the share of the usual downloads that it gets."""

    id: int
    name: str
    size: int
    created_at: int
    popularity: float

    def downloads(self, now: int, stars: int) -> int:
        """Return how often it has been downloaded until now: the more stars, the more often."""
        days = max(now - self.created_at, 0) / DAY
        return int(days * (1 + stars / 10) * self.popularity)
