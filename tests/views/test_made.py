"""Views are made and dropped with the tables, and say what they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, inspect, literal, literal_column, text
from sqlalchemy.dialects import registry

from chalicelib import views
from chalicelib.errors import DatabaseNotReadyError
from chalicelib.models import create_all
from chalicelib.store.views import View, ViewColumn
from chalicelib.views import VIEWS
from docs.dictionary import render

NAMES = [view.name for view in VIEWS]
POSTGRESQL = registry.load("postgresql")()


@pytest.fixture
def migrations(root: Path, empty_db_url: str) -> Config:
    config = Config(root / "alembic.ini")
    config.attributes["db_url"] = empty_db_url
    return config


@pytest.fixture
def migrated(migrations: Config, empty_db_url: str) -> Iterator[Engine]:
    command.upgrade(migrations, "head")
    engine = create_engine(empty_db_url)
    yield engine
    engine.dispose()


def definitions(engine: Engine) -> dict[str, str]:
    inspector = inspect(engine)
    return {name: inspector.get_view_definition(name) for name in sorted(inspector.get_view_names())}


def execute(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_migrations_and_create_all_make_the_same_views(migrated: Engine, migrations: Config, empty_db_url: str) -> None:
    of_migrations = definitions(migrated)
    assert list(of_migrations) == sorted(NAMES)
    command.downgrade(migrations, "base")
    execute(migrated, "DROP TABLE alembic_version")
    create_all(empty_db_url)
    assert definitions(migrated) == of_migrations


def test_a_second_create_all_leaves_them(engine: Engine, db_url: str) -> None:
    before = definitions(engine)
    create_all(db_url)
    assert definitions(engine) == before


def test_an_upgrade_at_head_makes_them_what_the_code_says(
    migrated: Engine, migrations: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = definitions(migrated)
    execute(
        migrated,
        "DROP VIEW trending_issues",
        "DROP VIEW issue_cycle_monthly",
        "CREATE VIEW trending_issues AS SELECT 1 AS id",
        "CREATE VIEW of_an_older_version AS SELECT title FROM issues",
        "CREATE VIEW of_somebody_else AS SELECT title FROM issues",
    )
    monkeypatch.setattr(views, "RETIRED", ("never_here", "of_an_older_version"))
    command.upgrade(migrations, "head")
    after = definitions(migrated)
    assert after.pop("of_somebody_else")
    assert after == before


def test_a_downgrade_leaves_none(migrated: Engine, migrations: Config) -> None:
    command.downgrade(migrations, "base")
    assert definitions(migrated) == {}
    assert inspect(migrated).get_table_names() == ["alembic_version"]
    command.upgrade(migrations, "head")
    assert sorted(definitions(migrated)) == sorted(NAMES)


REFUSED = View("refused", "A row for nothing", [ViewColumn("one", literal_column("SELECT FROM"), "Nothing")])


def test_what_fails_leaves_all_as_it_was(migrated: Engine, migrations: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dropping, migrating and making anew are one transaction: also on SQLite, whose driver would commit each."""
    before = definitions(migrated)
    other = View("data_health", "Another one", [ViewColumn("one", literal(1), "One")])
    monkeypatch.setattr(views, "VIEWS", (other, REFUSED))
    monkeypatch.setattr(views, "RETIRED", ("issue_cycle_monthly",))
    with pytest.raises(DatabaseNotReadyError, match="syntax error"):
        command.upgrade(migrations, "head")
    assert definitions(migrated) == before


def test_a_first_migration_that_fails_leaves_nothing(
    empty_db_url: str, migrations: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "VIEWS", (REFUSED,))
    with pytest.raises(DatabaseNotReadyError):
        command.upgrade(migrations, "head")
    engine = create_engine(empty_db_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


@pytest.mark.parametrize("look", [command.current, command.check, command.history])
def test_looking_changes_nothing(
    migrated: Engine, migrations: Config, monkeypatch: pytest.MonkeyPatch, look: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(views, "prepare_upgrade", lambda *_, **__: pytest.fail("upgraded"))
    look(migrations)


# What they say


def test_names_are_not_tables_and_none_is_twice(engine: Engine) -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert not set(NAMES) & set(inspect(engine).get_table_names())


def test_every_view_and_column_says_what_it_is() -> None:
    silent = [view.name for view in VIEWS if not view.table.comment]
    silent += [str(column) for view in VIEWS for column in view.table.columns if not column.comment]
    assert silent == []


def test_the_data_dictionary_has_every_view_and_column() -> None:
    lines = render().splitlines()
    for view in VIEWS:
        start = lines.index(f"### {view.name}")
        end = next((n for n in range(start + 1, len(lines)) if lines[n].startswith("#")), len(lines))
        rows = [tuple(line.split(" | ")) for line in lines[start:end] if line.startswith("| `")]
        assert f"{view.table.comment}." in lines[start:end]
        assert [(row[0], row[-1]) for row in rows] == [
            (f"| `{column.name}`", f"{column.comment} |") for column in view.table.columns
        ]


@pytest.mark.parametrize("db_url", ["postgresql"], indirect=True)
def test_postgresql_knows_the_comments_and_the_types(engine: Engine) -> None:
    columns = text(
        "SELECT relname, obj_description(pg_class.oid), attname, format_type(atttypid, atttypmod),"
        " col_description(pg_class.oid, attnum)"
        " FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid"
        " WHERE relnamespace = 'public'::regnamespace AND relkind = 'v' AND attnum > 0 ORDER BY relname, attnum"
    )
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(columns)]
    # What a CASE makes of words is text, which is varchar under another name.
    alike = {"character varying": "varchar", "text": "varchar"}
    said = [
        (view.name, view.table.comment, column.name, str(column.type.compile(POSTGRESQL)).lower(), column.comment)
        for view in sorted(VIEWS, key=lambda view: view.name)
        for column in view.table.columns
    ]
    first, second = ([(*row[:3], alike.get(row[3], row[3]), row[4]) for row in rows] for rows in (found, said))
    assert first == second
