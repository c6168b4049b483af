"""The only code that writes rows from GitHub: one upsert for every table.

It is safe to replay: a batch may be applied twice, late or out of order. The newer row wins, by the table's
`updated_at` if it has one. A row that is already stored is not written again. A row that the database refuses is
returned with the reason, and the rest of its batch is stored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Executable,
    Table,
    Text,
    and_,
    bindparam,
    cast,
    column,
    false,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from chalicelib.store.base import JSON_ARRAY, UTCDateTime

Row = dict[str, Any]
# Rows in a statement. More save little time, and take memory several times over.
BATCH = 250
UPDATED_AT = "updated_at"


@dataclass
class Upserted:
    """The result of an upsert: how many rows were new or changed, and which the database refused, with reasons."""

    changed: int = 0
    refused: list[tuple[Row, str]] = field(default_factory=list)


def upsert(session: Session, model: type[Any], rows: Iterable[Row]) -> Upserted:
    """Insert or update rows in the session's transaction.

    `rows` are dicts by column name, each with the whole primary key; a column that a row leaves out keeps its stored
    value. Raises SQLAlchemy's error when no single row causes it (the database is down, the disk is full).
    """
    table: Table = model.__table__
    result = Upserted()
    connection = session.connection()
    for batch in _batches(table, rows):
        _apply(connection, table, batch, result)
    return result


def _batches(table: Table, rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Cut rows into batches with the same columns and each key once: SQL can't update a row twice in one statement."""
    by_columns: dict[frozenset[str], list[Row]] = {}
    for row in rows:
        by_columns.setdefault(frozenset(row), []).append(row)
    keys = [key.name for key in table.primary_key]
    for same in by_columns.values():
        # Sorted by key, so that two runs that write the same rows wait for each other instead of deadlocking.
        unique = sorted(newest_by_key(table, same), key=lambda row: [str(row[name]) for name in keys])
        for start in range(0, len(unique), BATCH):
            yield unique[start : start + BATCH]


def newest_by_key(table: Table, rows: Iterable[Row]) -> list[Row]:
    """Keep one row for each primary key: the newest, or the last of equally new ones."""
    keys = [key.name for key in table.primary_key]
    best: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        key = tuple(row[name] for name in keys)
        if key not in best or not _is_older(row, best[key]):
            best[key] = row
    return list(best.values())


def _is_older(row: Row, other: Row) -> bool:
    return bool(row.get(UPDATED_AT) and other.get(UPDATED_AT) and row[UPDATED_AT] < other[UPDATED_AT])


def _apply(connection: Connection, table: Table, rows: Sequence[Row], result: Upserted) -> None:
    """Write a batch; when the database refuses it, halve it until each refused row is alone."""
    write = WRITERS.get(connection.dialect.name, write_row_by_row)
    try:
        with connection.begin_nested():
            result.changed += write(connection, table, rows)
    except (StatementError, ValueError, OverflowError) as error:
        if not _is_caused_by_a_row(error):
            raise
        if len(rows) == 1:
            result.refused.append((rows[0], _reason(error)))
            return
        middle = len(rows) // 2
        _apply(connection, table, rows[:middle], result)
        _apply(connection, table, rows[middle:], result)


def _is_caused_by_a_row(error: Exception) -> bool:
    # Any other database error (it is down, a table is missing) would come back with every row.
    return not isinstance(error, DBAPIError) or isinstance(error, (DataError, IntegrityError))


def _reason(error: Exception) -> str:
    origin = error.orig if isinstance(error, StatementError) and error.orig else error
    return "the database refuses it: " + str(origin).strip().splitlines()[0]


def _write_postgresql(connection: Connection, table: Table, rows: Sequence[Row]) -> int:
    """Write with one statement and one parameter for the whole batch: one round trip for any number of rows.

    https://www.postgresql.org/docs/current/functions-json.html (jsonb_populate_recordset)
    """
    names, null = tuple(rows[0]), f"NULL::{connection.dialect.identifier_preparer.format_table(table)}"
    # json.dumps escapes non-ASCII characters: one emoji would make Python store the whole text in wider characters.
    parameter = json.dumps(rows, default=_time_text, separators=(",", ":"))
    return _execute(connection, _postgresql_statement(table, names, null), {"rows": parameter})


@lru_cache(maxsize=64)
def _postgresql_statement(table: Table, names: tuple[str, ...], null: str) -> Any:
    """Build the statement once for all batches of these columns: building takes as long as writing ten rows."""
    source = func.jsonb_populate_recordset(
        literal_column(null), cast(bindparam("rows", type_=Text), postgresql.JSONB)
    ).table_valued(*(column(name, table.c[name].type) for name in names))
    statement = postgresql.insert(table).from_select(names, select(*(source.c[name] for name in names)))
    return _add_on_conflict(statement, table, names)


