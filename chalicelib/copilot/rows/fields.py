"""Checks and converts Copilot's counters, days and names; a value that doesn't fit raises RejectedError."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from chalicelib.errors import RejectedError
from chalicelib.ingest.fields import Converter, Record, Row, identity, json_array, number, text
from chalicelib.ingest.fields import day as any_day

# The counters that every report of today and every breakdown has.
ACTIVITY = (
    "user_initiated_interaction_count",
    "code_generation_activity_count",
    "code_acceptance_activity_count",
    "loc_suggested_to_add_sum",
    "loc_suggested_to_delete_sum",
    "loc_added_sum",
    "loc_deleted_sum",
)
# GitHub's own word for a language, IDE or model without a name. An empty name means: not broken down by this column.
UNNAMED = "unknown"
FIRST_YEAR, LAST_YEAR = 2021, 2099
DIGITS = re.compile(r"[0-9]{1,19}")


def count(name: str, value: Any) -> int | None:
    """Accept a whole number from 0 that fits a 64-bit column, or null."""
    return _positive(name, identity(name, value))


def people(name: str, value: Any) -> int | None:
    """Accept a whole number from 0 that fits a 32-bit column, or null."""
    return _positive(name, number(name, value))


def _positive(name: str, value: int | None) -> int | None:
    if value is not None and value < 0:
        raise RejectedError(f"{name} is negative")
    return value


def github_id(name: str, value: Any) -> int | None:
    """Accept an id, or null; also as digits in quotes, since reports write organisations' ids so."""
    quoted = isinstance(value, str) and DIGITS.fullmatch(value)
    return count(name, int(value) if quoted else value)


def day(name: str, value: Any) -> date | None:
    """Accept a day (`2026-05-01`), a time (then its day in UTC), or null."""
    found = any_day(name, value)
    if found is not None and not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise RejectedError(f"{name} is not between {FIRST_YEAR} and {LAST_YEAR}")
    return found


def name_of(record: Record, field: str, *, within: str) -> str:
    """Read a line's language, IDE, model or feature; `unknown` when it has none."""
    return text(f"{within}.{field}", record.get(field)) or UNNAMED


def login_of(record: Record) -> str | None:
    """Read a user name: `user_login` in an organisation's reports, `login` in an enterprise's."""
    return text("user_login", record.get("user_login")) or text("login", record.get("login"))


def objects(name: str, value: Any) -> list[Record]:
    """Accept a list of objects; null becomes an empty list."""
    found = json_array(name, value) or []
    for item in found:
        if not isinstance(item, dict):
            raise RejectedError(f"{name} holds {type(item).__name__}, not objects only")
    return found


def picked(record: Record, columns: Mapping[str, str], convert: Converter, *, within: str = "") -> Row:
    """Read fields into columns; a field that GitHub left out is None."""
    return {column: convert(f"{within}{field}", record.get(field)) for column, field in columns.items()}


def activity(record: Record, *, within: str = "") -> Row:
    """Read the counters of a report, or of a line of its breakdowns."""
    return picked(record, dict(zip(ACTIVITY, ACTIVITY, strict=True)), count, within=within)


def sum_known(name: str, values: Iterable[int | None], *, convert: Converter = count) -> int | None:
    """Add up the values that are not None; gives None when all are None, and 0 when there are no values."""
    found = list(values)
    known = [value for value in found if value is not None]
    return None if found and not known else convert(name, sum(known))
