"""`make migrate`, as a process: several at once, on databases that can't be ours, and what it prints."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, inspect, text

from chalicelib.errors import DatabaseNotReadyError
from chalicelib.models import Base, create_db_session
from chalicelib.store.engine import REVISIONS, make_engine
from tests.postgres import new_database

pytestmark = pytest.mark.slow

SECRET = "SeCrEt"
UPGRADE = ("upgrade", "head")


def start(root: Path, db_url: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=root,
        env=os.environ | {"DB_URL": db_url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def alembic(root: Path, db_url: str, *arguments: str) -> tuple[int, str, str]:
    """Run Alembic; gives its exit code, its output and what it complained of."""
    with start(root, db_url, *arguments) as process:
        out, error = process.communicate(timeout=60)
    return process.returncode, out, error


def test_three_at_once_all_end_well(root: Path, empty_db_url: str) -> None:
    """On PostgreSQL two of them failed: duplicate key value violates unique constraint "pg_type_typname_nsp_index"."""
    processes = [start(root, empty_db_url, *UPGRADE) for _ in range(3)]
    ends = [(*process.communicate(timeout=60), process.returncode) for process in processes]
    assert [(error, code) for _, error, code in ends] == [("", 0)] * 3
    engine = create_engine(empty_db_url)
    assert set(inspect(engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [REVISIONS[-1]]
    engine.dispose()


@pytest.mark.parametrize("arguments", [UPGRADE, ("current", "--verbose"), ("downgrade", "9999")])
def test_no_password_is_printed(root: Path, postgres_url: str, arguments: tuple[str, ...]) -> None:
    """Those among the parameters were, by us and by Alembic."""
    db_url = postgres_url.replace("tests@", f"tests:{SECRET}@") + f"&password={SECRET}&sslpassword={SECRET}"
    code, out, error = alembic(root, db_url, *arguments)
    assert SECRET not in out + error
    assert "Traceback" not in error
    if arguments == UPGRADE:
        shown = postgres_url.replace("tests@", "tests:***@").partition("?")[0]
        assert (code, error) == (0, "")
        assert out.startswith(f"{shown}?host=")
        assert out.endswith(f" is at migration {REVISIONS[-1]}.\n")


# Somebody's own views


def test_views_that_read_ours_stay(root: Path, empty_db_url: str) -> None:
    """On PostgreSQL each `make migrate` was an error while there was one."""
    assert alembic(root, empty_db_url, *UPGRADE)[0] == 0
    engine = create_engine(empty_db_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE VIEW mine AS SELECT org, kind FROM open_alerts"))
        connection.execute(text("CREATE VIEW on_mine AS SELECT kind FROM mine"))
    assert alembic(root, empty_db_url, *UPGRADE)[::2] == (0, "")
    assert {"mine", "on_mine"} <= set(inspect(engine).get_view_names())
    engine.dispose()


def test_views_that_a_downgrade_would_lose_are_named(root: Path, postgres_url: str) -> None:
    """It said that the database can't be used, and not what to do."""
    assert alembic(root, postgres_url, *UPGRADE)[0] == 0
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA reports"))
        connection.execute(text("CREATE VIEW mine AS SELECT org, kind FROM open_alerts"))
        connection.execute(text("CREATE MATERIALIZED VIEW reports.theirs AS SELECT * FROM mine"))
        connection.execute(text("CREATE VIEW on_a_table AS SELECT id FROM issues"))
    code, out, error = alembic(root, postgres_url, "downgrade", "0007")
    assert (code, out) == (2, "")
    assert error == (
        "error: these views stand on what is changed, and can't be made again after it: "
        'mine (relation "public.open_alerts" does not exist), reports.theirs (relation "public.mine" does not exist). '
        "Drop them, run this again, and create them again\n"
    )
    assert set(inspect(engine).get_view_names()) > {"mine", "on_a_table", "open_alerts"}
    with engine.begin() as connection:
        connection.execute(text("DROP VIEW mine CASCADE"))
    assert alembic(root, postgres_url, "downgrade", "0007")[::2] == (0, "")
    assert inspect(engine).get_view_names() == ["on_a_table"]
    engine.dispose()


# Encodings


@pytest.fixture(params=["SQL_ASCII", "LATIN1"])
def narrow_url(request: pytest.FixtureRequest, postgres: Engine) -> Iterator[str]:
    """A PostgreSQL database that can't hold every text, without tables."""
    with new_database(postgres, template="template0", encoding=request.param) as url:
        yield url


def test_a_database_that_cant_hold_every_text_is_refused(root: Path, narrow_url: str) -> None:
    """It was filled until the first emoji, or with bytes that nobody could read as text any more."""
    code, out, error = alembic(root, narrow_url, *UPGRADE)
    assert (code, out, error.count("\n")) == (2, "", 1)
    assert error.startswith("error: the database can't hold every text, because its encoding is ")
    assert "ENCODING 'UTF8'" in error


def test_such_a_database_is_refused_by_each_run_too(narrow_url: str) -> None:
    """An older version may have migrated it."""
    engine = create_engine(narrow_url)
    with engine.begin() as connection:
        connection.execute(
            text("CREATE TABLE alembic_version AS SELECT :newest AS version_num"), {"newest": REVISIONS[-1]}
        )
    engine.dispose()
    with pytest.raises(DatabaseNotReadyError, match=r"^the database can't hold every text"):
        create_db_session(narrow_url)


@pytest.mark.parametrize("parameter", ["", "&client_encoding=latin1", "&options=-cclient_encoding%3Dlatin1"])
def test_the_session_speaks_utf_8_whatever_the_surroundings_say(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, parameter: str
) -> None:
    """With PGCLIENTENCODING=latin1 the first emoji was a traceback."""
    monkeypatch.setenv("PGCLIENTENCODING", "latin1")
    with make_engine(postgres_url + parameter).connect() as connection:
        assert connection.execute(text("SELECT '🦀 …'")).scalar() == "🦀 …"
