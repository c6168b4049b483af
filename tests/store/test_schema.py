"""The migrations and the models say the same, and both say what the seed's class diagram says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, Inspector, create_engine, inspect, text
from sqlalchemy.dialects import registry
from sqlalchemy.engine.interfaces import ReflectedIndex

from chalicelib.models import Base, create_all
from chalicelib.store.engine import REVISIONS
from tests.databases import BOTH

DIALECT = registry.load("postgresql")()

# The seed's class diagram (its types, keys marked *), on PostgreSQL. Ours on top: `OURS`,
# and `event` in the key of `events`: GitHub numbers events, comments and reviews apart.
SEED = {
    "members": """
        id* integer, inserted_dt datetime, inactive_dt datetime, inactive boolean, avatar_url string, events_url string,
        followers_url string, following_url string, gists_url string, gravatar_id string, html_url string, login string,
        node_id string, organizations_url string, received_events_url string, repos_url string, site_admin boolean,
        starred_url string, subscriptions_url string, type string, url string""",
    "issues": """
        id* biginteger, active_lock_reason string, assignee jsonb, assignees array, author_association string,
        body string, closed_at datetime, comments integer, comments_url string, created_at datetime, events_url string,
        html_url string, labels array, labels_url string, locked boolean, milestone jsonb, node_id string,
        number integer, org string, performed_via_github_app string, reactions jsonb, repo string,
        repository_url string, score float, state string, state_reason string, timeline_url string, title string,
        updated_at datetime, url string, user jsonb, username string""",
    "pull_requests": """
        id* biginteger, url string, repo string, org string, repository_url string, labels_url string,
        comments_url string, events_url string, html_url string, node_id string, number integer, title string,
        user jsonb, username string, labels array, state string, state_reason string, merged boolean, locked boolean,
        assignee jsonb, assignees array, milestone jsonb, comments integer, created_at datetime, updated_at datetime,
        closed_at datetime, author_association string, active_lock_reason string, draft boolean, pull_request jsonb,
        body string, reactions jsonb, timeline_url string, performed_via_github_app string, score integer""",
    "events": """
        id* biginteger, issue_id* biginteger, org string, repo string, event* string, body string, label jsonb,
        reactions jsonb, state string, created_at datetime, updated_at datetime, node_id string, user jsonb,
        author_association string, username string""",
    "event_polls": "id* biginteger, page_no* integer, issue_updated_at datetime, etag string",
    "transfers": """
        issue_id* biginteger, new_issue_id* biginteger, url string, number integer, repo string, title string,
        body string, created_at datetime, closed_at datetime, state string, org string, assignee jsonb,
        assignees array, labels array, new_repo string, new_html_url string, new_url string, new_number integer,
        user jsonb, username string""",
}
OURS = {
    "issues": {"author_id": "biginteger", "deleted_at": "datetime", "repository_id": "biginteger"},
    "pull_requests": {
        "deleted_at": "datetime",
        "merged_at": "datetime",
        "author_id": "biginteger",
        "pull_id": "biginteger",
        "repository_id": "biginteger",
        **dict.fromkeys(("additions", "deletions", "changed_files", "commits"), "integer"),
        **dict.fromkeys(("review_decision", "merge_commit_oid", "merged_by", "base_ref", "head_ref"), "string"),
        **dict.fromkeys(("first_commit_authored_at", "sized_at"), "datetime"),
        "requested_reviewers": "array",
    },
    "events": {
        **dict.fromkeys(("details", "graphql_details"), "jsonb"),
        "page_no": "integer",
        "removed_at": "datetime",
        "user_id": "biginteger",
    },
    "event_polls": {"events": "integer", "next_url": "string", "total": "integer"},
    "transfers": {"author_id": "biginteger", "detected_at": "datetime", "repository_id": "biginteger"},
}
# A user's id may outgrow 32 bits: wider than the seed's Integer, and nothing that fits that is lost.
WIDER = {("members", "id"): "biginteger"}
ON_POSTGRESQL = {
    "integer": "integer",
    "biginteger": "bigint",
    "float": "double precision",
    "boolean": "boolean",
    "string": "character varying",
    "datetime": "timestamp with time zone",
    "jsonb": "jsonb",
    "array": "json[]",
}


def diagram(table: str) -> dict[str, str]:
    """A table's columns and types, as the seed draws them and we add to them."""
    words = (entry.replace("*", "").split() for entry in SEED[table].split(","))
    columns = {name: WIDER.get((table, name), kind) for name, kind in words}
    return columns | OURS.get(table, {})


