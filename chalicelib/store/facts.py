"""Facts: tables of what follows from other tables, so that views need not work it out each time they are read.

What follows is said once, in SQL, for a set of items. It is asked three ways: for those items whose rows have changed,
each time that a view is read; for these again when their facts are stored; and for all of them, in tests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Dialect,
    Select,
    Subquery,
    Table,
    delete,
    exists,
    insert,
    select,
    true,
    union_all,
)

from chalicelib.store.among import among
from chalicelib.store.journal import Journal
from chalicelib.store.models import FactDefinition

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
        # Where nothing has changed, the second condition spares the database all of the work.
        live = self.define(lambda item_id: item_id.in_(select(noted))).where(exists(select(self.changed.c.id)))
        return union_all(stored, live).subquery(self.table.name)

    def digest(self, dialect: Dialect) -> str:
        """Give a text that is another one when something else follows than before."""
        statement = self.define(everything).compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        return hashlib.sha256(str(statement).encode()).hexdigest()

    def store(self, connection: Connection, ids: Sequence[int]) -> None:
        """Write the facts of some items anew, in the caller's transaction."""
        connection.execute(delete(self.table).where(among(self.table.c[self.key], ids)))
        names = [column.name for column in self.table.c]
        connection.execute(insert(self.table).from_select(names, self.define(these(ids))))


@dataclass(frozen=True)
class FactSet:
    """The facts of one kind of items, which are stored together.

    `changed` is the table of notes, with `id` and `item_id`; `journals` write it; `items` selects the ids of all items.
    """

    changed: Table
    facts: Sequence[Facts]
    journals: Sequence[Journal]
    items: CompoundSelect[Any]


def store_changed(connection: Connection, facts: FactSet, *, at_most: int, up_to: int) -> list[int]:
    """Store the facts of items with a note up to this one, in the caller's transaction; gives these items.

    What others write meanwhile stays noted: the notes that are seen go first, and only then the tables are read.
    """
    note = facts.changed.c
    chosen = select(note.item_id).where(note.id <= up_to).distinct().order_by(note.item_id).limit(at_most)
    ids = list(connection.scalars(chosen))
    if ids:
        connection.execute(delete(facts.changed).where(among(note.item_id, ids)))
        for each in facts.facts:
            each.store(connection, ids)
    return ids


def note_redefined(connection: Connection, sets: Iterable[FactSet]) -> None:
    """Note all items of the facts whose definition is another one than the last time, in the caller's transaction."""
    rows = connection.execute(select(FactDefinition.name, FactDefinition.digest))
    stored = {row.name: row.digest for row in rows}
    for facts in sets:
        defined = {each.table.name: each.digest(connection.dialect) for each in facts.facts}
        if any(stored.get(name) != digest for name, digest in defined.items()):
            connection.execute(insert(facts.changed).from_select(["item_id"], facts.items))
            connection.execute(delete(FactDefinition).where(FactDefinition.name.in_(defined)))
            new = [{"name": name, "digest": digest} for name, digest in defined.items()]
            connection.execute(insert(FactDefinition), new)
