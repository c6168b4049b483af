"""What a Lambda starts with: the size of its zip, and how long `app.py` takes to import from it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.tables import Goal, heading, met, show
from tests.deploying.deployment import Checkout, deployers_environment
from tests.deploying.runtime import Runtime

ROOT = Path(__file__).resolve().parents[1]
MEGABYTE = 1_000_000
ZIP_GOAL = Goal(at_most=16 * MEGABYTE, text="at most 16 MB")
IMPORT_GOAL = Goal(at_most=1.5, text="at most 1.5")
NONE_GOAL = Goal(at_most=0, text="none")
# What our code imports of others, by the names that it uses; tests hold that it imports all of these.
LIBRARIES = """
import chalice.app
import requests
import sqlalchemy.dialects.postgresql
import sqlalchemy.dialects.sqlite
import sqlalchemy.ext.compiler
import sqlalchemy.orm
"""
# Only a GitHub App needs these, to sign its claims: a Lambda that has a token must not wait for them.
FOR_APPS = ("jwt", "cryptography")
NEEDED_BY_APPS = "import jwt, cryptography.hazmat.primitives.serialization"


@contextmanager
def packaged() -> Iterator[tuple[Path, Runtime]]:
    """The zip that `chalice package` makes of this checkout, and a Lambda with it."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        checkout = Checkout.copy(ROOT, Path(folder) / "checkout", deployers_environment())
        checkout.chalice("package", "out")
        (package,) = checkout.zips
        yield package, Runtime.unpack(package, Path(folder) / "lambda")


def import_seconds(runtime: Runtime, *, rounds: int) -> tuple[float, float]:
    """The least seconds that importing app.py took, and its libraries alone."""
    ours, libraries = least_seconds(runtime, "import app", LIBRARIES, rounds=rounds)
    return ours, libraries


def seconds_for_apps(runtime: Runtime, *, rounds: int) -> float:
    """The least seconds that the first use of an App's key spends on its libraries."""
    before = "import app\n"
    all_of_it, ours = least_seconds(runtime, before + NEEDED_BY_APPS, before, rounds=rounds)
    return all_of_it - ours


def least_seconds(runtime: Runtime, *statements: str, rounds: int) -> list[float]:
    """The least seconds that each of some imports took, in turn: what else slows a round down is noise.

    Nothing is compiled beforehand: the zip has no bytecode, and Lambda can't write any beside it.
    """
    times = [[runtime.time_import(each)["seconds"] for each in statements] for _ in range(rounds)]
    return [min(column) for column in zip(*times, strict=True)]


def loaded_for_apps(runtime: Runtime) -> list[str]:
    """Which libraries importing app.py loads, of those that only a GitHub App needs."""
    modules = runtime.time_import("import app")["modules"]
    return [name for name in FOR_APPS if name in modules]


def run(runtime: Runtime, *, size: int, rounds: int) -> None:
    """Measure and print the table; `size` is the zip's, in bytes."""
    ours, libraries = import_seconds(runtime, rounds=rounds)
    loaded = loaded_for_apps(runtime)
    heading(f"The Lambda's zip, and importing app.py from it; the least of {rounds} rounds")
    show(
        [
            ["", "figure", "goal", "met"],
            ["MB of the zip", f"{size / MEGABYTE:.2f}", *met(ZIP_GOAL, size)],
            ["times the seconds of its libraries", f"{ours / libraries:.2f}", *met(IMPORT_GOAL, ours / libraries)],
            ["seconds of app.py", f"{ours:.2f}", "", ""],
            ["seconds of its libraries", f"{libraries:.2f}", "", ""],
            [f"of {' and '.join(FOR_APPS)}, loaded", " and ".join(loaded) or "none", *met(NONE_GOAL, len(loaded))],
            ["seconds more with an App's key", f"{seconds_for_apps(runtime, rounds=rounds):.2f}", "", ""],
        ]
    )
