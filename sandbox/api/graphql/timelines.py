"""Timelines as connections: which rows, in which order, and the oddities that a test asks for."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.api.access import Token
from sandbox.api.event_kinds import EVENT_KINDS, item_type
from sandbox.api.forms import Forms
from sandbox.api.graphql.accounts import JSON, Field
from sandbox.api.graphql.events import Events
from sandbox.api.graphql.oddities import Odd
from sandbox.api.graphql.pages import Connection
from sandbox.api.timelines import Entry
from sandbox.api.times import parse_moment, timestamp
from sandbox.world.items import Item, Kind

ITEM_TYPES: dict[Kind, str] = {kind: item_type(one.type_name) for kind, one in EVENT_KINDS.items()}


class Timelines(Events):
    """Builds timelines for a server that knows these types, with an oddity and broken repositories if wanted."""

    def __init__(
        self,
        forms: Forms,
        token: Token,
        spend: Callable[[int], None],
        *,
        types: frozenset[str],
        odd: Odd | None = None,
        broken: Mapping[str, str] | None = None,
        board_page: Callable[[int], None] = lambda _: None,
    ) -> None:
        super().__init__(forms, token, spend)
        self.board_page = board_page
        self.odd, self.broken = odd, broken or {}
        self._kinds = {kind for kind, one in EVENT_KINDS.items() if one.type_name in types}

    @property
    def owners(self) -> set[str]:
        """The organisations of the items that were shown, in lower case."""
        return {item.repository.owner.login.lower() for item in self._items}

    def timeline(self, item: Item) -> Field:
        """Return the field of an item's timeline."""

        def field(_: Any, **arguments: Any) -> JSON:
            rows = self._shown(item, arguments)
            found: Connection[Entry] = Connection(
                rows,
                lambda entry: self.row(item, entry),
                arguments,
                key=lambda _, entry: _key(entry),
                place=lambda key: _place(rows, key),
                spend=self.spend,
            )
            answer = found.answer(
                filteredCount=found.filtered,
                pageCount=len(found.page),
                updatedAt=timestamp(self.updated_at(item)),
            )
            return answer if self.odd is None else self.odd.page(answer)

        return field

    def _shown(self, item: Item, arguments: JSON) -> list[Entry]:
        """Return the entries that the token sees, of the types and the time that are asked for."""
        kinds, wanted, since = self._kinds, arguments.get("itemTypes"), arguments.get("since")
        if wanted is not None:
            kinds = {kind for kind in kinds if ITEM_TYPES[kind] in wanted}
        rows = [entry for entry in self.entries(item) if entry.kind in kinds and self.sees_entry(entry)]
        if self.odd is Odd.STALE:
            rows = rows[:-1]
        if since is not None:
            start = parse_moment(since)
            rows = [entry for entry in rows if entry.change.at >= start]
        return rows

    def updated_at(self, item: Item) -> int:
        """Return when an item was updated: on a stale replica, before its last change."""
        if self.odd is not Odd.STALE:
            return item.updated_at
        return max([item.created_at, *(change.at for change in item.history if change.at < item.updated_at)])


def _key(entry: Entry) -> str:
    return f"{entry.change.at}:{EVENT_KINDS[entry.kind].prefix}:{entry.id}:{entry.commits}"


def _place(rows: list[Entry], key: str) -> int:
    """Return where a cursor's entry is; if it is gone, where the last one before its time is."""
    for index, entry in enumerate(rows):
        if _key(entry) == key:
            return index
    at = int(key.partition(":")[0])
    return sum(entry.change.at <= at for entry in rows) - 1
