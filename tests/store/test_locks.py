"""Sessions that wait for each other: one after another they all come to their end, or one says what it waited for."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Timer

import pytest
from sqlalchemy import create_engine, text

from chalicelib.errors import DatabaseNotReadyError
from chalicelib.jobs.connections import open_database
from chalicelib.jobs.lambdas import MARGIN_SECONDS
from chalicelib.models import create_db_session
from chalicelib.settings import Settings
from chalicelib.store import locks
from chalicelib.store.engine import make_engine
from chalicelib.store.locks import LAMBDA_LOCK_SECONDS, take_turn
from tests.store.test_two_at_once import at_once

LOCKED = "another session holds a lock, and did not give it back in time"
INSERT = text("INSERT INTO leases (name, owner, expires_at) VALUES ('job', 'me', '2026-05-01T00:00:00Z')")


def test_a_new_file_that_another_session_writes_to_is_waited_for(tmp_path: Path) -> None:
    """SQLite refuses at once, without its busy timeout, to switch such a file to its write-ahead log."""
    other = sqlite3.connect(tmp_path / "new.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    end = Timer(0.3, other.execute, ["COMMIT"])
    end.start()
    with make_engine(f"sqlite:///{tmp_path / 'new.db'}").begin() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    end.join()
    other.close()


def counting(db_url: str, turns: int, start: Barrier) -> Callable[[], None]:
    """Make a task that adds 1 to a number again and again, reading it first as one that must not be disturbed does."""

    def count() -> None:
        engine = make_engine(db_url)
        start.wait()
        for _ in range(turns):
            with engine.begin() as connection:
                take_turn(connection, "counting")
                number = connection.execute(text("SELECT owner FROM leases")).scalar_one()
                connection.execute(text("UPDATE leases SET owner = :new"), {"new": str(int(number) + 1)})

    return count


def test_who_has_the_turn_is_alone(db_url: str) -> None:
    with create_db_session(db_url) as session:
        session.execute(INSERT)
        session.execute(text("UPDATE leases SET owner = '0'"))
        session.commit()
    at_once(*[counting(db_url, 20, Barrier(3, timeout=10))] * 3)
    with create_db_session(db_url) as session:
        assert session.scalar(text("SELECT owner FROM leases")) == "60"


@pytest.mark.parametrize("db_url", ["postgresql"], indirect=True)
def test_a_turn_may_be_waited_for_longer_than_a_lock(db_url: str) -> None:
    """A migration takes as long as it takes; what it does meanwhile waits no longer than usual."""
    with make_engine(db_url).begin() as connection:
        take_turn(connection, "migration", seconds=3600)
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "30s"


def test_in_lambda_several_waits_fit_into_the_time_before_it_is_killed(
    db_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock of a step, the ledger and the lease: each was waited for longer than the 15 seconds that were left."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "daily")
    assert 3 * LAMBDA_LOCK_SECONDS < MARGIN_SECONDS
    with create_db_session(db_url) as session:
        names = {
            "sqlite": "PRAGMA busy_timeout",
            "postgresql": "SELECT setting FROM pg_settings WHERE name LIKE 'lock_t%'",
        }
        query = names[session.get_bind().dialect.name]
        assert int(session.execute(text(query)).scalar_one()) == LAMBDA_LOCK_SECONDS * 1000


def test_a_lock_that_nobody_gives_back_is_one_clear_sentence(db_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite said "database is locked", PostgreSQL "canceling statement due to lock timeout"."""
    monkeypatch.setattr(locks, "LOCK_SECONDS", 1)
    other = create_engine(db_url)
    with other.connect() as holder:
        holder.execute(INSERT)
        with (
            pytest.raises(DatabaseNotReadyError) as caught,
            open_database(Settings({"DB_URL": db_url}.get)) as session,
        ):
            session.execute(INSERT)
    assert str(caught.value).endswith(f"can't be used: {LOCKED}")
    other.dispose()
