"""Facts: tables of what follows from other tables, so that views need not work it out each time they are read.

What follows is said once, in SQL, for a set of items. It is asked three ways: for those items whose rows have changed,
each time that a view is read; for these again when their facts are stored; and for all of them, in tests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Insert,
    Select,
    Subquery,
    Table,
    delete,
    exists,
    insert,
    select,
    text,
    true,
    union_all,
)
from sqlalchemy.dialects import registry

from chalicelib.errors import DatabaseNotReadyError
from chalicelib.store.among import among, among_given
from chalicelib.store.journal import Journal
from chalicelib.store.locks import take_turn
from chalicelib.store.models import FactDefinition

REDEFINED = (
    "the database keeps these facts as another version of this app defines them: run `make migrate` with this code, or "
    "update the code; the views are right, but slower"
)
# The name under which the ids of items are given to what stores their facts.
IDS = "item_ids"
# A condition on a column of items' ids: which items are meant.
Chosen = Callable[[Any], ColumnElement[bool]]


def everything(_item_id: Any) -> ColumnElement[bool]:
    """Choose every item."""
    return true()


def these(ids: Sequence[int]) -> Chosen:
    """Choose items by their ids."""
    return lambda item_id: among(item_id, ids)


@dataclass(frozen=True)
class Facts:
    """A table of facts: `key` is the column with the item's id, and `define` says what follows for chosen items.

    The columns of what it says have the names of the table's, in the same order. `changed` is the journal's table of
    items whose facts are not what is stored.
    """

    table: Table
    key: str
    changed: Table
    define: Callable[[Chosen], Select[Any]]

    def current(self) -> Subquery:
        """Give the facts of all items: what is stored, and what follows now for items that have changed since."""
        noted = self.changed.c.item_id
        stored = select(*self.table.c).where(~exists().where(noted == self.table.c[self.key]))
        return union_all(stored, self._live()).subquery(self.table.name)

    def current_with(self, other: Facts, columns: Callable[[Any, Any], Sequence[ColumnElement[Any]]]) -> Subquery:
        """Give columns of these facts and of other ones of the same items, for those that have both.

        Not a join of two `current()`: of such a one, a database can't tell how many rows it will have.
        """
        noted, own, others = self.changed.c.item_id, self.table.c, other.table.c
        stored = (
            select(*columns(own, others))
            .where(own[self.key] == others[other.key])
            .where(~exists().where(noted == own[self.key]))
        )
        one, two = self._live().subquery(), other._live().subquery()
        live = select(*columns(one.c, two.c)).where(one.c[self.key] == two.c[other.key])
        return union_all(stored, live).subquery(f"{self.table.name}_with_{other.table.name}")

    def _live(self) -> Select[Any]:
        """What follows now for items that have changed since it was stored."""
        noted = self.changed.c.item_id
        # Where nothing has changed, the second condition spares the database all of the work.
        return self.define(lambda item_id: item_id.in_(select(noted))).where(exists(select(self.changed.c.id)))

    def store(self, connection: Connection, ids: Sequence[int]) -> None:
        """Write the facts of some items anew, in the caller's transaction."""
        for statement in self._storing:
            connection.execute(statement, {IDS: list(ids)})

    @cached_property
    def _storing(self) -> tuple[Delete, Insert]:
        """What `store` executes, made once: making it takes longer than a database does for a few items."""

        def given(item_id: Any) -> ColumnElement[bool]:
            return among_given(item_id, IDS)

        names = [column.name for column in self.table.c]
        old = delete(self.table).where(given(self.table.c[self.key]))
        return old, insert(self.table).from_select(names, self.define(given))


@dataclass(frozen=True)
class FactSet:
    """The facts of one kind of items, which are stored together.

    `changed` is the table of notes, with `id` and `item_id`; `journals` write it; `items` select the ids of all items.
    `to_come` selects the ids of chosen items of which something will follow, or follow no more, only because time goes
    by: they stay noted.
    """

    changed: Table
    facts: Sequence[Facts]
    journals: Sequence[Journal]
    items: Sequence[Select[Any]]
    to_come: Callable[[Chosen], Select[Any]]

    @property
    def name(self) -> str:
        """What the turn to store them is called."""
        return f"facts of {self.changed.name}"

    def note(self, connection: Connection, *ids: Any) -> None:
        """Note selected items as changed, those that are noted already too."""
        found = union_all(*ids).subquery()
        connection.execute(insert(self.changed).from_select(["item_id"], select(*found.c).distinct()))

    def note_all(self, connection: Connection) -> None:
        """Note all items, those too of which nothing but facts is left."""
        self.note(connection, *self.items, *(select(each.table.c[each.key]) for each in self.facts))


