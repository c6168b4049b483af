"""The database itself notes which items have changed, whoever changes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, delete, insert, select, text
from sqlalchemy.orm import Session

from chalicelib.contributions.facts import FACTS
from chalicelib.models import ChangedItem, Event, Issue, create_all, create_db_session
from chalicelib.store.engine import make_engine
from chalicelib.store.upsert import upsert
from chalicelib.views import make_views
from tests.facts import noted_items

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def issue(key: int, **columns: Any) -> dict[str, Any]:
    row = {"id": key, "number": key, "org": "acme", "repo": "r", "title": "T", "state": "open"}
    return row | {"created_at": NOW, "updated_at": NOW} | columns


def event(key: int, item: int, **columns: Any) -> dict[str, Any]:
    row = {"id": key, "issue_id": item, "event": "commented", "org": "acme", "repo": "r", "page_no": 1}
    return row | {"created_at": NOW} | columns


@pytest.fixture
def stored(db: Session) -> Session:
    """Three issues with a comment each, and no notes."""
    upsert(db, Issue, [issue(1), issue(2), issue(3)])
    upsert(db, Event, [event(10, 1), event(-20, 2), event(30, 3)])
    forget(db)
    return db


def forget(session: Session) -> None:
    session.execute(delete(ChangedItem))
    session.commit()


CHANGES: dict[str, tuple[str, set[int]]] = {
    "an update by hand": ("UPDATE issues SET title = 'U' WHERE id = 2", {2}),
    "an update of many": ("UPDATE events SET body = 'b' WHERE issue_id < 3", {1, 2}),
    "an update of none": ("UPDATE events SET body = 'b' WHERE issue_id = 4", set()),
    "an event's new id": ("UPDATE events SET id = 20 WHERE id = -20", {2}),
    "an item's new id": ("UPDATE issues SET id = 4 WHERE id = 3", {3, 4}),
    "an event moved to another item": ("UPDATE events SET issue_id = 1 WHERE issue_id = 3", {1, 3}),
    "a deletion": ("DELETE FROM events WHERE id = 30", {3}),
    "all deleted": ("DELETE FROM events", {1, 2, 3}),
}


@pytest.mark.parametrize(("statement", "noted"), CHANGES.values(), ids=CHANGES)
def test_whoever_changes_a_row_its_item_is_noted(stored: Session, statement: str, noted: set[int]) -> None:
    stored.execute(text(statement))
    assert noted_items(stored) == noted


def test_an_upsert_that_changes_nothing_notes_nothing(stored: Session) -> None:
    upsert(stored, Issue, [issue(1), issue(2)])
    upsert(stored, Event, [event(10, 1)])
    assert noted_items(stored) == set()
    upsert(stored, Issue, [issue(1), issue(2, title="other", updated_at=NOW.replace(day=2)), issue(9)])
    upsert(stored, Event, [event(10, 1), event(31, 3)])
    assert noted_items(stored) == {2, 9, 3}


def test_what_is_rolled_back_is_not_noted(stored: Session) -> None:
    stored.execute(insert(Issue), [issue(5)])
    stored.rollback()
    assert noted_items(stored) == set()


@pytest.fixture
def postgres_engine(postgres_copies: Any) -> Iterator[Engine]:
    with postgres_copies.borrow() as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()


@pytest.mark.postgresql
def test_two_who_write_at_once_do_not_wait_for_each_other(postgres_engine: Engine) -> None:
    with Session(postgres_engine) as first, Session(postgres_engine) as second:
        upsert(first, Issue, [issue(1)])
        first.commit()
        forget(first)
        second.execute(text("SET LOCAL lock_timeout = '1s'"))
        first.execute(insert(Event), [event(1, 1), event(2, 1)])
        second.execute(insert(Event), [event(3, 2), event(4, 1)])
        second.commit()
        first.commit()
        assert noted_items(first) == {1, 2}


@pytest.mark.postgresql
def test_an_emptied_table_is_noted(postgres_engine: Engine) -> None:
    """TRUNCATE fires no trigger of rows: the facts of all that was there stayed."""
    with Session(postgres_engine) as session:
        upsert(session, Event, [event(10, 1), event(20, 2)])
        forget(session)
        session.execute(text("TRUNCATE events"))
        assert noted_items(session) == {1, 2}


def test_a_trigger_that_was_away_has_all_noted(stored: Session) -> None:
    """What was written meanwhile would never be noted."""
    name = "note_changed_issues_update"
    drop = f"DROP TRIGGER {name}" + (" ON issues" if stored.connection().dialect.name == "postgresql" else "")
    stored.execute(text(drop))
    stored.execute(text("UPDATE issues SET title = 'U' WHERE id = 2"))
    assert noted_items(stored) == set()
    make_views(stored.connection())
    assert noted_items(stored) == {1, 2, 3}
    forget(stored)
    stored.execute(text("UPDATE issues SET title = 'V' WHERE id = 2"))
    assert noted_items(stored) == {2}


@pytest.mark.postgresql
def test_a_trigger_that_was_disabled_is_made_again(postgres_engine: Engine) -> None:
    with Session(postgres_engine) as session:
        upsert(session, Issue, [issue(1)])
        forget(session)
        session.execute(text("ALTER TABLE events DISABLE TRIGGER note_changed_events_insert"))
        make_views(session.connection())
        assert noted_items(session) == {1}
        forget(session)
        session.execute(insert(Event), [event(1, 1)])
        assert noted_items(session) == {1}


def test_an_upgrade_without_changes_notes_nothing_and_locks_no_table(stored: Session, db_url: str) -> None:
    """It dropped the triggers and made them anew each time: it waited for all who wrote, and others for it."""
    stored.execute(insert(Issue), [issue(7)])  # another session, which writes meanwhile, on PostgreSQL
    if db_url.startswith("sqlite"):
        stored.rollback()
    with create_db_session(db_url) as other:
        if other.connection().dialect.name == "postgresql":
            other.execute(text("SET LOCAL lock_timeout = '1s'"))
        make_views(other.connection())
        assert noted_items(other) == set()
        other.rollback()


def test_what_is_left_of_items_that_are_gone_is_noted_with_all(stored: Session) -> None:
    facts = FACTS.facts[1].table
    row = {"id": 99, "org": "acme", "repo": "r", "number": 1, "author_kind": "member", "created_at": NOW}
    stored.execute(insert(facts), [row | {"state": "open", "reopen_count": 0}])
    FACTS.note_all(stored.connection())
    assert noted_items(stored) == {1, 2, 3, 99}


def test_what_is_written_under_an_older_migration_is_noted_by_the_next_upgrade(
    stored: Session, db_url: str, root: Path
) -> None:
    stored.close()
    migrations = Config(root / "alembic.ini")
    migrations.attributes["db_url"] = db_url
    command.downgrade(migrations, "0009")
    with make_engine(db_url).begin() as connection:
        connection.execute(text("UPDATE issues SET title = 'older'"))
    command.upgrade(migrations, "head")
    with create_db_session(db_url) as session:
        assert noted_items(session) == {1, 2, 3}
        forget(session)
        session.execute(text("UPDATE issues SET title = 'newer' WHERE id = 2"))
        assert noted_items(session) == {2}


def test_who_may_write_to_a_table_but_no_notes_can_still_write(postgres_url: str) -> None:
    """A role that repaired rows by hand was refused from the upgrade on."""
    create_all(postgres_url)
    engine = make_engine(postgres_url)
    with engine.connect() as connection:
        connection.execute(insert(Issue), [issue(1)])
        connection.execute(delete(ChangedItem))
        connection.execute(text("CREATE ROLE mender"))
        connection.execute(text("GRANT SELECT, UPDATE ON issues TO mender"))
        connection.execute(text("SET LOCAL ROLE mender"))
        connection.execute(text("UPDATE issues SET title = 'U'"))
        connection.execute(text("RESET ROLE"))
        assert connection.scalars(select(ChangedItem.item_id)).all() == [1]
        connection.rollback()
    engine.dispose()