def keys(table: str) -> list[str]:
    return re.findall(r"(\w+)\*", SEED[table])


@pytest.fixture
def migrations(root: Path) -> Config:
    return Config(root / "alembic.ini")


@pytest.fixture
def migrated(empty_db_url: str, migrations: Config) -> str:
    """A database that the migrations made."""
    migrations.attributes["db_url"] = empty_db_url
    command.upgrade(migrations, "head")
    return empty_db_url


def open_engine(url: str, request: pytest.FixtureRequest) -> Engine:
    engine = create_engine(url)
    request.addfinalizer(engine.dispose)
    return engine


# Migrations and models


def differences(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata))


def test_the_migrations_make_what_the_models_say(migrated: str, request: pytest.FixtureRequest) -> None:
    assert differences(open_engine(migrated, request)) == []


def test_a_difference_would_be_seen(migrated: str, request: pytest.FixtureRequest) -> None:
    engine = open_engine(migrated, request)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE issues ADD COLUMN surplus INTEGER"))
        connection.execute(text("DROP INDEX ix_issues_org_closed_at"))
        if engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE issues ALTER COLUMN score TYPE integer"))
            connection.execute(text("COMMENT ON COLUMN issues.title IS 'Another'"))
    assert len(differences(engine)) == (4 if engine.dialect.name == "postgresql" else 2)


def test_migrations_and_create_all_make_the_same(
    migrated: str, shared_engines: dict[str, Engine], request: pytest.FixtureRequest
) -> None:
    """Whatever the database itself tells of its tables."""
    made = open_engine(migrated, request)
    assert catalogue(made) == catalogue(shared_engines[made.dialect.name])


def catalogue(engine: Engine) -> dict[str, Any]:
    inspector = inspect(engine)
    return {
        table: {
            # A column that was added later is the last one there, wherever its class has it.
            "columns": {
                column["name"]: {name: str(value) for name, value in column.items()}
                for column in inspector.get_columns(table)
            },
            "key": _key_of(inspector, table),
            "indexes": sorted(map(_words_of, inspector.get_indexes(table)), key=lambda index: index["name"]),
            "unique": inspector.get_unique_constraints(table),
        }
        for table in inspector.get_table_names()
    }


def _words_of(index: ReflectedIndex) -> dict[str, Any]:
    """An index with the condition of a partial one as text: SQL elements are equal only to themselves."""
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return {**index, "name": str(index["name"]), "dialect_options": options}


def _key_of(inspector: Inspector, table: str) -> dict[str, Any]:
    key = {name: value for name, value in inspector.get_pk_constraint(table).items() if name != "name"}
    # SQLite can't rename a key, and nothing refers to one there: a table that was renamed keeps the old name.
    return key if inspector.dialect.name == "sqlite" else key | {"name": inspector.get_pk_constraint(table)["name"]}


