"""What a record's fields may hold, and how they become columns; what doesn't fit raises RejectedError."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from chalicelib.errors import RejectedError
from chalicelib.nesting import MAX_DEPTH, is_deep
from chalicelib.utils import parse_day, parse_utc

Record = Mapping[str, Any]
Row = dict[str, Any]
Converter = Callable[[str, Any], Any]
T = TypeVar("T")

INT4, INT8 = 2**31 - 1, 2**63 - 1
# What no database text may hold: NUL, and halves of surrogate pairs. In JSON they show as these escapes.
SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
TOO_DEEP = "it is nested too deeply"
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def text(name: str, value: Any) -> str | None:
    """Accept a text or null."""
    return _accept(name, value, str, "text")


def flag(name: str, value: Any) -> bool | None:
    """Accept true, false or null."""
    return _accept(name, value, bool, "true or false")


def json_object(name: str, value: Any) -> dict[str, Any] | None:
    """Accept a JSON object or null."""
    return _accept(name, value, dict, "an object")


def json_array(name: str, value: Any) -> list[Any] | None:
    """Accept a JSON array or null."""
    return _accept(name, value, list, "an array")


def _accept(name: str, value: Any, kind: type[T], what: str) -> T | None:
    if value is None or isinstance(value, kind):
        return value
    raise RejectedError(f"{name} is {type(value).__name__}, not {what}")


def number(name: str, value: Any) -> int | None:
    """Accept a whole number that fits a 32-bit column, or null."""
    return _whole(name, value, INT4)


def identity(name: str, value: Any) -> int | None:
    """Accept a whole number that fits a 64-bit column, or null."""
    return _whole(name, value, INT8)


def _whole(name: str, value: Any, largest: int) -> int | None:
    # 1.0 is how a search writes a score; true is an int in Python, but not to GitHub.
    if value is None:
        return None
    if isinstance(value, bool) or not (isinstance(value, int) or (isinstance(value, float) and value.is_integer())):
        raise RejectedError(f"{name} is {type(value).__name__}, not a whole number")
    if not -largest <= value <= largest:
        raise RejectedError(f"{name} is out of range")
    return int(value)


def positive(name: str, value: Any) -> int | None:
    """Accept an id of GitHub's, which count from 1, or null."""
    return _above_zero(name, identity(name, value))


def ordinal(name: str, value: Any) -> int | None:
    """Accept a number of an issue or pull request, which count from 1, or null."""
    return _above_zero(name, number(name, value))


def _above_zero(name: str, value: int | None) -> int | None:
    if value is not None and value < 1:
        raise RejectedError(f"{name} is not above 0")
    return value


def fraction(name: str, value: Any) -> float | None:
    """Accept a number or null."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise RejectedError(f"{name} is {type(value).__name__}, not a number")
    try:
        return float(value)
    except OverflowError as error:
        raise RejectedError(f"{name} is out of range") from error


def rounded(name: str, value: Any) -> int | None:
    """Accept a number or null; a whole one is kept of it, since a pull request's score is an integer column."""
    return None if value is None else number(name, round(fraction(name, value) or 0))


def moment(name: str, value: Any) -> datetime | None:
    """Accept an ISO 8601 time or null."""
    if value is None:
        return None
    try:
        return parse_utc(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise RejectedError(f"{name} is not a time") from error


def day(name: str, value: Any) -> date | None:
    """Accept a day (`2026-05-01`), a time (then its day in UTC), or null."""
    if value is None:
        return None
    try:
        return parse_day(value).date()
    except (TypeError, ValueError, OverflowError) as error:
        raise RejectedError(f"{name} is not a day") from error


def required(record: Record, converters: Mapping[str, Converter]) -> Row:
    """Convert fields that a row can't do without."""
    row = converted(record, converters)
    for name in converters:
        if row.get(name) is None:
            raise RejectedError(f"{name} is missing")
    return row


def converted(record: Record, converters: Mapping[str, Converter]) -> Row:
    """Convert those of some fields that the record has."""
    return {name: convert(name, record[name]) for name, convert in converters.items() if name in record}


def cleaned(record: Any) -> Record:
    """Take out of a record's texts what no database stores; RejectedError when it is no object."""
    if not isinstance(record, dict):
        raise RejectedError(f"it is {type(record).__name__}, not an object")
    try:
        plain = json.dumps(record, allow_nan=False)
    except ValueError as error:
        raise RejectedError("it holds a number that is not one (NaN or Infinity)") from error
    except RecursionError as error:
        raise RejectedError(TOO_DEEP) from error
    # A count of brackets is quick, and most records have fewer than the levels that are allowed.
    if plain.count("[") + plain.count("{") > MAX_DEPTH and is_deep(record):
        raise RejectedError(TOO_DEEP)
    return _stripped(record) if SUSPECT.search(plain) else record


def _stripped(value: Any) -> Any:
    if isinstance(value, str):
        return UNSTORABLE.sub("", value)
    if isinstance(value, list):
        return [_stripped(item) for item in value]
    if isinstance(value, dict):
        return {_stripped(key): _stripped(item) for key, item in value.items()}
    return value
