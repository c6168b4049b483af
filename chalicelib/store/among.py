"""Is a value one of many? The many are one parameter, since databases limit how many a statement may have.

SQLite takes 32,766 variables in a statement, older ones 999, and PostgreSQL's protocol 65,535.
https://www.sqlite.org/limits.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Dialect, Text, TypeDecorator, bindparam
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeEngine

from chalicelib.store.functions import PatternFunction


def among(column: ColumnElement[Any] | InstrumentedAttribute[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Tell whether a column's value is one of `values`, however many there are; of none, it is not."""
    return _Among(column, bindparam(None, list(values), type_=_ListOf(column.type)))


def among_given(column: ColumnElement[Any] | InstrumentedAttribute[Any], name: str) -> ColumnElement[bool]:
    """Tell so of values that are given by this name each time that the statement is executed."""
    return _Among(column, bindparam(name, type_=_ListOf(column.type)))


class _Among(PatternFunction):
    type = Boolean()
    inherit_cache = True
    plain = "({0} = ANY ({1}))"
    # https://www.sqlite.org/json1.html#jeach
    sqlite = "({0} IN (SELECT value FROM json_each({1})))"


class _ListOf(TypeDecorator[list[Any]]):
    """Values of a column's type as one parameter: an array, or on SQLite a JSON text."""

    impl = Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Give the type of the parameter."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else postgresql.ARRAY(self.item))

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """Write each value as the column holds it."""
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)
        write: Callable[[Any], Any] | None = self.item.dialect_impl(dialect).bind_processor(dialect)
        return lambda values: json.dumps([write(value) for value in values] if write else values)
