"""Writing a whole table or view: rows stream from the database to the file, so that memory stays flat."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    Engine,
    Float,
    Integer,
    Numeric,
    Select,
    Table,
    func,
    select,
)

from chalicelib.store.base import UTCDateTime
from reports.errors import OutputError, ReportError
from reports.options import midnight
from reports.output import as_json, as_text, clean, number, row_writer
from reports.reading import among_orgs, plain

BATCH = 5000  # rows
# The column that tells when a row is of, the first of these that there is.
TIMES = (
    *("day", "week", "month", "quarter", "hour", "at"),
    *("created_at", "merged_at", "requested_at", "opened_at", "started_at", "run_started_at"),
    *("received_at", "published_at", "observed_at", "since", "start_date", "last_success_at", "first_seen_at"),
    *("changed_at", "sampled_at", "rejected_at", "start_day", "inserted_dt", "first_at"),
)
Rows = Iterable[Sequence[Sequence[Any]]]


def query_of(table: Table, *, org: str | None, repo: str | None, since: date | None) -> Select[Any]:
    """Ask for all rows, or for some; raises ReportError when there is no column that tells which."""
    conditions: list[ColumnElement[bool]] = []
    if org:
        conditions += among_orgs(_column(table, ("org",), "--org"), [org])
    if repo:
        conditions += _of_repository(table, repo)
    if since:
        column = _column(table, TIMES, "--since")
        conditions.append(column >= (since if isinstance(column.type, Date) else midnight(since)))
    return select(table).where(*conditions)


def _column(table: Table, names: Sequence[str], option: str) -> Column[Any]:
    for name in names:
        if name in table.c and (option != "--since" or isinstance(table.c[name].type, (Date, UTCDateTime))):
            return table.c[name]
    raise ReportError(f"{table.name} has no column for {option}: leave it out")


def _of_repository(table: Table, repo: str) -> list[ColumnElement[bool]]:
    owner, _, name = repo.lower().rpartition("/")
    column = _column(table, ("repo", "repository"), "--repo")
    if column.name == "repository":  # owner/name
        lower = func.lower(column)
        return [lower == f"{owner}/{name}" if owner else lower.endswith(f"/{name}", autoescape=True)]
    owners = among_orgs(_column(table, ("org",), f"the owner in --repo {repo}"), [owner]) if owner else []
    return [func.lower(column) == name, *owners]


def stream(engine: Engine, query: Select[Any]) -> Iterator[list[Sequence[Any]]]:
    """Read rows, some thousands at a time."""
    with engine.connect().execution_options(stream_results=True, yield_per=BATCH) as connection:
        for part in connection.execute(query).partitions():
            yield [tuple(map(plain, row)) for row in part]


def write(engine: Engine, table: Table, query: Select[Any], *, form: str, folder: Path | None) -> None:
    """Write rows to standard output, or into the file NAME.FORMAT of a folder, which is there when it is whole."""
    if folder is None:
        if form == "parquet":
            raise ReportError("--format parquet writes a file: say where with --output DIR")
        write_text(table, stream(engine, query), form=form, out=sys.stdout)
        return
    path = folder / f"{table.name}.{form}"
    unfinished = path.with_name(f"{path.name}.part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with removed(unfinished):
            count = _write_file(unfinished, table, stream(engine, query), form=form)
            unfinished.replace(path)
    except OSError as error:
        raise OutputError(f"{clean(str(folder))} can't be written to: {error.strerror or error}") from error
    sys.stderr.write(f"wrote {clean(str(path))}: {number(count)} rows\n")


@contextmanager
def removed(unfinished: Path) -> Iterator[None]:
    """Leave no unfinished file behind, however a block ends."""
    try:
        yield
    finally:
        unfinished.unlink(missing_ok=True)


def _write_file(path: Path, table: Table, rows: Rows, *, form: str) -> int:
    if form == "parquet":
        return write_parquet(table, rows, path)
    with path.open("w", encoding="utf-8", newline="") as out:
        return write_text(table, rows, form=form, out=out)


def write_text(table: Table, rows: Rows, *, form: str, out: TextIO) -> int:
    """Write rows as CSV, or as a JSON list with an object a line; returns how many."""
    return (write_csv if form == "csv" else write_json)(table, rows, out)


def write_csv(table: Table, rows: Rows, out: TextIO) -> int:
    """Write rows as CSV, in which no text is a formula; returns how many."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.c.keys())
    count, row_of = 0, row_writer(out)
    for part in rows:
        writer.writerows(map(row_of, part))
        count += len(part)
    return count


def write_json(table: Table, rows: Rows, out: TextIO) -> int:
    """Write rows as one JSON list; returns how many."""
    names, count = table.c.keys(), 0
    for part in rows:
        for row in part:
            written = json.dumps(dict(zip(names, map(as_json, row), strict=True)), ensure_ascii=False)
            out.write(f"{',' if count else '['}\n{written}")
            count += 1
    out.write("\n]\n" if count else "[]\n")
    return count


def write_parquet(table: Table, rows: Rows, path: Path) -> int:
    """Write rows as Parquet: times in UTC, objects and lists as JSON texts; returns how many.

    https://arrow.apache.org/docs/python/parquet.html
    """
    import pyarrow as pa  # noqa: PLC0415 - slow to load
    from pyarrow import parquet  # noqa: PLC0415

    schema = pa.schema([(column.name, arrow_type(column)) for column in table.c])
    are_texts = [pa.types.is_string(field.type) for field in schema]
    count = 0
    with parquet.ParquetWriter(path, schema) as writer:
        for part in rows:
            columns = zip(*part, strict=True)
            arrays = [
                pa.array([as_string(value) for value in values] if is_text else values, type=field.type)
                for values, field, is_text in zip(columns, schema, are_texts, strict=True)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            count += len(part)
    return count


def as_string(value: Any) -> str | None:
    """Write a value into a column of texts."""
    return None if value is None else str(as_text(value))


def arrow_type(column: Column[Any]) -> Any:
    """Tell which of Arrow's types holds a column."""
    import pyarrow as pa  # noqa: PLC0415 - slow to load

    types: list[tuple[type[Any], Any]] = [
        (Boolean, pa.bool_()),
        (Integer, pa.int64()),
        (Float, pa.float64()),
        (Numeric, pa.float64()),
        (Date, pa.date32()),
        (UTCDateTime, pa.timestamp("us", tz="UTC")),
    ]
    return next((arrow for kind, arrow in types if isinstance(column.type, kind)), pa.string())
