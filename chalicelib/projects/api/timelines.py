"""What timelines of issues and pull requests tell of boards, many at once.

Where boards are forbidden, the rest of the timeline is asked for alone: when it was closed and reopened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from chalicelib.errors import ForbiddenError, QueryTooLargeError, SingleSignOnError
from chalicelib.github import FORBIDDEN, GitHubAPI, QueryAnswer, QueryError
from chalicelib.github.batches import MOST_IDS, Batches, Node, dig, errors_by_key, is_node, is_same
from chalicelib.projects.api import queries
from chalicelib.projects.api.answers import is_connection, is_refusal, next_cursor
from chalicelib.utils import in_parts

TIMELINE = "timelineItems"
# When the boards of so many items in a row were forbidden, those of all are.
MOST_FORBIDDEN = 10


@dataclass(frozen=True)
class _Page:
    """A page of a timeline: GitHub's record of it, its events, and whether boards' events are among them."""

    record: Mapping[str, Any]
    events: list[Node]
    with_boards: bool


@dataclass
class Timelines:
    """Reads timelines; remembers when boards are forbidden, and whose timelines came without them."""

    github: GitHubAPI
    _batches: Batches = field(default_factory=Batches)
    _forbidden: int = 0
    without_boards: set[str] = field(default_factory=set)

    @property
    def is_without_boards(self) -> bool:
        """Whether GitHub refuses to tell of boards at all."""
        return self._forbidden >= MOST_FORBIDDEN

    def fetch(self, ids: Sequence[str]) -> dict[str, list[Node] | None]:
        """Fetch all events of timelines by the node ids of their items; None for one that can't be had."""
        pages: dict[str, _Page | None] = {}
        for part in in_parts(list(dict.fromkeys(ids)), MOST_IDS):
            pages |= self._batches.fetch(part, self._ask)
        self.without_boards |= {key for key, page in pages.items() if page and not page.with_boards}
        return {key: None if page is None else self._all(key, page) for key, page in pages.items()}

    def _ask(self, keys: Sequence[str], *, is_divisible: bool) -> dict[str, _Page | None]:
        """Ask for first pages; for those whose boards are forbidden, without boards."""
        if self.is_without_boards:
            return self._ask_pages(keys, with_boards=False, is_divisible=is_divisible)[0]
        try:
            found, forbidden = self._ask_pages(keys, with_boards=True, is_divisible=is_divisible)
        except SingleSignOnError:
            raise
        except ForbiddenError as error:
            if is_divisible:  # one forbidden board can void the answer about all
                raise QueryTooLargeError(error.message) from error
            found, forbidden = {}, list(keys)
        self._forbidden = self._forbidden + len(forbidden) if len(forbidden) == len(keys) else 0
        if forbidden:
            found |= self._ask_pages(forbidden, with_boards=False, is_divisible=is_divisible)[0]
        return found

    def _ask_pages(
        self, keys: Sequence[str], *, with_boards: bool, is_divisible: bool, after: str | None = None
    ) -> tuple[dict[str, _Page | None], list[str]]:
        """Ask for a page of each timeline; gives the pages, and the items whose whole timelines are forbidden."""
        text = queries.timelines(with_boards=with_boards)
        answer = self.github.query(text, {"ids": list(keys), "after": after}, is_divisible=is_divisible)
        errors = errors_by_key(answer, {key: ("nodes", number) for number, key in enumerate(keys)})
        pages = {
            key: _page_of(answer, key, number, errors[key], with_boards=with_boards) for number, key in enumerate(keys)
        }
        forbidden = [key for key in keys if pages[key] is None and _is_forbidden(errors[key])] if with_boards else []
        return pages, forbidden

    def _all(self, key: str, page: _Page) -> list[Node] | None:
        events, cursors = list(page.events), set[str]()
        while (cursor := next_cursor(page.record, cursors)) is not None:
            cursors.add(cursor)
            ask = partial(self._ask_next, after=cursor, with_boards=page.with_boards)
            following = self._batches.fetch([key], ask)[key]
            if following is None:
                return None
            page = following
            events += page.events
        return events

    def _ask_next(
        self, keys: Sequence[str], *, is_divisible: bool, after: str, with_boards: bool
    ) -> dict[str, _Page | None]:
        return self._ask_pages(keys, with_boards=with_boards, is_divisible=is_divisible, after=after)[0]


def _is_forbidden(errors: Sequence[QueryError]) -> bool:
    return any(error.type == FORBIDDEN for error in errors)


def _page_of(
    answer: QueryAnswer, key: str, number: int, errors: Sequence[QueryError], *, with_boards: bool
) -> _Page | None:
    """Read a page; None when something of it is missing.

    An event that is refused is about a board that the token may not see, so it is not one that is read.
    """
    node = dig(answer.data, "nodes", number)
    record = dig(node, TIMELINE)
    if not is_node(node) or not is_same(node["id"], key) or not is_connection(record):
        return None
    where = ("nodes", number, TIMELINE, "nodes")
    refused = {each.path[: len(where) + 1] for each in errors}
    events = {(*where, place): event for place, event in enumerate(record["nodes"])}
    is_whole = all(is_node(event) or place in refused for place, event in events.items())
    if not is_whole or not refused <= events.keys() or not all(map(is_refusal, errors)):
        return None
    return _Page(record, [event for event in events.values() if is_node(event)], with_boards)
