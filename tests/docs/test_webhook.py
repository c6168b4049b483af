"""docs/webhook.md: its events and answers are the code's, and its try works as it is printed."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from pathlib import Path

import pytest

from chalicelib.domains import DOMAINS
from chalicelib.jobs.deliveries import DOUBTED_SECONDS
from chalicelib.jobs.kept import FRESH_SECONDS
from chalicelib.models import Base
from chalicelib.store.deliveries import KEPT
from deployment.checks import SHORTEST_SECRET
from tests.docs.pages import blocks, first_cells, section, squeezed
from tests.project import copy_project

# What Chalice and API Gateway answer by themselves.
NOT_OURS = {403, 405, 415, 500, 502, 504}


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs" / "webhook.md").read_text(encoding="utf-8")


def test_the_events_to_tick_are_those_that_the_domains_keep(page: str) -> None:
    told = first_cells(section(page, "The events"), "Event")
    kept = {event for domain in DOMAINS for event in domain.events}
    assert len(set(told)) == len(told)
    assert set(told) == kept


def test_the_tables_that_they_fill_exist(page: str) -> None:
    rows = [line.split(" | ")[3] for line in section(page, "The events").splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named <= set(Base.metadata.tables)


def test_each_answer_is_explained_and_no_other(root: Path, page: str) -> None:
    told = {int(code) for cell in first_cells(section(page, "The answers"), "Status") for code in cell.split(", ")}
    source = "".join((root / "chalicelib" / "jobs" / name).read_text() for name in ("webhook.py", "deliveries.py"))
    ours = {int(HTTPStatus[name]) for name in re.findall(r"HTTPStatus\.([A-Z_]+)", source)}
    assert told == ours | NOT_OURS


def test_what_is_quoted_is_what_the_code_says(root: Path, page: str) -> None:
    source = (root / "chalicelib" / "jobs" / "webhook.py").read_text()
    quoted = re.findall(r'^\| \d+, "([^"]+)"', section(page, "What is wrong"), re.MULTILINE)
    assert len(quoted) > 3
    parts = [part.strip() for sentence in quoted for part in sentence.split("…")]
    assert [part for part in parts if part not in source] == []


def test_it_says_who_can_use_a_delivery_again(page: str) -> None:
    """It said that one who recorded a delivery could do nothing with it; the signature covers no header."""
    safe = squeezed(section(page, "What is safe"))
    assert "The signature covers the body only." in safe
    assert "sent again by somebody who recorded it, changes nothing" not in safe
    assert f"is known for {KEPT.days} days" in safe


def test_the_times_are_the_codes(page: str) -> None:
    assert (FRESH_SECONDS, DOUBTED_SECONDS) == (300, 60)
    assert "every five minutes, and at most once a minute" in " ".join(section(page, "Change the secret").split())
    assert f"less than {SHORTEST_SECRET} characters" in " ".join(page.split())


# The try


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Path:
    """A clean checkout, with the same `.venv`."""
    folder = copy_project(root, tmp_path / "project")
    (folder / ".chalice").mkdir()
    shutil.copy2(root / ".chalice" / "config.json", folder / ".chalice")
    # This Python may be no `.venv` in the project's folder; chalice is a script beside it.
    (folder / ".venv" / "bin").mkdir(parents=True)
    for name in ("chalice", "python"):
        (folder / ".venv" / "bin" / name).symlink_to(Path(sys.executable).with_name(name))
    return folder


@contextmanager
def serving(project: Path, command: str) -> Iterator[str]:
    """Run the printed command, on a free port; gives where it serves."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    words = command.replace("--port 8000", f"--port {port}").split()
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        words, cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = next((line for line in process.stdout if "Serving on" in line), "")
            assert line == f"Serving on http://127.0.0.1:{port}\n"
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


@pytest.mark.slow
def test_the_try_works_as_it_is_printed(project: Path, page: str) -> None:
    setting, migrating, serve = blocks(section(page, "Try it here"), "sh")[0].splitlines()
    script = blocks(section(page, "Try it here"), "sh")[1]
    assert migrating == "make migrate"
    subprocess.run(["sh", "-c", setting], cwd=project, check=True)
    alembic = [sys.executable, "-m", "alembic", "upgrade", "head"]
    subprocess.run(alembic, cwd=project, check=True, capture_output=True)
    with serving(project, serve) as url:
        script = script.replace("http://127.0.0.1:8000", url)
        assert (run(project, script), run(project, script.replace("try-", "again-"))) == ('{"message":"stored"}',) * 2
        assert "the signature is wrong" in run(project, script.replace("--data-raw", "--data-raw ' ' --data-raw"))
    with closing(sqlite3.connect(project / "contributor-metrics.db")) as connection:
        rows = connection.execute("SELECT event, org, status FROM webhook_deliveries").fetchall()
    assert rows == [("ping", "my-org", "stored")] * 2


def run(project: Path, script: str) -> str:
    """Run a script; gives what it printed."""
    local = dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1")
    command = ["sh", "-e", "-c", script]
    done = subprocess.run(
        command, cwd=project, env=os.environ | local, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()
