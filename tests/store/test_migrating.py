"""`make migrate`, as a process: several at once, on databases that can't be ours, and what it prints."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.store.engine import REVISIONS

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
