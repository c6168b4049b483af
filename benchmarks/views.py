"""How long views take to answer, over a large organisation on PostgreSQL, and on SQLite over one of a quarter."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from benchmarks.large.kept import made, postgresql_url, sqlite_url
from benchmarks.large.questions import (
    LAST_DAYS,
    ORGANISATION,
    PAGE,
    PATIENCE,
    QUESTIONS,
    Answer,
    Asking,
    places_of,
    questions,
)
from benchmarks.large.refreshing import EVENTS, ITEMS, live_a_day, prepare
from benchmarks.large.servers import plain_server
from benchmarks.tables import Goal, heading, met, show
from chalicelib.utils import utc_now
from chalicelib.views import VIEWS
from tests.postgres import new_database

Answers = Mapping[str, Answer]
WIDE, NARROW = Goal(at_most=3, text="3"), Goal(at_most=0.5, text="0.5")
POSTGRESQL_GOALS = {name: WIDE if name in {ORGANISATION, LAST_DAYS} else NARROW for name in QUESTIONS}
SQLITE_GOALS = dict.fromkeys(QUESTIONS, WIDE)
SHARE_OF_SQLITE = 4
LEAST = 300  # items: with fewer, a view may have no rows
FIRST_REFRESH, DAILY_REFRESH = Goal(at_most=60, text="at most 60"), Goal(at_most=5, text="at most 5")


def run(admin: Engine, *, items: int, keep: Path | None) -> None:
    """Measure and print, for each database, the refreshes and a line for each view; those in `keep` are used again."""
    with folder_for(keep) as folder:
        heading(f"PostgreSQL with {items:,} issues and pull requests, and ten times as many events")
        with postgresql(admin, folder, items=items, is_kept=keep is not None) as url:
            measure(url, "PostgreSQL", POSTGRESQL_GOALS)
        fewer = max(LEAST, items // SHARE_OF_SQLITE)
        heading(f"SQLite with {fewer:,} issues and pull requests, and ten times as many events")
        measure(sqlite_url(folder, items=fewer), "SQLite", SQLITE_GOALS)


@contextmanager
def folder_for(keep: Path | None) -> Iterator[Path]:
    """The folder for databases: the given one, or one that is gone afterwards."""
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        Path(folder).chmod(0o711)  # for the server's account
        yield Path(folder)


@contextmanager
def postgresql(admin: Engine, folder: Path, *, items: int, is_kept: bool) -> Iterator[str]:
    """A database on a server with all defaults; on the one that TEST_DATABASE_URL names when nothing is to be kept."""
    if "TEST_DATABASE_URL" in os.environ and not is_kept:
        with new_database(admin) as url:
            made(url, items=items)
            yield url
        return
    with plain_server(folder / "pg") as own:
        yield postgresql_url(own, items=items)


def measure(db_url: str, name: str, goals: Mapping[str, Goal]) -> None:
    """Bring up to date what is derived, live a day, do it again; then ask all questions."""
    show([["refresh", "seconds", "goal", "met"], *refreshes(db_url)])
    begun = time.perf_counter()
    answers = ask_all(db_url)
    heading(f"{name}: seconds to answer; asked of every view in {time.perf_counter() - begun:.0f} s")
    show([["", "rows", *QUESTIONS, "met"], *(line(view, found, goals) for view, found in answers.items())])
    print(
        f"  Goals: {goals[ORGANISATION].text} s for the organisation and 90 days of it, {goals[PAGE].text} s for others"
    )
    print(f"  Slowest: {slowest(answers)}", flush=True)


def refreshes(db_url: str) -> Iterator[list[str]]:
    """The lines that say how long it takes to bring up to date what is derived."""
    for words, goal in (("as it is", FIRST_REFRESH), (f"after {ITEMS} changes, {EVENTS} events", DAILY_REFRESH)):
        if goal is DAILY_REFRESH:
            live_a_day(db_url)
        begun = time.perf_counter()
        prepare(db_url)
        seconds = time.perf_counter() - begun
        yield [words, f"{seconds:.1f}", *met(goal, seconds)]


def ask_all(db_url: str) -> dict[str, Answers]:
    """The answers of every view, by the question; RuntimeError when a view has no rows at all."""
    now = utc_now()
    answers: dict[str, Answers] = {}
    with Asking(db_url) as asking:
        places = places_of(asking.engine)
        for view in VIEWS:
            found = {name: asking.ask(asked) for name, asked in questions(view, places, now=now).items()}
            if found[PAGE].rows == 0 and found[PAGE].seconds is not None:
                raise RuntimeError(f"{view.name} has no rows")
            answers[view.name] = found
    return answers


def line(view: str, found: Answers, goals: Mapping[str, Goal]) -> list[str]:
    """A view's line: how many rows the organisation's answer has, the seconds, and whether all are within the goals."""
    is_met = all(goals[name].is_met(seconds_of(answer)) for name, answer in found.items())
    rows = found.get(ORGANISATION, found[PAGE]).rows
    return [view, f"{rows:,}", *(cell(found.get(name)) for name in QUESTIONS), "yes" if is_met else "NO"]


def cell(answer: Answer | None) -> str:
    """Seconds, that it took too long, or that the view has no such columns."""
    if answer is None:
        return "-"
    return f"> {PATIENCE}" if answer.seconds is None else f"{answer.seconds:.2f}"


def seconds_of(answer: Answer) -> float:
    """How long it took, or would have taken at least."""
    return PATIENCE if answer.seconds is None else answer.seconds


def slowest(answers: Mapping[str, Answers]) -> str:
    """Which answer took longest."""
    each = [(seconds_of(answer), view, name) for view, found in answers.items() for name, answer in found.items()]
    _, view, name = max(each)
    return f"{view}, {name}: {cell(answers[view][name])} s"