def _time_text(moment: date) -> str:
    if isinstance(moment, datetime) and moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return moment.isoformat()


def _write_sqlite(connection: Connection, table: Table, rows: Sequence[Row]) -> int:
    """Write with one prepared statement, run for each row: SQLite is in this process, so there are no round trips."""
    return _execute(connection, _sqlite_statement(table, tuple(rows[0])), list(rows))


@lru_cache(maxsize=64)
def _sqlite_statement(table: Table, names: tuple[str, ...]) -> Any:
    statement = sqlite.insert(table).values({name: bindparam(name, type_=table.c[name].type) for name in names})
    return _add_on_conflict(statement, table, names)


def _add_on_conflict(statement: Any, table: Table, names: Sequence[str]) -> Any:
    keys = [key.name for key in table.primary_key]
    others = [name for name in names if name not in keys]
    if not others:
        return statement.on_conflict_do_nothing(index_elements=keys)
    new_values = {name: statement.excluded[name] for name in others}
    return statement.on_conflict_do_update(
        index_elements=keys, set_=new_values, where=_should_replace(table, new_values)
    )


def _should_replace(table: Table, new_values: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool]:
    """Build the condition to replace a stored row: the new one is newer, or as new but different."""
    differs = or_(
        false(),
        *(
            _comparable(table.c[name]).is_distinct_from(_comparable(value, table.c[name]))
            for name, value in new_values.items()
            if not table.c[name].info.get("volatile")
        ),
    )
    if UPDATED_AT not in new_values or UPDATED_AT not in table.c:
        return differs
    stored, new = table.c[UPDATED_AT], new_values[UPDATED_AT]
    # A row with a time replaces one without; never the other way round. A time that has not come yet guards nothing:
    # it would freeze its row until then.
    return or_(
        stored < new,
        and_(stored.is_(None), new.is_not(None)),
        and_(stored.is_not_distinct_from(new), differs),
        and_(stored > Soon(), differs),
    )


def _comparable(value: ColumnElement[Any], model: Column[Any] | None = None) -> ColumnElement[Any]:
    """Make a value comparable: PostgreSQL can't compare JSON, only JSONB."""
    kind = (value if model is None else model).type
    return JsonArrayAsJsonb(value) if kind is JSON_ARRAY else value


class Soon(FunctionElement[datetime]):
    """The time in ten minutes, by the database's clock: what is later has not come yet, even if clocks differ a bit."""

    inherit_cache = True
    type = UTCDateTime()


@compiles(Soon)
def _compile_soon(_element: Soon, _compiler: SQLCompiler, **_options: Any) -> str:
    return "(now() + INTERVAL '10 minutes')"


@compiles(Soon, "sqlite")
def _compile_soon_sqlite(_element: Soon, _compiler: SQLCompiler, **_options: Any) -> str:
    return "datetime('now', '+10 minutes')"


class JsonArrayAsJsonb(FunctionElement[Any]):
    """A list of JSON values as JSONB, which can be compared."""

    inherit_cache = True
    type = JSON_ARRAY


@compiles(JsonArrayAsJsonb)
def _compile_plain(element: JsonArrayAsJsonb, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses.clauses[0], **options)


@compiles(JsonArrayAsJsonb, "postgresql")
def _compile_postgresql(element: JsonArrayAsJsonb, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses.clauses[0], **options)} AS JSONB[])"


def write_row_by_row(connection: Connection, table: Table, rows: Sequence[Row]) -> int:
    """Write row by row with standard SQL, for a dialect without a writer of its own here."""
    return sum(_write_row(connection, table, row) for row in rows)


def _write_row(connection: Connection, table: Table, row: Row) -> int:
    keys = [key.name for key in table.primary_key]
    others = {
        name: bindparam(f"new_{name}", value, table.c[name].type) for name, value in row.items() if name not in keys
    }
    same_key = and_(*(table.c[name] == row[name] for name in keys))
    if connection.execute(select(literal(1)).select_from(table).where(same_key)).first() is None:
        return _execute(connection, insert(table).values(row), {})
    if not others:
        return 0
    return _execute(connection, update(table).values(others).where(same_key, _should_replace(table, others)), {})


def _execute(connection: Connection, statement: Executable, parameters: Any) -> int:
    return connection.execute(statement, parameters, execution_options={"preserve_rowcount": True}).rowcount


WRITERS: dict[str, Callable[[Connection, Table, Sequence[Row]], int]] = {
    "postgresql": _write_postgresql,
    "sqlite": _write_sqlite,
}