def test_they_can_be_taken_back_and_made_again(
    migrated: str, migrations: Config, request: pytest.FixtureRequest
) -> None:
    engine = open_engine(migrated, request)
    command.downgrade(migrations, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    command.upgrade(migrations, "head")
    assert differences(engine) == []


def test_a_second_upgrade_changes_nothing(migrated: str, migrations: Config) -> None:
    command.upgrade(migrations, "head")
    create_all(migrated)


def test_the_code_knows_each_migration_in_order(root: Path) -> None:
    files = sorted((root / "migrations" / "versions").glob("*.py"))
    assert [path.name.partition("_")[0] for path in files] == list(REVISIONS)
    texts = [path.read_text() for path in files]
    revisions = [re.findall(r'^(?:down_)?revision(?:: .*?)? = (?:"(.*)"|None)', text, re.MULTILINE) for text in texts]
    before = ["", *REVISIONS]
    assert revisions == [[revision, before[place]] for place, revision in enumerate(REVISIONS)]


def test_alembic_leaves_a_newer_database_alone(migrated: str, root: Path, request: pytest.FixtureRequest) -> None:
    engine = open_engine(migrated, request)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = catalogue(engine)
    run = subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=root,
        env=os.environ | {"DB_URL": migrated},
        capture_output=True,
        text=True,
        check=False,
    )
    sentence = f"error: the database is at migration 9999, newer than this code ({REVISIONS[-1]}): update the code\n"
    assert (run.returncode, run.stderr, run.stdout) == (2, sentence, "")
    assert catalogue(engine) == before


# The class diagram


@pytest.mark.parametrize("table", SEED)
def test_a_table_has_the_seeds_names_and_types_and_keys(table: str) -> None:
    model = Base.metadata.tables[table]
    kinds = {column.name: str(column.type.compile(DIALECT)).lower() for column in model.columns}
    long = {"varchar": "character varying", "float": "double precision"}
    assert {name: long.get(kind, kind) for name, kind in kinds.items()} == {
        name: ON_POSTGRESQL[kind] for name, kind in diagram(table).items()
    }
    assert [column.name for column in model.primary_key] == keys(table)


@pytest.mark.parametrize("empty_db_url", ["postgresql"], indirect=True)
def test_postgresql_really_has_these_types(migrated: str, request: pytest.FixtureRequest) -> None:
    columns = text(
        "SELECT relname, attname, format_type(atttypid, atttypmod)"
        " FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid"
        " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped"
    )
    with open_engine(migrated, request).connect() as connection:
        found = connection.execute(columns).all()
    tables: dict[str, dict[str, str]] = {}
    for table, name, kind in found:
        tables.setdefault(table, {})[name] = kind
    assert {table: tables[table] for table in SEED} == {
        table: {name: ON_POSTGRESQL[kind] for name, kind in diagram(table).items()} for table in SEED
    }
    assert tables.keys() == Base.metadata.tables.keys() | {"alembic_version"}


def test_a_login_is_unique() -> None:
    assert Base.metadata.tables["members"].c.login.unique


# For people


def test_every_table_and_column_has_a_comment() -> None:
    silent = [table.name for table in Base.metadata.sorted_tables if not table.comment]
    silent += [str(c) for table in Base.metadata.sorted_tables for c in table.columns if not c.comment]
    assert silent == []


@pytest.mark.parametrize("database", BOTH)
@pytest.mark.parametrize("table", ["issues", "pull_requests"])
@pytest.mark.parametrize(
    "columns",
    [
        *(("org", "repo", "number"), ("org", "created_at"), ("org", "closed_at")),
        *(("username", "created_at"), ("author_id", "created_at")),
        ("org", "id"),  # by which the search for due timelines walks
    ],
)
def test_what_people_ask_by_is_indexed(
    shared_engines: dict[str, Engine], database: str, table: str, columns: tuple[str, ...]
) -> None:
    found = inspect(shared_engines[database]).get_indexes(table)
    assert columns in [tuple(index["column_names"]) for index in found]


@pytest.mark.parametrize(
    "question",
    [
        "org = 'acme' AND created_at >= '2026-05-01'",
        "org = 'acme' AND closed_at BETWEEN '2026-05-01' AND '2026-06-01'",
        "org = 'acme' AND repo = 'r'",
        "username = 'ada' AND created_at >= '2026-05-01'",
        "author_id = 5 AND created_at >= '2026-05-01'",
    ],
)
@pytest.mark.parametrize("table", ["issues", "pull_requests"])
def test_a_question_is_answered_through_an_index(shared_engines: dict[str, Engine], table: str, question: str) -> None:
    with shared_engines["sqlite"].connect() as connection:
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN SELECT title FROM {table} WHERE {question}")).all()
    assert f"USING INDEX ix_{table}_" in str(plan[0])
