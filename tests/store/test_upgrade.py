"""A database that the version before has filled: nothing is lost on the way to this one, back, and here again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, inspect, text

from chalicelib.contributions.rows import event_row

WATERMARKS = ("updated:issues", "updated:pull_requests", "events", "members")
CURSORS = (
    *("access", "interrupted:issues.new", "backfill:issues:2026-01-01T00:00:00Z", "reconcile:issues", "sweep:issues"),
    *("copilot.days", "copilot.people"),
)
DAY = "2026-05-01 00:00:00+00:00"


@pytest.fixture
def migrations(root: Path, empty_db_url: str) -> Config:
    config = Config(root / "alembic.ini")
    config.attributes["db_url"] = empty_db_url
    return config


@pytest.fixture
def before(migrations: Config, empty_db_url: str) -> Iterator[Engine]:
    """A database at the migration before, with a row of each sort that moves, and a view of somebody's own."""
    command.upgrade(migrations, "0003")
    engine = create_engine(empty_db_url)
    with engine.begin() as connection:
        for name in (*WATERMARKS, *CURSORS):
            mark = "INSERT INTO watermarks (name, org, scope, value) VALUES (:name, 'acme', '*', :day)"
            connection.execute(text(mark), {"name": name, "day": DAY})
        for number, (status, error) in enumerate(
            [("ok", "GitHub has no report of 2026-01-03"), ("ok", None), ("failed", "GitHub answered 500")], start=1
        ):
            run = (
                "INSERT INTO sync_runs (id, job, step, org, fetched, stored, rejected, requests, not_modified, status,"
                " error, started_at) VALUES (:id, 'daily', 'x.days', 'acme', 0, 0, 0, 0, 0, :status, :error, :day)"
            )
            connection.execute(text(run), {"id": number, "status": status, "error": error, "day": DAY})
        team = "INSERT INTO copilot_team_totals (org, day, team_id, members, active_members) VALUES "
        connection.execute(text(team + "('acme', '2026-05-01', 7, 5, 3)"))
        connection.execute(text("CREATE VIEW my_teams AS SELECT team_id, members FROM copilot_team_totals"))
    yield engine
    engine.dispose()


def rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def comments(engine: Engine) -> dict[str, str | None]:
    """The comments of all tables and columns, where the database has comments."""
    inspector = inspect(engine)
    if not engine.dialect.supports_comments:
        return {}
    tables = {name: inspector.get_table_comment(name)["text"] for name in inspector.get_table_names()}
    return tables | {
        f"{table}.{column['name']}": column["comment"] for table in tables for column in inspector.get_columns(table)
    }


def assert_is_new(engine: Engine) -> None:
    assert {name for (name,) in rows(engine, "SELECT name FROM watermarks")} == set(WATERMARKS)
    assert {name for (name,) in rows(engine, "SELECT name FROM cursors")} == set(CURSORS)
    moved = rows(engine, "SELECT count(*) FROM cursors WHERE org = 'acme' AND scope = '*' AND value IS NOT NULL")
    assert moved == [(len(CURSORS),)]
    assert rows(engine, "SELECT status, error, note FROM sync_runs ORDER BY id") == [
        ("ok", None, "GitHub has no report of 2026-01-03"),
        ("ok", None, None),
        ("failed", "GitHub answered 500", None),
    ]
    assert rows(engine, "SELECT team_id, members FROM copilot_team_days") == [(7, 5)]
    assert rows(engine, "SELECT * FROM my_teams") == [(7, 5)]


def test_nothing_is_lost_on_the_way_to_this_version(before: Engine, migrations: Config) -> None:
    command.upgrade(migrations, "head")
    assert_is_new(before)


def test_rejected_records_get_an_identity_and_private_drafts_go(before: Engine, migrations: Config) -> None:
    """A review that was not submitted was kept whole among the rejected: a private draft."""
    draft = {"event": "reviewed", "id": 7, "state": "pending", "body": "between us", "submitted_at": None}
    with before.begin() as connection:
        for record in (draft, {"id": 17, "title": None}, ["nothing"]):
            insert = (
                "INSERT INTO rejected_records (digest, kind, org, reason, record, rejected_at)"
                " VALUES (:record, 'issues', 'acme', 'title is missing', :record, :day)"
            )
            connection.execute(text(insert), {"record": json.dumps(record), "day": DAY})
    command.upgrade(migrations, "head")
    kept = rows(before, "SELECT identity, stored_at, reason FROM rejected_records ORDER BY identity")
    assert sorted(kept, key=str) == [("id=17", None, "title is missing"), (None, None, "title is missing")]
    command.downgrade(migrations, "0003")
    assert len(rows(before, "SELECT record FROM rejected_records")) == 2


