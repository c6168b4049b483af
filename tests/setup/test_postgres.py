"""The PostgreSQL that the tests run on: found or brought, as root or not, and gone afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tests import postgres
from tests.postgres import NoPostgresError, Server, connect, wheel_folders

pytestmark = pytest.mark.slow

NOTHING_ON_PATH = {"PATH": ""}


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server for a machine without PostgreSQL."""
    monkeypatch.setattr(postgres, "MACHINE_PLACES", [])
    server = Server(NOTHING_ON_PATH)
    yield server
    server.stop()


def test_the_wheel_serves_where_there_is_no_postgresql(bare_machine: Server) -> None:
    with connect(bare_machine.start()) as engine, engine.connect() as connection:
        assert connection.execute(text("SELECT current_setting('server_version_num')::int / 10000")).scalar() == 18


def test_a_wheel_that_the_server_may_not_read_is_copied_and_not_opened_up(
    bare_machine: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = tmp_path / "home"
    binaries = postgres.copied(next(wheel_folders()), private)
    private.chmod(0o700)
    monkeypatch.setattr(postgres, "wheel_folders", lambda: iter([binaries]))

    with connect(bare_machine.start()) as engine, engine.connect() as connection:
        data = str(connection.execute(text("SHOW data_directory")).scalar())

    assert (Path(data).with_name("wheel").is_dir()) == (os.geteuid() == 0)
    assert private.stat().st_mode & 0o777 == 0o700
    assert private.stat().st_uid == os.geteuid()


def test_without_any_binaries_the_sentence_says_what_to_do(
    bare_machine: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "wheel_folders", lambda: iter([]))
    with pytest.raises(NoPostgresError, match="install PostgreSQL, or set TEST_DATABASE_URL"):
        bare_machine.start()


WILL_NOT_START = """#!/bin/sh
[ "$1" = --version ] || { echo no space left; exit 1; }
echo "postgres (PostgreSQL) 18.4"
"""


def test_a_server_that_does_not_start_is_quoted(
    bare_machine: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("postgres", "initdb"):
        path = tmp_path / name
        path.write_text(WILL_NOT_START)
        path.chmod(0o755)
    monkeypatch.setattr(postgres, "unprivileged_user", lambda: None)
    monkeypatch.setattr(postgres, "MACHINE_PLACES", [str(tmp_path).lstrip("/")])

    url = bare_machine.start()
    with pytest.raises(NoPostgresError, match=r"did not start(?s:.*)no space left"), connect(url):
        pass


def test_a_stopped_server_leaves_nothing(bare_machine: Server) -> None:
    with connect(bare_machine.start()) as engine, engine.connect() as connection:
        folder, process = whereabouts(connection.execute(text("SHOW data_directory")).scalar())
    bare_machine.stop()
    assert not folder.exists()
    assert not runs(process)


STARTS_AND_WAITS = """
from sqlalchemy import text
from tests.postgres import Server, connect
with connect(Server().start()) as engine, engine.connect() as connection:
    print(connection.execute(text("SHOW data_directory")).scalar(), flush=True)
    input()
"""


def test_a_killed_run_leaves_no_server(root: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if name != "TEST_DATABASE_URL"}
    with subprocess.Popen(
        [sys.executable, "-c", STARTS_AND_WAITS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env=environ,
    ) as run:
        assert run.stdout
        folder, process = whereabouts(run.stdout.readline().strip())
        assert runs(process)
        run.send_signal(signal.SIGKILL)

    deadline = time.monotonic() + 20
    while (folder.exists() or runs(process)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not folder.exists()
    assert not runs(process)


def test_a_run_without_postgresql_fails_and_skips_nothing(root: Path, tmp_path: Path) -> None:
    # Elsewhere, so that `pytest --lf` doesn't bring these failures back.
    options = ["-n0", "-k", "postgresql", "-o", f"cache_dir={tmp_path}"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "tests/setup/test_databases.py"],
        cwd=root,
        env=os.environ | {"TEST_DATABASE_URL": "postgresql://localhost:1/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert "set TEST_DATABASE_URL to a PostgreSQL whose user may create databases" in run.stdout
    assert "skipped" not in run.stdout


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@db:5433/x", "postgresql+psycopg2://u:p@db:5433/x"),
        ("postgresql://u:p@db/x", "postgresql+psycopg2://u:p@db/x"),
        ("postgresql+psycopg2:///x?host=db", "postgresql+psycopg2:///x?host=db"),
    ],
)
def test_a_given_server_is_used_with_our_driver(given: str, used: str) -> None:
    assert Server({"TEST_DATABASE_URL": given}).start() == used


def test_a_given_database_of_another_kind_is_refused() -> None:
    with pytest.raises(NoPostgresError, match="TEST_DATABASE_URL names a sqlite database"):
        Server({"TEST_DATABASE_URL": "sqlite:///x.db"}).start()


def whereabouts(data_directory: object) -> tuple[Path, int]:
    """The server's folder and process."""
    data = Path(str(data_directory))
    return data.parent, int((data / "postmaster.pid").read_text().split()[0])


def runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # In a container whose first process reaps no orphans, one that has ended keeps its number.
    status = Path(f"/proc/{process}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
