"""`.venv/bin/python -m benchmarks peers`: measure ours and others, one after the other, and print the tables."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from sqlalchemy import Engine

from benchmarks.peers import report, results
from benchmarks.peers.airbyte import Airbyte
from benchmarks.peers.dlt_rest import Dlt
from benchmarks.peers.environments import CACHE, ROOT, NotInstalledError, environment, pins
from benchmarks.peers.github_to_sqlite import GithubToSqlite
from benchmarks.peers.ground import Ground, Peer
from benchmarks.peers.measure import NOTHING, PROC, FailedError, Pipeline, Taken, measure
from benchmarks.peers.objects import Objects, compare
from benchmarks.peers.organisation import Organisation, Sizes, founded, organisation, truth_of
from benchmarks.peers.ours import Ours
from benchmarks.peers.perceval import Perceval
from benchmarks.peers.proxy import proxy
from benchmarks.peers.results import RUNS, Figures, Result
from benchmarks.peers.tap_github import CHEAP, EACH_PULL, TapGithub
from benchmarks.places import database, postgres
from benchmarks.tables import heading, show
from chalicelib.utils import utc_now
from tests.postgres import NoPostgresError, new_database

DOCUMENT = ROOT / "docs" / "benchmarks.md"
PEERS: dict[str, Callable[[], Peer]] = {
    "ours": Ours,
    "dlt": Dlt,
    "tap-cheap": lambda: TapGithub("tap-github, repository-wide lists", CHEAP),
    "tap": lambda: TapGithub("tap-github, with reviews and commits", (*CHEAP, *EACH_PULL)),
    "airbyte": Airbyte,
    "github-to-sqlite": GithubToSqlite,
    "perceval": Perceval,
}
EXAMPLES = """examples:
  .venv/bin/python -m benchmarks peers                     everything, in some hours
  .venv/bin/python -m benchmarks peers --items 300         does it work? in minutes; the figures say nothing
  .venv/bin/python -m benchmarks peers --only ours,dlt     these two again; the others' figures are kept in .cache/peers
  .venv/bin/python -m benchmarks peers --table --docs      only the tables, of what is kept, into docs/benchmarks.md

Needs Linux, and PyPI for the peers' environments, the first time. The tables are also in .cache/peers/ITEMS/table.md.
The exit code is 0 when all that was asked for was measured, else 1."""


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    sizes = Sizes()
    result = argparse.ArgumentParser(
        prog=".venv/bin/python -m benchmarks peers",
        description="Measure what ours and others take to load one organisation and to keep it current.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = result.add_argument
    add("--only", type=names, default=tuple(PEERS), metavar="A,B", help=f"of {', '.join(PEERS)}")
    add("--runs", type=runs, default=tuple(RUNS), metavar="A,B", help=f"the first ones of {', '.join(RUNS)}")
    add("--items", type=int, default=sizes.items, help=f"issues and pull requests, about ({sizes.items})")
    add("--scale", type=int, default=sizes.scale, help=f"how many times faster the limits pass ({sizes.scale})")
    add("--latency-ms", type=float, default=1000 * sizes.latency, help=f"before each answer ({1000 * sizes.latency})")
    add("--table", action="store_true", help="measure nothing, print what is kept")
    add("--docs", action="store_true", help="also put the tables into docs/benchmarks.md")
    return result


def names(text: str) -> tuple[str, ...]:
    """Read names of peers."""
    return _chosen(text, PEERS)


def runs(text: str) -> tuple[str, ...]:
    """Read names of runs."""
    chosen = _chosen(text, RUNS)
    if chosen != tuple(RUNS)[: len(chosen)]:
        raise argparse.ArgumentTypeError(f"each run needs the ones before it: {', '.join(RUNS)}")
    return chosen


def _chosen(text: str, known: Mapping[str, object]) -> tuple[str, ...]:
    chosen = tuple(text.split(","))
    if unknown := [name for name in chosen if name not in known]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: choose from {', '.join(known)}")
    return chosen


def measure_peer(name: str, admin: Engine, sizes: Sizes, wanted: Sequence[str]) -> Iterator[Result]:
    """Measure a peer in an organisation of its own; yield its result after each run, and a failure as one."""
    peer = PEERS[name]()
    figures: dict[str, Figures] = {}
    settling: dict[str, int] = {}
    try:
        for package in peer.packages:
            environment(package)
        with organisation(sizes, public_url=peer.public_url) as place, ground(name, admin, place, sizes) as there:
            peer.prepare(there)
            for run in wanted:
                if run == "idle":
                    _, settling = taken(place, peer.settle(there))
                if run == "changed":
                    place.change(max(sizes.items // 100, 1))
                figures[run] = one_run(peer, there, update=run != "first")
                print(f"  {name}, {RUNS[run]}: {figures[run].in_all:,} units, {figures[run].wall:.1f} s", flush=True)
                yield result_of(name, peer, sizes, figures, settling=settling)
    except (FailedError, NotInstalledError) as error:
        print(f"  {name} failed: {error}", flush=True)
        yield result_of(name, peer, sizes, figures, settling=settling, failure=str(error))


def result_of(
    name: str,
    peer: Peer,
    sizes: Sizes,
    figures: Mapping[str, Figures],
    *,
    settling: Mapping[str, int],
    failure: str = "",
) -> Result:
    """Put figures together with what they depend on."""
    versions = ", ".join(pin for package in peer.packages for pin in pins(package)) or "this checkout"
    return Result(
        name=name,
        title=peer.title,
        settings=peer.settings,
        versions=versions,
        trial=asdict(sizes),
        machine=machine(),
        day=f"{utc_now():%Y-%m-%d}",
        figures=figures,
        failure=failure,
        settling=settling,
    )


def one_run(peer: Peer, there: Ground, *, update: bool) -> Figures:
    """Run a peer once and look at what it asked for and what it stored."""
    place = there.organisation
    took, units = taken(place, peer.load(there, update=update))
    asked = place.sandbox.stats.summary()
    return Figures(
        wall=took.wall,
        cpu=took.cpu,
        peak=took.peak,
        units=units,
        requests=asked["total"],
        not_modified=asked["not_modified"],
        refused=asked["refused"],
        rows=peer.count(there),
        comparison=compare(peer.stored(there), place.truth()),
        by_route=asked["by_route"],
    )


def taken(place: Organisation, pipelines: Sequence[Pipeline]) -> tuple[Taken, dict[str, int]]:
    """Run pipelines one after the other; returns what they took, and the units of each limit."""
    place.count_anew()
    took = sum(map(measure, pipelines), NOTHING)
    return took, place.limits.units()


@contextmanager
def ground(name: str, admin: Engine, place: Organisation, sizes: Sizes) -> Iterator[Ground]:
    """Give a peer an empty folder, an empty database and the way to GitHub's address."""
    folder = CACHE / str(sizes.items) / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    empty = database(admin) if name == "ours" else new_database(admin)
    with empty as db_url, proxy(place.sandbox.url, folder) as settings:
        yield Ground(place, db_url, folder, settings)


