"""The zip that was uploaded: how large it is, what is in it, and how long it takes to import."""

from __future__ import annotations

import zipfile
from pathlib import Path

from benchmarks.packaging import IMPORT_GOAL, LIBRARIES, ZIP_GOAL, import_ratio
from tests.deploying.runtime import Runtime

OURS = {"app.py", "chalice", "chalicelib"}
BROUGHT = {"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py"}


def names(package: Path) -> list[str]:
    with zipfile.ZipFile(package) as file:
        return file.namelist()


def test_it_is_small(package: Path) -> None:
    assert ZIP_GOAL.is_met(package.stat().st_size)


def test_it_has_our_code_and_no_bytecode(root: Path, package: Path) -> None:
    packed = names(package)
    ours = {str(path.relative_to(root)) for path in (root / "chalicelib").rglob("*.py")}
    assert {name for name in packed if name.startswith("chalicelib/")} == ours
    assert [name for name in packed if "__pycache__" in name or name.endswith(".pyc")] == []


def test_it_has_nothing_that_lambda_brings_or_a_shell_needs(package: Path) -> None:
    top = {name.partition("/")[0] for name in names(package)}
    assert top >= OURS | {"psycopg2", "requests", "sqlalchemy"}
    assert (
        top & (BROUGHT | {"alembic", "dotenv", "tqdm", "backfill.py", "sandbox", "tests", ".env", ".chalice"}) == set()
    )


def test_importing_it_takes_little_more_than_its_libraries(runtime: Runtime) -> None:
    assert IMPORT_GOAL.is_met(import_ratio(runtime, rounds=3))


def test_the_libraries_compared_with_are_those_that_it_imports(runtime: Runtime) -> None:
    """Otherwise a library that is never imported would make room for slow code of ours."""
    alone = set(runtime.time_import(LIBRARIES)["modules"])
    assert alone <= set(runtime.time_import("import app")["modules"])


def test_importing_it_does_not_load_the_sdk(runtime: Runtime) -> None:
    assert set(runtime.time_import("import app")["modules"]) & {"boto3", "botocore"} == set()
