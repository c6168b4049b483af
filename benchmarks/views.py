"""How long each view takes over an organisation of some thousand items, on both databases."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from sqlalchemy import Engine, text

from benchmarks.places import database
from benchmarks.tables import Goal, heading, met, show
from chalicelib.models import create_all, create_db_session
from chalicelib.store.views import View
from chalicelib.views import VIEWS
from tests.views.generated import fill
from tests.views.world import World

GOAL = Goal(at_most=2, text="at most 2")
EVENTS_AN_ITEM = 6


def view_seconds(db_url: str, *, items: int) -> dict[str, float]:
    """The seconds that reading each view takes, once, in a database that is filled for it."""
    with create_db_session(db_url) as session:
        world = World(session)
        fill(world, items=items, events=EVENTS_AN_ITEM * items)
        session.execute(text("ANALYZE"))  # as autovacuum does where people read
        return {view.name: seconds_of(world, view) for view in VIEWS}


def seconds_of(world: World, view: View) -> float:
    """The seconds that reading all rows of a view takes; RuntimeError when it has none."""
    begun = time.perf_counter()
    rows = world.read(view)
    seconds = time.perf_counter() - begun
    if not rows:
        raise RuntimeError(f"{view.name} has no rows")
    return seconds


def run(admin: Engine, *, items: int) -> None:
    """Measure and print the table: a line a view, and the slower database beside the goal."""
    with database(admin) as url:
        postgresql = view_seconds(url, items=items)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        create_all(url)
        sqlite = view_seconds(url, items=items)
    heading(f"Seconds to read each view of {items:,} items and {EVENTS_AN_ITEM * items:,} events")
    lines = [
        [name, f"{seconds:.2f}", f"{sqlite[name]:.2f}", *met(GOAL, max(seconds, sqlite[name]))]
        for name, seconds in postgresql.items()
    ]
    show([["", "PostgreSQL", "SQLite", "goal", "met"], *lines])
