"""How much memory a backfill takes: the real backfill.py in a process, the sandbox in another."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, func, select

from benchmarks.places import Sandbox, database, sandbox
from benchmarks.tables import Goal, heading, met, number, show
from chalicelib.models import Issue, PullRequest, create_all, create_db_session
from chalicelib.utils import utc_now

ROOT = Path(__file__).resolve().parents[1]

GOAL = Goal(at_most=100, text="under 100")
MEGABYTE = 1_000_000
HISTORY = timedelta(days=405)  # the sandbox's 400, and some
PATIENCE = 1800  # seconds


@dataclass(frozen=True)
class Figures:
    """What one backfill took: bytes, seconds, requests, and how many items it stored."""

    peak: int
    seconds: float
    requests: int
    items: int


def measured(
    script: str, arguments: Sequence[str] = (), settings: Mapping[str, str] | None = None
) -> tuple[int, float]:
    """Run one of our scripts in a Python of its own; gives its peak memory in bytes and the seconds it took.

    It sees no `.env` and nothing of the environment but the settings. RuntimeError when it fails, with its words.
    """
    environment = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), **(settings or {})}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        report = Path(folder) / "peak"
        command = [sys.executable, "-m", "benchmarks.peak", str(report), str(ROOT / script), *arguments]
        begun = time.perf_counter()
        told = subprocess.run(  # noqa: S603 - our own script
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        seconds = time.perf_counter() - begun
        if told.returncode:
            raise RuntimeError(f"{script} failed:\n{told.stdout}{told.stderr}")
        return int(report.read_text()), seconds


def backfill(place: Sandbox, db_url: str, *, items: int) -> Figures:
    """Backfill an empty database with all that the sandbox has; RuntimeError when something is missing afterwards."""
    place.count_anew()
    since = f"{utc_now() - HISTORY:%Y-%m-%d}"
    peak, seconds = measured("backfill.py", ["--since", since], place.settings(db_url))
    stored = count_items(db_url)
    if stored != items:
        raise RuntimeError(f"the sandbox has {items} items, the backfill stored {stored}")
    return Figures(peak, seconds, place.count(), stored)


def count_items(db_url: str) -> int:
    """How many issues and pull requests a database holds."""
    with create_db_session(db_url) as session:
        return sum(session.scalar(select(func.count(model.id))) or 0 for model in (Issue, PullRequest))


def run(admin: Engine, *, items: int) -> None:
    """Backfill both databases from one organisation and print the table."""
    with sandbox(repositories=12, items=items, people=200) as place, tempfile.TemporaryDirectory() as folder:
        there = place.items()
        with database(admin) as url:
            lines = [line("PostgreSQL", backfill(place, url, items=there))]
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        create_all(url)
        lines.append(line("SQLite", backfill(place, url, items=there)))
    libraries, _ = measured("benchmarks/libraries.py")
    lines.append(["the libraries alone", f"{libraries / MEGABYTE:.1f}", "", "", "", ""])
    heading(f"Backfill of {there:,} items, from the start of the process to its end")
    show([["", "peak MB", "goal", "met", "items a second", "requests"], *lines])


def line(name: str, figures: Figures) -> list[str]:
    """A backfill's line of the table."""
    megabytes = figures.peak / MEGABYTE
    rate = figures.items / figures.seconds
    return [name, f"{megabytes:.1f}", *met(GOAL, megabytes), number(rate), number(figures.requests)]
