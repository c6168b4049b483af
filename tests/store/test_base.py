"""Column types that mean the same on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import String, cast, literal, select
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from chalicelib.models import Base, Watermark
from chalicelib.store.base import FIELD, OURS, RESTRICTED, UTCDateTime, from_field, from_restricted, ours

NOON = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)


def mark(session: Session, value: datetime) -> datetime:
    """Store a time and read it back from the database."""
    session.add(Watermark(name="x", org="acme", scope="*", value=value))
    session.flush()
    session.expire_all()
    return session.scalars(select(Watermark.value)).one()


@pytest.mark.parametrize("hours", [0, 2, -11])
def test_a_time_comes_back_in_utc_wherever_it_was_written(shared: Session, hours: int) -> None:
    found = mark(shared, NOON.astimezone(timezone(timedelta(hours=hours))))
    assert (found, found.utcoffset()) == (NOON, timedelta())


def test_a_time_comes_back_in_utc_wherever_it_is_read(shared: Session) -> None:
    if shared.get_bind().dialect.name == "postgresql":
        shared.connection().exec_driver_sql("SET LOCAL TIME ZONE 'Pacific/Auckland'")
    found = mark(shared, NOON)
    assert (found, found.utcoffset()) == (NOON, timedelta())


def test_what_is_stored_is_utc(shared: Session) -> None:
    mark(shared, NOON.astimezone(timezone(timedelta(hours=2))))
    text = shared.scalar(select(cast(Watermark.value, String)))
    assert str(text).startswith("2026-05-01 12:00:00.123456")


def test_a_time_without_a_zone_is_refused(shared: Session) -> None:
    """It would be another moment on another machine."""
    with pytest.raises(StatementError, match="has no time zone"):
        shared.execute(select(literal(NOON.replace(tzinfo=None), UTCDateTime)))


def test_no_time_is_null(shared: Session) -> None:
    assert shared.scalar(select(literal(None, UTCDateTime))) is None


def test_what_a_column_says_of_itself() -> None:
    assert ours() == {OURS: True}
    assert from_field("author.login") == {FIELD: "author.login"}
    assert from_restricted("secrets.status") == {FIELD: "secrets.status", RESTRICTED: True}


def test_names_of_indexes_and_keys_follow_a_rule() -> None:
    """Migrations name them; without a rule each database would give its own."""
    for table in Base.metadata.sorted_tables:
        assert str(table.primary_key.name) == f"pk_{table.name}"
        assert all(str(index.name).startswith(f"ix_{table.name}_") for index in table.indexes)
