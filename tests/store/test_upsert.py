"""The upsert: safe to replay, newer wins, and a bad row never takes the good ones with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chalicelib.models import Base, EventPoll, Issue, Member, PullRequest
from chalicelib.store import upsert as module
from chalicelib.store.upsert import BATCH, Row, newest_by_key, upsert
from tests.store.expected import stored, whole

DAY = datetime(2026, 5, 1, 12, 30, 15, 123456, tzinfo=UTC)


@pytest.fixture(params=["own", "plain"], autouse=True)
def writer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every rule holds for the dialects' own upserts, and for the fallback of those that have none here."""
    if request.param == "plain":
        monkeypatch.setattr(module, "WRITERS", {})


def issue(key: int = 1, *, day: int = 0, **columns: Any) -> Row:
    row: Row = {"id": key, "number": key, "title": "First", "state": "open", "org": "acme", "repo": "r"}
    return row | {"created_at": DAY, "updated_at": DAY + timedelta(days=day)} | columns


def in_table(*rows: Row) -> list[Row]:
    return [whole(Issue, row) for row in rows]


# Newer wins, and replay changes nothing


def test_new_rows_are_counted_and_replayed_ones_are_not(shared: Session) -> None:
    rows = [issue(1), issue(2, body="Text"), issue(3, labels=[{"name": "bug"}])]
    assert [upsert(shared, Issue, rows).changed for _ in range(3)] == [3, 0, 0]
    assert stored(shared, Issue) == in_table(*rows)


def test_a_newer_row_overwrites_an_older_one(shared: Session) -> None:
    upsert(shared, Issue, [issue(body="old", closed_at=DAY)])
    assert upsert(shared, Issue, [issue(day=1, body="new", closed_at=None)]).changed == 1
    assert stored(shared, Issue) == in_table(issue(day=1, body="new", closed_at=None))


def test_an_older_row_never_overwrites_a_newer_one(shared: Session) -> None:
    upsert(shared, Issue, [issue(day=1, title="New")])
    assert upsert(shared, Issue, [issue(title="Old", body="of old")]).changed == 0
    assert stored(shared, Issue) == in_table(issue(day=1, title="New"))


def test_an_equally_new_row_overwrites_when_it_says_something_else(shared: Session) -> None:
    upsert(shared, Issue, [issue(labels=[{"name": "bug"}])])
    assert upsert(shared, Issue, [issue(labels=[{"name": "feature"}])]).changed == 1
    assert upsert(shared, Issue, [issue(labels=[])]).changed == 1
    assert upsert(shared, Issue, [issue(labels=None)]).changed == 1
    assert stored(shared, Issue) == in_table(issue(labels=None))


def test_times_differ_by_a_microsecond(shared: Session) -> None:
    earlier, later = issue(title="Earlier"), issue(title="Later", updated_at=DAY + timedelta(microseconds=1))
    upsert(shared, Issue, [later])
    assert upsert(shared, Issue, [earlier]).changed == 0
    assert stored(shared, Issue) == in_table(later)


@pytest.mark.parametrize("order", [1, -1], ids=["newest last", "newest first"])
def test_of_one_key_in_a_batch_the_newest_wins(shared: Session, order: int) -> None:
    copies = [issue(day=day, title=f"Day {day}") for day in (0, 3, 1)][::order]
    assert upsert(shared, Issue, [issue(2), *copies]).changed == 2
    assert stored(shared, Issue) == in_table(issue(1, day=3, title="Day 3"), issue(2))


def test_of_equally_new_rows_in_a_batch_the_last_wins() -> None:
    first, last = issue(title="First"), issue(title="Last")
    assert newest_by_key(Base.metadata.tables["issues"], [first, issue(2), last]) == [last, issue(2)]


def test_a_column_left_out_keeps_what_is_stored(shared: Session) -> None:
    upsert(shared, Issue, [issue(1, body="kept", closed_at=DAY), issue(2, body="kept")])
    wide, narrow = issue(2, day=1, body="new", comments=4), issue(1, day=1, title="New")
    assert upsert(shared, Issue, [narrow, wide, issue(3, score=1.5)]).changed == 3
    assert stored(shared, Issue) == in_table(narrow | {"body": "kept", "closed_at": DAY}, wide, issue(3, score=1.5))


def test_copies_of_one_key_with_different_columns_are_all_applied(shared: Session) -> None:
    upsert(shared, Issue, [issue(day=1, title="New"), issue(body="old"), issue(day=2, comments=3)])
    assert stored(shared, Issue) == in_table(issue(day=2, comments=3))


@pytest.mark.parametrize(("model", "score"), [(Issue, 0.5), (PullRequest, 7)])
def test_another_score_alone_is_no_news(shared: Session, model: type[Any], score: float) -> None:
    upsert(shared, model, [issue(score=1)])
    assert upsert(shared, model, [issue(score=score)]).changed == 0
    assert upsert(shared, model, [issue(score=score, title="New")]).changed == 1
    assert stored(shared, model) == [whole(model, issue(score=score, title="New"))]


