"""Upgrading views on PostgreSQL, which drops no view that another one reads, and drops a view's rights with it.

A view that says what the code says is left alone. One that changed is replaced where PostgreSQL lets it, which keeps
all that stands on it. Otherwise what stands on it is saved, dropped, and made again on the new view.
https://www.postgresql.org/docs/current/sql-createview.html
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import SetColumnComment

from chalicelib.errors import DatabaseNotReadyError
from chalicelib.store import catalogue
from chalicelib.store.catalogue import Definition, SavedView
from chalicelib.store.engine import explain
from chalicelib.store.locks import is_lock_timeout
from chalicelib.store.view_upgrades import ViewUpgrade
from chalicelib.store.views import SetViewComment, View, drop_view

# Each view is made under this name first: PostgreSQL then writes out its definition as it does that of the one there.
PROBE = "contributor_metrics_probe"
WAY_OUT = "Drop them, run this again, and create them again"


class PostgresqlUpgrade(ViewUpgrade):
    """An upgrade that touches only the views that change."""

    def __init__(self, connection: Connection, **options: Any) -> None:
        super().__init__(connection, **options)
        self.ours: dict[str, SavedView] = {}
        self.theirs: list[SavedView] = []

    def clear(self) -> None:
        """Take down the views that older versions had or, if asked, all of ours; and those on rewritten tables."""
        views = catalogue.find(self.connection, self.names if self.all_views else self.retired)
        tables = catalogue.find(self.connection, self.tables, kinds="rp")
        self._take_down({*views.values(), *tables.values()}, tables={*tables.values()})

    def make(self) -> None:
        """Make our views what the code says; the tables must be at this code's newest migration."""
        for view in self.views:
            self._make(view)
        self._comment()

    def put_back(self) -> list[str]:
        """Make people's views again that were taken down, and name them.

        Raises DatabaseNotReadyError when one can't be.
        """
        refused = []
        for view in self.theirs:
            try:
                with self.connection.begin_nested():
                    catalogue.restore(self.connection, view)
            except DBAPIError as error:
                refused.append(f"{_short(view.name)} ({explain(error)})")
        if refused:
            raise DatabaseNotReadyError(
                "these views stand on what is changed, and can't be made again after it: "
                f"{', '.join(refused)}. {WAY_OUT}"
            )
        return [
            f"your view {_short(view.name)} was made again on views that have changed: its numbers may mean something "
            "else now (see Upgrade in CHANGELOG.md)"
            for view in self.theirs
        ]

    def _make(self, view: View) -> None:
        oid = catalogue.find(self.connection, [view.name]).get(view.name)
        if oid is None:
            self._create(view)
            return
        stored, wanted = catalogue.describe(self.connection, oid), self._probe(view)
        if stored == wanted:
            return
        if stored.columns == wanted.columns[: len(stored.columns)]:
            self._replace(view, oid)
        else:
            self._take_down({oid})
            self._create(view)

    def _probe(self, view: View) -> Definition:
        """Describe the view as the code says it; those that it reads are already what they should be."""
        self.connection.execute(view.creation(name=PROBE))
        [oid] = catalogue.find(self.connection, [PROBE]).values()
        definition = catalogue.describe(self.connection, oid)
        drop_view(self.connection, PROBE)
        return definition

    def _create(self, view: View) -> None:
        self.connection.execute(view.creation())
        if view.name in self.ours:
            catalogue.restore_rights(self.connection, self.ours[view.name])

    def _replace(self, view: View, oid: int) -> None:
        before = catalogue.save(self.connection, oid)
        self.connection.execute(view.creation(replace=True))
        catalogue.restore_options(self.connection, before)  # all else outlasts it

    def _take_down(self, relations: Collection[int], *, tables: Collection[int] = ()) -> None:
        """Save and drop views, and those that stand on them or on tables; the last one first."""
        order, others = catalogue.find_dependents(self.connection, relations)
        if others:
            raise DatabaseNotReadyError(
                f"these stand on views that are to be made anew, and would be lost: {', '.join(others)}. {WAY_OUT}"
            )
        ours = {oid: name for name, oid in catalogue.find(self.connection, self.names).items()}
        views = {oid: catalogue.save(self.connection, oid) for oid in order if oid not in tables}
        for view in reversed(views.values()):
            self._drop(view)
        self.ours |= {ours[oid]: view for oid, view in views.items() if oid in ours}
        # Those that were taken down before don't stand in their way, but may stand on them.
        self.theirs[:0] = [view for oid, view in views.items() if oid not in ours]

    def _drop(self, view: SavedView) -> None:
        try:
            catalogue.run(self.connection, f"DROP {view.kind} {view.name}")
        except DBAPIError as error:
            if is_lock_timeout(error.orig):
                raise
            raise DatabaseNotReadyError(
                f"{_short(view.name)} is to be made anew, and can't be dropped: {explain(error)}. "
                "Drop it as its owner, run this again, and create it again"
            ) from error

    def _comment(self) -> None:
        """Set the comments that differ from the code's, of views and columns."""
        oids = catalogue.find(self.connection, [view.name for view in self.views])
        stored = catalogue.comments(self.connection, oids.values())
        for view in self.views:
            if stored.get((oids[view.name], "")) != view.table.comment:
                self.connection.execute(SetViewComment(view))
            for column in view.table.columns:
                if stored.get((oids[view.name], column.name)) != column.comment:
                    self.connection.execute(SetColumnComment(column))


def _short(name: str) -> str:
    return name.removeprefix("public.")
