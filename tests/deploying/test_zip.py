"""The zip that was uploaded: how large it is, what is in it, and what importing it loads."""

from __future__ import annotations

import re
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from benchmarks.packaging import FOR_APPS, LIBRARIES, ZIP_GOAL
from tests.deploying.runtime import Runtime
from tests.pins import pins
from tests.sandbox.keys import keys

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("deploying")]  # one worker has the one deployment

OURS = {"app.py", "chalice", "chalicelib"}
BROUGHT = {"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py"}
# The C library of Lambda's Amazon Linux 2 (Python 3.11) and 2023.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
GLIBC = (2, 26) if sys.version_info < (3, 12) else (2, 34)
PYTHONS = {f"cp{sys.version_info.major}{sys.version_info.minor}", "abi3", "none"}


def names(package: Path) -> list[str]:
    with zipfile.ZipFile(package) as file:
        return file.namelist()


def wheels(package: Path) -> dict[str, list[str]]:
    """The tags of each wheel that is in the zip, by its distribution."""
    with zipfile.ZipFile(package) as file:
        return {
            canonicalize_name(name.partition("-")[0]): re.findall(
                r"^Tag: (\S+)$", file.read(name).decode(), re.MULTILINE
            )
            for name in file.namelist()
            if re.fullmatch(r"[^/]+\.dist-info/WHEEL", name)
        }


def runs_in_lambda(tag: str) -> bool:
    _, abi, platform = tag.split("-")
    glibc = re.fullmatch(r"manylinux_(\d+)_(\d+)_x86_64", platform.replace("manylinux2014", "manylinux_2_17"))
    fits = platform == "any" or (glibc is not None and (int(glibc[1]), int(glibc[2])) <= GLIBC)
    return fits and abi in PYTHONS


def test_it_is_small(package: Path) -> None:
    assert ZIP_GOAL.is_met(package.stat().st_size)


def test_it_has_our_code_and_no_bytecode(root: Path, package: Path) -> None:
    packed = names(package)
    ours = {str(path.relative_to(root)) for path in (root / "chalicelib").rglob("*.py")}
    assert {name for name in packed if name.startswith("chalicelib/")} == ours
    assert [name for name in packed if "__pycache__" in name or name.endswith(".pyc")] == []


def test_it_has_every_requirement_as_a_wheel_that_runs_in_lambda(root: Path, package: Path) -> None:
    """Chalice only prints a warning when it finds none, and packs the rest."""
    found = wheels(package)
    assert set(found) == {pin.name for pin in pins(root / "requirements.txt")}
    assert [name for name, tags in found.items() if not any(map(runs_in_lambda, tags))] == []


def test_it_has_nothing_that_lambda_brings_or_a_shell_needs(package: Path) -> None:
    top = {name.partition("/")[0] for name in names(package)}
    assert top >= OURS | {"psycopg2", "requests", "sqlalchemy"}
    assert (
        top & (BROUGHT | {"alembic", "dotenv", "tqdm", "backfill.py", "sandbox", "tests", ".env", ".chalice"}) == set()
    )


@pytest.fixture(scope="session")
def modules(runtime: Runtime) -> set[str]:
    """All that importing app.py loads."""
    return set(runtime.time_import("import app")["modules"])


def test_the_libraries_compared_with_are_those_that_it_imports(runtime: Runtime, modules: set[str]) -> None:
    """Otherwise a library that is never imported would make room for slow code of ours."""
    assert set(runtime.time_import(LIBRARIES)["modules"]) <= modules


def test_importing_it_does_not_load_the_sdk(modules: set[str]) -> None:
    assert modules & {"boto3", "botocore"} == set()


def test_what_only_an_app_needs_is_loaded_with_its_key(runtime: Runtime, modules: set[str]) -> None:
    assert modules & set(FOR_APPS) == set()
    sign = f"import app\nfrom chalicelib.github import AppAuth\nAppAuth('1', {keys().private!r}).header()"
    assert set(runtime.time_import(sign)["modules"]) >= set(FOR_APPS)
