"""How rows are read for snapshots, and how their values stand there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from chalicelib.store.base import JsonObject
from chalicelib.utils import format_utc

# So many repositories are read at once, with all that is theirs: a Lambda's memory is small.
A_TIME = 100


def as_json(row: Any, names: Sequence[str]) -> JsonObject:
    """Show some columns of a row."""
    return {name: _value(getattr(row, name)) for name in names}


def _value(value: Any) -> Any:
    """Write times as GitHub does, and days as YYYY-MM-DD; all else is JSON already."""
    if isinstance(value, datetime):
        return format_utc(value)
    return value.isoformat() if isinstance(value, date) else value
