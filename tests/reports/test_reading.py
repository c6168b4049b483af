"""Reports read, and can't write; what they name is there."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Boolean, Date, create_engine, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

import reports.__main__
import reports.dashboard.frame  # noqa: F401 - these two name every view
from chalicelib.models import Base, SyncRun
from chalicelib.settings import Settings
from chalicelib.store.base import UTCDateTime
from chalicelib.views import VIEWS
from reports import reading
from reports.reading import NAMED, Table, as_of, open_engine, plain, rows, view

Run = Callable[..., int]
THEN = datetime(2026, 5, 1, tzinfo=UTC)
# Until they are there.
KNOWN = {**Base.metadata.tables, **{each.name: each.table for each in VIEWS}}


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM sync_runs",
        "INSERT INTO teams SELECT * FROM teams",
        "CREATE TABLE mine (id INTEGER)",
        "DROP VIEW data_health",
        "UPDATE alembic_version SET version_num = 'x'",
    ],
)
def test_nothing_can_be_written(db_url: str, statement: str) -> None:
    engine = open_engine(Settings({"DB_URL": db_url}.get))
    with engine.connect() as connection, pytest.raises(DBAPIError, match=r"read-?\s?only|readonly"):
        connection.execute(text(statement))
    engine.dispose()


def test_a_table_is_read_with_its_names(db: Session, db_url: str) -> None:
    db.add(SyncRun(job="daily", step="a.b", org="acme", status="ok", started_at=THEN, finished_at=THEN))
    db.commit()
    runs = reading.SYNC_RUNS.c
    engine = open_engine(Settings({"DB_URL": db_url}.get))
    read = rows(engine, select(runs.org, runs.started_at, runs.step), title="Runs", view="sync_runs")
    assert read == Table("Runs", ["org", "started_at", "step"], [("acme", THEN, "a.b")], None, "sync_runs")
    assert read.values("step") == ["a.b"]
    engine.dispose()


@pytest.mark.parametrize(
    ("orgs", "kinds", "expected"),
    [
        ((), ("issues",), 2),
        (("ACME",), ("issues",), 3),
        (("acme",), ("issues", "events"), 1),
        (("acme",), ("pull_requests",), None),
        (("nobody",), ("issues",), None),
    ],
)
def test_data_is_as_current_as_the_kind_that_is_least(
    db: Session, db_url: str, orgs: tuple[str, ...], kinds: tuple[str, ...], expected: int | None
) -> None:
    ended = [
        ("acme", "issues.updated", "ok", "every_30_min", 2),
        ("acme", "issues.new", "ok", "every_30_min", 3),
        ("acme", "events", "ok", "nrt_events", 1),
        ("other", "issues.updated", "ok", "every_30_min", 2),
        # None of these brings data up to date.
        ("acme", "issues.updated", "failed", "every_30_min", 8),
        ("acme", "issues.updated", "ok", "backfill", 9),
        ("acme", "issues.snapshot", "ok", "daily", 9),
        ("acme", "issues.late.message", "ok", "daily", 9),
        ("acme", "pull_requests.new", "ok", "every_30_min", -60),
    ]
    for org, step, status, job, day in ended:
        at = THEN + timedelta(days=day)
        db.add(SyncRun(job=job, step=step, org=org, status=status, started_at=at, finished_at=at))
    db.commit()
    engine = open_engine(Settings({"DB_URL": db_url}.get))
    found = as_of(engine, kinds, orgs, since=THEN - timedelta(days=30))
    assert found == (None if expected is None else THEN + timedelta(days=expected))
    engine.dispose()


@pytest.mark.parametrize(("value", "expected"), [(Decimal(3), 3), (Decimal("3.5"), 3.5), (None, None), ("x", "x")])
def test_numbers_are_the_same_from_both_databases(value: object, expected: object) -> None:
    assert (plain(value), type(plain(value))) == (expected, type(expected))


def test_a_file_with_an_odd_name_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a ?b#c%41.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.commit()
    engine = reading._open_sqlite(str(path))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM t")).scalar() == 0
    engine.dispose()


def test_a_locked_database_is_one_sentence(
    run: Run, db_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reading, "LOCK_SECONDS", 0.05)
    monkeypatch.setattr("chalicelib.store.engine.lock_seconds", lambda: 0.05)
    other = create_engine(db_url)
    with other.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
            connection.exec_driver_sql("BEGIN EXCLUSIVE")
        else:
            connection.exec_driver_sql("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
        assert run("health") == 2
        connection.rollback()
    other.dispose()
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.endswith("can't be used: another session holds a lock, and did not give it back in time\n")


@pytest.mark.parametrize("name", sorted(NAMED))
def test_what_reports_name_is_there_and_of_the_type_that_they_take_it_for(name: str) -> None:
    for column in NAMED[name].c:
        real = KNOWN[name].c[column.name].type
        kinds = [kind for kind in (UTCDateTime, Date, Boolean) if isinstance(real, kind)]
        assert kinds == [kind for kind in (UTCDateTime, Date, Boolean) if isinstance(column.type, kind)], column.name


def test_all_columns_are_known_where_several_name_a_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "NAMED", {})
    assert [view("a", columns).c.keys() for columns in ("x merged_at", "y")] == [["x", "merged_at"], ["y"]]
    assert set(reading.NAMED["a"].c.keys()) == {"x", "merged_at", "y"}
    assert isinstance(reading.NAMED["a"].c.merged_at.type, UTCDateTime)
