"""The databases on which every test runs that touches one, and PostgreSQL's, which tests use one after another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine

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
    fingerprint: tuple[object, ...] = ()

    @contextmanager
    def borrow(self) -> Iterator[str]:
        """The URL of one without rows."""
        url = self.free.pop() if self.free else self._new()
        make_engine.cache_clear()  # the process's engine for it may have another test's listeners
        yield url
        with connected(url) as connection:
            connection.exec_driver_sql(f"{OTHERS} AND pid <> pg_backend_pid()")
            if read_fingerprint(connection) == self.fingerprint:
                empty(connection)
                self.free.append(url)

    def _new(self) -> str:
        url = self.made.enter_context(new_database(self.admin, template=self.template))
        if not self.fingerprint:
            with connected(url) as connection:
                self.fingerprint = read_fingerprint(connection)
        return url


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def read_fingerprint(connection: Connection) -> tuple[object, ...]:
    """What changes with anything but rows, the row that names the migration among it."""
    return (stored_revision(connection), *connection.exec_driver_sql(FINGERPRINT).one())


def empty(connection: Connection) -> None:
    """Delete all rows, and what is left of them: otherwise each test would read past those of the ones before."""
    for table in reversed(Base.metadata.sorted_tables):
        if connection.execute(table.delete()).rowcount:
            connection.exec_driver_sql(f"VACUUM {table.name}")
    connection.exec_driver_sql(RESTART)
