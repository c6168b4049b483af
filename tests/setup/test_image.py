"""The image of the dashboard, as far as it can be known without an engine that builds images."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def instructions(root: Path, name: str) -> list[list[str]]:
    """The words after each instruction of this name."""
    lines = [line.split() for line in (root / "Dockerfile").read_text().splitlines()]
    return [words for instruction, *words in filter(None, lines) if instruction == name]


def copied(root: Path) -> list[str]:
    return [name for *names, _target in instructions(root, "COPY") for name in names]


def test_nothing_comes_into_the_image_but_what_is_copied(root: Path) -> None:
    lines = [line for line in (root / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    assert sorted(line.removeprefix("!") for line in lines if line.startswith("!")) == sorted(copied(root))


def test_it_does_not_run_as_root(root: Path) -> None:
    assert instructions(root, "USER") == [["dashboard"]]


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["-m", "reports.dashboard", "--help"], ["app.py", "--help"],
                                       ["-c", "import reports.dashboard.frame"]])  # fmt: skip
def test_what_is_copied_is_enough(root: Path, tmp_path: Path, arguments: list[str]) -> None:
    for name in copied(root):
        copy = shutil.copytree if (root / name).is_dir() else shutil.copyfile
        copy(root / name, tmp_path / name)
    ended = subprocess.run([sys.executable, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
