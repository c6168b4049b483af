"""What git runs before a commit, for whoever ran `make hooks`: the project's own linters, nothing from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import copy

import pytest

pytestmark = pytest.mark.slow

FILES = (".pre-commit-config.yaml", "pyproject.toml")
AS_SOMEBODY = ("git", "-c", "user.name=A", "-c", "user.email=a@example.com")


@pytest.fixture
def clone(root: Path, tmp_path: Path) -> Path:
    """A repository with the hooks' settings and an environment."""
    folder = tmp_path / "clone"
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    for name in FILES:
        copy(root / name, folder)
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / ".gitignore").write_text("/.venv\n/.cache/\n")
    return folder


def run(clone: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PRE_COMMIT_HOME": str(clone.parent / "home"), "SKIP": "types,layers"}
    return subprocess.run(command, cwd=clone, env=environment, text=True, capture_output=True, check=False)


def commit(clone: Path) -> subprocess.CompletedProcess[str]:
    """Install the hooks as `make hooks` does, and commit everything."""
    assert run(clone, sys.executable, "-m", "pre_commit", "install").returncode == 0
    assert run(clone, "git", "add", "--all").returncode == 0
    return run(clone, *AS_SOMEBODY, "commit", "--message", "A change")


def test_good_code_is_committed(clone: Path) -> None:
    (clone / "good.py").write_text('"""Good code."""\n')
    done = commit(clone)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_the_linters_refuse_is_not_committed(clone: Path) -> None:
    (clone / "bad.py").write_text("import os\nx = 1;\n")
    done = commit(clone)
    assert done.returncode != 0
    assert "F401" in done.stderr


def test_they_are_what_make_check_runs(root: Path) -> None:
    config = (root / ".pre-commit-config.yaml").read_text()
    assert re.findall(r"repo: (.+)", config) == ["local"]
    entries = re.findall(r"entry: \.venv/bin/(.+)", config)
    checks = (root / "Makefile").read_text().partition("\ncheck:")[2].partition(".PHONY")[0]
    for begin in ("python -m ruff check --quiet", "python -m ruff format --check", "python -m mypy", "lint-imports"):
        assert f"$(BIN)/{begin}" in checks
        assert [entry for entry in entries if entry.startswith(begin)] != [], begin