def test_it_goes_back_and_forth(before: Engine, migrations: Config) -> None:
    marks = "SELECT name, org, scope, value FROM watermarks ORDER BY name"
    runs = "SELECT id, status, error FROM sync_runs ORDER BY id"
    first = rows(before, marks), rows(before, runs), comments(before)
    command.upgrade(migrations, "head")
    command.downgrade(migrations, "0003")
    assert (rows(before, marks), rows(before, runs), comments(before)) == first
    assert rows(before, "SELECT team_id, members FROM copilot_team_totals") == [(7, 5)]
    assert rows(before, "SELECT * FROM my_teams") == [(7, 5)]
    command.upgrade(migrations, "head")
    assert_is_new(before)


# The step to identities


@pytest.fixture
def named(migrations: Config, empty_db_url: str) -> Iterator[Engine]:
    """A database at the migration before, with an issue, its repository and a view of somebody's own."""
    command.upgrade(migrations, "0004")
    engine = create_engine(empty_db_url)
    with engine.begin() as connection:
        item = (
            "INSERT INTO {table} (id, number, org, repo, title, state, created_at, updated_at)"
            " VALUES (7, 1, 'acme', 'web', 'It fails', 'open', :day, :day)"
        )
        for table in ("issues", "pull_requests"):
            connection.execute(text(item.format(table=table)), {"day": DAY})
        repository = "INSERT INTO repositories (id, org, name, first_seen_at) VALUES (3, 'acme', 'web', :day)"
        connection.execute(text(repository), {"day": DAY})
        mark = "INSERT INTO cursors (name, org, scope, value) VALUES (:name, 'acme', '*', :day)"
        connection.execute(text(mark), [{"name": name, "day": DAY} for name in ("sweep:issues", "repository_ids")])
        transfer = (
            "INSERT INTO transfers (issue_id, new_issue_id, org, repo, new_repo, detected_at)"
            " VALUES (5, 7, 'acme', 'api', 'web', :day)"
        )
        connection.execute(text(transfer), {"day": DAY})
        connection.execute(text("CREATE VIEW my_issues AS SELECT id, repo FROM issues"))
    yield engine
    engine.dispose()


def test_rows_keep_their_names_on_the_way_to_identities_and_back(named: Engine, migrations: Config) -> None:
    before = comments(named)
    for revision in ("head", "0004", "head"):
        (command.downgrade if revision == "0004" else command.upgrade)(migrations, revision)
        for table in ("issues", "pull_requests"):
            assert rows(named, f"SELECT id, org, repo, number FROM {table}") == [(7, "acme", "web", 1)]
        assert rows(named, "SELECT id, org, name FROM repositories") == [(3, "acme", "web")]
        assert rows(named, "SELECT issue_id, repo, new_repo FROM transfers") == [(5, "api", "web")]
        assert rows(named, "SELECT * FROM my_issues") == [(7, "web")]
        if revision == "0004":
            assert comments(named) == before
            assert rows(named, "SELECT name FROM cursors") == [("sweep:issues",)]
    assert rows(named, "SELECT repository_id FROM issues") == [(None,)]
    assert rows(named, "SELECT renamed_from, moved_to FROM repositories") == [(None, None)]


# The step to keys that GraphQL can tell too

REFERENCES: dict[str, tuple[str, dict[str, Any]]] = {
    "an issue's": ("https://api.example/repos/acme/api", {"id": 9, "number": 3}),
    "a pull request's": ("https://api.example/repos/acme/api", {"id": 10, "number": 4, "pull_request": {"url": "x"}}),
    "a twin's": ("https://api.example/repos/acme/web", {"id": 11, "number": 3}),
}


def reference(name: str) -> dict[str, Any]:
    """A reference from elsewhere, as REST tells it."""
    url, issue = REFERENCES[name]
    source = {"type": "issue", "issue": {**issue, "repository_url": url}}
    return {"event": "cross-referenced", "actor": None, "created_at": "2026-05-01T00:00:00Z", "source": source}


def old_key(issue_id: int) -> int:
    """The key of before: it was made of the source's issue id."""
    parts = ("cross-referenced", 1, issue_id, "2026-05-01T00:00:00Z")
    digest = hashlib.sha256("\n".join(map(str, parts)).encode()).digest()
    return -1 - (int.from_bytes(digest[:8], "big") >> 1)


