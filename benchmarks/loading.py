"""How fast rows are stored: the upsert beside raw COPY and beside SQLAlchemy's own upsert, round by round."""

from __future__ import annotations

import gc
import io
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from benchmarks.issues import COLUMNS, changed_rows, copy_text, issue_rows
from benchmarks.places import database
from benchmarks.tables import Goal, heading, met, number, show
from chalicelib.models import Issue, create_all, create_db_session
from chalicelib.store.upsert import Row, upsert

Rows = Sequence[Row]
CASES = INSERT, REPLAY, CHANGED = ("insert", "replay", "all changed")
COPY, COPY_WRITTEN = "COPY, text made beforehand", "COPY, text made on the way"
OURS, OURS_PAGED = "our upsert", "our upsert, pages of 100"
SQLALCHEMY, ON_SQLITE = "SQLAlchemy's upsert", "our upsert, on SQLite"
GOAL = Goal(at_least=1 / 3, text="at least 0.33")
PAGE = 100
CHECKED = 500  # rows that each loader stores once beforehand


@dataclass(frozen=True)
class Loader:
    """A way to store rows, and whether it can store them again."""

    name: str
    load: Callable[[Session, Rows], object]
    replays: bool = True


@dataclass
class Figures:
    """Seconds by loader and case, a value a round."""

    seconds: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def add(self, loader: str, case: str, seconds: float) -> None:
        """Take down one measurement."""
        self.seconds.setdefault((loader, case), []).append(seconds)

    def rate(self, loader: str, case: str, rows: int) -> float | None:
        """Rows a second, the median of all rounds; None when the loader can't do the case."""
        seconds = self.seconds.get((loader, case))
        return rows / statistics.median(seconds) if seconds else None

    def ratios(self, loader: str, other: str, case: str) -> list[float]:
        """How many times as fast as another loader, in each round: what slows a round down slows both."""
        pairs = zip(self.seconds[loader, case], self.seconds[other, case], strict=True)
        return [theirs / ours for ours, theirs in pairs]


def copy(session: Session, lines: str) -> None:
    """Send lines in COPY's text format."""
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    cursor: Any = session.connection().connection.cursor()  # psycopg2's, which has more than the DBAPI
    cursor.copy_expert(f"COPY issues ({names}) FROM STDIN", io.StringIO(lines))
    session.commit()


def our_upsert(session: Session, rows: Rows) -> None:
    """Store all rows by one call."""
    upsert(session, Issue, rows)
    session.commit()


def our_upsert_paged(session: Session, rows: Rows) -> None:
    """Store rows as the job and the backfill do: a call and a commit for each page of GitHub's."""
    for start in range(0, len(rows), PAGE):
        our_upsert(session, rows[start : start + PAGE])


def sqlalchemy_upsert(session: Session, rows: Rows) -> None:
    """Store rows as SQLAlchemy's documentation shows it.

    https://docs.sqlalchemy.org/en/21/orm/queryguide/dml.html#orm-upsert-statements
    """
    statement = insert(Issue)
    offered = {name: statement.excluded[name] for name in COLUMNS if name != "id"}
    session.execute(statement.on_conflict_do_update(index_elements=[Issue.id], set_=offered), list(rows))
    session.commit()


def postgresql_loaders(rows: Rows) -> list[Loader]:
    """What is compared on PostgreSQL; COPY's text of `rows`, and of those that are checked, is made here."""
    texts = {len(part): copy_text(part) for part in (rows, rows[:CHECKED])}
    return [
        Loader(COPY, lambda session, given: copy(session, texts[len(given)]), replays=False),
        Loader(OURS, our_upsert),
        Loader(SQLALCHEMY, sqlalchemy_upsert),
        Loader(OURS_PAGED, our_upsert_paged),
        Loader(COPY_WRITTEN, lambda session, given: copy(session, copy_text(given)), replays=False),
    ]


def measure(session: Session, loaders: Sequence[Loader], rows: Rows, *, rounds: int) -> Figures:
    """Let each loader do each case once a round, in another order each round."""
    figures, changed = Figures(), changed_rows(rows)
    check_loaders(session, loaders, rows[:CHECKED], changed[:CHECKED])
    for number_of_round in range(rounds):
        shift = number_of_round % len(loaders)
        for loader in [*loaders[shift:], *loaders[:shift]]:
            empty(session)
            figures.add(loader.name, INSERT, timed(loader, session, rows))
            if loader.replays:
                figures.add(loader.name, REPLAY, timed(loader, session, rows))
                figures.add(loader.name, CHANGED, timed(loader, session, changed))
    return figures


