"""`.venv/bin/python -m benchmarks`: print what loading, views, pages, a backfill and Lambdas cost, and the goals."""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Engine, text

from benchmarks import backfilling, idle, lambdas, loading, packaging, pages, security, views, webhook
from benchmarks.peers import command
from benchmarks.places import postgres
from benchmarks.tables import heading
from chalicelib.errors import DatabaseNotReadyError
from chalicelib.views import VIEWS
from tests.deploying.runtime import ONLY_THERE, RUNS_HERE
from tests.postgres import NoPostgresError

PARTS = ("loading", "views", "dashboard", "backfill", "idle", "security", "webhook", "lambda")


@dataclass(frozen=True)
class Sizes:
    """How much to measure."""

    rows: int
    rounds: int
    view_items: int
    items: int
    idle_items: int
    repositories: tuple[int, ...]
    audited: int
    alerts: int
    large: int
    teams: int
    slowness: float
    per_second: int
    seconds: int
    imports: int


FULL = Sizes(
    rows=5_000,
    rounds=5,
    view_items=200_000,
    items=20_000,
    idle_items=3_000,
    repositories=(10, 1_000),
    audited=2_000,
    alerts=20_000,
    large=1_400,
    teams=350,
    slowness=1.0,
    per_second=500,
    seconds=20,
    imports=7,
)
QUICK = Sizes(
    rows=150,
    rounds=1,
    view_items=300,
    items=200,
    idle_items=150,
    repositories=(3, 30),
    audited=30,
    alerts=300,
    large=30,
    teams=5,
    slowness=0.01,
    per_second=50,
    seconds=1,
    imports=1,
)
EXAMPLES = """examples:
  .venv/bin/python -m benchmarks                              everything, in about half an hour; views take most of it
  .venv/bin/python -m benchmarks --quick                      small sizes, in seconds: does it work?
  .venv/bin/python -m benchmarks --only loading --rounds 15   a steadier median on a busy machine
  .venv/bin/python -m benchmarks --only views --keep FOLDER   makes the large databases once, and asks them each time
  .venv/bin/python -m benchmarks --only views --keep FOLDER --view issue_cycle
  TEST_DATABASE_URL=postgresql://user@host/postgres .venv/bin/python -m benchmarks --only loading
                                                    on a server of your own
  .venv/bin/python -m benchmarks peers --help                 ours beside others: what each takes

Without TEST_DATABASE_URL it starts a PostgreSQL of its own, which doesn't wait for the disk. The exit code is 0
whether the goals are met or not, and 1 when something breaks."""


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    result = argparse.ArgumentParser(
        prog=".venv/bin/python -m benchmarks",
        description="Measure loading, views, pages, the memory of a backfill, requests, and what a Lambda takes.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("--quick", action="store_true", help="small sizes; the figures say nothing")
    result.add_argument("--only", choices=PARTS, action="append", help="one part; may be repeated")
    result.add_argument("--rows", type=positive, help=f"issues to load ({FULL.rows})")
    result.add_argument("--rounds", type=positive, help=f"how often each loader does it ({FULL.rounds})")
    items = f"items to backfill, about ({FULL.items}); items that views read ({FULL.view_items})"
    result.add_argument("--items", type=positive, help=items)
    kept = "where to keep the databases that views read, for the next time"
    result.add_argument("--keep", type=Path, metavar="FOLDER", help=kept)
    names = [view.name for view in VIEWS]
    result.add_argument("--view", choices=names, action="append", metavar="NAME", help="one view; may be repeated")
    return result


def positive(word: str) -> int:
    """Read a whole number above zero."""
    if not word.isascii() or not word.isdigit() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is not a whole number above 0")
    return int(word)


def run(admin: Engine, given: argparse.Namespace) -> None:
    """Measure what was asked for."""
    asked = {name: getattr(given, name) for name in ("rows", "rounds", "items") if getattr(given, name) is not None}
    if given.items:
        asked["view_items"] = given.items
    sizes = replace(QUICK if given.quick else FULL, **asked)
    say_machine(admin)
    measure(admin, sizes, given)


def measure(admin: Engine, sizes: Sizes, given: argparse.Namespace) -> None:
    """Measure the parts that are asked for."""
    parts = given.only or PARTS
    if "loading" in parts:
        loading.run(admin, count=sizes.rows, rounds=sizes.rounds)
    if "views" in parts:
        views.run(admin, items=sizes.view_items, keep=given.keep, only=given.view)
    if "dashboard" in parts:
        pages.run(admin, items=sizes.view_items, keep=given.keep)
    if "backfill" in parts:
        backfilling.run(admin, items=sizes.items)
    if "idle" in parts:
        idle.run(admin, sizes=sizes.repositories, items=sizes.idle_items)
    if "security" in parts:
        sizes_of = {"repositories": sizes.audited, "alerts": sizes.alerts, "large": sizes.large, "teams": sizes.teams}
        security.run(admin, **sizes_of, slowness=sizes.slowness)
    if "webhook" in parts:
        webhook.run(admin, per_second=sizes.per_second, seconds=sizes.seconds)
    if "lambda" in parts and not RUNS_HERE:
        heading(f"No figures of Lambdas: {ONLY_THERE}")
    elif "lambda" in parts:
        with packaging.packaged() as (package, runtime):
            packaging.run(runtime, size=package.stat().st_size, rounds=sizes.imports)
            lambdas.run(admin, runtime, items=sizes.items)


def say_machine(admin: Engine) -> None:
    """Print what the figures depend on."""
    with admin.connect() as connection:
        server = connection.execute(text("SHOW server_version")).scalar_one()
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(
        f"PostgreSQL {server.split()[0]}, Python {platform.python_version()}, "
        f"SQLAlchemy {version('SQLAlchemy')}, {os.cpu_count()} CPUs{load}",
        flush=True,
    )


def end(*_: object) -> None:
    """End as Ctrl-C does, so that everything is cleaned up."""
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from a shell; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["peers"]:
        return command.main(words[1:])
    given = parser().parse_args(words)
    signal.signal(signal.SIGTERM, end)
    # The sandbox is on this machine: never through a proxy.
    os.environ |= {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    try:
        with postgres() as admin:
            run(admin, given)
    except (NoPostgresError, DatabaseNotReadyError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
