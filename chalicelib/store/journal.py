"""Journals: the database itself notes, by triggers, which things have changed.

Whatever writes to a table (a job, a webhook, a person with `psql`) is noted. A note is a row of its own, without a
unique key: two writers never wait for each other's notes.

A trigger that stands is left alone: making one waits for all who write to its table, and holds up all who come after.
So another form of triggers comes with a migration, since migrations run without them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Table, inspect, text

PREFIX = "note_changed"
OPERATIONS = ("insert", "update", "delete")
TRUNCATE = "truncate"  # SQLite has no such statement
# The names of the triggers that stand. One that somebody disabled does not.
STANDING = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
    "WHERE tgenabled <> 'D' AND pg_table_is_visible(pg_class.oid)",
}
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


def create_journals(connection: Connection, journals: Iterable[Journal]) -> bool:
    """Make the triggers of journals that are missing; tells whether one was: changes may have gone unnoticed."""
    dialect = connection.dialect.name
    standing = set(connection.scalars(text(STANDING[dialect])))
    missing = [
        (journal, operation)
        for journal in journals
        for operation in _operations(dialect)
        if _name(journal, operation) not in standing
    ]
    for journal, operation in missing:
        for statement in _creation(dialect, journal, operation):
            connection.execute(text(statement))
    return bool(missing)


def drop_journals(connection: Connection, journals: Iterable[Journal]) -> None:
    """Drop the triggers of journals, where the tables exist."""
    existing = set(inspect(connection).get_table_names())
    for journal in journals:
        for operation in _operations(connection.dialect.name):
            name = _name(journal, operation)
            if connection.dialect.name == "sqlite":
                connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
                continue
            if journal.table.name in existing:
                connection.execute(text(f"DROP TRIGGER IF EXISTS {name} ON {journal.table.name}"))
            connection.execute(text(f"DROP FUNCTION IF EXISTS {name}()"))


def _operations(dialect: str) -> Sequence[str]:
    return OPERATIONS if dialect == "sqlite" else (*OPERATIONS, TRUNCATE)


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
    if operation == TRUNCATE:
        keys = f"SELECT DISTINCT {key} FROM {table}"  # noqa: S608
        return _postgresql(name, keys, journal=journal, when="BEFORE TRUNCATE")
    keys = " UNION ".join(f"SELECT {key} FROM {rows}_rows" for rows in ROWS[operation])  # noqa: S608
    tables = " ".join(f"{rows.upper()} TABLE AS {rows}_rows" for rows in ROWS[operation])
    return _postgresql(name, keys, journal=journal, when=f"AFTER {operation.upper()}", rows=f"REFERENCING {tables} ")


def _postgresql(name: str, keys: str, *, journal: Journal, when: str, rows: str = "") -> list[str]:
    table, notes = journal.table.name, journal.notes.name
    return [
        # With its owner's rights: who may write to the table need not be allowed to write notes.
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql "
        "SECURITY DEFINER SET search_path FROM CURRENT AS $$ BEGIN "
        f"INSERT INTO {notes} (item_id) {keys}; RETURN NULL; END $$",
        # One that somebody disabled stands in the way.
        f"DROP TRIGGER IF EXISTS {name} ON {table}",
        f"CREATE TRIGGER {name} {when} ON {table} {rows}FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
    ]
