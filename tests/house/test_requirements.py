"""What is installed: pinned, whole, written down, and no more in Lambda than it needs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FILES = ("requirements.txt", "requirements-dev.txt", "requirements-reports.txt")
PINNED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[a-z,]+\])?==[0-9][A-Za-z0-9.]*( ; .+)?")

# Imported inside a function, and not shipped: the Lambda runtime brings the first two, only a shell needs the others.
BROUGHT_OR_LOCAL = {"boto3", "botocore", "alembic", "python-dotenv", "tqdm"}

# pip comes with Python.
WITH_PYTHON = {"pip"}


def lines(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def pins(path: Path) -> list[Requirement]:
    return [Requirement(line) for line in lines(path) if not line.startswith("-r ")]


def names(path: Path) -> set[str]:
    """The distributions that a file installs, with those of the files it includes."""
    own = {canonicalize_name(pin.name) for pin in pins(path)}
    included = [path.with_name(line.removeprefix("-r ")) for line in lines(path) if line.startswith("-r ")]
    return own.union(*(names(other) for other in included))


@pytest.mark.parametrize("file", FILES)
def test_every_version_is_pinned(root: Path, file: str) -> None:
    loose = [line for line in lines(root / file) if line != "-r requirements.txt" and not PINNED.fullmatch(line)]
    assert loose == []


def test_no_distribution_is_pinned_twice(root: Path) -> None:
    pinned = [canonicalize_name(pin.name) for file in FILES for pin in pins(root / file)]
    assert sorted(pinned) == sorted(set(pinned))


@pytest.mark.parametrize("file", FILES[:2])
def test_the_whole_tree_is_pinned(root: Path, file: str) -> None:
    pinned = names(root / file)
    missing = {
        f"{name} needs {need.name}"
        for pin in pins(root / file)
        for name in [pin.name]
        for need in map(Requirement, metadata.requires(name) or [])
        if wanted(need, pin.extras) and canonicalize_name(need.name) not in pinned | WITH_PYTHON
    }
    assert missing == set()


def wanted(need: Requirement, extras: set[str]) -> bool:
    return not need.marker or any(need.marker.evaluate({"extra": extra}) for extra in extras | {""})


def test_the_installed_versions_are_the_pinned_ones(root: Path) -> None:
    pinned = {pin.name: next(iter(pin.specifier)).version for file in FILES for pin in pins(root / file)}
    assert {name: metadata.version(name) for name in pinned} == pinned


def test_each_direct_dependency_is_explained(root: Path) -> None:
    explained = (root / "docs" / "dependencies.md").read_text()
    direct = [name for file in FILES for name in direct_names(root / file)]
    assert [name for name in direct if f"| `{name}` |" not in explained] == []


def direct_names(path: Path) -> list[str]:
    """The distributions that we ask for ourselves, as they are written."""
    above, _, _ = path.read_text().partition("# What those need")
    return re.findall(r"^([^#\s-][^=]*)==", above, re.MULTILINE)


IMPORT_ALL = """
import importlib, pkgutil, sys

blocked = set(sys.argv[2:])

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(f"{name} is not in requirements.txt", name=name)

sys.meta_path.insert(0, Blocker())
sys.path.insert(0, sys.argv[1])
import chalicelib
for module in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
    importlib.import_module(module.name)
"""


def test_importing_chalicelib_needs_only_what_lambda_ships(root: Path) -> None:
    shipped = names(root / "requirements.txt")
    others = [
        module
        for module, distributions in metadata.packages_distributions().items()
        if not shipped & {canonicalize_name(name) for name in distributions}
    ]
    run = subprocess.run(
        [sys.executable, "-I", "-c", IMPORT_ALL, root, *others], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_what_functions_import_is_shipped_or_brought_or_local(root: Path) -> None:
    allowed = names(root / "requirements.txt") | BROUGHT_OR_LOCAL
    distributions = metadata.packages_distributions()
    foreign = {
        f"{path.relative_to(root)}: {module}"
        for path in (root / "chalicelib").rglob("*.py")
        for module in imported(path)
        if module not in sys.stdlib_module_names | {"chalicelib"}
        and not allowed & {canonicalize_name(name) for name in distributions.get(module, [])}
    }
    assert foreign == set()


def imported(path: Path) -> set[str]:
    """The top names of everything that a file imports anywhere."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found
