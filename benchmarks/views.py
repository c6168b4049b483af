"""How long views take to answer, over a large organisation on PostgreSQL, and on SQLite over one of a quarter."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
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
from benchmarks.tables import Goal, heading, met, number, show, show_line
from chalicelib.store.views import View
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


def run(admin: Engine, *, items: int, keep: Path | None, only: Sequence[str] | None) -> None:
    """Measure and print, for each database, the refreshes and a line for each view; those in `keep` are used again."""
    views = [view for view in VIEWS if not only or view.name in only]
    with folder_for(keep) as folder:
        heading(f"PostgreSQL with {items:,} issues and pull requests, and ten times as many events")
        with postgresql(admin, folder, items=items, is_kept=keep is not None) as url:
            measure(url, views, POSTGRESQL_GOALS)
        fewer = max(LEAST, items // SHARE_OF_SQLITE)
        heading(f"SQLite with {fewer:,} issues and pull requests, and ten times as many events")
        measure(sqlite_url(folder, items=fewer), views, SQLITE_GOALS)


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


def measure(db_url: str, views: Sequence[View], goals: Mapping[str, Goal]) -> None:
    """Bring up to date what is derived, live a day, do it again; then ask all questions, a line for each view."""
    show([["refresh", "seconds", "goal", "met"], *refreshes(db_url)])
    heading("Seconds to answer")
    titles = ["", "rows", *QUESTIONS, "met"]
    widths = [max(len(view.name) for view in views), *(max(len(title), 9) for title in titles[1:])]
    show_line(titles, widths)
    answers: dict[str, Answers] = {}
    for view, found in ask(db_url, views):
        answers[view.name] = found
        show_line(line(view.name, found, goals), widths)
    wide, narrow = goals[ORGANISATION].text, goals[PAGE].text
    print(f"  Goals: {wide} s for the organisation and its last days, {narrow} s for the rest")
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


def ask(db_url: str, views: Sequence[View]) -> Iterator[tuple[View, Answers]]:
    """Each view's answers, by the question; RuntimeError when a view has no rows at all."""
    now = utc_now()
    with Asking(db_url) as asking:
        places = places_of(asking.engine)
        for view in views:
            found = {name: asking.ask(asked) for name, asked in questions(view, places, now=now).items()}
            if found[PAGE].rows == 0 and found[PAGE].seconds is not None:
                raise RuntimeError(f"{view.name} has no rows")
            yield view, found


def line(view: str, found: Answers, goals: Mapping[str, Goal]) -> list[str]:
    """A view's line: how many rows the organisation's answer has, the seconds, and whether all are within the goals."""
    is_met = all(goals[name].is_met(seconds_of(answer)) for name, answer in found.items())
    whole = found.get(ORGANISATION, found[PAGE])
    rows = number(None if whole.seconds is None else whole.rows)
    return [view, rows, *(cell(found.get(name)) for name in QUESTIONS), "yes" if is_met else "NO"]


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