def test_a_table_without_updated_at_takes_what_differs(shared: Session) -> None:
    seen = {"id": 1, "login": "ada", "inserted_dt": DAY, "inactive": False}
    assert upsert(shared, Member, [seen]).changed == 1
    assert upsert(shared, Member, [seen]).changed == 0
    assert upsert(shared, Member, [seen | {"inactive": True, "inactive_dt": DAY}]).changed == 1
    assert stored(shared, Member) == [whole(Member, seen | {"inactive": True, "inactive_dt": DAY})]


def test_a_row_of_nothing_but_its_key_changes_nothing(shared: Session) -> None:
    key = {"id": 1, "page_no": 2}
    assert upsert(shared, EventPoll, [{**key, "events": 7}]).changed == 1
    assert upsert(shared, EventPoll, [key]).changed == 0
    assert stored(shared, EventPoll) == [whole(EventPoll, {**key, "events": 7})]


def test_no_rows_need_no_statement(shared: Session) -> None:
    with statements(shared.get_bind()) as sent:
        assert upsert(shared, Issue, []).changed == 0
    assert sent == []


def test_rows_are_the_transactions_and_go_with_it(shared: Session) -> None:
    """On SQLite a savepoint without a transaction around it committed the rows when it was released."""
    assert upsert(shared, Issue, [issue(1)]).changed == 1
    shared.rollback()
    assert stored(shared, Issue) == []


# Values


@pytest.mark.parametrize(
    "columns",
    [
        {"labels": [], "assignees": None, "milestone": {}, "assignee": None},
        {"labels": [{"name": "𝔘𝔫𝔦😀", "id": 2**53 + 1}, None, 1, "x", [], {"a": [1, {"b": None}]}]},
        {"reactions": {"+1": 1, "z": 1.5, "ä": True, "": {"deep": [{"a": []}]}, "quote": '"\\u0041\n'}},
        {"title": "'); DROP TABLE issues; -- 😀\r\n\t\\", "body": "", "url": "%s %(x)s :rows {} $1"},
        {"score": 1e-9, "comments": 2**31 - 1, "locked": False},
        {"closed_at": datetime(2026, 3, 29, 3, 0, tzinfo=UTC), "deleted_at": datetime.max.replace(tzinfo=UTC)},
        {"user": {"b": 1, "a": 2, "login": "x"}},
    ],
    ids=["empty", "array", "object", "text", "numbers", "times", "order"],
)
def test_values_come_back_as_they_went_and_are_recognised(shared: Session, columns: Row) -> None:
    assert upsert(shared, Issue, [issue(**columns)]).changed == 1
    assert upsert(shared, Issue, [issue(**columns)]).changed == 0
    assert stored(shared, Issue) == in_table(issue(**columns))


def test_times_of_another_zone_are_the_same_moment(shared: Session) -> None:
    upsert(shared, Issue, [issue()])
    elsewhere = DAY.astimezone(datetime.fromisoformat("2026-05-01T00:00:00+05:30").tzinfo)
    assert upsert(shared, Issue, [issue(updated_at=elsewhere)]).changed == 0
    assert upsert(shared, Issue, [issue(2, created_at=elsewhere)]).changed == 1
    assert stored(shared, Issue) == in_table(issue(1), issue(2))


def test_none_is_null_in_sql_and_not_json(shared: Session) -> None:
    upsert(shared, Issue, [issue(milestone=None, labels=None)])
    nulls = text("SELECT count(*) FROM issues WHERE milestone IS NULL AND labels IS NULL")
    assert shared.execute(nulls).scalar() == 1


# Bad rows

ANYWHERE = {
    "lone surrogate": ({"title": "half \ud83d"}, "surrogate|invalid input syntax for type json"),
    "lone surrogate in JSON": ({"labels": [{"name": "\udc00"}]}, "surrogate|invalid input syntax for type json"),
    "NULL in a required column": ({"title": None}, "title"),
    "no time zone": ({"updated_at": DAY.replace(tzinfo=None)}, "has no time zone"),
    "beyond 64 bits": ({"number": 2**63}, "too large to convert|out of range"),
}
# SQLite's columns take any text and any 64-bit number: there is nothing to refuse, and nothing is lost.
ON_POSTGRESQL = {
    "NUL": ({"body": "a\x00b"}, "unsupported Unicode escape|NUL"),
    "NUL in JSON": ({"user": {"login": "\x00"}}, "unsupported Unicode escape"),
    "beyond 32 bits": ({"number": 2**31}, "out of range"),
    "not a number": ({"reactions": {"+1": float("nan")}}, "invalid input syntax for type json"),
}
BAD = [("sqlite", *case) for case in ANYWHERE.values()]
BAD += [("postgresql", *case) for case in (ANYWHERE | ON_POSTGRESQL).values()]
BAD_IDS = [f"sqlite-{name}" for name in ANYWHERE] + [f"postgresql-{name}" for name in (ANYWHERE | ON_POSTGRESQL)]
each_bad_row = pytest.mark.parametrize(("shared", "columns", "reason"), BAD, indirect=["shared"], ids=BAD_IDS)


