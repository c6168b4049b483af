"""Connections: pages of lists, by cursor."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from graphql import GraphQLError

JSON = dict[str, Any]
Row = TypeVar("Row")


def encode_cursor(text: str) -> str:
    """Return an opaque cursor."""
    return b64encode(f"cursor:v2:{text}".encode()).decode()


def _decode_cursor(cursor: str) -> str:
    """Return what a cursor says; ValueError."""
    head, version, text = b64decode(cursor, validate=True).decode().split(":", 2)
    if (head, version) != ("cursor", "v2"):
        raise ValueError(cursor)
    return text


class Connection(Generic[Row]):
    """A list as GraphQL pages it: how each row is shown, what its cursor says, and where a cursor leads."""

    def __init__(
        self,
        rows: Sequence[Row],
        show: Callable[[Row], JSON | None],
        arguments: JSON,
        *,
        key: Callable[[int, Row], str] | None = None,
        place: Callable[[str], int] | None = None,
        spend: Callable[[int], None] | None = None,
    ) -> None:
        self.rows, self.show, self._spend = rows, show, spend
        self._key = key or (lambda index, _: str(index))
        self._place = place or int
        # What is after `after` and before `before`, of which the page is a part.
        after, before = arguments.get("after"), arguments.get("before")
        self._low = 0 if after is None else self._index(after) + 1
        self._high = len(rows) if before is None else min(self._index(before), len(rows))
        self._low = min(self._low + (arguments.get("skip") or 0), max(self._high, 0))
        self.start, self.end = self._span(arguments.get("first"), arguments.get("last"))

    def _index(self, cursor: str) -> int:
        """Return where a cursor leads; raise the API's error for what is none."""
        try:
            return self._place(_decode_cursor(cursor))
        except ValueError:
            message = f"`{cursor}` does not appear to be a valid cursor."
            raise GraphQLError(message, extensions={"type": "INVALID_CURSOR_ARGUMENTS"}) from None

    def _span(self, first: int | None, last: int | None) -> tuple[int, int]:
        start, end = self._low, self._high
        if first is not None:
            end = min(end, start + first)
        if last is not None:
            start = max(start, end - last)
        return start, max(start, end)

    @property
    def page(self) -> Sequence[Row]:
        """The rows of the page."""
        return self.rows[self.start : self.end]

    def answer(self, **more: Any) -> JSON:
        """Return the connection's fields, which are made when they are asked for."""
        return {
            "totalCount": len(self.rows),
            "nodes": self._nodes,
            "edges": self._edges,
            "pageInfo": self._page_info,
            **more,
        }

    @property
    def filtered(self) -> int:
        """How many rows there are after `after` and before `before`."""
        return max(self._high - self._low, 0)

    def _cursor(self, index: int) -> str:
        return encode_cursor(self._key(index, self.rows[index]))

    def _nodes(self, _: Any) -> list[JSON | None]:
        page = self.page
        if self._spend is not None:
            self._spend(len(page))
        show = self.show
        return [show(row) for row in page]

    def _edges(self, info: Any) -> list[JSON]:
        nodes = self._nodes(info)
        return [{"cursor": self._cursor(self.start + index), "node": node} for index, node in enumerate(nodes)]

    def _page_info(self, _: Any) -> JSON:
        some = self.end > self.start
        return {
            "hasNextPage": self.end < len(self.rows),
            "hasPreviousPage": self.start > 0,
            "startCursor": self._cursor(self.start) if some else None,
            "endCursor": self._cursor(self.end - 1) if some else None,
        }
