"""Reading the database for reports: nothing can be written through these engines.

Views are named here and not imported: importing every domain would take longer than any report. A test compares what
the reports name with the views that there are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    URL,
    Boolean,
    ColumnElement,
    Connection,
    Date,
    Engine,
    Select,
    TableClause,
    column,
    create_engine,
    event,
    func,
    not_,
    select,
    table,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import NullType, TypeEngine

from chalicelib.errors import DatabaseNotReadyError
from chalicelib.settings import Settings
from chalicelib.store.base import UTCDateTime
from chalicelib.store.engine import check_revision, describe, make_engine
from chalicelib.store.functions import FirstWord
from chalicelib.store.ledger import OK, ONE_OFF, writes
from chalicelib.store.urls import parse_db_url

# A person waits for a report, and can ask again.
LOCK_SECONDS = 5
# So long back the ledger is asked when the data was last brought up to date, as the view data_health asks it.
LEDGER_DAYS = 30
DAYS = ("day", "week", "month", "quarter")
# All that is read, by all modules that name a view.
NAMED: dict[str, TableClause] = {}


@dataclass(frozen=True)
class Table:
    """Rows that were read, with their columns' names; `view` is where they come from.

    `as_of` is when that was last brought up to date, by the ledger; None when no job did so within 30 days.
    """

    title: str
    columns: list[str]
    rows: list[tuple[Any, ...]]
    as_of: datetime | None = None
    view: str = ""

    def values(self, name: str) -> list[Any]:
        """Give a column's values."""
        place = self.columns.index(name)
        return [row[place] for row in self.rows]


def view(name: str, columns: str) -> TableClause:
    """Name a view, or a table, with the columns of it that reports read; their types follow from their names."""
    known = NAMED[name].c.keys() if name in NAMED else []
    NAMED[name] = clause(name, {*known, *columns.split()})
    return clause(name, columns.split())


def clause(name: str, columns: Collection[str]) -> TableClause:
    """Give what stands for a view in queries."""
    return table(name, *(column(each, type_of(each)) for each in columns))


def type_of(name: str) -> TypeEngine[Any]:
    """Tell the type of a column by its name, where SQLite would give a text or a number for it."""
    if name in (*DAYS, "exception_until") or name.endswith("_date"):
        return Date()
    if name in ("hour", "at", "since", "window_start") or name.endswith(("_at", "_dt", "_since")):
        return UTCDateTime()
    return Boolean() if name == "in_working_days" or name.startswith(("is_", "was_")) else NullType()


SYNC_RUNS = view("sync_runs", "org job step status started_at finished_at window_start")


def open_engine(settings: Settings) -> Engine:
    """Open the database for reading alone; raises DatabaseNotReadyError or SettingsError with one sentence."""
    url = parse_db_url(settings.db_url)
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url.database)
    # https://docs.sqlalchemy.org/en/21/dialects/postgresql.html#setting-read-only-deferrable
    engine = make_engine(settings.db_url).execution_options(postgresql_readonly=True)
    event.listen(engine, "begin", _limit_wait)
    return engine


def _limit_wait(connection: Connection) -> None:
    """Wait for another session's lock no longer than a person does."""
    set_for_transaction(connection, "lock_timeout", LOCK_SECONDS)


def set_for_transaction(connection: Connection, setting: str, seconds: float) -> None:
    """Set one of PostgreSQL's limits for a transaction that has just begun.

    By a cursor of its own: a connection that streams its rows would declare a cursor of the server for this, too.
    """
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(f"SET LOCAL {setting} = {seconds * 1000:.0f}")


def _open_sqlite(path: str | None) -> Engine:
    """Open a file for reading: SQLite would make a file that is not there, and the app's engine prepares it to write.

    https://www.sqlite.org/uri.html
    """
    if not path or not Path(path).is_file():
        raise DatabaseNotReadyError(
            f"there is no database {path or 'in memory'} yet: run `make migrate`, or set DB_URL to another one"
        )
    file = f"file:{quote(str(Path(path).absolute()))}"
    url = URL.create("sqlite", database=file, query={"mode": "ro", "uri": "true"})
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": LOCK_SECONDS})
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only=ON"))
    return engine


@contextmanager
def reading(settings: Settings) -> Iterator[Engine]:
    """Open the database for a block, and check that it is migrated; each of its errors comes as one sentence."""
    engine = open_engine(settings)
    try:
        with engine.connect() as connection:
            check_revision(connection)
        yield engine
    except SQLAlchemyError as error:
        raise DatabaseNotReadyError(describe(error, settings.db_url)) from error
    finally:
        engine.dispose()


def rows(
    engine: Engine, query: Select[Any], *, title: str = "", view: str = "", as_of: datetime | None = None
) -> Table:
    """Read a table."""
    with engine.connect() as connection:
        result = connection.execute(query)
        columns = list(result.keys())
        return Table(title, columns, [tuple(map(plain, row)) for row in result], as_of, view)


def plain(value: Any) -> Any:
    """Give a number as both databases have it: PostgreSQL adds whole numbers up to decimals."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


def as_of(engine: Engine, kinds: Collection[str], orgs: Collection[str] = (), *, since: datetime) -> datetime | None:
    """Tell when some kinds of data were last brought up to date, by the ledger; of several, the least recent."""
    runs, kind = SYNC_RUNS.c, FirstWord(SYNC_RUNS.c.step)
    query = (
        select(func.max(runs.finished_at, type_=UTCDateTime()))
        .where(runs.status == OK, runs.job.not_in(ONE_OFF), runs.started_at >= since, kind.in_(kinds))
        .where(not_(writes(runs.step)))
        .where(*among_orgs(runs.org, orgs))
        .group_by(runs.org, kind)
    )
    with engine.connect() as connection:
        return min(connection.scalars(query), default=None)


def among_orgs(org: ColumnElement[Any], orgs: Collection[str]) -> Sequence[ColumnElement[bool]]:
    """Limit rows to some organisations, however they are spelled; of none, to nothing."""
    return [func.lower(org).in_([each.lower() for each in orgs])] if orgs else []


@dataclass(frozen=True)
class Database:
    """What a command reads from: the engine, and the clock; `with_source` when the rows behind it are wanted too."""

    engine: Engine
    now: Callable[[], datetime]
    with_source: bool = False

    def read(self, query: Select[Any], *, title: str, kinds: Collection[str], orgs: Collection[str] = ()) -> Table:
        """Read a table, with when it was last brought up to date; `kinds` are those of data_health."""
        since = self.now() - timedelta(days=LEDGER_DAYS)
        moment = as_of(self.engine, kinds, orgs, since=since)
        return rows(self.engine, query, title=title, view=name_of(query), as_of=moment)

    def read_source(self, query: Select[Any], *, title: str) -> Table:
        """Read what a report was made of; only its columns when nobody wants it, since it may be long."""
        wanted = query if self.with_source else query.limit(0)
        return rows(self.engine, wanted, title=title, view=name_of(query))

    def first(self, query: Select[Any]) -> dict[str, Any] | None:
        """Read a row; None when there is none."""
        with self.engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else {name: plain(value) for name, value in row.items()}

    def all(self, query: Select[Any]) -> list[dict[str, Any]]:
        """Read rows."""
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    @property
    def today(self) -> date:
        """The day, UTC."""
        return self.now().date()


def name_of(query: Select[Any]) -> str:
    """Name the view that a query reads."""
    (source,) = query.get_final_froms()
    return str(getattr(source, "name", source))
