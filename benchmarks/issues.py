"""Rows of `issues` as a backfill would store them, and PostgreSQL's own text form of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from chalicelib.contributions.rows import issue_row
from chalicelib.models import Issue
from chalicelib.store.upsert import Row
from sandbox import Payloads, Plan, World

NOW = 1_780_315_200  # 2026-06-01T12:00:00Z: the same rows in every run
COLUMNS = [column.name for column in Issue.__table__.columns]


def issue_rows(count: int) -> list[Row]:
    """Map the search results of a generated organisation to rows of all columns."""
    world = World(Plan(now=NOW, repositories=12, people=200, items=3 * count + 100))
    payloads = Payloads(world, "https://api.github.example")
    issues = [item for item in world.items.values() if not item.is_pull][:count]
    rows = [issue_row(payloads.found(issue)) for issue in issues]
    if len(rows) < count or any(row.keys() != set(COLUMNS) for row in rows):
        raise RuntimeError("the sandbox has too few issues, or they don't fill every column")
    return rows


def changed_rows(rows: Sequence[Row]) -> list[Row]:
    """The same issues a day later, each with a new title and one comment more."""
    day = timedelta(days=1)
    return [
        {**row, "updated_at": row["updated_at"] + day, "title": f"{row['title']}!", "comments": row["comments"] + 1}
        for row in rows
    ]


def copy_text(rows: Sequence[Row]) -> str:
    """Write rows in COPY's text format, in the order of `COLUMNS`.

    https://www.postgresql.org/docs/current/sql-copy.html
    """
    return "".join("\t".join(_cell(row[name]) for name in COLUMNS) + "\n" for row in rows)


def _cell(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return _escaped(json.dumps(value))
    return _escaped(_array(value) if isinstance(value, list) else str(value))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _array(values: Sequence[Any]) -> str:
    quoted = (json.dumps(value).replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{text}"' for text in quoted) + "}"
