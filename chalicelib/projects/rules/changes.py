"""In which order things changed that changed in the same second."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Change(NamedTuple):
    """A change of a field: its event's id, and what the field said before and afterwards."""

    id: str
    before: str | None
    after: str | None


def in_order(changes: Sequence[Change]) -> list[Change]:
    """Order changes of one field: each begins with what the one before it ended with, as far as that can be told."""
    left, found = sorted(changes), list[Change]()
    while left:
        # Nothing that is left led to it.
        first = next((each for each in left if all(each.before != other.after for other in left)), left[0])
        found.append(first)
        left.remove(first)
    return found
