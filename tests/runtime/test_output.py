"""What a command says reaches any terminal, or none: it ends with its exit code and at most one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.models import Base, create_all
from sandbox.api.messages import Answer, Request
from tests.organisation import Organisation, organisation

pytestmark = pytest.mark.slow

FULL = "error: the output can't be written: No space left on device\n"
ASCII = {"PYTHONIOENCODING": "ascii"}
LATIN_1 = {"PYTHONIOENCODING": "latin-1"}
C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def run(
    root: Path, command: str, redirection: str = "", environment: dict[str, str] | None = None
) -> tuple[int, str, str]:
    """Run a command of ours in a shell; gives its exit code, its output and what it complained of."""
    done = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} {command} {redirection}"],
        cwd=root,
        env={**os.environ, "PYTHONUNBUFFERED": "", **(environment or {})},
        capture_output=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout.decode("latin-1"), done.stderr.decode("latin-1")


def run_code(
    root: Path, main: str, redirection: str = "", environment: dict[str, str] | None = None
) -> tuple[int, str, str]:
    """Run Python as our commands are run."""
    begin = "from chalicelib.runtime import shell; shell.begin(); import os, sys, logging"
    return run(root, f"-c '{begin}; shell.run_command(lambda: {main})'", redirection, environment)


# What can't be shown


@pytest.mark.parametrize(("environment", "shown"), [(ASCII, "? ? ? ?"), (LATIN_1, "é ? ? ?"), (C_LOCALE, "? ? ? ?")])
def test_what_a_terminal_cant_show_is_replaced(root: Path, environment: dict[str, str], shown: str) -> None:
    text = r'"\u00e9 \u2026 \U0001f980 \udc80"'
    code = f"print({text}) or print({text}, file=sys.stderr) or 0"
    assert run_code(root, code, environment=environment) == (0, f"{shown}\n", f"{shown}\n")


@pytest.fixture
def org(sqlite_url: str) -> Iterator[Organisation]:
    create_all(sqlite_url)
    with organisation(sqlite_url, items=20) as running:
        yield running


def test_github_s_words_do_not_bring_a_job_down(org: Organisation, root: Path) -> None:
    """Each line that quoted them was a traceback, on a terminal that knows ASCII only."""

    def refuse(request: Request, answer: Answer) -> Answer:
        return Answer({"message": "Gesperrt für 🦀 …"}, 403) if request.path.endswith("/members") else answer

    with org.sandbox.oddities.telling(refuse):
        code, out, error = run(root, "app.py every_30_min", environment=org.variables | ASCII)
    assert code == 1
    assert "Gesperrt f?r ? ?" in out
    assert error.startswith("error: acme members: GitHub answered 403")
    assert error.count("\n") == 1


# Where nothing can be written


@pytest.mark.parametrize(
    "code",
    [
        "print(1) or 0",
        "print(1, flush=True) or 0",
        "[print(line) for line in range(10**6)] and 0",
        "logging.basicConfig(stream=sys.stdout, force=True) or logging.error(1) or 0",
        "sys.exit(print(1))",
    ],
)
def test_a_full_disk_is_one_sentence(root: Path, code: str) -> None:
    assert run_code(root, code, ">/dev/full") == (1, "", FULL)
    assert run_code(root, code, ">/dev/full 2>&1") == (1, "", "")


@pytest.mark.parametrize(
    ("command", "redirection"),
    [
        ("app.py health", "2>/dev/full"),
        ("backfill.py --verify", "2>&-"),
        ("demo.py", ">/dev/full 2>&1"),
        ("-m alembic upgrade head", "<&- >&- 2>&-"),
        ("-m deployment --stage none", "2>/dev/full"),
    ],
)
def test_an_error_that_cant_be_said_has_its_exit_code(root: Path, command: str, redirection: str) -> None:
    wrong = {"DB_URL": "nonsense", "GH_TOKEN": "", "GH_ORGS": "acme"}
    assert run(root, command, redirection, wrong) == (2, "", "")


@pytest.mark.parametrize(
    "command",
    ["app.py health", "backfill.py --help", "-m alembic upgrade head", "-m alembic current", "-m deployment --help"],
)
def test_each_command_says_that_the_disk_is_full(root: Path, sqlite_url: str, command: str) -> None:
    """It was a traceback, or "Exception ignored in: <_io.TextIOWrapper name='<stdout>'…>"."""
    create_all(sqlite_url)
    environment = {"DB_URL": sqlite_url, "GH_TOKEN": "t", "GH_ORGS": "acme"}
    assert run(root, command, ">/dev/full", environment) == (1, "", FULL)


def test_what_is_opened_has_no_number_of_a_closed_stream(root: Path) -> None:
    """A database's file that was opened as number 2 would get all that is written to standard error."""
    assert run_code(root, 'os.open("/dev/null", 0)', "<&- >&- 2>&-")[0] > 2


# Without docstrings

MIGRATE = """
import app, backfill, demo, deployment.__main__, alembic.config
print({table.name: table.comment for table in demo.Base.metadata.sorted_tables})
alembic.config.main(["upgrade", "head"])
"""


def test_without_docstrings_and_assertions_all_is_the_same(root: Path, sqlite_url: str) -> None:
    """Python that was told to leave them out (-OO) could not even import the tables."""
    comments = {table.name: table.comment for table in Base.metadata.sorted_tables}
    code, out, error = run(root, f"-c '{MIGRATE}'", environment={"PYTHONOPTIMIZE": "2", "DB_URL": sqlite_url})
    assert (code, error) == (0, "")
    assert f"{comments}\n" in out
