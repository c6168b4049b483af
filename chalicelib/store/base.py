"""The declarative base and the column types that mean the same on every dialect."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, MetaData, Table, TypeDecorator
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase

JsonObject = dict[str, Any]
JsonList = list[Any]


class UTCDateTime(TypeDecorator[datetime]):
    """An aware UTC time: `timestamptz` on PostgreSQL, naive UTC text on SQLite, aware in Python on both."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's
        """Refuse naive times, which mean different moments on different machines."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's
        """Give UTC, whatever the database session's time zone is."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


JSON_OBJECT = JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
JSON_ARRAY = JSON(none_as_null=True).with_variant(
    postgresql.ARRAY(postgresql.JSON(none_as_null=True), dimensions=1), "postgresql"
)
# SQLite numbers rows by itself only in a column of the type INTEGER.
SERIAL = BigInteger().with_variant(Integer(), "sqlite")

# For a column's `info`: a change of this column alone is no reason to write a row. A search's score always changes.
VOLATILE = {"volatile": True}
# For a column's `info` in a plain list's table: this app fills it, or a GitHub field with another name does; and it is
# NULL when GitHub leaves the field out, instead of keeping what is stored.
OURS, FIELD, RESTRICTED = "ours", "field", "restricted"


def ours() -> dict[str, Any]:
    """Mark a column that GitHub doesn't fill."""
    return {OURS: True}


def from_field(path: str) -> dict[str, Any]:
    """Name the field that fills a column, such as `author.login`."""
    return {FIELD: path}


def from_restricted(path: str) -> dict[str, Any]:
    """Name the field that fills a column, but which GitHub shows to some tokens only: left out, it is not known."""
    return {FIELD: path, RESTRICTED: True}


NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def table_of(model: type[Any]) -> Table:
    """Give a model's table."""
    table: Table = model.__table__
    return table


class Base(DeclarativeBase):
    """What every table's model inherits."""

    metadata = MetaData(naming_convention=NAMING)
