"""Times as the API writes and reads them."""

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=100_000)
def timestamp(seconds: int) -> str:
    """Return epoch seconds as the API writes them."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(seconds: int | None) -> str | None:
    """Return an optional time as the API writes it."""
    return None if seconds is None else timestamp(seconds)


def parse_moment(text: str) -> int:
    """Return an ISO 8601 time as epoch seconds, UTC unless it says otherwise; ValueError."""
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
