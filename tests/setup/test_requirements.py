"""What is installed: chosen, pinned with its whole tree and hashes, explained, and no more in Lambda than needed."""

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

from tests.pins import chosen, pins

# From what is shipped to what a developer has: each list includes the one before it.
LISTS = ("requirements", "requirements-reports", "requirements-dev")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")

# Imported inside a function, and not shipped: the Lambda runtime brings the first two, only a shell needs the others.
BROUGHT_OR_LOCAL = {"boto3", "botocore", "alembic", "python-dotenv", "tqdm"}


@pytest.mark.parametrize("name", LISTS)
def test_every_version_is_pinned_with_its_hashes(root: Path, name: str) -> None:
    for pin in pins(root / f"{name}.txt"):
        assert [only.operator for only in pin.requirement.specifier] == ["=="], pin
        assert pin.requirement.url is None
        assert pin.options, pin
        assert [option for option in pin.options if not HASH.fullmatch(option)] == []


@pytest.mark.parametrize("name", LISTS)
def test_no_distribution_is_pinned_twice(root: Path, name: str) -> None:
    names = [pin.name for pin in pins(root / f"{name}.txt")]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", LISTS[:2])
def test_what_is_shipped_is_what_is_tested(root: Path, name: str) -> None:
    tested = {pin.name: pin for pin in pins(root / "requirements-dev.txt")}
    assert [pin for pin in pins(root / f"{name}.txt") if tested.get(pin.name) != pin] == []


@pytest.mark.parametrize("name", LISTS)
def test_what_is_pinned_is_what_was_chosen_and_what_that_needs(root: Path, name: str) -> None:
    pinned = {pin.name for pin in pins(root / f"{name}.txt") if pin.is_for_here}
    wanted = [need for each in LISTS[: LISTS.index(name) + 1] for need in chosen(root / f"{each}.in")]
    assert pinned == set(tree(wanted))


def tree(wanted: list[Requirement]) -> dict[str, set[str]]:
    """The distributions that these need here, directly or not, each with the extras that are asked of it."""
    found: dict[str, set[str]] = {}
    while wanted:
        need = wanted.pop()
        name = canonicalize_name(need.name)
        if name not in found or not need.extras <= found[name]:
            found[name] = found.get(name, set()) | need.extras
            wanted += [each for each in needs(name) if applies(each, found[name])]
    return found


def needs(name: str) -> list[Requirement]:
    return [Requirement(text) for text in metadata.requires(name) or []]


def applies(need: Requirement, extras: set[str]) -> bool:
    return not need.marker or any(need.marker.evaluate({"extra": extra}) for extra in extras | {""})


def test_the_installed_versions_are_the_pinned_ones(root: Path) -> None:
    pinned = {pin.name: pin.version for pin in pins(root / "requirements-dev.txt") if pin.is_for_here}
    assert {name: metadata.version(name) for name in pinned} == pinned


def test_no_registry_and_no_machine_is_named(root: Path) -> None:
    for name in LISTS:
        text = (root / f"{name}.in").read_text() + (root / f"{name}.txt").read_text()
        assert re.findall(r"://|(?<![\w.-])/\w|index", text) == []


def test_each_choice_is_explained_and_nothing_else(root: Path) -> None:
    explained = (root / "docs" / "dependencies.md").read_text()
    rows = [
        name
        for table in re.split(r"^#+ ", explained, flags=re.MULTILINE)
        if "(`requirements" in table.partition("\n")[0]
        for name in re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)
    ]
    names = [written(need) for name in LISTS for need in chosen(root / f"{name}.in")]
    assert sorted(rows) == sorted(names)


def written(need: Requirement) -> str:
    return need.name + (f"[{','.join(sorted(need.extras))}]" if need.extras else "")


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
    shipped = {pin.name for pin in pins(root / "requirements.txt")}
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
    allowed = {pin.name for pin in pins(root / "requirements.txt")} | BROUGHT_OR_LOCAL
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
