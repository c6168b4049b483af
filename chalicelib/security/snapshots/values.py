"""How a column's value stands in a snapshot."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from chalicelib.utils import format_utc


def as_json(value: Any) -> Any:
    """Write times as GitHub does, and days as YYYY-MM-DD; all else is JSON already."""
    if isinstance(value, datetime):
        return format_utc(value)
    return value.isoformat() if isinstance(value, date) else value