@pytest.fixture
def referred(migrations: Config, empty_db_url: str) -> Iterator[Engine]:
    """A database at the migration before, with references, one of them without a source, and an event of nobody's."""
    command.upgrade(migrations, "0006")
    engine = create_engine(empty_db_url)
    insert = (
        'INSERT INTO events (id, issue_id, org, repo, event, created_at, details, page_no, "user", username)'
        " VALUES (:id, 1, 'acme', 'web', :event, :day, :details, 1, :user, :login)"
    )
    rows_of = [
        {"id": old_key(issue["id"]), "event": "cross-referenced", "details": json.dumps({"source": {"issue": known}})}
        for name, (_, issue) in REFERENCES.items()
        for known in [reference(name)["source"]["issue"]]
    ]
    rows_of.append({"id": -7, "event": "cross-referenced", "details": None})
    rows_of.append({"id": 5, "event": "closed", "details": None, "user": '{"id": 10137}', "login": "ghost"})
    with engine.begin() as connection:
        for row in rows_of:
            connection.execute(text(insert), {"user": None, "login": None, "day": DAY, **row})
    yield engine
    engine.dispose()


def test_references_get_keys_that_both_apis_can_tell_and_go_back(referred: Engine, migrations: Config) -> None:
    keys = "SELECT id FROM events WHERE event = 'cross-referenced' ORDER BY id"
    before = rows(referred, keys)
    for _ in range(2):
        command.upgrade(migrations, "head")
        plain = {name: event_row(reference(name), issue_id=1, org="acme", repo="web")["id"] for name in REFERENCES}
        assert plain["an issue's"] == plain["a twin's"]  # in the same second, of the same number, of two repositories
        found = {key for (key,) in rows(referred, keys)}
        assert found >= {-7, plain["an issue's"], plain["a pull request's"]}
        assert len(found) == 4
        assert rows(referred, 'SELECT username, "user" FROM events WHERE id = 5') == [(None, None)]
        command.downgrade(migrations, "0006")
        assert rows(referred, keys) == before


# The step to users' ids as numbers

LARGEST = 2**63 - 1
# What may be stored as a user, and the id that is to be found in it.
USERS: list[tuple[str | None, int | None]] = [
    ('{"id": 5, "login": "ada"}', 5),
    (json.dumps({"id": LARGEST}), LARGEST),
    (json.dumps({"id": LARGEST + 1}), None),
    (json.dumps({"id": -(10**40)}), None),
    ('{"id": "5"}', None),
    ('{"id": true}', None),
    ('{"id": null}', None),
    ('{"id": 5.5}', None),
    ('{"id": [5]}', None),
    ('{"login": "ada"}', None),
    ("{}", None),
    ("[5]", None),
    ('"ada"', None),
    ("null", None),
    (None, None),
]
IDS_OF_USERS = {"issues": "author_id", "pull_requests": "author_id", "transfers": "author_id", "events": "user_id"}


@pytest.fixture
def peopled(migrations: Config, empty_db_url: str) -> Iterator[Engine]:
    """A database at the migration before, with everything that may be stored as a user."""
    command.upgrade(migrations, "0009")
    engine = create_engine(empty_db_url)
    item = '(id, number, org, repo, title, state, created_at, updated_at, "user")'
    values = "(:id, :id, 'acme', 'web', 'x', 'open', :day, :day, :user)"
    inserts = (
        f"INSERT INTO issues {item} VALUES {values}",
        f"INSERT INTO pull_requests {item} VALUES {values}",
        'INSERT INTO transfers (issue_id, new_issue_id, detected_at, "user") VALUES (:id, :id, :day, :user)',
        'INSERT INTO events (id, issue_id, org, repo, event, page_no, "user")'
        " VALUES (:id, :id, 'acme', 'web', 'closed', 1, :user)",
    )
    people = [{"id": number, "user": user, "day": DAY} for number, (user, _) in enumerate(USERS)]
    with engine.begin() as connection:
        for insert in inserts:
            connection.execute(text(insert), people)
    yield engine
    engine.dispose()


def test_ids_of_users_become_numbers_whatever_is_stored(peopled: Engine, migrations: Config) -> None:
    for _ in range(2):
        command.upgrade(migrations, "head")
        for table, column in IDS_OF_USERS.items():
            key = "issue_id" if table == "transfers" else "id"
            found = rows(peopled, f"SELECT {column} FROM {table} ORDER BY {key}")
            assert found == [(user_id,) for _, user_id in USERS], table
        command.downgrade(migrations, "0009")


@pytest.mark.parametrize("empty_db_url", ["sqlite"], indirect=True)
def test_text_that_is_no_json_stops_no_upgrade(migrations: Config, empty_db_url: str) -> None:
    """SQLite stores anything in a JSON column."""
    command.upgrade(migrations, "0009")
    engine = create_engine(empty_db_url)
    with engine.begin() as connection:
        insert = (
            'INSERT INTO issues (id, number, org, repo, title, state, created_at, updated_at, "user")'
            " VALUES (1, 1, 'acme', 'web', 'x', 'open', '2026-05-01', '2026-05-01', 'no JSON')"
        )
        connection.execute(text(insert))
    command.upgrade(migrations, "head")
    assert rows(engine, "SELECT author_id FROM issues") == [(None,)]
    engine.dispose()