@each_bad_row
def test_a_bad_row_is_refused_with_a_reason_and_the_rest_is_stored(shared: Session, columns: Row, reason: str) -> None:
    bad = issue(2, **columns)
    result = upsert(shared, Issue, [issue(1), bad, issue(3)])
    assert result.changed == 2
    [(row, why)] = result.refused
    assert row is bad
    assert why.startswith("the database refuses it: ")
    assert re.search(reason, why)
    assert "\n" not in why
    assert stored(shared, Issue) == in_table(issue(1), issue(3))


@pytest.mark.parametrize("places", [[0], [299], [150], [7, 8, 200]], ids=str)
def test_bad_rows_among_300_are_found(shared: Session, places: list[int]) -> None:
    rows = [issue(key, title=None if key in places else "Fine") for key in range(300)]
    result = upsert(shared, Issue, rows)
    assert sorted(row["id"] for row, _ in result.refused) == places
    assert result.changed == 300 - len(places)
    assert stored(shared, Issue) == in_table(*(row for row in rows if row["title"]))


def test_a_row_that_breaks_a_unique_rule_is_refused(shared: Session) -> None:
    ada = {"id": 1, "login": "ada", "inserted_dt": DAY, "inactive": False}
    result = upsert(shared, Member, [ada, ada | {"id": 2}, ada | {"id": 3, "login": "grace"}])
    assert [row["id"] for row, _ in result.refused] == [2]
    assert [row["login"] for row in stored(shared, Member)] == ["ada", "grace"]


def test_a_refused_row_leaves_what_is_stored(shared: Session) -> None:
    upsert(shared, Issue, [issue(1)])
    assert len(upsert(shared, Issue, [issue(1, day=1, title=None)]).refused) == 1
    assert stored(shared, Issue) == in_table(issue(1))


# What is not a row's fault


def test_a_missing_table_is_an_outage_and_not_a_bad_row(db: Session) -> None:
    db.execute(text("ALTER TABLE issues RENAME TO elsewhere"))
    with pytest.raises(DBAPIError):
        upsert(db, Issue, [issue(1), issue(2)])


@pytest.mark.parametrize("db_url", ["postgresql"], indirect=True)
def test_a_lost_connection_is_an_outage_and_not_a_bad_row(db: Session, postgres: Engine) -> None:
    driver: Any = db.connection().connection.driver_connection
    with postgres.connect() as admin:
        admin.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": driver.info.backend_pid})
    with pytest.raises(DBAPIError):
        upsert(db, Issue, [issue(1), issue(2)])


def test_a_database_that_may_not_be_written_is_an_outage(db: Session) -> None:
    is_sqlite = db.get_bind().dialect.name == "sqlite"
    db.execute(text("PRAGMA query_only = ON" if is_sqlite else "SET TRANSACTION READ ONLY"))
    with pytest.raises(DBAPIError, match=r"readonly|read-only"):
        upsert(db, Issue, [issue(1), issue(2)])


# How it is sent


@contextmanager
def statements(engine: Any) -> Iterator[list[tuple[str, Any, bool]]]:
    """What is sent meanwhile, savepoints left out: statement, parameters, executemany."""
    sent: list[tuple[str, Any, bool]] = []

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool) -> None:
        if statement.split(maxsplit=1)[0] not in {"SAVEPOINT", "RELEASE", "BEGIN"}:
            sent.append((statement, parameters, executemany))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("writer", ["own"], indirect=True)
@pytest.mark.parametrize("shared", ["postgresql"], indirect=True)
def test_postgresql_gets_one_statement_with_one_parameter_for_each_batch(shared: Session) -> None:
    rows = [issue(key, body="x" * 50) for key in range(2 * BATCH + 1)]
    with statements(shared.get_bind()) as sent:
        assert upsert(shared, Issue, rows).changed == len(rows)
    assert [statement.split()[0] for statement, _, _ in sent] == ["INSERT"] * 3
    assert [list(parameters) for _, parameters, _ in sent] == [["rows"]] * 3
    assert not any(executemany for _, _, executemany in sent)


@pytest.mark.parametrize("writer", ["own"], indirect=True)
@pytest.mark.parametrize("shared", ["sqlite"], indirect=True)
def test_sqlite_gets_one_executemany_for_each_batch(shared: Session) -> None:
    rows = [issue(key) for key in range(BATCH + 1)]
    with statements(shared.get_bind()) as sent:
        assert upsert(shared, Issue, rows).changed == len(rows)
    assert [statement.split()[0] for statement, _, _ in sent] == ["INSERT"] * 2
    assert (len(sent[0][1]), sent[0][2]) == (BATCH, True)


@pytest.mark.parametrize("writer", ["own"], indirect=True)
def test_rows_of_the_same_columns_share_a_batch(shared: Session) -> None:
    rows = [issue(1), issue(2, body="b"), issue(3), issue(4, body="b")]
    with statements(shared.get_bind()) as sent:
        upsert(shared, Issue, rows)
    assert len(sent) == 2
