"""How far the data is complete: forward only, and never ahead of what is committed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from chalicelib.models import Watermark, create_db_session
from chalicelib.store.watermarks import (
    drop_watermark,
    has_watermark,
    oldest_watermark,
    raise_watermark,
    read_watermark,
)
from tests.store.expected import stored

DAY = datetime(2026, 5, 1, 12, 30, 15, 123456, tzinfo=UTC)
MARK = {"name": "updated:issues", "org": "acme", "scope": "*"}


def test_there_is_none_at_first(shared: Session) -> None:
    assert read_watermark(shared, **MARK) is None
    assert oldest_watermark(shared, name="updated:issues", org="acme") is None
    assert not has_watermark(shared, prefix="", org="acme")


def test_it_moves_forward_and_never_back(shared: Session) -> None:
    for value in (DAY, DAY + timedelta(days=2), DAY + timedelta(days=1), DAY):
        raise_watermark(shared, **MARK, value=value)
    assert stored(shared, Watermark) == [MARK | {"value": DAY + timedelta(days=2)}]
    assert read_watermark(shared, **MARK) == DAY + timedelta(days=2)


def test_one_is_not_another(shared: Session) -> None:
    others = [MARK | change for change in ({"name": "updated:pull_requests"}, {"org": "b"}, {"scope": "acme/r"})]
    raise_watermark(shared, **MARK, value=DAY)
    assert [read_watermark(shared, **other) for other in others] == [None, None, None]
    for day, other in enumerate(others):
        raise_watermark(shared, **other, value=DAY - timedelta(days=day))
    assert read_watermark(shared, **MARK) == DAY
    assert has_watermark(shared, prefix="updated:", org="b")
    assert not has_watermark(shared, prefix="updated_", org="acme")


def test_the_oldest_of_all_scopes_is_where_a_new_scope_begins(shared: Session) -> None:
    for days, scope in enumerate(["acme/a", "acme/b", "*"]):
        raise_watermark(shared, **MARK | {"scope": scope}, value=DAY - timedelta(days=days))
    raise_watermark(shared, **MARK | {"org": "b"}, value=DAY - timedelta(days=9))
    assert oldest_watermark(shared, name="updated:issues", org="acme") == DAY - timedelta(days=2)


def test_a_dropped_one_is_gone_and_may_begin_earlier(shared: Session) -> None:
    raise_watermark(shared, **MARK, value=DAY)
    raise_watermark(shared, **MARK | {"scope": "acme/a"}, value=DAY)
    drop_watermark(shared, **MARK)
    assert read_watermark(shared, **MARK) is None
    raise_watermark(shared, **MARK, value=DAY - timedelta(days=1))
    assert read_watermark(shared, **MARK) == DAY - timedelta(days=1)
    assert read_watermark(shared, **MARK | {"scope": "acme/a"}) == DAY


def test_it_moves_with_its_transaction_and_not_before(db_url: str) -> None:
    with create_db_session(db_url) as writer, create_db_session(db_url) as reader:
        raise_watermark(writer, **MARK, value=DAY)
        writer.commit()
        raise_watermark(writer, **MARK, value=DAY + timedelta(days=1))
        assert read_watermark(reader, **MARK) == DAY
        reader.rollback()
        writer.rollback()
        assert read_watermark(writer, **MARK) == DAY
        raise_watermark(writer, **MARK, value=DAY + timedelta(days=1))
        writer.commit()
        assert read_watermark(reader, **MARK) == DAY + timedelta(days=1)
