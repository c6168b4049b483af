"""The Makefile on machines that lack something. (That it makes .venv from nothing, every fresh clone's CI proves.)"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploying.deployment import FOR_LAMBDA

FILES = ("Makefile", "requirements-dev.txt")
VARIABLES = {"T", "STAGE", "UPGRADE"}


@pytest.fixture
def clone(root: Path, tmp_path: Path) -> Path:
    """A checkout with what the Makefile reads, and no .venv."""
    for file in FILES:
        shutil.copy(root / file, tmp_path / file)
    return tmp_path


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # The tests may themselves run under `make test T=tests/setup`, whose options are not for this one.
    own = [name for name in os.environ if name.startswith(("MAKE", "MFLAGS", "PYTHON")) or name in VARIABLES]
    environ = {name: value for name, value in os.environ.items() if name not in own}
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def program(path: Path, body: str) -> Path:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def test_help_names_every_target(root: Path) -> None:
    targets = re.findall(r"^\.PHONY: ([\w-]+)$", (root / "Makefile").read_text(), re.MULTILINE)
    told = [line.split()[1] for line in make(root, "help").stdout.splitlines()]
    assert told == targets
    assert {"run", "test", "quick", "hooks", "check", "migrate", "bench", "docs", "lock", "clean", "help"} <= set(
        targets
    )


def test_a_python_that_is_too_old_gets_a_sentence(clone: Path) -> None:
    old = program(clone / "old-python", "exit 1")
    run = make(clone, "run", f"PYTHON={old}")
    assert run.returncode != 0
    assert f"Python 3.11 or newer is needed (tried: {old})" in run.stderr
    assert not (clone / ".venv").exists()


def test_a_python_without_venv_gets_a_sentence(clone: Path) -> None:
    partial = program(clone / "partial-python", '[ "$1" = -m ] && { echo "No module named venv"; exit 1; }; exit 0')
    run = make(clone, "run", f"PYTHON={partial}")
    assert run.returncode != 0
    assert "No module named venv" in run.stderr
    assert "install its venv module (on Debian and Ubuntu: python3-venv)" in run.stderr
    assert not (clone / ".venv").exists()


# A Python that logs what it is asked, and makes a .venv with a copy of itself in it.
STAND_IN = """
echo "$@" >>"$(dirname "$0")/../../asked" 2>/dev/null
case "$*" in
  *"-m venv"*) mkdir -p .venv/bin; cp "$0" .venv/bin/lint-imports; cp "$0" .venv/bin/python; echo made >>made ;;
  *print*) echo works ;;
  *install*) [ ! -e offline ] || { echo "no such host"; exit 1; } ;;
esac
"""


@pytest.fixture
def stand_in(clone: Path) -> str:
    return f"PYTHON={program(clone / 'python', STAND_IN)}"


def times_made(clone: Path) -> int:
    return len((clone / "made").read_text().splitlines())


def test_the_environment_is_made_once(clone: Path, stand_in: str) -> None:
    assert make(clone, "run", stand_in).returncode == 0
    assert make(clone, "run", stand_in).returncode == 0
    assert times_made(clone) == 1


@pytest.mark.parametrize("harm", ["no stamp", "no python"])
def test_a_broken_environment_is_made_anew(clone: Path, stand_in: str, harm: str) -> None:
    make(clone, "run", stand_in)
    (clone / {"no stamp": ".venv/.made", "no python": ".venv/bin/python"}[harm]).unlink()
    assert make(clone, "run", stand_in).returncode == 0
    assert times_made(clone) == 2


def test_a_failed_install_quotes_pip_and_leaves_no_stamp(clone: Path, stand_in: str) -> None:
    (clone / "offline").touch()
    run = make(clone, "run", stand_in)
    assert run.returncode != 0
    assert "no such host" in run.stderr
    assert "pip could not install requirements-dev.txt" in run.stderr
    assert not (clone / ".venv" / ".made").exists()


def asked(clone: Path, word: str) -> list[str]:
    """What the Python of .venv was asked, in lines that have the word."""
    return [line for line in (clone / "asked").read_text().splitlines() if word in line]


def test_the_hashes_are_checked(clone: Path, stand_in: str) -> None:
    assert make(clone, "run", stand_in).returncode == 0
    (install,) = asked(clone, "pip install")
    assert install.endswith("--require-hashes -r requirements-dev.txt")


def pytest_runs(clone: Path) -> list[str]:
    return [line.removeprefix("-m pytest ") for line in asked(clone, "-m pytest")]


def test_test_runs_all_with_coverage_after_the_checks(clone: Path, stand_in: str) -> None:
    assert make(clone, "test", stand_in).returncode == 0
    assert pytest_runs(clone) == ["-n 2 --dist loadgroup --cov --cov-report=html:.cache/coverage/html"]
    assert asked(clone, "-m mypy") != []


def test_test_with_a_path_runs_only_that(clone: Path, stand_in: str) -> None:
    assert make(clone, "test", stand_in, "T=tests/store -k upsert").returncode == 0
    assert pytest_runs(clone) == ["tests/store -k upsert"]
    assert asked(clone, "-m mypy") == []


def test_hooks_are_installed_by_pre_commit(clone: Path, stand_in: str) -> None:
    assert make(clone, "hooks", stand_in).returncode == 0
    assert asked(clone, "pre_commit") == ["-m pre_commit install"]


@pytest.mark.parametrize(
    ("upgrade", "options"),
    [
        ("", ""),
        ("UPGRADE=all", " --upgrade"),
        ("UPGRADE=requests tqdm", " --upgrade-package=requests --upgrade-package=tqdm"),
    ],
)
def test_lock_pins_each_list_by_what_is_tested(clone: Path, stand_in: str, upgrade: str, options: str) -> None:
    assert make(clone, "lock", stand_in, *filter(None, [upgrade])).returncode == 0
    compiled = [line.removeprefix("-m uv pip compile --quiet") for line in asked(clone, "-m uv")]
    assert compiled == [
        f"{options} requirements-dev.in -o requirements-dev.txt",
        " --constraint requirements-dev.txt requirements.in -o requirements.txt",
        " --constraint requirements-dev.txt requirements-reports.in -o requirements-reports.txt",
    ]


def test_deploy_sets_what_the_tests_of_deploying_set(root: Path) -> None:
    commands = make(root, "-n", "deploy").stdout
    assert [name for name, value in FOR_LAMBDA.items() if f"{name}={value}" not in commands] == []
