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
ZIP_GOAL = Goal(at_most=12 * MEGABYTE, text="at most 12 MB")
IMPORT_GOAL = Goal(at_most=1.5, text="at most 1.5")
# What our code imports of others, by the names that it uses; tests hold that it imports all of these.
LIBRARIES = """
import chalice.app
import requests
import rsa
import sqlalchemy.dialects.postgresql
import sqlalchemy.dialects.sqlite
import sqlalchemy.ext.compiler
import sqlalchemy.orm
"""


@contextmanager
def packaged() -> Iterator[tuple[Path, Runtime]]:
    """The zip that `chalice package` makes of this checkout, and a Lambda with it."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        checkout = Checkout.copy(ROOT, Path(folder) / "checkout", deployers_environment())
        checkout.chalice("package", "out")
        (package,) = checkout.zips
        yield package, Runtime.unpack(package, Path(folder) / "lambda")


def import_seconds(runtime: Runtime, *, rounds: int) -> tuple[float, float]:
    """The least seconds that importing app.py took, and its libraries alone: what else slows a round down is noise.

    Nothing is compiled beforehand: the zip has no bytecode, and Lambda can't write any beside it.
    """
    ours, libraries = [], []
    for _ in range(rounds):
        ours.append(runtime.time_import("import app")["seconds"])
        libraries.append(runtime.time_import(LIBRARIES)["seconds"])
    return min(ours), min(libraries)


def import_ratio(runtime: Runtime, *, rounds: int) -> float:
    """How many times as long app.py takes as its libraries alone."""
    ours, libraries = import_seconds(runtime, rounds=rounds)
    return ours / libraries


def run(runtime: Runtime, *, size: int, rounds: int) -> None:
    """Measure and print the table; `size` is the zip's, in bytes."""
    ours, libraries = import_seconds(runtime, rounds=rounds)
    heading(f"The Lambda's zip, and importing app.py from it; the least of {rounds} rounds")
    show(
        [
            ["", "figure", "goal", "met"],
            ["MB of the zip", f"{size / MEGABYTE:.2f}", *met(ZIP_GOAL, size)],
            ["times the seconds of its libraries", f"{ours / libraries:.2f}", *met(IMPORT_GOAL, ours / libraries)],
            ["seconds of app.py", f"{ours:.2f}", "", ""],
            ["seconds of its libraries", f"{libraries:.2f}", "", ""],
        ]
    )
