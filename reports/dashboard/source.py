"""What the dashboard reads: which database, and its rows, kept for a minute."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import streamlit as st
from sqlalchemy import ColumnElement, Select, case, func, not_, select

from chalicelib.settings import Settings
from chalicelib.store.base import UTCDateTime
from chalicelib.store.functions import FirstWord
from chalicelib.store.ledger import OK, ONE_OFF, writes
from chalicelib.store.urls import parse_db_url
from reports.dashboard.patience import patience
from reports.reading import LEDGER_DAYS, SYNC_RUNS, Database, Table, as_of, plain, view

KEPT_SECONDS = 60
# More than anybody reads on a page, and more than the days of the longest period; `python -m reports export` gives all.
MOST_ROWS = 2000
SANDBOX_DB = "sandbox.db"
# `make run` writes it when it fills a database with a made-up organisation.
FOUNDED = "sandbox:founded:"
ITEMS = ("issues", "pull_requests")
CURSORS = view("cursors", "name org")


def choose_database(settings: Settings) -> Settings:
    """Give the settings, with the sandbox's database where `make run` has filled that one and none is set.

    `make run` asks the same: is anything set that leads to GitHub?
    """
    names = ("DB_URL", "GH_TOKEN", "GH_APP_ID")
    sandbox = settings.folder / SANDBOX_DB
    if any(map(settings.lookup, names)) or _exists(settings.db_url) or not sandbox.is_file():
        return settings
    lookup = settings.lookup
    return Settings(lambda name: f"sqlite:///{sandbox}" if name == "DB_URL" else lookup(name), settings.folder)


def _exists(db_url: str) -> bool:
    return Path(parse_db_url(db_url).database or "").is_file()


@dataclass(frozen=True)
class Source(Database):
    """A database whose answers are bounded, and kept for a minute; `key` tells databases apart."""

    key: str = ""

    def read(
        self,
        query: Select[Any],
        *,
        title: str,
        kinds: Collection[str],
        orgs: Collection[str] = (),
        most: int | None = None,
    ) -> Table:
        """Read a table of at most MOST_ROWS rows and one more, which says that there are more; or of the first `most`.

        A limit of the query's own would be replaced.
        """
        bounded = query.limit(MOST_ROWS + 1 if most is None else most)

        def ask() -> Table:
            return Database.read(self, bounded, title=title, kinds=kinds, orgs=orgs)

        table: Table = kept(self.key, written(bounded), title, tuple(sorted(kinds)), tuple(sorted(orgs)), ask)
        return table

    def read_source(self, query: Select[Any], *, title: str) -> Table:
        """Give only the columns: the rows behind a report have no place on a page."""
        return Table(title, [each.name for each in query.selected_columns], [])

    def first(self, query: Select[Any]) -> dict[str, Any] | None:
        """Read a row; None when there is none."""
        found: dict[str, Any] | None = kept(
            self.key, written(query), "first", (), (), lambda: Database.first(self, query)
        )
        return found

    def all(self, query: Select[Any]) -> list[dict[str, Any]]:
        """Read rows, at most MOST_ROWS."""
        bounded = query.limit(MOST_ROWS)
        found: list[dict[str, Any]] = kept(
            self.key, written(bounded), "all", (), (), lambda: list(map(_plain, Database.all(self, bounded)))
        )
        return found

    def tally(self, query: Select[Any], **parts: ColumnElement[bool]) -> dict[str, int]:
        """Count all rows of a query, also those that a page has no room for, and those of each part."""
        counts: list[ColumnElement[Any]] = [func.count().label("all")]
        counts += [func.count(case((condition, 1))).label(name) for name, condition in parts.items()]
        return self.all(query.with_only_columns(*counts).order_by(None))[0]

    def current(self, kinds: Collection[str], org: str) -> datetime | None:
        """Tell when some kinds of an organisation's data were last brought up to date; `kinds` are data_health's."""

        def ask() -> datetime | None:
            return as_of(self.engine, kinds, [org], since=self.now() - timedelta(days=LEDGER_DAYS))

        moment: datetime | None = kept(self.key, "as_of", "", tuple(sorted(kinds)), (org,), ask)
        return moment

    def stopped(self, org: str) -> dict[str, datetime]:
        """Give the kinds of an organisation's data that jobs read before, and none in 30 days, with when they did last.

        `data_health` tells of 30 days only: what has stopped is missing there, and would look as good as the rest.
        """
        runs, kind = SYNC_RUNS.c, FirstWord(SYNC_RUNS.c.step).label("kind")
        latest = func.max(runs.finished_at, type_=UTCDateTime()).label("latest")
        query = select(kind, latest).where(runs.org == org, runs.status == OK, runs.job.not_in(ONE_OFF))
        found = self.all(query.where(not_(writes(runs.step))).group_by(kind).order_by(kind))
        begin = self.now() - timedelta(days=LEDGER_DAYS)
        return {row["kind"]: row["latest"] for row in found if row["latest"] < begin}

    def read_since(self, org: str) -> dict[str, date]:
        """Give since when an organisation's issues and pull requests were ever asked for, by the ledger's windows."""
        runs, kind = SYNC_RUNS.c, FirstWord(SYNC_RUNS.c.step).label("kind")
        first = func.min(runs.window_start, type_=UTCDateTime()).label("first")
        query = select(kind, first).where(runs.org == org, runs.status == OK, runs.window_start.is_not(None))
        found = self.all(query.where(kind.in_(ITEMS)).group_by(kind).order_by(kind))
        return {row["kind"]: row["first"].date() for row in found}

    def is_made_up(self) -> bool:
        """Tell whether `make run` has filled this database from the sandbox."""
        query = select(func.count().label("marks")).where(CURSORS.c.name.startswith(FOUNDED, autoescape=True))
        row = self.first(query)
        return bool(row and row["marks"])


@st.cache_data(ttl=KEPT_SECONDS, max_entries=500, show_spinner=False)
def kept(
    key: str,  # noqa: ARG001 - what is kept depends on these
    query: str,  # noqa: ARG001
    title: str,  # noqa: ARG001
    kinds: tuple[str, ...],  # noqa: ARG001
    orgs: tuple[str, ...],  # noqa: ARG001
    _ask: Callable[[], Any],
) -> Any:
    """Ask, unless the same was asked a moment ago."""
    with patience():
        return _ask()


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in row.items()}


def written(query: Select[Any]) -> str:
    """Write a query with its values, to tell it from others."""
    compiled = query.compile()
    return f"{compiled} {sorted(compiled.params.items(), key=str)!r}"
