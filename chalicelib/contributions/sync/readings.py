"""One reading of a span: does GitHub list as many items as it counts?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from chalicelib.contributions.api import SearchPage, Span, moment_of
from chalicelib.errors import IncompleteReadError

# How often a place is read before giving up, when GitHub lists fewer items there than it counts.
ATTEMPTS = 3
# GitHub may count a few items that it never lists: a handful, or one in a hundred. More is a partial answer.
HANDFUL, ONE_IN = 5, 100


def tolerance(counted: int) -> int:
    """Give how many of so many counted items may be missing from a listing."""
    return max(HANDFUL, counted // ONE_IN)


def identity_of(item: Any) -> Any:
    """Give what tells a page's records apart: the id, or the whole record when it has none."""
    github_id = item.get("id") if isinstance(item, dict) else None
    return github_id if type(github_id) is int else repr(item)


@dataclass(frozen=True)
class Gap:
    """A place in a span where GitHub counts more items than it lists.

    `is_contradicted`: the next search counts fewer items than the last one has just listed of its time.
    """

    place: Span
    count: int
    listed: frozenset[Any]
    is_contradicted: bool = False


@dataclass
class Reading:
    """A reading of a span, oldest first: what is left of it, what was listed, and where GitHub counted more.

    Each search counts all that is left, so two searches in a row must agree: the first one counts what it lists
    before the second one begins, and what the second one counts. `seen` has each item's `updated_at` by its identity.
    `newest` is the newest time that was listed, of those that have come by `now`.
    """

    left: Span
    now: datetime
    announced: int | None = None
    seen: dict[Any, datetime | None] = field(default_factory=dict)
    newest: datetime | None = None
    gaps: list[Gap] = field(default_factory=list)
    is_done: bool = False
    _doubts: list[Gap] = field(default_factory=list)
    _counted: int | None = None
    _most: int = 0
    _listed: dict[Any, datetime | None] = field(default_factory=dict)

    @property
    def missing(self) -> int:
        """How many items GitHub counts and doesn't list."""
        return sum(gap.count for gap in self.gaps)

    def begins_search(self, page: SearchPage) -> bool:
        """Tell whether a page is the first one of a further search."""
        return self._counted is not None and page.since is not None and page.since != self.left.since

    def add(self, page: SearchPage) -> None:
        """Take a page's items."""
        if self._counted is None:
            self._counted = page.total_count
            self._most = max(self._most, page.total_count)
        if self.announced is None:
            self.announced = page.total_count
        for item in page.items:
            moment = moment_of(item, f"{self.left.axis}_at")
            self._listed[identity_of(item)] = moment
            self.seen[identity_of(item)] = moment_of(item, "updated_at")
            if moment and moment <= self.now:
                self.newest = max(self.newest or moment, moment)

    def gap_before(self, page: SearchPage | None) -> Gap | None:
        """Find what the last search counted and did not list before this page, or at all; None when nothing is."""
        counted, begin = self._counted or 0, page.since if page else None
        # When a place is read again, a few items may be gone, but not all of them.
        if self._most - counted > tolerance(self._most) or not counted:
            counted = self._most
        listed = frozenset(key for key, moment in self._listed.items() if not (begin and moment and moment >= begin))
        count = counted - len(listed) - (page.total_count if page else 0)
        place = replace(self.left, until=begin or self.left.until)
        is_contradicted = page is not None and page.total_count < len(self._listed) - len(listed)
        return Gap(place, count, listed, is_contradicted) if count > 0 else None

    def accepts(self, gap: Gap) -> bool:
        """Tell whether two readings of a place agree on a gap, and all gaps are small; it counts as known then.

        After a False the place is to be read again. Raises IncompleteReadError after ATTEMPTS readings.
        """
        is_small = self.missing + gap.count <= tolerance(self.announced or 0) and not gap.is_contradicted
        if gap in self._doubts and is_small:
            self.gaps.append(gap)
            return True
        self._doubts.append(gap)
        if len(self._doubts) == ATTEMPTS:
            raise IncompleteReadError(
                f"GitHub announced {self._most} items for {self.left.qualifier} and listed {self._most - gap.count}"
            )
        self._forget_search()
        return False

    def go_on(self, page: SearchPage | None) -> None:
        """Go on to a page's search: all before it is listed. Without a page, the reading is at its end."""
        if page:
            self.left = replace(self.left, since=page.since)
        self.is_done = page is None
        self._doubts.clear()
        self._most = 0
        self._forget_search()

    def _forget_search(self) -> None:
        self._counted, self._listed = None, {}
