"""The items of a board: all pages, and each value of each item.

A page that is too large is halved, down to one item; an item that can't be had even so is passed by and counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.errors import BadAnswerError, QueryTooLargeError, UnavailableError
from chalicelib.github import PER_PAGE, GitHubAPI, QueryAnswer, QueryError
from chalicelib.github.answers import is_count
from chalicelib.github.batches import MOST_UNAVAILABLE, Batches, Node, dig, errors_by_key, is_node
from chalicelib.projects.api import queries
from chalicelib.projects.api.answers import PATH, connection_of, is_connection, is_refusal, next_cursor
from chalicelib.utils import in_parts

WHERE = ("node", "items", "nodes")


@dataclass(frozen=True)
class ItemsRead:
    """What was read of a board: its items, how many it has, and how many GitHub left out.

    When there are fewer nodes than `total`, some are missing: they may have moved while the pages were read.
    """

    nodes: list[Node]
    total: int
    holes: int


@dataclass
class ItemReader:
    """Reads the items of one board."""

    github: GitHubAPI
    project_id: str
    with_archived: bool
    _size: int = PER_PAGE
    _passed: int = 0  # items in a row that could not be had
    _total: int = 0
    _holes: int = 0
    _found: dict[str, Node] = field(default_factory=dict)
    _doubtful: list[str] = field(default_factory=list)
    _batches: Batches = field(default_factory=Batches)

    def read(self) -> ItemsRead:
        """Read all items; raises a GitHubError when the board can't be read, or GitHub is out of order."""
        cursor: str | None = None
        cursors = set[str]()
        while True:
            page = self._page(cursor)
            cursor = next_cursor(page, cursors)
            if cursor is None:
                break
            cursors.add(cursor)
        again = [key for key in dict.fromkeys(self._doubtful) if key not in self._found]
        for part in in_parts(again, PER_PAGE):
            for key, node in self._batches.fetch(part, self._ask_by_id).items():
                self._keep(key, node)
        return ItemsRead(list(self._found.values()), self._total, self._holes)

    def _page(self, cursor: str | None) -> Mapping[str, Any]:
        """Read a page, as large as GitHub can give it."""
        while True:
            try:
                answer = self._ask_page(cursor, is_divisible=self._size > 1)
                page = self._take(answer)
            except QueryTooLargeError:
                self._size = max(self._size // 2, 1)
            except UnavailableError:
                if self._size > 1 or self._passed >= MOST_UNAVAILABLE:
                    raise
                return self._pass_by(cursor)
            else:
                self._size, self._passed = min(self._size * 2, PER_PAGE), 0
                return page

    def _ask_page(self, cursor: str | None, *, is_divisible: bool, node: str = queries.ITEM) -> QueryAnswer:
        text = queries.items(node=node, with_archived=self.with_archived)
        variables = {"id": self.project_id, "first": self._size, "after": cursor}
        return self.github.query(text, variables, is_divisible=is_divisible)

    def _pass_by(self, cursor: str | None) -> Mapping[str, Any]:
        """Find out where the list goes on behind an item that can't be had."""
        page = self._connection(self._ask_page(cursor, is_divisible=False, node=queries.PASSED_BY))
        self._passed += 1
        self._holes += len(page["nodes"])
        return page

    def _connection(self, answer: QueryAnswer) -> Mapping[str, Any]:
        page = connection_of(answer, "node", "items", what=f"board {self.project_id}")
        if not is_count(page.get("totalCount")):
            raise BadAnswerError("the answer doesn't say how many items there are", path=PATH, method="POST")
        self._total = page["totalCount"]
        return page

    def _take(self, answer: QueryAnswer) -> Mapping[str, Any]:
        """Keep the items of a page that are whole; note those that must be asked for again."""
        page = self._connection(answer)
        numbers = range(len(page["nodes"]))
        errors = errors_by_key(answer, {number: (*WHERE, number) for number in numbers}) if numbers else {}
        for number in numbers:
            node = page["nodes"][number]
            if not is_node(node):
                self._holes += 1
            elif (whole := self._whole(node, errors[number])) is not None:
                self._found[node["id"]] = whole
            else:
                self._doubtful.append(node["id"])
        return page

    def _ask_by_id(self, keys: Sequence[str], *, is_divisible: bool) -> dict[str, Any]:
        answer = self.github.query(queries.ITEMS_BY_ID, {"ids": list(keys)}, is_divisible=is_divisible)
        errors = errors_by_key(answer, {key: ("nodes", number) for number, key in enumerate(keys)})
        nodes = {key: dig(answer.data, "nodes", number) for number, key in enumerate(keys)}
        return {key: self._whole(node, errors[key]) if is_node(node) else None for key, node in nodes.items()}

    def _keep(self, key: str, node: Node | None) -> None:
        if node is None:
            self._holes += 1
        else:
            self._found[key] = node

    def _whole(self, node: Node, errors: Sequence[QueryError]) -> Node | None:
        """Give an item with all its values; None when something of it is missing.

        What is refused is no gap: the token may not see that issue, nor what stands above it.
        """
        values = node.get("fieldValues")
        if not all(map(is_refusal, errors)) or not is_connection(values):
            return None
        nodes = self._all_values(node, may_have_gaps=bool(errors))
        return None if nodes is None else {**node, "fieldValues": {"nodes": nodes}}

    def _all_values(self, node: Node, *, may_have_gaps: bool) -> list[Any] | None:
        """Read all values of an item; None when GitHub left one out without a reason."""
        values: Mapping[str, Any] = node["fieldValues"]
        found, cursors = list(values["nodes"]), set[str]()
        while (cursor := next_cursor(values, cursors)) is not None:
            cursors.add(cursor)
            answer = self.github.query(queries.VALUES, {"id": node["id"], "after": cursor})
            if answer.errors:
                return None
            values = connection_of(answer, "node", "fieldValues", what=f"item {node['id']}")
            found += values["nodes"]
        known = [each for each in found if isinstance(each, dict)]
        return known if may_have_gaps or len(known) == len(found) else None
