"""Ends transactions that have only read, so that none stays open while something else is waited for.

An open transaction holds up a database: PostgreSQL may end its session when it is idle, and SQLite lets nobody write.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

HAS_WRITTEN = "has_written"
WRITE = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE)
# What is written to these is true by itself: it may be committed before the rest of what a step writes.
INDEPENDENT = {"sync_runs", "rejected_records"}


def watch(engine: Engine) -> None:
    """Remember of each of an engine's connections whether its transaction has written."""
    event.listen(engine, "before_cursor_execute", _note_write)
    event.listen(engine, "commit", _forget)
    event.listen(engine, "rollback", _forget)


def _note_write(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    write = WRITE.match(statement)
    if write and write[1] not in INDEPENDENT:
        connection.info[HAS_WRITTEN] = True


def _forget(connection: Connection) -> None:
    # One that was lost has no memory any more, and must not be asked for it: the next one is another one.
    if not connection.invalidated:
        connection.info.pop(HAS_WRITTEN, None)


def end_reading(session: Session) -> None:
    """End the session's transaction, unless it has written what must be committed as a whole."""
    if session.in_transaction() and not session.connection().info.get(HAS_WRITTEN):
        session.commit()
