"""Writes the answers into docs/queries.md: `.venv/bin/python -m docs.queries [--check]`.

Questions and SQL are written by hand. Below each block of SQL stands its answer, as the organisation of docs/world
gives it: to ask something new, write the SQL and let this command write the answer.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Boolean, Connection, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from chalicelib.models import Base, create_all
from chalicelib.store.engine import make_engine
from chalicelib.utils import utc_now
from chalicelib.views import VIEWS
from docs.pages import table, write_or_check
from docs.world import fill

PATH = Path(__file__).with_name("queries.md")
# A block of SQL, and the table below it, if there is one.
EXAMPLE = re.compile(r"^```sql\n(?P<sql>.*?)^```\n\n?(?P<answer>(?:\|[^\n]*\n)*)\n?", re.MULTILINE | re.DOTALL)
ROWS = 6  # at most: an answer is to be read
NAMED = re.compile(r"\b(?:FROM|JOIN) (\w+)")
# SQLite's answers have no truth values: a column is one when it is called as one of the tables and views asked.
TRUTH_VALUES = {
    each.name: {column.name for column in each.columns if isinstance(column.type, Boolean)}
    for each in chain(Base.metadata.sorted_tables, (view.table for view in VIEWS))
}
TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d):\d\d\S*")


def render(page: str, ask: Callable[[str], str]) -> str:
    """Write each answer below its block of SQL, in place of the one that stands there."""
    return EXAMPLE.sub(lambda found: f"```sql\n{found['sql']}```\n\n{ask(found['sql'])}\n", page)


def answer(connection: Connection, sql: str) -> str:
    """Ask a database, and write what it answers as a table.

    Raises ValueError when there is no row, or more than a reader wants to see.
    """
    result = connection.execute(text(sql.replace(":", r"\:")))
    names, rows = list(result.keys()), result.all()
    if not 0 < len(rows) <= ROWS:
        raise ValueError(
            f"an example has 1 to {ROWS} rows, and not {len(rows)}: narrow it, or add to docs/world\n{sql}"
        )
    truths = set[str]().union(*(TRUTH_VALUES.get(name, ()) for name in named(sql)))
    cells = ([cell(value, is_truth=name in truths) for name, value in zip(names, row, strict=True)] for row in rows)
    return "\n".join(table(*names, rows=cells))


def named(sql: str) -> set[str]:
    """Give the tables and views that a question reads."""
    return set(NAMED.findall(sql))


def cell(value: Any, *, is_truth: bool) -> str:
    """Write a value as both databases do: numbers with two decimals at most, times to the minute."""
    if value is None:
        return "NULL"
    if is_truth:
        return "true" if value else "false"
    if isinstance(value, float | Decimal):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return TIME.sub(r"\1 \2", str(value))


def examples(page: str) -> Iterable[tuple[str, str]]:
    """Give the page's blocks of SQL, each with the table below it."""
    return ((found["sql"], found["answer"]) for found in EXAMPLE.finditer(page))


def fill_for_examples(session: Session) -> None:
    """Fill a database with the organisation of which the answers tell, in the caller's transaction."""
    # Rows that the database itself times must not seem to be from the future.
    fill(session, utc_now().replace(microsecond=0) - timedelta(seconds=1))


def written() -> str:
    """Give the page with its answers, from an SQLite database made for them."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'examples.db'}"
        create_all(url)
        engine = make_engine(url)
        with Session(engine) as session:
            fill_for_examples(session)
            page = render(PATH.read_text(encoding="utf-8"), lambda sql: answer(session.connection(), sql))
        engine.dispose()
    return page


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the answers, or with --check only say whether one is stale (exit 1); exit 2 when there is no answer."""
    try:
        page = written()
    except (ValueError, SQLAlchemyError) as error:
        sys.stderr.write(f"docs/{PATH.name}: {error}\n")
        return 2
    return write_or_check(page, PATH, arguments, name="docs.queries")


if __name__ == "__main__":
    sys.exit(main())
