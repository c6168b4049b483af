"""Waiting for other sessions: how long, for what, and how a wait that was in vain is known."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, cast, select, text

LOCK_SECONDS = 30
# Several waits, one after another, must fit into the 15 seconds for which a run ends before Lambda kills it.
LAMBDA_LOCK_SECONDS = 4
# A migration may rewrite big tables, and nobody kills the one that waits for it.
MIGRATION_SECONDS = 3600
_RETRY_SECONDS = 0.02
# https://www.postgresql.org/docs/current/errcodes-appendix.html (lock_not_available)
_LOCK_NOT_AVAILABLE = "55P03"
# https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
ADVISORY_LOCK = text("SELECT pg_advisory_xact_lock(:number)")


def lock_seconds() -> int:
    """Tell how many seconds a session waits for another one's lock, before it fails."""
    return LAMBDA_LOCK_SECONDS if "AWS_LAMBDA_FUNCTION_NAME" in os.environ else LOCK_SECONDS


def take_turn(connection: Connection, name: str, *, seconds: int | None = None) -> None:
    """Wait until nobody else has the turn of this name, and have it until the transaction ends.

    On SQLite, where only one session writes at a time anyway, it is the turn to write. Other databases have none.
    Raises SQLAlchemy's error after `seconds`, or else after `lock_seconds()`.
    """
    if connection.dialect.name == "sqlite":
        _wait_for(connection, seconds, "PRAGMA busy_timeout={0}", begin_immediate)
    if connection.dialect.name == "postgresql":
        number = {"number": _number_of(name)}
        _wait_for(connection, seconds, "SET LOCAL lock_timeout={0}", lambda it: it.execute(ADVISORY_LOCK, number))


def _wait_for(connection: Connection, seconds: int | None, setting: str, lock: Callable[[Connection], object]) -> None:
    if seconds is None:
        lock(connection)
        return
    connection.exec_driver_sql(setting.format(seconds * 1000))
    lock(connection)
    connection.exec_driver_sql(setting.format(lock_seconds() * 1000))


def _number_of(name: str) -> int:
    """Give a number that stands for a name; other applications' numbers in the same database are other ones."""
    digest = hashlib.sha256(f"contributor-metrics {name}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


def begin_immediate(connection: Connection) -> None:
    """Begin a transaction that writes, on SQLite, unless there is one; Python's sqlite3 begins it too late."""
    driver: Any = connection.connection.driver_connection
    if not driver.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def lock_rows(connection: Connection, key: Any, condition: ColumnElement[bool]) -> list[int]:
    """Lock rows until the transaction ends, and give the keys of those that are there then; `key` is the key's column.

    They are locked in the order in which upserts write rows, so that none of two waits for the other.
    """
    if connection.dialect.name == "sqlite":
        begin_immediate(connection)
    rows = select(key).where(condition)
    if connection.dialect.name == "postgresql":
        rows = rows.order_by(cast(key, String).collate("C")).with_for_update()
    return list(connection.scalars(rows))


def wait_while_busy(action: Callable[[], object]) -> None:
    """Repeat what SQLite refuses at once while another session is doing the same, without its own busy timeout.

    https://www.sqlite.org/c3ref/busy_handler.html
    """
    deadline = time.monotonic() + lock_seconds()
    while True:
        try:
            action()
        except sqlite3.OperationalError as error:
            if not is_lock_timeout(error) or time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_SECONDS)
        else:
            return


def is_lock_timeout(error: BaseException | None) -> bool:
    """Tell whether a driver's error says that another session held a lock for too long."""
    if isinstance(error, sqlite3.OperationalError):
        # The lowest byte is the primary code; the others tell apart why it was busy.
        return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return getattr(error, "pgcode", None) == _LOCK_NOT_AVAILABLE
