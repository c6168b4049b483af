"""Many things in a GraphQL query: one that is too large is halved, and what is left out is None, never "nothing".

Whatever a query can't have, GitHub leaves out as a null, with or without an error beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chalicelib.errors import QueryTooLargeError, UnavailableError
from chalicelib.github.graphql import QueryAnswer, QueryError
from chalicelib.github.nodes import numeric_id

Node = Mapping[str, Any]
Place = tuple[str | int, ...]

MOST_IDS = 100  # in an argument
# When so many things in a row could not be had even alone, GitHub is out of order.
MOST_UNAVAILABLE = 3
# An error that belongs nowhere is looked for by halving, down to so many.
FEW = 25


def do_nothing() -> None:
    """Do nothing."""


class Ask(Protocol):
    """Asks for things by their keys in one query; see `GitHubAPI.query` for `is_divisible`."""

    def __call__(self, keys: Sequence[Any], *, is_divisible: bool) -> dict[Any, Any]:
        """Give each thing by its key; None for what GitHub left out."""
        ...


@dataclass
class Batches:
    """Asks for many things at once, or by halves when that is too much; raises a GitHubError when GitHub is down."""

    _unavailable: int = 0

    def fetch(self, keys: Sequence[Any], ask: Ask, on_halved: Callable[[], object] = do_nothing) -> dict[Any, Any]:
        """Ask for things by their keys; None for what can't be had, even alone."""
        if not keys:
            return {}
        is_alone = len(keys) == 1
        try:
            found = ask(keys, is_divisible=not is_alone)
        except QueryTooLargeError:
            on_halved()
            middle = len(keys) // 2
            halves = keys[:middle], keys[middle:]
            return {key: found for half in halves for key, found in self.fetch(half, ask, on_halved).items()}
        except UnavailableError:
            if not is_alone or self._unavailable >= MOST_UNAVAILABLE:
                raise
            self._unavailable += 1
            return {keys[0]: None}
        self._unavailable = 0
        return found


def errors_by_key(answer: QueryAnswer, paths: Mapping[Any, Place]) -> dict[Any, list[QueryError]]:
    """Give the errors of each key's part of an answer; one that has no place is everybody's.

    `paths` says where the part of each key is; all of them are of one length. Raises QueryTooLargeError when an error
    has no place, and many keys were asked for.
    """
    length = len(next(iter(paths.values())))
    keys = {path: key for key, path in paths.items()}
    lost = [error for error in answer.errors if error.path[:length] not in keys]
    if lost and len(paths) > FEW:
        raise QueryTooLargeError("an error of the answer belongs to no part of the query")
    found = {key: list(lost) for key in paths}
    for error in answer.errors:
        if (key := keys.get(error.path[:length])) is not None:
            found[key].append(error)
    return found


def nodes_by_key(answer: QueryAnswer, paths: Mapping[str, Place]) -> dict[str, Node | None]:
    """Give the node of each key, a node id; None for one with an error, or that isn't the very thing asked for."""
    errors = errors_by_key(answer, paths)
    found = {key: None if errors[key] else node_at(answer.data, path) for key, path in paths.items()}
    return {key: node if node and is_same(node["id"], key) else None for key, node in found.items()}


def node_at(data: Any, path: Place) -> Node | None:
    """Find a node in an answer; None for what is no node with an id."""
    found = dig(data, *path)
    return found if is_node(found) else None


def is_node(value: Any) -> bool:
    """Tell whether a value is a node with an id."""
    return isinstance(value, dict) and isinstance(value.get("id"), str)


def is_same(node_id: str, key: str) -> bool:
    """Tell whether two node ids are of the same thing; one may be in the old form."""
    return node_id == key or (numeric_id(key) is not None and numeric_id(node_id) == numeric_id(key))


def dig(data: Any, *path: str | int) -> Any:
    """Go into an answer as far as it goes: what is left out, or odd, is None."""
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data