def take_turn_to_store(connection: Connection, facts: FactSet) -> None:
    """Wait until nobody else stores these facts, and let nobody until the transaction ends.

    Raises DatabaseNotReadyError when the database's views stand on other definitions than this code's.
    """
    take_turn(connection, facts.name)
    if not _are_defined(connection, _digests(connection, facts)):
        raise DatabaseNotReadyError(REDEFINED)


def has_many_notes(connection: Connection, facts: FactSet, number: int) -> bool:
    """Tell whether more than so many items are noted."""
    item = facts.changed.c.item_id
    return connection.scalar(select(item).distinct().order_by(item).offset(number).limit(1)) is not None


def analyze(connection: Connection, facts: FactSet) -> None:
    """Let PostgreSQL count what there is to read, and what is stored: it does so by itself a minute later, or more.

    Without it, it takes tables that were just filled for empty ones, and reads them again for each item. Notes that
    were just deleted it still expects, and prepares for work that there isn't. It needs no right, and leaves tables out
    that are another's. https://www.postgresql.org/docs/current/sql-analyze.html
    """
    if connection.dialect.name == "postgresql":
        read, kept = (each.table for each in facts.journals), (each.table for each in facts.facts)
        names = ", ".join(table.name for table in (facts.changed, *read, *kept))
        connection.execute(text(f"ANALYZE {names}"))


def store_changed(connection: Connection, facts: FactSet, *, at_most: int, after: int | None = None) -> list[int]:
    """Store the facts of noted items with ids after this one, in the caller's transaction; gives their ids, in order.

    What others write meanwhile stays noted: the notes that are seen go first, and only then the tables are read.
    """
    take_turn_to_store(connection, facts)
    item = facts.changed.c.item_id
    chosen = select(item).distinct().order_by(item).limit(at_most)
    ids = list(connection.scalars(chosen if after is None else chosen.where(item > after)))
    if ids:
        connection.execute(delete(facts.changed).where(among(item, ids)))
        # Before the tables are read, since time goes by: what is still to come then is to come now.
        facts.note(connection, facts.to_come(these(ids)))
        for each in facts.facts:
            each.store(connection, ids)
    return ids


def note_unsure(connection: Connection, facts: FactSet, *, unnoticed: bool) -> None:
    """Note all items when changes may have gone unnoticed, or facts are defined otherwise than the last time.

    In the caller's transaction, which has the turn to store them.
    """
    defined = _digests(connection, facts)
    if not unnoticed and _are_defined(connection, defined):
        return
    facts.note_all(connection)
    analyze(connection, facts)  # until they are stored, views work out all of them
    connection.execute(delete(FactDefinition).where(FactDefinition.name.in_(defined)))
    new = [{"name": name, "digest": digest} for name, digest in defined.items()]
    connection.execute(insert(FactDefinition), new)


def _are_defined(connection: Connection, digests: Mapping[str, str]) -> bool:
    rows = connection.execute(select(FactDefinition.name, FactDefinition.digest))
    stored = {row.name: row.digest for row in rows}
    return all(stored.get(name) == digest for name, digest in digests.items())


def _digests(connection: Connection, facts: FactSet) -> dict[str, str]:
    return {each.table.name: _digest(each, connection.dialect.name) for each in facts.facts}


@lru_cache(maxsize=64)
def _digest(facts: Facts, dialect: str) -> str:
    """Give a text that is another one when something else follows than before."""
    options = {"dialect": registry.load(dialect)(), "compile_kwargs": {"literal_binds": True}}
    statement = facts.define(everything).compile(**options)
    return hashlib.sha256(str(statement).encode()).hexdigest()
