"""What runs and jobs share when two things that were told of them are put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

Row = Mapping[str, Any]
COMPLETED, IN_PROGRESS = "completed", "in_progress"
# Each is later than those before it. Whatever comes before a runner ranks alike: it comes in any order.
RANKS = {IN_PROGRESS: 1, COMPLETED: 2}


def rank_of(status: str) -> int:
    """Give how far a status is: 0 before a runner has begun, 1 in progress, 2 completed."""
    return RANKS.get(status, 0)


def first(*moments: datetime | None) -> datetime | None:
    """Give the earliest of some times; None when there is none."""
    return min(_known(moments), default=None)


def last(*moments: datetime | None) -> datetime | None:
    """Give the latest of some times; None when there is none."""
    return max(_known(moments), default=None)


def _known(moments: Iterable[datetime | None]) -> Iterable[datetime]:
    return (moment for moment in moments if moment is not None)


def bookkeeping(stored: Row, new: Row, *, is_changed: bool) -> dict[str, Any]:
    """Put together what this app knows by itself.

    News of something that was given up take that back: another status, or that it is there although GitHub had said
    that it is not.
    """
    kept = {name: stored.get(name) for name in ("checked_at", "abandoned_at", "abandoned_reason")}
    given_up = dict.fromkeys(("abandoned_at", "abandoned_reason"))
    return {
        **kept,
        **(given_up if is_changed or stored.get("not_found_at") is not None else {}),
        "first_seen_at": first(stored["first_seen_at"], new["first_seen_at"]),
        "told_at": first(stored.get("told_at"), new.get("told_at")),
        "changed_at": new["first_seen_at"] if is_changed else stored["changed_at"],
        # It was told of just now, so it is there.
        "not_found_at": None,
    }
