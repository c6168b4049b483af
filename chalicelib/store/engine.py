"""Engines and sessions, and whether the database is ready for this code."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import LRUCache

from chalicelib.errors import DatabaseNotReadyError, SettingsError

# Every migration this code knows, oldest first; a test holds it to migrations/versions.
REVISIONS = ("0001", "0002", "0003", "0004")
BUSY_SECONDS = 30
# One for every engine of the process: a warm Lambda makes a new engine each run, and compiles nothing twice.
COMPILED: LRUCache[Any, Any] = LRUCache(500)
MALFORMED = "DB_URL is malformed: it must look like postgresql://user:password@host/name or sqlite:///file.db"


def parse_db_url(db_url: str) -> URL:
    """Understand a database URL; SettingsError when it is none. The password never shows."""
    try:
        url = make_url(db_url)
    except (ArgumentError, ValueError):
        # Not chained: SQLAlchemy's own sentence may quote a piece of the password.
        raise SettingsError(MALFORMED) from None
    # What stands behind a password's own @ would pass for the host, and its / for the database's name: in clear.
    if "@" in (url.host or "") or (url.host and "@" in (url.database or "")):
        raise SettingsError("DB_URL is malformed: in the user's name and password, @ must be written %40 and / %2F")
    if not db_url.isprintable():
        raise SettingsError(MALFORMED)
    # postgres:// is what many providers hand out, and plain postgresql:// would need another driver than ours.
    if url.drivername in {"postgres", "postgresql"}:
        return url.set(drivername="postgresql+psycopg2")
    return url


def make_engine(db_url: str) -> Engine:
    """Make an engine for a database URL; SettingsError when its dialect isn't installed."""
    url = parse_db_url(db_url)
    arguments: dict[str, Any] = {}
    if url.get_backend_name() == "postgresql":
        arguments = {"connect_args": {"connect_timeout": 10, "application_name": "contributor-metrics"}}
    try:
        engine = create_engine(
            url,
            pool_pre_ping=True,
            hide_parameters=True,
            json_serializer=canonical,
            execution_options={"compiled_cache": COMPILED},
            **arguments,
        )
    except (NoSuchModuleError, ImportError) as error:
        raise SettingsError(f"DB_URL names a database that isn't installed here: {url.drivername}") from error
    except (ArgumentError, TypeError, ValueError):
        raise SettingsError(MALFORMED) from None
    if engine.dialect.name == "postgresql":
        event.listen(engine, "connect", _prepare_postgresql)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "savepoint", _begin_sqlite)
    return engine


def canonical(value: Any) -> str:
    """Write JSON so that equal values are equal texts: SQLite compares JSON columns as texts."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _prepare_postgresql(connection: Any, _entry: ConnectionPoolEntry) -> None:
    # Somebody who forgot a transaction must not hold a run up until Lambda kills it without a word.
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{BUSY_SECONDS}s'")
    connection.commit()


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    # Readers don't block the writer, and a second writer waits instead of failing.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    cursor.close()


def _begin_sqlite(connection: Connection, _name: str | None) -> None:
    """Begin the transaction that a savepoint is to be in.

    Python's sqlite3 begins one before an INSERT, but not before a SAVEPOINT, whose release would then commit.
    https://docs.python.org/3/library/sqlite3.html#transaction-control
    """
    driver: Any = connection.connection.driver_connection
    if not driver.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def create_db_session(db_url: str) -> Session:
    """Open a session on a database that is up and migrated; DatabaseNotReadyError says what is wrong and what to do.

    Closing the session also lets go of its connections.
    """
    engine = make_engine(db_url)
    try:
        with engine.connect() as connection:
            check_revision(connection)
    except BaseException as error:
        engine.dispose()
        if isinstance(error, SQLAlchemyError):
            raise DatabaseNotReadyError(describe(error, db_url)) from error
        raise
    # What was committed stays readable: a run reports from its ledger rows after the session has ended.
    return _OwningSession(engine, expire_on_commit=False)


class _OwningSession(Session):
    """A session whose engine ends with it."""

    def close(self) -> None:
        super().close()
        engine = self.get_bind()
        if isinstance(engine, Engine):
            engine.dispose()


def check_revision(connection: Connection) -> None:
    """Raise DatabaseNotReadyError unless the database stands at this code's newest migration."""
    revision = stored_revision(connection)
    if revision == REVISIONS[-1]:
        return
    if revision is None:
        raise DatabaseNotReadyError("the database has no tables of this app yet: run `make migrate`")
    if revision in REVISIONS:
        raise DatabaseNotReadyError(
            f"the database is at migration {revision}, this code needs {REVISIONS[-1]}: run `make migrate`"
        )
    raise DatabaseNotReadyError(
        f"the database is at migration {revision}, newer than this code ({REVISIONS[-1]}): update the code"
    )


def stored_revision(connection: Connection) -> str | None:
    """Tell the migration that a database stands at; None when it was never migrated."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def describe(error: SQLAlchemyError, db_url: str) -> str:
    """Say in one sentence, without the password, which database failed and how."""
    url = parse_db_url(db_url)
    # SQLAlchemy hides the password before the host; libpq takes one among the parameters too.
    hidden = dict.fromkeys((name for name in url.query if "pass" in name.lower()), "hidden")
    where = url.update_query_dict(hidden).render_as_string(hide_password=True)
    return f"the database {where} can't be used: {explain(error)}"


def explain(error: SQLAlchemyError) -> str:
    """Put a database error on one line, without the statement and its values."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    # psycopg2's whole text goes on with an excerpt of the statement, values and all.
    primary = getattr(getattr(origin, "diag", None), "message_primary", None)
    return " ".join((primary or str(origin)).split())
