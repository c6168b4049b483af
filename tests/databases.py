"""The databases on which every test runs that touches one; tests use the same ones, one after another."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Hashable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine, inspect, make_url
from sqlalchemy.engine.events import ConnectionEvents

from chalicelib.models import Base
from chalicelib.store.engine import make_engine, stored_revision
from tests.postgres import new_database

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]

# What a test may change besides rows: tables, columns, comments, views, functions, the migration, settings.
CATALOGS = (
    *("pg_class", "pg_attribute", "pg_description", "pg_rewrite", "pg_proc", "pg_constraint", "pg_trigger"),
    "pg_namespace",
)
SETTINGS = "SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase"
# Each change of a catalog's row leaves another transaction's number on it.
FINGERPRINT = (
    "SELECT "
    + ", ".join(f"(SELECT array[count(*), sum(xmin::text::bigint)] FROM {catalog})" for catalog in CATALOGS)
    + f", ({SETTINGS} WHERE d.datname = current_database())"
)
OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
FILLED = " UNION ALL ".join(
    f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})"
    for table in reversed(Base.metadata.sorted_tables)
    if table.name not in ("fact_definitions", "changed_items")  # the code's, as views are; and what triggers write
)
SEQUENCES = (
    "SELECT format('%%I.%%I', schemaname, sequencename), last_value FROM pg_sequences WHERE last_value IS NOT NULL"
)
RESTART = "SELECT setval(format('%%I.%%I', schemaname, sequencename)::regclass, 1, false) FROM pg_sequences"


@dataclass
class Copies:
    """Copies of a PostgreSQL database that has our tables, each for one test at a time.

    Making one takes a third of a second, and emptying it a hundredth; so one in which only rows changed is used again.
    """

    admin: Engine
    template: str
    made: ExitStack
    free: list[str] = field(default_factory=list)
    # To look after each of them: a new connection would have to read the whole catalog again, after each test.
    connections: dict[str, Connection] = field(default_factory=dict)
    fingerprint: tuple[object, ...] = ()

    @contextmanager
    def borrow(self) -> Iterator[str]:
        """The URL of one without rows."""
        url = self.free.pop() if self.free else self._new()
        with same_engine(url):
            yield url
        connection = self.connections[url]
        connection.exec_driver_sql(f"{OTHERS} AND pid <> pg_backend_pid()")
        if read_fingerprint(connection) == self.fingerprint:
            empty(connection)
            self.free.append(url)

    def _new(self) -> str:
        url = self.made.enter_context(new_database(self.admin, template=self.template))
        self.connections[url] = self.made.enter_context(connected(url))
        self.fingerprint = self.fingerprint or read_fingerprint(self.connections[url])
        return url


@dataclass
class SqliteFile:
    """An SQLite file for one test at a time: each gets a new copy of one that has our tables, at the same URL."""

    path: Path
    template: Path

    @contextmanager
    def borrow(self) -> Iterator[str]:
        """The URL of one without rows."""
        url = f"sqlite:///{self.path}"
        with same_engine(url):
            for suffix in ("", "-wal", "-shm"):
                self.path.with_name(f"{self.path.name}{suffix}").unlink(missing_ok=True)
            shutil.copyfile(self.template, self.path)
            yield url


EVENTS = tuple(name for name in vars(ConnectionEvents) if not name.startswith("_") and name != "dispatch")


@contextmanager
def same_engine(url: str) -> Iterator[None]:
    """Keep the process's engine for the tests to come, as each statement that it compiled saves them a millisecond.

    It goes without the connections of this test, and not at all when the test listens on it.
    """
    engine = make_engine(url)
    before = count_listeners(engine)
    try:
        yield
    finally:
        engine.dispose()
        if count_listeners(engine) != before:
            make_engine.cache_clear()


def count_listeners(engine: Engine) -> int:
    return sum(len(getattr(engine.dispatch, name)) for name in EVENTS)


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def read_fingerprint(connection: Connection) -> tuple[object, ...]:
    """What changes with anything but rows, the row that names the migration among it."""
    is_newest = inspect(connection).has_table("fact_definitions")
    definitions = "SELECT name, digest FROM fact_definitions ORDER BY name"
    facts = connection.exec_driver_sql(definitions).all() if is_newest else []
    return (stored_revision(connection), *facts, *connection.exec_driver_sql(FINGERPRINT).one())


def empty(connection: Connection) -> None:
    """Delete all rows, and what is left of them: otherwise each test would read past those of the ones before."""
    filled = [table for (table,) in connection.exec_driver_sql(FILLED)]
    for table in (*filled, "changed_items"):  # the notes last, since each deletion is noted
        if connection.exec_driver_sql(f"DELETE FROM {table}").rowcount:
            connection.exec_driver_sql(f"VACUUM {table}")
    connection.exec_driver_sql(RESTART)


# What tests begin with, kept for those that begin with the same: by the kind of database, and by what was done.
Write = Callable[[str], None]
KEPT: dict[tuple[str, Hashable], Write] = {}


def fill_once(url: str, key: Hashable, fill: Callable[[], None]) -> None:
    """Let `fill` write into a database without rows; what it wrote the first time is copied the next times.

    The key says all that the rows depend on.
    """
    backend = make_url(url).get_backend_name()
    if write := KEPT.get((backend, key)):
        write(url)
        return
    fill()
    KEPT[backend, key] = {"sqlite": keep_sqlite, "postgresql": keep_postgresql}[backend](url)


def keep_sqlite(url: str) -> Write:
    """Keep a file's content; gives what writes it into another one."""
    kept = sqlite3.connect(":memory:")
    with closing(sqlite3.connect(str(make_url(url).database))) as source:
        source.backup(kept)

    def write(other: str) -> None:
        with closing(sqlite3.connect(str(make_url(other).database))) as target:
            kept.backup(target)

    return write


def keep_postgresql(url: str) -> Write:
    """Keep the rows, and how far sequences are; gives what writes them into another one."""
    rows: dict[str, bytes] = {}
    with connected(url) as connection, closing(connection.connection.cursor()) as cursor:
        for table in (*(name for (name,) in reversed(connection.exec_driver_sql(FILLED).all())), "changed_items"):
            copied = BytesIO()
            cursor.copy_expert(f"COPY {table} TO STDOUT (FORMAT binary)", copied)
            rows[table] = copied.getvalue()
        sequences = connection.exec_driver_sql(SEQUENCES).all()

    def write(other: str) -> None:
        with connected(other) as connection, closing(connection.connection.cursor()) as cursor:
            for table, content in rows.items():
                if table == "changed_items":  # what was copied before was noted
                    cursor.execute("DELETE FROM changed_items")
                cursor.copy_expert(f"COPY {table} FROM STDIN (FORMAT binary)", BytesIO(content))
            for name, value in sequences:
                connection.exec_driver_sql("SELECT setval(%s, %s)", (name, value))

    return write


def filled(urls: dict[str, str], fill: Callable[[Engine], object]) -> dict[str, str]:
    """Fill each of some databases; gives their URLs back."""
    for url in urls.values():
        engine = create_engine(url)
        fill(engine)
        engine.dispose()
    return urls


@contextmanager
def locked(db_url: str, tables: str) -> Iterator[None]:
    """Hold a lock that nobody can read beside: on a whole file, or on some tables."""
    other = create_engine(db_url)
    with other.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
            connection.exec_driver_sql("BEGIN EXCLUSIVE")
        else:
            connection.exec_driver_sql(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()
    other.dispose()
