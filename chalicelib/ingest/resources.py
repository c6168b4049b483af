"""What front ends may ask for: a domain declares its resources, and nothing else names them.

The read API answers by these declarations, and docs/openapi.json is written from them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Double, FromClause, Integer, String, func, literal, or_
from sqlalchemy.types import TypeEngine

from chalicelib.ingest.fields import INT8, UNSTORABLE
from chalicelib.store.base import UTCDateTime
from chalicelib.store.functions import Holds
from chalicelib.utils import parse_day

Schema = Mapping[str, Any]
LONGEST = 255  # characters of a text to look for
NUMBER = re.compile(r"[0-9]{1,19}", re.ASCII)
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?", re.ASCII)
TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST}
# A type is one of these or made from one; all others hold JSON arrays.
TYPES: Sequence[tuple[type[TypeEngine[Any]], Schema]] = (
    (UTCDateTime, {"type": "string", "format": "date-time"}),
    (String, {"type": "string"}),
    (Boolean, {"type": "boolean"}),
    (Integer, {"type": "integer", "format": "int64"}),
    (Double, {"type": "number"}),
)
ARRAY: Schema = {"type": "array", "items": {}}


@dataclass(frozen=True)
class Field:
    """What a row shows under a name: an SQL expression, what it means, and the JSON Schema of its values."""

    name: str
    expression: ColumnElement[Any]
    comment: str
    schema: Schema


@dataclass(frozen=True)
class Filter:
    """A parameter that narrows the rows: what it is for, the JSON Schema of its values, and how it is applied.

    `parse` raises ValueError, whose text goes on after the parameter's name, such as "must be true or false".
    """

    name: str
    comment: str
    schema: Schema
    parse: Callable[[str], Any]
    condition: Callable[[Any], ColumnElement[bool]]


@dataclass(frozen=True)
class Resource:
    """A list of rows: `GET /api/{name}`.

    It has a field `org`, by which only the organisations of GH_ORGS are shown, and `repo` where GH_REPOS is to narrow
    it. `key` names the fields that tell rows apart, in which order they come, and by which they are paged: texts and
    whole numbers that are never NULL.
    """

    name: str
    summary: str
    fields: Sequence[Field]
    filters: Sequence[Filter]
    key: Sequence[str]
    is_newest_first: bool = False
    where: ColumnElement[bool] | None = None

    def field(self, name: str) -> Field | None:
        """Give the field of a name; None when there is none."""
        return next((field for field in self.fields if field.name == name), None)


def fields_of(source: FromClause, *names: str, never_null: Collection[str] = ()) -> tuple[Field, ...]:
    """Show columns of a table or view as they are; a view doesn't say of its columns which are `never_null`."""
    columns = (source.c[name] for name in names)
    return tuple(
        Field(
            column.name,
            column,
            str(column.comment),
            schema_of(column.type, may_be_null=column.nullable and column.name not in never_null),
        )
        for column in columns
    )


def schema_of(kind: TypeEngine[Any], *, may_be_null: bool) -> Schema:
    """Give the JSON Schema of a column's values."""
    found = next((schema for known, schema in TYPES if isinstance(kind, known)), ARRAY)
    return {**found, "type": [found["type"], "null"]} if may_be_null else found


def equals(name: str, column: ColumnElement[Any], comment: str) -> Filter:
    """Filter by a text that is exactly so."""
    return Filter(name, comment, TEXT, parse_text, lambda value: column == value)


def has_number(name: str, column: ColumnElement[Any], comment: str) -> Filter:
    """Filter by an id of GitHub's."""
    schema = {"type": "integer", "format": "int64", "minimum": 1}
    return Filter(name, comment, schema, parse_number, lambda value: column == value)


def is_true(name: str, column: ColumnElement[Any], comment: str) -> Filter:
    """Filter by true or false."""
    return Filter(name, comment, {"type": "boolean"}, parse_flag, column.is_)


def one_of(name: str, choices: Mapping[str, ColumnElement[bool]], comment: str) -> Filter:
    """Filter by one or more of some words, each with its condition, with commas between."""
    schema = {"type": "array", "items": {"type": "string", "enum": list(choices)}, "minItems": 1}

    def parse(text: str) -> list[str]:
        words = text.split(",")
        if not set(words) <= set(choices):
            raise ValueError(f"must be one of {', '.join(choices)}, or several with commas between")
        return words

    return Filter(name, comment, schema, parse, lambda words: or_(*(choices[word] for word in dict.fromkeys(words))))


def has_label(name: str, label_set: ColumnElement[Any], comment: str) -> Filter:
    """Filter by one label of a label set; GitHub's labels ignore case, and hold no comma."""
    labels = literal(",") + func.lower(label_set, type_=String()) + ","

    def parse(text: str) -> str:
        if "," in text:
            raise ValueError("must be one label, without a comma")
        return parse_text(text)

    schema = {**TEXT, "pattern": "^[^,]*$"}
    return Filter(name, comment, schema, parse, lambda label: Holds(labels, func.lower(literal(f",{label},"))))


def between(column: ColumnElement[Any], what: str) -> tuple[Filter, Filter]:
    """Filter by a time: from `since` on, and before `until`; each is a UTC time, or a day's beginning."""
    schema = {"type": "string", "pattern": f"^{TIME.pattern}$"}
    return (
        Filter("since", f"Only what {what} at this time or later", schema, parse_time, lambda at: column >= at),
        Filter("until", f"Only what {what} before this time", schema, parse_time, lambda at: column < at),
    )


def parse_text(text: str) -> str:
    """Accept a text that a database can look for."""
    if not 1 <= len(text) <= LONGEST or UNSTORABLE.search(text):
        raise ValueError(f"must be a text of 1 to {LONGEST} characters")
    return text


def parse_number(text: str) -> int:
    """Accept an id of GitHub's."""
    if not NUMBER.fullmatch(text) or not 1 <= int(text) <= INT8:
        raise ValueError("must be a whole number above 0")
    return int(text)


def parse_flag(text: str) -> bool:
    """Accept true or false."""
    if text not in {"true", "false"}:
        raise ValueError("must be true or false")
    return text == "true"


def parse_time(text: str) -> datetime:
    """Accept a UTC time, or a day, which means its beginning."""
    with suppress(ValueError):  # such as the 30th of February
        if TIME.fullmatch(text):
            return parse_day(text)
    raise ValueError("must be a UTC time such as 2026-05-01T08:00:00Z, or a day such as 2026-05-01")
