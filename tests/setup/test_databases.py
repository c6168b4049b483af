"""The fixtures that every other database test stands on."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, insert, inspect, make_url, select, text
from sqlalchemy.orm import Session

from chalicelib.models import Base, SyncRun
from chalicelib.store.engine import make_engine
from chalicelib.utils import utc_now
from tests.databases import Copies, SqliteFile, connected
from tests.organisation import organisation


def table_names(url: str) -> list[str]:
    engine = create_engine(url)
    try:
        return inspect(engine).get_table_names()
    finally:
        engine.dispose()


@pytest.mark.parametrize("turn", ["first", "second"])
def test_an_empty_database_is_new_each_time(empty_db_url: str, turn: str) -> None:
    assert table_names(empty_db_url) == []
    engine = create_engine(empty_db_url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE {turn} (id INTEGER)"))
    engine.dispose()
    assert table_names(empty_db_url) == [turn]


@pytest.mark.parametrize("turn", ["first", "second"])
def test_a_database_has_our_tables_and_no_rows_each_time(engine: Engine, turn: str) -> None:
    assert {"issues", "pull_requests", "transfer_checks"} <= set(inspect(engine).get_table_names())
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM transfer_checks")).scalar() == 0
        # One that no view reads.
        connection.execute(text("DROP TABLE transfer_checks"))


def test_a_database_is_dropped_under_a_connection_that_was_left_open(postgres: Engine) -> None:
    from tests.postgres import new_database

    with new_database(postgres) as url:
        left_open = create_engine(url)
        connection = left_open.connect()
    same_name = text("SELECT count(*) FROM pg_database WHERE datname = :name")
    with postgres.connect() as admin:
        assert admin.execute(same_name, {"name": left_open.url.database}).scalar() == 0
    connection.invalidate()
    connection.close()
    left_open.dispose()


def test_a_session_is_the_apps_own(db: Session) -> None:
    assert db.execute(text("SELECT count(*) FROM issues")).scalar() == 0


def test_a_test_sees_neither_the_developers_settings_nor_their_folder(root: Path, tmp_path: Path) -> None:
    theirs = {
        "GH_TOKEN": "secret",
        "DB_URL": "sqlite:///real.db",
        "AWS_PROFILE": "prod",
        "https_proxy": "http://localhost:1",
        "KEPT": "yes",
    }
    (tmp_path / "test_inner.py").write_text(
        "import os, pathlib\n"
        "def test_inner(root, tmp_path):\n"
        f"    assert [name for name in {list(theirs)} if name in os.environ] == ['KEPT']\n"
        "    assert pathlib.Path.cwd() == tmp_path != root\n"
    )
    options = ["-n0", "-p", "tests.conftest", "-c", "pyproject.toml", "--rootdir", ".", "-o", f"cache_dir={tmp_path}"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, tmp_path / "test_inner.py"],
        cwd=root,
        env=os.environ | theirs,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


SYNC_RUN = insert(SyncRun).values(job="daily", step="members", org="acme", status="ok", started_at=utc_now())
CHANGES = (
    "CREATE VIEW mine AS SELECT 1 AS one",
    "ALTER TABLE issues DROP COLUMN title CASCADE",
    "COMMENT ON TABLE issues IS 'changed'",
    "UPDATE alembic_version SET version_num = '0001'",
    "ALTER DATABASE \"{name}\" SET timezone TO 'Asia/Tokyo'",
)


def test_a_database_is_used_again_only_while_nothing_but_rows_changed(postgres: Engine, postgres_template: str) -> None:
    """A new one takes as long as thirty that are emptied; but none may hand on what another test left in it."""
    with ExitStack() as made:
        copies = Copies(postgres, postgres_template, made)
        for _ in range(2):
            with copies.borrow() as first, connected(first) as connection:
                connection.execute(SYNC_RUN)
                assert connection.exec_driver_sql("SELECT id FROM sync_runs").all() == [(1,)]
        assert copies.free == [first]
        for change in CHANGES:
            with copies.borrow() as url, connected(url) as connection:
                assert connection.exec_driver_sql("SELECT count(*) FROM sync_runs").scalar() == 0
                connection.exec_driver_sql(change.format(name=make_url(url).database))
            assert copies.free == []


def test_an_engine_is_kept_with_what_it_compiled_but_not_with_a_tests_listeners(
    sqlite_template: Path, tmp_path: Path
) -> None:
    """A new engine for each test compiled every statement again: a fifth of what a job costs."""
    file = SqliteFile(tmp_path / "used.db", sqlite_template)
    with file.borrow() as url:
        engine = make_engine(url)
        left_open = engine.connect()
        left_open.execute(SYNC_RUN)
        left_open.commit()
    with file.borrow() as url:
        assert make_engine(url) is engine
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM sync_runs").scalar() == 0
        event.listen(engine, "before_cursor_execute", lambda *_: None)
    left_open.close()
    with file.borrow() as url:
        assert make_engine(url) is not engine


def everything(url: str) -> dict[str, list[tuple[object, ...]]]:
    with make_engine(url).connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }


def delete_all(db_url: str) -> None:
    """Delete all rows that are not the code's; the notes last, since each deletion is noted."""
    tables = [table for table in Base.metadata.sorted_tables if table.name not in ("fact_definitions", "changed_items")]
    with connected(db_url) as connection:
        for table in (*tables, Base.metadata.tables["changed_items"]):
            connection.execute(table.delete())


def test_a_beginning_that_is_copied_is_the_one_that_was_read(db_url: str) -> None:
    with organisation(db_url, items=20) as org:
        org.begin("daily", key="to be copied")
        assert org.requests() != {}
        written = everything(db_url)
    assert written["issues"] != written["sync_runs"] != []
    delete_all(db_url)
    with organisation(db_url, items=20) as org:
        org.begin("daily", key="to be copied")
        assert org.requests() == {}
        assert everything(db_url) == written
        org.advance(86_400)
        org.run_job("every_30_min")
        org.assert_equal_to_truth()


@pytest.mark.parametrize("other", [{"items": 21}, {"seed": 8}, {"EVENT_DAYS": "3"}], ids=repr)
def test_another_beginning_is_read(db_url: str, other: dict[str, Any]) -> None:
    plan = {"items": 20, "repositories": 2} | {name: value for name, value in other.items() if name.islower()}
    for each in ({"items": 20, "repositories": 2}, plan):
        delete_all(db_url)
        with organisation(db_url, **each) as org:
            org.environment |= {name: value for name, value in other.items() if each is plan and name.isupper()}
            org.begin(only="issues", key=f"before another, {other}")
            assert org.requests() != {}