def check_loaders(session: Session, loaders: Sequence[Loader], rows: Rows, changed: Rows) -> None:
    """Raise RuntimeError when the loaders don't leave the same rows behind: then speeds can't be compared.

    It also does beforehand what is done only once, such as compiling a statement, so that it isn't measured.
    """
    contents: dict[str, set[object]] = {case: set() for case in CASES}
    for loader in loaders:
        empty(session)
        given = {INSERT: rows, REPLAY: rows, CHANGED: changed} if loader.replays else {INSERT: rows}
        for case, its_rows in given.items():
            loader.load(session, its_rows)
            contents[case].add(content(session))
    if any(len(found) != 1 for found in contents.values()) or contents[INSERT] != contents[REPLAY]:
        raise RuntimeError("the loaders don't leave the same rows behind")


def timed(loader: Loader, session: Session, rows: Rows) -> float:
    """The seconds that a load takes."""
    gc.collect()
    begun = time.perf_counter()
    loader.load(session, rows)
    return time.perf_counter() - begun


def empty(session: Session) -> None:
    """Take all rows out, in a transaction of its own: COPY skips the log of a table emptied in the same one."""
    session.execute(text("DELETE FROM issues" if is_sqlite(session) else "TRUNCATE issues"))
    session.commit()


def content(session: Session) -> object:
    """A fingerprint of the table, however its JSON is spaced; a rough one on SQLite, which has one loader only."""
    if is_sqlite(session):
        sums = select(func.count(), func.sum(func.length(Issue.title)), func.sum(func.length(Issue.body)))
        return tuple(session.execute(sums).one())
    query = text("SELECT count(*), sum(hashtextextended(to_jsonb(issues)::text, 0)) FROM issues")
    found = tuple(session.execute(query).one())
    session.commit()
    return found


def is_sqlite(session: Session) -> bool:
    """Tell which of the two it is."""
    return session.get_bind().dialect.name == "sqlite"


def run(admin: Engine, *, count: int, rounds: int) -> None:
    """Measure both databases and print the tables."""
    rows = issue_rows(count)
    with database(admin) as url, create_db_session(url) as session:
        figures = measure(session, postgresql_loaders(rows), rows, rounds=rounds)
    with sqlite_session() as session:
        figures.seconds |= measure(session, [Loader(ON_SQLITE, our_upsert)], rows, rounds=rounds).seconds
    say_rates(figures, rows, rounds=rounds)
    say_ratios(figures)


@contextmanager
def sqlite_session() -> Iterator[Session]:
    """A session on an SQLite file of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        create_all(url)
        with create_db_session(url) as session:
            yield session


def say_rates(figures: Figures, rows: Rows, *, rounds: int) -> None:
    """Print rows a second."""
    size = len(copy_text(rows)) / len(rows) / 1000
    heading(f"Loading {len(rows):,} issues of {len(COLUMNS)} columns and {size:.1f} kB; medians of {rounds} rounds")
    lines = [
        [name, *(number(figures.rate(name, case, len(rows))) for case in CASES)]
        for name in (COPY, COPY_WRITTEN, OURS, OURS_PAGED, SQLALCHEMY, ON_SQLITE)
    ]
    show([["rows a second", *CASES], *lines])


def say_ratios(figures: Figures) -> None:
    """Print how ours compares, each ratio within one round, and whether the goal is met."""
    compared = [(OURS, COPY, INSERT), (OURS_PAGED, COPY, INSERT), (OURS, COPY_WRITTEN, INSERT)]
    compared += [(OURS, SQLALCHEMY, case) for case in CASES]
    lines = []
    for ours, theirs, case in compared:
        ratios = figures.ratios(ours, theirs, case)
        middle = statistics.median(ratios)
        goal = GOAL if (ours, theirs) == (OURS, COPY) else None
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        lines.append([f"{ours} / {theirs}, {case}", f"{middle:.2f}", spread, *met(goal, middle)])
    show([["times as fast", "median", "of all rounds", "goal", "met"], *lines])
