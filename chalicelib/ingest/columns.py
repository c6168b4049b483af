"""Rows of plain lists: each column of a model reads its own field, by the converter of its type."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, Float, Integer, String, Table

from chalicelib.errors import RejectedError
from chalicelib.ingest import fields
from chalicelib.ingest.fields import Converter, Record, Row
from chalicelib.store.base import FIELD, JSON_ARRAY, OURS, RESTRICTED, UTCDateTime

# The first that fits decides, so a type stands before the one that it is made from.
CONVERTERS: tuple[tuple[type[Any], Converter], ...] = (
    (UTCDateTime, fields.moment),
    (Date, fields.day),
    (Boolean, fields.flag),
    (BigInteger, fields.identity),
    (Integer, fields.number),
    (Float, fields.fraction),
    (String, fields.text),
    (JSON, fields.json_object),
)


def converter_of(column: Column[Any]) -> Converter:
    """Choose how a column's field becomes its value; TypeError when no field can become one of that type."""
    if column.type is JSON_ARRAY:
        return fields.json_array
    for kind, converter in CONVERTERS:
        if isinstance(column.type, kind):
            return converter
    raise TypeError(f"{column} has a type that no field of GitHub's becomes: {column.type}")


class _Reader(NamedTuple):
    """How a column is filled: the way to its field, its converter, and what it means when the field is left out."""

    path: tuple[str, ...]
    convert: Converter
    is_required: bool
    is_restricted: bool


@lru_cache
def _readers(table: Table) -> Mapping[str, _Reader]:
    """Give, for each column that GitHub fills, how it is filled."""
    return {
        column.name: _Reader(
            tuple(str(column.info.get(FIELD, column.name)).split(".")),
            converter_of(column),
            is_required=not column.nullable,
            is_restricted=bool(column.info.get(RESTRICTED)),
        )
        for column in table.columns
        if not column.info.get(OURS)
    }


def list_row(model: type[Any], record: Any, *, is_told: bool = False) -> Row:
    """Map one object of a list to the columns of a model that GitHub fills; a field that it left out is left out.

    A field that it shows to some tokens only is None then: what was stored need not hold any more. A webhook shows it
    to nobody, so of a record that one told of (`is_told`) it is left out, too.
    Raises RejectedError when a column that can't be NULL has no value, or a field is not of its column's type.
    """
    cleaned, row = fields.cleaned(record), {}
    for name, reader in _readers(model.__table__).items():
        found, path = _find(cleaned, reader.path), ".".join(reader.path)
        if found is not _MISSING:
            row[name] = reader.convert(path, found)
        elif reader.is_restricted and not is_told:
            row[name] = None
        if reader.is_required and row.get(name) is None:
            raise RejectedError(f"{path} is missing")
    return row


_MISSING = object()


def _find(record: Record, path: tuple[str, ...]) -> Any:
    value: Any = record
    for name in path:
        if value is None:
            return None  # of a ghost's login, say, GitHub says that there is none
        if not isinstance(value, dict):
            raise RejectedError(f"{'.'.join(path)} is not in an object")
        if name not in value:
            return _MISSING
        value = value[name]
    return value
