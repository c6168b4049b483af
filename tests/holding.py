"""Whether a program holds a transaction open while it waits for GitHub's answer, on both databases."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy import Engine, create_engine, make_url, text

from sandbox.api.messages import Answer, Request

# Seconds that a writer beside the one who asks gets for its own transaction, on a busy machine.
PATIENCE = 20.0
OPEN = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend' AND xact_start < CAST(:since AS timestamptz)"
)


class Holders:
    """For `oddities.telling`: looks at each request whether a transaction is held until it is answered."""

    def __init__(self, db_url: str) -> None:
        url = make_url(db_url)
        self._file = url.database if url.get_backend_name() == "sqlite" else None
        self._engine: Engine | None = None if self._file else create_engine(url, isolation_level="AUTOCOMMIT")
        self.asked: list[str] = []
        self.held: list[str] = []

    def __call__(self, request: Request, answer: Answer) -> Answer:
        self.asked.append(request.path)
        # Some things are fetched ahead while another thread writes: it ends its transaction without an answer.
        if self._is_held(0.0 if self.held else PATIENCE):
            self.held.append(request.path)
        return answer

    def _is_held(self, patience: float) -> bool:
        return _is_locked(self._file, patience) if self._file else self._is_open(patience)

    def _is_open(self, patience: float) -> bool:
        assert self._engine is not None
        with self._engine.connect() as connection:
            since = connection.execute(text("SELECT CAST(clock_timestamp() AS text)")).scalar_one()
            end = time.monotonic() + patience
            while connection.execute(OPEN, {"since": since}).scalar_one():
                if time.monotonic() >= end:
                    return True
                time.sleep(0.01)
        return False

    def dispose(self) -> None:
        if self._engine is not None:
            self._engine.dispose()


@contextmanager
def holders(db_url: str) -> Iterator[Holders]:
    """A watch over the database, whose own connections are closed at the end."""
    watch = Holders(db_url)
    try:
        yield watch
    finally:
        watch.dispose()


def _is_locked(file: str, patience: float) -> bool:
    with closing(sqlite3.connect(file, timeout=patience)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        other.rollback()
    return False
