"""Bringing the views of a database to what the code says, without harm to those that people made on top of them.

An upgrade has three parts: `clear` what stands in the migrations' way, `make` our views, and `put_back` what people
had. It is one transaction, the caller's: what can't be put back undoes it all.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, inspect, literal_column, select, table, text
from sqlalchemy.exc import DBAPIError

from chalicelib.store.engine import explain
from chalicelib.store.views import View, drop_view


class ViewUpgrade:
    """An upgrade where nobody can tell what stands on our views: they are all dropped, and made anew."""

    def __init__(
        self,
        connection: Connection,
        *,
        views: Sequence[View],
        retired: Sequence[str],
        tables: Collection[str] = (),
        all_views: bool = False,
    ) -> None:
        """Prepare it.

        `retired` are names that our views had in older versions, `tables` those that migrations will rewrite.
        `all_views` tells that none of ours may stay.
        """
        self.connection = connection
        self.views = views
        self.retired = retired
        self.names = (*retired, *(view.name for view in views))
        self.tables = tables
        self.all_views = all_views

    def clear(self) -> None:
        """Take down what stands in the migrations' way: views of older versions, and those on rewritten tables."""
        self._drop_ours()

    def make(self) -> None:
        """Make our views what the code says; the tables must be at this code's newest migration."""
        self._drop_ours()
        for view in self.views:
            self.connection.execute(view.creation())

    def put_back(self) -> list[str]:
        """Make people's views again that were taken down; gives a sentence for each one that doesn't work.

        Raises DatabaseNotReadyError where the database refuses one.
        """
        return []

    def _drop_ours(self) -> None:
        existing = set(inspect(self.connection).get_view_names())
        for name in reversed(self.names):
            if name in existing:
                drop_view(self.connection, name)


class _Entry(NamedTuple):
    """A view or a trigger as SQLite has it: `on` is the view itself, or the trigger's table or view."""

    name: str
    on: str
    sql: str


class SqliteUpgrade(ViewUpgrade):
    """An upgrade on SQLite, where a view is only a text.

    A text that names a view or a table that is away makes ALTER TABLE … RENAME fail, so people's are taken down too.
    https://www.sqlite.org/lang_altertable.html#alter_table_rename
    """

    taken_down: Sequence[_Entry] = ()
    triggers: Sequence[_Entry] = ()

    def clear(self) -> None:
        """Take down all of ours, and whatever names one of them or one of the tables."""
        ours = {*self.names} - {*inspect(self.connection).get_table_names()}
        self.taken_down = self._readers({*ours, *self.tables})
        away = {*ours, *(entry.name for entry in self.taken_down)}
        self.triggers = [entry for entry in self._entries("trigger") if entry.on in away]
        for entry in self.taken_down:
            drop_view(self.connection, entry.name)
        super().clear()

    def put_back(self) -> list[str]:
        """Make people's views and triggers again, as the texts that they were; nothing is refused."""
        for entry in self.taken_down:
            self.connection.exec_driver_sql(entry.sql)
        there = {entry.name for entry in self._entries("view")}
        for entry in self.triggers:
            if entry.on in there:
                self.connection.exec_driver_sql(entry.sql)
        complaints = [self._complaint(name) for name in sorted(there - set(self.names))]
        return [complaint for complaint in complaints if complaint]

    def _entries(self, kind: str) -> list[_Entry]:
        query = text("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = :kind ORDER BY rowid")
        return [_Entry(*row) for row in self.connection.execute(query, {"kind": kind})]

    def _readers(self, names: set[str]) -> list[_Entry]:
        """Find people's views whose text has one of the names, or that of such a view; one too many does no harm."""
        theirs = [entry for entry in self._entries("view") if entry.name not in self.names]
        found: list[_Entry] = []
        known = {name.lower() for name in names}
        while new := [e for e in theirs if e not in found and known & set(re.findall(r"\w+", e.sql.lower()))]:
            found += new
            known |= {entry.name.lower() for entry in new}
        return sorted(found, key=theirs.index)

    def _complaint(self, name: str) -> str:
        """Say that a view doesn't work, and why; empty when it does."""
        try:
            self.connection.execute(select(literal_column("*")).select_from(table(name)).limit(0))
        except DBAPIError as error:
            return f"your view {name} doesn't work ({explain(error)}): drop it, or make it anew"
        return ""
