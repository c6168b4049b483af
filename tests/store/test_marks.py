"""How far the data is complete: forward only, and never ahead of what is committed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chalicelib.models import Cursor, Watermark, create_db_session
from chalicelib.store.marks import Mark, Marks
from tests.store.expected import stored

TABLES = pytest.mark.parametrize("table", [Watermark, Cursor])
DAY = datetime(2026, 5, 1, 12, 30, 15, 123456, tzinfo=UTC)
NOW = DAY + timedelta(days=30)
MARK = {"name": "updated:issues", "org": "acme", "scope": "*"}


def mark(session: Session, table: Any, **changes: str) -> Mark:
    return a_mark(session, table, **(MARK | changes))


def a_mark(session: Session, table: Any, **columns: str) -> Mark:
    return Mark(session, table, now=lambda: NOW, **columns)


@TABLES
def test_there_is_none_at_first(shared: Session, table: Any) -> None:
    assert mark(shared, table).read() is None
    assert mark(shared, table).read_oldest() is None


@TABLES
def test_it_moves_forward_and_never_back(shared: Session, table: Any) -> None:
    for value in (DAY, DAY + timedelta(days=2), DAY + timedelta(days=1), DAY):
        mark(shared, table).advance(value)
    assert stored(shared, table) == [MARK | {"value": DAY + timedelta(days=2)}]
    assert mark(shared, table).read() == DAY + timedelta(days=2)


@TABLES
def test_one_is_not_another(shared: Session, table: Any) -> None:
    others = [MARK | change for change in ({"name": "updated:pull_requests"}, {"org": "b"}, {"scope": "acme/r"})]
    mark(shared, table).advance(DAY)
    assert [a_mark(shared, table, **other).read() for other in others] == [None, None, None]
    for day, other in enumerate(others):
        a_mark(shared, table, **other).advance(DAY - timedelta(days=day))
    assert mark(shared, table).read() == DAY


def test_a_cursor_is_found_by_the_beginning_of_its_name(shared: Session) -> None:
    marks = Marks(shared, "acme", "acme/r", lambda: NOW)
    marks.cursor("backfill:issues:2026").advance(DAY)
    assert marks.has_cursor("backfill:")
    assert not marks.has_cursor("backfill_")
    assert not Marks(shared, "b", "*", lambda: NOW).has_cursor("backfill:")
    assert marks.watermark("backfill:issues:2026").read() is None


@TABLES
def test_the_oldest_of_all_scopes_is_where_a_new_scope_begins(shared: Session, table: Any) -> None:
    for days, scope in enumerate(["acme/a", "acme/b", "*"]):
        mark(shared, table, scope=scope).advance(DAY - timedelta(days=days))
    mark(shared, table, org="b").advance(DAY - timedelta(days=9))
    assert mark(shared, table).read_oldest() == DAY - timedelta(days=2)


@TABLES
def test_a_dropped_one_is_gone_and_may_begin_earlier(shared: Session, table: Any) -> None:
    mark(shared, table).advance(DAY)
    mark(shared, table, scope="acme/a").advance(DAY)
    mark(shared, table).drop()
    assert mark(shared, table).read() is None
    mark(shared, table).advance(DAY - timedelta(days=1))
    assert mark(shared, table).read() == DAY - timedelta(days=1)
    assert mark(shared, table, scope="acme/a").read() == DAY


@TABLES
def test_it_is_never_set_later_than_now(shared: Session, table: Any) -> None:
    mark(shared, table).advance(NOW + timedelta(days=1000))
    assert mark(shared, table).read() == NOW


@TABLES
def test_one_from_the_future_says_nothing_and_moves_back(shared: Session, table: Any) -> None:
    """A clock that was wrong once set marks to 2030, and nothing was read until then."""
    shared.add(table(**MARK, value=NOW + timedelta(days=1000)))
    shared.flush()
    found = mark(shared, table)
    assert (found.read(), found.read_oldest(), found.exists, found.is_from_future) == (None, None, True, True)
    found.advance(DAY)
    assert (found.read(), found.is_from_future) == (DAY, False)


@TABLES
def test_a_clock_that_is_a_little_behind_reads_now(shared: Session, table: Any) -> None:
    shared.add(table(**MARK, value=NOW + timedelta(minutes=5)))
    shared.flush()
    assert mark(shared, table).read() == NOW


@TABLES
def test_it_moves_with_its_transaction_and_not_before(db_url: str, table: Any) -> None:
    with create_db_session(db_url) as writer, create_db_session(db_url) as reader:
        mark(writer, table).advance(DAY)
        writer.commit()
        mark(writer, table).advance(DAY + timedelta(days=1))
        assert mark(reader, table).read() == DAY
        reader.rollback()
        writer.rollback()
        assert mark(writer, table).read() == DAY
        mark(writer, table).advance(DAY + timedelta(days=1))
        writer.commit()
        assert mark(reader, table).read() == DAY + timedelta(days=1)
