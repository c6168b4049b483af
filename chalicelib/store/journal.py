"""Journals: the database itself notes, by triggers, which things have changed.

Whatever writes to a table (a job, a webhook, a person with `psql`) is noted. A note is a row of its own, without a
unique key: two writers never wait for each other's notes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, Table, inspect, text

PREFIX = "note_changed"
OPERATIONS = ("insert", "update", "delete")
# Which of a statement's rows, old and new, name what changed. https://www.postgresql.org/docs/current/plpgsql-trigger.html
ROWS = {"insert": ("new",), "update": ("old", "new"), "delete": ("old",)}


@dataclass(frozen=True)
class Journal:
    """A table whose changes are noted: the column `key` of its rows goes into the one column of `notes` beside its id.

    `notes` has the columns `id`, which numbers itself, and `item_id`.
    """

    table: Table
    key: str
    notes: Table


def create_journals(connection: Connection, journals: Iterable[Journal]) -> None:
    """Make the triggers of journals; they may exist already."""
    for journal in journals:
        for operation in OPERATIONS:
            for statement in _creation(connection.dialect.name, journal, operation):
                connection.execute(text(statement))


def drop_journals(connection: Connection, journals: Iterable[Journal]) -> None:
    """Drop the triggers of journals, where the tables exist."""
    existing = set(inspect(connection).get_table_names())
    for journal in journals:
        for operation in OPERATIONS:
            name = _name(journal, operation)
            if connection.dialect.name == "sqlite":
                connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
                continue
            if journal.table.name in existing:
                connection.execute(text(f"DROP TRIGGER IF EXISTS {name} ON {journal.table.name}"))
            connection.execute(text(f"DROP FUNCTION IF EXISTS {name}()"))


def _name(journal: Journal, operation: str) -> str:
    return f"{PREFIX}_{journal.table.name}_{operation}"


def _creation(dialect: str, journal: Journal, operation: str) -> list[str]:
    name, table, key, notes = _name(journal, operation), journal.table.name, journal.key, journal.notes.name
    if dialect == "sqlite":
        # Row by row: SQLite has no other triggers. One note is enough, since nobody else writes meanwhile.
        bodies = (
            f"INSERT INTO {notes} (item_id) SELECT {rows}.{key} "  # noqa: S608 - the names are the models'
            f"WHERE NOT EXISTS (SELECT 1 FROM {notes} WHERE item_id = {rows}.{key});"
            for rows in ROWS[operation]
        )
        return [
            f"CREATE TRIGGER IF NOT EXISTS {name} AFTER {operation.upper()} ON {table} BEGIN {' '.join(bodies)} END"
        ]
    keys = " UNION ".join(f"SELECT {key} FROM {rows}_rows" for rows in ROWS[operation])  # noqa: S608
    tables = " ".join(f"{rows.upper()} TABLE AS {rows}_rows" for rows in ROWS[operation])
    return [
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"INSERT INTO {notes} (item_id) {keys}; RETURN NULL; END $$",
        f"DROP TRIGGER IF EXISTS {name} ON {table}",
        f"CREATE TRIGGER {name} AFTER {operation.upper()} ON {table} REFERENCING {tables} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
    ]
