"""Engines and sessions, and the check that the database is ready for this code.

A text in a database may be anything that GitHub says, so both sides of a connection speak UTF-8.
"""

from __future__ import annotations

import json
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from chalicelib.errors import DatabaseNotReadyError, SettingsError
from chalicelib.store.locks import begin_immediate, is_lock_timeout, lock_seconds, wait_while_busy
from chalicelib.store.transactions import watch
from chalicelib.store.urls import MALFORMED, parse_db_url, private_parameters, redact_text, redact_url, without_private

# Every migration that this code knows, oldest first; a test compares it with migrations/versions.
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011")
ENCODING = "UTF8"
# A connection that is older is not used again. A Lambda that stands still keeps none alive, and gateways on the way
# forget it after 350 seconds; one that doesn't say so would hold the next delivery up until Lambda ends it.
# https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html
KEPT_SECONDS = 300
# Compiling a statement of many joins takes seconds, and running it once doesn't win them back. Unlike SET, this is no
# error where there is no such setting. https://www.postgresql.org/docs/current/jit-decision.html
JIT_OFF = "SELECT set_config(name, 'off', false) FROM pg_settings WHERE name = 'jit'"


@lru_cache(maxsize=8)
def make_engine(db_url: str) -> Engine:
    """Make the process's one engine for a database URL, so that a warm Lambda compiles no statement twice.

    Raises SettingsError when the URL is malformed, or its driver isn't installed.
    """
    url = parse_db_url(db_url)
    connect_args: dict[str, Any] = {}
    if url.get_backend_name() == "postgresql":
        url, connect_args = without_private(url), _postgresql_arguments(url)
    try:
        engine = create_engine(
            url,
            pool_pre_ping=True,
            # A database in memory is its connection.
            pool_recycle=KEPT_SECONDS if url.get_backend_name() == "postgresql" else -1,
            hide_parameters=True,
            json_serializer=canonical,
            connect_args=connect_args,
        )
    except (NoSuchModuleError, ImportError) as error:
        raise SettingsError(f"DB_URL needs a driver that isn't installed here: {url.drivername}") from error
    except (ArgumentError, TypeError, ValueError):
        raise SettingsError(MALFORMED) from None
    watch(engine)
    if engine.dialect.name == "postgresql":
        event.listen(engine, "do_connect", partial(_connect_postgresql, db_url))
        event.listen(engine, "connect", _prepare_postgresql)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "savepoint", _begin_sqlite)
    return engine


def canonical(value: Any) -> str:
    """Write JSON so that equal values give equal texts: SQLite compares JSON columns as texts."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _postgresql_arguments(url: URL) -> dict[str, Any]:
    """Give the driver's arguments; the URL's secrets are among them, since the engine's own URL is shown by others.

    Alembic prints it (`alembic current --verbose`), and hides only the password before the host.
    """
    ours = {"connect_timeout": 10, "application_name": "contributor-metrics", "client_encoding": ENCODING}
    return {**private_parameters(url), **ours}


def _connect_postgresql(
    db_url: str, dialect: Dialect, _entry: ConnectionPoolEntry, arguments: Any, parameters: Any
) -> Any:
    """Connect; the driver's and the server's words, which may quote a parameter, come without the URL's secrets."""
    errors = dialect.loaded_dbapi
    try:
        return dialect.connect(*arguments, **parameters)
    except UnicodeDecodeError as error:  # a server may refuse in the encoding of its own language
        raise errors.OperationalError(redact_text(error.object.decode(errors="replace"), db_url)) from None
    except errors.Error as error:
        raise type(error)(redact_text(str(error), db_url)) from None


def _prepare_postgresql(connection: Any, _entry: ConnectionPoolEntry) -> None:
    connection.set_client_encoding(ENCODING)  # the server's settings for a user, or the URL's options, may name another
    with connection.cursor() as cursor:
        # Another session's forgotten lock must not block a run until Lambda kills it without an error.
        cursor.execute(f"SET lock_timeout = '{lock_seconds()}s'")
        cursor.execute(JIT_OFF)
        cursor.execute("SHOW server_encoding")
        [encoding] = cursor.fetchone()
    connection.commit()
    if encoding != ENCODING:
        connection.close()
        raise DatabaseNotReadyError(
            f"the database can't hold every text, because its encoding is {encoding}: "
            f"use one that was made with CREATE DATABASE … ENCODING '{ENCODING}' TEMPLATE template0"
        )


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={lock_seconds() * 1000}")
    # Readers don't block the writer, and a second writer waits instead of failing.
    wait_while_busy(lambda: cursor.execute("PRAGMA journal_mode=WAL"))
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _begin_sqlite(connection: Connection, _name: str | None) -> None:
    """Begin the transaction around a savepoint.

    Python's sqlite3 begins one before an INSERT, but not before a SAVEPOINT, whose release would then commit.
    https://docs.python.org/3/library/sqlite3.html#transaction-control
    """
    begin_immediate(connection)


def create_db_session(db_url: str) -> Session:
    """Open a session on a database that is up and migrated; closing it also closes its connections.

    Otherwise raises SettingsError or DatabaseNotReadyError, which say what is wrong and what to do.
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
    # Committed rows stay readable: a run reports from its ledger rows after the session is closed.
    return _OwningSession(engine, expire_on_commit=False)


class _OwningSession(Session):
    """A session that closes its engine's connections too."""

    def close(self) -> None:
        super().close()
        engine = self.get_bind()
        if isinstance(engine, Engine):
            engine.dispose()


def check_revision(connection: Connection) -> None:
    """Raise DatabaseNotReadyError unless the database is at this code's newest migration."""
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
    """Read the migration that a database is at; None when it was never migrated."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def describe(error: SQLAlchemyError, db_url: str) -> str:
    """Say in one sentence, without what is secret in its URL, which database failed and how."""
    return f"the database {redact_url(db_url)} can't be used: {explain(error)}"


def explain(error: SQLAlchemyError) -> str:
    """Put a database error on one line, without the statement and its values."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    if is_lock_timeout(origin):
        return "another session holds a lock, and did not give it back in time"
    # The rest of psycopg2's text quotes the statement with its values.
    primary = getattr(getattr(origin, "diag", None), "message_primary", None)
    return " ".join((primary or str(origin)).split())
