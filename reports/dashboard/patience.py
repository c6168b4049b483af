"""No question to the database takes longer than a visitor waits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError

from chalicelib.errors import DatabaseNotReadyError
from reports.reading import set_for_transaction

SECONDS = 30.0
STEPS = 100_000  # of SQLite's virtual machine, between two looks at the clock
# https://www.postgresql.org/docs/current/errcodes-appendix.html, https://www.sqlite.org/rescode.html
STOPPED = ("57014", "SQLITE_INTERRUPT")


def limit(engine: Engine, *, seconds: float = SECONDS) -> None:
    """Let the database end each question of this engine that takes longer."""
    if engine.dialect.name == "postgresql":

        @event.listens_for(engine, "begin")
        def set_timeout(connection: Connection) -> None:
            set_for_transaction(connection, "statement_timeout", seconds)

        return

    @event.listens_for(engine, "before_cursor_execute")
    def set_deadline(connection: Connection, *_: Any) -> None:
        deadline = time.monotonic() + seconds
        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)


@contextmanager
def patience(*, seconds: float = SECONDS) -> Iterator[None]:
    """Say in one sentence that a question was ended; raises DatabaseNotReadyError."""
    try:
        yield
    except OperationalError as error:
        if not {getattr(error.orig, name, None) for name in ("pgcode", "sqlite_errorname")} & set(STOPPED):
            raise
        raise DatabaseNotReadyError(
            f"the database did not answer within {seconds:g} seconds: try again, or choose a repository or a shorter "
            "period"
        ) from error