def belongs(result: Result, sizes: Sizes, truth: Objects) -> bool:
    """Tell whether kept figures are of the same sizes, and of the organisation as the sandbox makes it now."""
    first = result.figures.get("first")
    same = first is None or (first.comparison.items, first.comparison.events) == (len(truth.items), truth.events)
    return same and result.trial == asdict(sizes)


def machine() -> str:
    """Return what the seconds depend on."""
    return f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f} at the end, Python {platform.python_version()}"


def show_tables(found: Sequence[Result], folder: Path) -> None:
    """Print the tables, and write them as Markdown."""
    for run, words in RUNS.items():
        if any(run in one.figures for one in found):
            heading(f"{words.capitalize()}: what it took")
            show(report.costs(found, run))
            heading(f"{words.capitalize()}: what is stored")
            show(report.stored(found, run))
    print("\n".join(["", *report.ratios(found), *report.remarks(found)]))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "table.md").write_text(report.page(found))
    print(f"as Markdown: {folder / 'table.md'}")


def end(*_: object) -> None:
    """End as Ctrl-C does, so that everything is cleaned up."""
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from a shell; returns the exit code."""
    given = parser().parse_args(arguments)
    sizes = Sizes(given.items, given.scale, given.latency_ms / 1000)
    folder = CACHE / str(sizes.items)
    signal.signal(signal.SIGTERM, end)
    wanted = [] if given.table else given.only
    if wanted and not PROC.exists():
        print(f"error: there is no {PROC} on this system, and so nobody to ask for a peer's memory", file=sys.stderr)
        return 1
    try:
        with postgres() as admin:
            for name in wanted:
                print(f"{name} …", flush=True)
                for result in measure_peer(name, admin, sizes, given.runs):
                    results.save(result, folder)
    except NoPostgresError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    truth = truth_of(founded(sizes))
    found = [one for one in results.load_all(PEERS, folder) if belongs(one, sizes, truth)]
    print(f"\n{sizes.items:,} items about, {given.latency_ms:g} ms an answer, limits {sizes.scale} times as fast")
    show_tables(found, folder)
    if given.docs:
        DOCUMENT.write_text(report.put_figures(DOCUMENT.read_text(), found))
    return 1 if any(one.failure for one in found if one.name in wanted) else 0
