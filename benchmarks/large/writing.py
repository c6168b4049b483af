"""Writes many rows at once: through COPY to PostgreSQL, through executemany to SQLite."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, Protocol

from sqlalchemy import JSON, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from benchmarks.large.texts import Json
from chalicelib.store.engine import canonical
from chalicelib.utils import gathered

Row = dict[str, Any]
Encoder = Callable[[Any], Any]
AT_ONCE = 20_000
POSTGRESQL, SQLITE = postgresql.dialect(), sqlite.dialect()  # type: ignore[no-untyped-call]


class Writer(Protocol):
    """Writes rows of a table; all have the same keys, and those that the table has no column for are left out."""

    def __call__(self, table: Table, rows: Sequence[Row]) -> None:
        """Write them."""


def writer(connection: Connection) -> Writer:
    """The writer for a connection's database."""
    write = copied if connection.dialect.name == "postgresql" else inserted
    return lambda table, rows: write(connection, table, rows)


def write_all(write: Writer, model: Any, rows: Iterable[Row]) -> None:
    """Write any number of rows."""
    for part in gathered(rows, AT_ONCE):
        write(model.__table__, part)


def columns_of(table: Table, rows: Sequence[Row]) -> list[str]:
    """The names of the columns that the rows have values for."""
    return [column.name for column in table.columns if column.name in rows[0]]


def copied(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Write through COPY in its text format: https://www.postgresql.org/docs/current/sql-copy.html."""
    cells = [(name, copy_encoder(table.c[name].type)) for name in columns_of(table, rows)]
    lines = ["\t".join([encode(row[name]) for name, encode in cells]) for row in rows]
    names = ", ".join(f'"{name}"' for name, _ in cells)
    cursor: Any = connection.connection.cursor()  # psycopg2's, which has more than the DBAPI
    cursor.copy_expert(f"COPY {table.name} ({names}) FROM STDIN", io.StringIO("\n".join(lines) + "\n"))


def copy_encoder(kind: TypeEngine[Any]) -> Encoder:
    """How COPY's text format writes a column's values."""
    return copy_array if isinstance(kind.dialect_impl(POSTGRESQL), ARRAY) else copy_value


def copy_value(value: Any) -> str:
    """Write any value but an array."""
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, dict | list):
        return escaped(canonical(value))
    return value.isoformat() if isinstance(value, date) else str(value)


def copy_array(value: Sequence[Any] | None) -> str:
    """Write an array of JSON."""
    if value is None:
        return "\\N"
    quoted = (json_text(each).replace("\\", "\\\\").replace('"', '\\"') for each in value)
    return escaped("{" + ",".join(f'"{text}"' for text in quoted) + "}")


def escaped(text: str) -> str:
    """Escape what COPY's text format takes for something else."""
    if "\\" in text or "\n" in text or "\t" in text:
        return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    return text


def json_text(value: Any) -> str:
    """Write a value as JSON, unless it is written already."""
    return value if isinstance(value, Json) else canonical(value)


def inserted(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Write to SQLite, by its driver."""
    names = columns_of(table, rows)
    cells = [(name, insert_encoder(table.c[name].type)) for name in names]
    values = [[None if row[name] is None else encode(row[name]) for name, encode in cells] for row in rows]
    columns, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
    connection.connection.cursor().executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({marks})", values)


def insert_encoder(kind: TypeEngine[Any]) -> Encoder:
    """How SQLAlchemy gives a column's values to SQLite's driver."""
    if isinstance(kind, JSON):
        return json_array
    return kind.dialect_impl(SQLITE).bind_processor(SQLITE) or unchanged


def json_array(value: Any) -> str:
    """Write JSON; the elements of a list may be written already."""
    return "[" + ",".join(map(json_text, value)) + "]" if isinstance(value, list) else json_text(value)


def unchanged(value: Any) -> Any:
    """Give a value as it is."""
    return value
