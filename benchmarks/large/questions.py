"""The questions that people's tools ask of a view, as SQL, and how long a database takes to answer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Date,
    DateTime,
    Engine,
    Integer,
    Numeric,
    Select,
    Table,
    create_engine,
    func,
    select,
    text,
)

from benchmarks.large.filling import LARGE
from benchmarks.large.repositories import repo_name
from chalicelib.domains import DOMAINS
from chalicelib.inventory.models import Repository
from chalicelib.store.base import UTCDateTime
from chalicelib.store.views import View

ORGANISATION, REPOSITORY, LARGEST, LAST_DAYS, PAGE = (
    *("organisation", "a repository", "the largest", "last 90 days", "page of 1,000"),
)
QUESTIONS = (ORGANISATION, REPOSITORY, LARGEST, LAST_DAYS, PAGE)
PERIODS = ("month", "week", "day", "hour")
DAYS, ROWS = 90, 1_000
# Of the domains whose rows tests.views makes: they have repositories of other names, all about as large.
THEIR_REPOSITORY = "r2"
OURS = {view.name for domain in DOMAINS if domain.name in {"contributions", "inventory"} for view in domain.views}
# Asked a second time only when the first took less: what the caches hold by then matters little beside it.
LONG = 10
PATIENCE = 60
STEPS = 100_000  # of SQLite's virtual machine, between two looks at the clock


@dataclass(frozen=True)
class Answer:
    """How many seconds a question took, None when it was given up after PATIENCE; and how many rows came."""

    seconds: float | None
    rows: int = 0


@dataclass(frozen=True)
class Places:
    """The repositories that are asked about."""

    middle: str
    largest: str


def places_of(engine: Engine) -> Places:
    """The largest repository of a database, and the one that is larger than nine of ten: most are tiny."""
    query = select(func.count()).where(Repository.org == LARGE, Repository.name.startswith(repo_name(0)[:-3]))
    with engine.connect() as connection:
        count = connection.scalar(query) or 0
    return Places(middle=repo_name(count // 10), largest=repo_name(0))


def questions(view: View, places: Places, *, now: datetime) -> Mapping[str, Select[Any]]:
    """What can be asked of a view that has such columns, by the name of the question."""
    table, found = view.table, {PAGE: select(text("*")).select_from(view.table).limit(ROWS)}
    if "org" in table.c:
        found[ORGANISATION] = organisation(table)
    if "repo" in table.c:
        found[REPOSITORY] = whole(table).where(
            table.c.repo == (places.middle if view.name in OURS else THEIR_REPOSITORY)
        )
        if view.name in OURS:
            found[LARGEST] = whole(table).where(table.c.repo == places.largest)
    if (column := time_column(table)) is not None:
        since = now - timedelta(days=DAYS)
        found[LAST_DAYS] = whole(table).where(column >= (since.date() if isinstance(column.type, Date) else since))
    return found


def whole(table: Table) -> Select[Any]:
    """All columns, of the large organisation where the view tells it."""
    chosen = select(text("*")).select_from(table)
    return chosen.where(table.c.org == LARGE) if "org" in table.c else chosen


def organisation(table: Table) -> Select[Any]:
    """The organisation: its own rows where there are such, sums by month or the like, or all rows."""
    if "level" in table.c:
        return whole(table).where(table.c.level == "organisation")
    period = next((table.c[name] for name in PERIODS if name in table.c), None)
    if period is None:
        return whole(table)
    numbers = [func.sum(column) for column in table.c if isinstance(column.type, Integer | Numeric)]
    chosen = select(period, func.count(), *numbers).where(table.c.org == LARGE)
    return chosen.group_by(period).order_by(period)


def time_column(table: Table) -> Column[Any] | None:
    """By which column people limit the time: a day or the like, else when it was opened, else the first time."""
    days = [column for column in table.c if isinstance(column.type, Date)]
    times = [column for column in table.c if isinstance(column.type, UTCDateTime | DateTime)]
    opened = [column for column in times if column.name == "created_at"]
    return next(iter([*days, *opened, *times]), None)


class Asking:
    """Asks a database as other tools do: by a connection of the driver's, with none of the app's settings."""

    def __init__(self, db_url: str, *, patience: float = PATIENCE) -> None:
        self.engine, self.patience = create_engine(db_url), patience

    def __enter__(self) -> Asking:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.engine.dispose()

    def ask(self, question: Select[Any]) -> Answer:
        """Ask, and again for what is in the caches then: the second time counts."""
        first = self._once(question)
        return self._once(question) if first.seconds is not None and first.seconds < LONG else first

    def _once(self, question: Select[Any]) -> Answer:
        sql = str(question.compile(self.engine, compile_kwargs={"literal_binds": True}))
        with self.engine.connect() as connection:
            limit(connection, self.patience)
            cursor: Any = connection.connection.cursor()
            begun = time.perf_counter()
            try:
                cursor.execute(sql)
                rows = sum(1 for _ in cursor)
            except self.engine.dialect.loaded_dbapi.OperationalError:
                if time.perf_counter() - begun < self.patience:
                    raise
                return Answer(None)
            return Answer(time.perf_counter() - begun, rows)


def limit(connection: Connection, seconds: float) -> None:
    """Let a statement be given up after so many seconds; SQLite has no such setting, but calls back."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET statement_timeout = '{seconds * 1000:.0f}ms'"))
        return
    deadline = time.monotonic() + seconds
    driver.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
