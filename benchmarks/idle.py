"""What the 30-minute job costs when nothing happened, by the sandbox's own count."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, func, select

from benchmarks.places import Sandbox, database, sandbox
from benchmarks.tables import Goal, heading, met, number, show
from chalicelib.jobs.schedules import run_job
from chalicelib.models import SyncRun, create_db_session
from chalicelib.settings import load_settings

SEARCHES, PER_PAGE = 9, 100
RUNS = 5


@dataclass(frozen=True)
class Figures:
    """Requests of the first run, which stores what is new and reads the members, and of one that finds nothing new."""

    first: int
    idle: int


def idle_run(place: Sandbox, db_url: str) -> Figures:
    """Run the job until it finds nothing new; RuntimeError when that doesn't come."""
    costs: list[int] = []
    stored = -1
    while len(costs) < RUNS:
        place.count_anew()
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:  # no `.env` there
            run_job("every_30_min", load_settings(place.settings(db_url), folder=Path(folder)))
        costs.append(place.count())
        before, stored = stored, stored_in_all(db_url)
        if stored == before:
            return Figures(costs[0], costs[-1])
    raise RuntimeError(f"the job goes on storing rows, though nothing happens: {costs} requests")


def stored_in_all(db_url: str) -> int:
    """How many rows all runs have stored, by the ledger."""
    with create_db_session(db_url) as session:
        return session.scalar(select(func.sum(SyncRun.stored))) or 0


def run(admin: Engine, *, sizes: Sequence[int], items: int) -> None:
    """Measure organisations of several sizes and print the table."""
    lines = []
    for repositories in sizes:
        with sandbox(repositories=repositories, items=items) as place, database(admin) as url:
            figures = idle_run(place, url)
        name = f"{repositories:,} repositories"
        # The list of repositories is asked for by ETags, a page for each hundred.
        most = SEARCHES + math.ceil(repositories / PER_PAGE)
        goal = Goal(at_most=most, text=f"at most {most}")
        lines.append([name, number(figures.idle), *met(goal, figures.idle), number(figures.first)])
    heading("Requests of one idle run of every_30_min")
    show([["", "requests", "goal", "met", "the first run"], *lines])
