"""An upgrade leaves people's own views on ours standing, and their rights; or says what stands in the way."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, inspect, literal

from chalicelib import views
from chalicelib.errors import DatabaseNotReadyError
from chalicelib.store.engine import REVISIONS
from chalicelib.store.views import View, ViewColumn
from chalicelib.views import VIEWS
from tests.views.upgrading import (
    APPENDED,
    FIRST,
    ID,
    ISSUES,
    OTHER_TYPE,
    TITLE,
    TRACES,
    WITHOUT_ID,
    execute,
    looks,
    rows,
    titles,
)

pytestmark = pytest.mark.slow

ISSUE = (
    "INSERT INTO issues (id, number, org, repo, title, state, created_at, updated_at)"
    " VALUES (7, 1, 'acme', 'web', 'It fails', 'open', '2026-05-01', '2026-05-01')"
)
# What people make of `titles` and `headings`: a view on a view, a materialised one with an index, one without content.
THEIRS = (
    "CREATE SCHEMA reports",
    "CREATE VIEW mine WITH (security_barrier = true) AS SELECT title, '50% \\:it' AS said FROM titles",
    'CREATE VIEW reports."On Mine" AS SELECT mine.title, headings.heading FROM mine, headings',
    'CREATE MATERIALIZED VIEW reports.copied AS SELECT title FROM reports."On Mine"',
    "CREATE UNIQUE INDEX copied_once ON reports.copied (title)",
    "CREATE MATERIALIZED VIEW empty AS SELECT heading FROM headings WITH NO DATA",
    "COMMENT ON VIEW mine IS 'It''s mine: 100%'",
    "COMMENT ON COLUMN mine.said IS 'What it says'",
    "COMMENT ON MATERIALIZED VIEW reports.copied IS 'A copy'",
    "COMMENT ON INDEX reports.copied_once IS 'Each once'",
    "ALTER VIEW headings SET (security_barrier = true)",
    "ALTER VIEW titles SET (security_barrier = false)",
)
RIGHTS = (
    "GRANT SELECT ON titles, mine, reports.copied TO {ada}",
    "GRANT SELECT (heading) ON headings TO {ada} WITH GRANT OPTION",
    'GRANT SELECT (title) ON reports."On Mine" TO {bob}',
    "GRANT SELECT ON headings TO {bob} WITH GRANT OPTION",
    "GRANT SELECT ON titles TO PUBLIC",
    "REVOKE INSERT ON titles FROM CURRENT_USER",
    "ALTER VIEW mine OWNER TO {bob}",
)


@pytest.fixture
def migrations(root: Path, db_url: str) -> Config:
    config = Config(root / "alembic.ini")
    config.attributes["db_url"] = db_url
    return config


@pytest.fixture
def engine(db_url: str) -> Iterator[Engine]:
    engine = create_engine(db_url)
    yield engine
    engine.dispose()


@pytest.fixture
def roles(engine: Engine) -> Iterator[dict[str, str]]:
    """Two roles of this test's own: the server may be somebody's."""
    if rows(engine, "SELECT FROM pg_roles WHERE rolname = current_user AND NOT rolsuper"):
        pytest.skip("the user of TEST_DATABASE_URL may not make roles")
    roles = {name: f"{name}_{uuid.uuid4().hex[:12]}" for name in ("ada", "bob")}
    for role in roles.values():
        execute(engine, f"CREATE ROLE {role}")
    yield roles
    for role in roles.values():
        execute(engine, f"DROP OWNED BY {role} CASCADE", f"DROP ROLE {role}")


Upgrade = Callable[[Sequence[View]], None]


@pytest.fixture
def upgrade(migrations: Config, monkeypatch: pytest.MonkeyPatch) -> Upgrade:
    """Upgrades to a version whose views are these."""

    def upgrade(ours: Sequence[View]) -> None:
        monkeypatch.setattr(views, "VIEWS", ours)
        command.upgrade(migrations, "head")

    return upgrade


@pytest.fixture
def theirs(engine: Engine, upgrade: Upgrade, roles: dict[str, str]) -> Engine:
    """A database of the first version, with what people made of it."""
    upgrade(FIRST)
    execute(engine, ISSUE, *THEIRS, *(right.format(**roles) for right in RIGHTS))
    return engine


on_postgresql = pytest.mark.parametrize("db_url", ["postgresql"], indirect=True)
on_sqlite = pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)


# Each view that changes, and what stands on it


@on_postgresql
def test_views_that_did_not_change_are_left_alone(migrations: Config, engine: Engine) -> None:
    """Each was dropped and made anew, so that a view on it was an error."""
    execute(engine, "CREATE VIEW mine AS SELECT org, kind FROM open_alerts")
    before = rows(engine, TRACES)
    command.upgrade(migrations, "head")
    assert rows(engine, TRACES) == before


@on_postgresql
def test_a_column_more_replaces_the_view_under_all_that_stands_on_it(theirs: Engine, upgrade: Upgrade) -> None:
    traces, before = rows(theirs, TRACES), looks(theirs)
    upgrade(APPENDED)
    after = looks(theirs)
    assert [row for row in rows(theirs, TRACES) if row[0] != "titles"] == [row for row in traces if row[0] != "titles"]
    changed = {key for key in after["titles"] if after["titles"][key] != before["titles"][key]}
    assert changed == {"query", "columns", "comment"}
    assert after["titles"]["comment"] == "All issues"
    assert "number Its number" in after["titles"]["columns"]


@on_postgresql
@pytest.mark.parametrize("version", [OTHER_TYPE, WITHOUT_ID], ids=["another type", "a column less"])
def test_what_stands_on_a_view_that_is_made_anew_is_put_back_as_it_was(
    theirs: Engine, upgrade: Upgrade, version: tuple[View, ...]
) -> None:
    """It was an error, and rights on the app's views were gone after each upgrade."""
    before = looks(theirs)
    upgrade(version)
    after = looks(theirs)
    assert after.pop("titles")["rights"] == before.pop("titles")["rights"]
    assert after == before
    assert rows(theirs, "SELECT * FROM mine") == [("It fails", "50% :it")]
    assert rows(theirs, "SELECT * FROM reports.copied") == [("It fails",)]


@on_postgresql
def test_rights_by_default_are_not_added_to_those_that_a_view_had(
    theirs: Engine, upgrade: Upgrade, roles: dict[str, str]
) -> None:
    before = looks(theirs)
    execute(theirs, f"ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {roles['ada']}")
    upgrade(WITHOUT_ID)
    after = looks(theirs)
    assert {name: view["rights"] for name, view in after.items()} == {n: view["rights"] for n, view in before.items()}


FEWER = {
    'relation "public.titles" does not exist': [View("headings", "Less", [ViewColumn("heading", TITLE, "The title")])],
    "column titles.title does not exist": [titles(id=ID), View("headings", "Less", [ViewColumn("heading", TITLE, "")])],
}


@on_postgresql
@pytest.mark.parametrize("reason", FEWER)
def test_a_view_whose_columns_are_gone_is_named_and_all_is_as_before(
    theirs: Engine, upgrade: Upgrade, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    traces, before = rows(theirs, TRACES), looks(theirs)
    monkeypatch.setattr(views, "RETIRED", () if len(FEWER[reason]) == 2 else ("titles",))
    with pytest.raises(DatabaseNotReadyError) as caught:
        upgrade(FEWER[reason])
    assert str(caught.value) == (
        f"these views stand on what is changed, and can't be made again after it: mine ({reason}), "
        'reports."On Mine" (relation "public.mine" does not exist), '
        'reports.copied (relation "reports.On Mine" does not exist). '
        "Drop them, run this again, and create them again"
    )
    assert (rows(theirs, TRACES), looks(theirs)) == (traces, before)


OTHERS = {
    "rule nothing on view titles": "CREATE RULE nothing AS ON INSERT TO titles DO INSTEAD NOTHING",
    "function told()": "CREATE FUNCTION told() RETURNS SETOF titles LANGUAGE sql AS 'SELECT * FROM titles'",
    "default value for column title of view titles": "ALTER VIEW titles ALTER title SET DEFAULT 'none'",
}


@on_postgresql
def test_what_is_no_view_is_named(engine: Engine, upgrade: Upgrade) -> None:
    upgrade(FIRST)
    execute(engine, *OTHERS.values())
    before = rows(engine, TRACES)
    with pytest.raises(DatabaseNotReadyError) as caught:
        upgrade(WITHOUT_ID)
    assert str(caught.value) == (
        f"these stand on views that are to be made anew, and would be lost: {', '.join(sorted(OTHERS))}. "
        "Drop them, run this again, and create them again"
    )
    assert rows(engine, TRACES) == before


@on_postgresql
def test_a_view_that_belongs_to_somebody_else_is_named(
    db_url: str, engine: Engine, migrations: Config, upgrade: Upgrade, roles: dict[str, str]
) -> None:
    execute(engine, f"GRANT ALL ON SCHEMA public TO {roles['ada']}, {roles['bob']}")
    execute(engine, f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {roles['ada']}")
    migrations.attributes["db_url"] = f"{db_url}&options=-crole%3D{roles['ada']}"
    upgrade(FIRST)
    execute(engine, f"GRANT SELECT ON titles TO {roles['bob']}", "CREATE VIEW bobs AS SELECT title FROM titles")
    execute(engine, f"ALTER VIEW bobs OWNER TO {roles['bob']}")
    before = rows(engine, TRACES)
    with pytest.raises(DatabaseNotReadyError) as caught:
        upgrade(WITHOUT_ID)
    assert str(caught.value) == (
        "bobs is to be made anew, and can't be dropped: must be owner of view bobs. "
        "Drop it as its owner, run this again, and create it again"
    )
    assert rows(engine, TRACES) == before
    upgrade(APPENDED)
    assert looks(engine)["bobs"]["owner"] == roles["bob"]


@on_postgresql
def test_a_view_put_back_reads_what_it_read_before_a_view_of_ours_had_that_name(
    engine: Engine, migrations: Config, db_url: str, upgrade: Upgrade
) -> None:
    """Its definition named `other` without a schema, which is another view after the upgrade."""
    migrations.attributes["db_url"] = f"{db_url}&options=-csearch_path%3Dapp%2Cpublic"
    execute(engine, "CREATE SCHEMA app", "CREATE TABLE app.alembic_version AS SELECT * FROM public.alembic_version")
    upgrade(FIRST)
    execute(
        engine,
        ISSUE,
        "CREATE VIEW other AS SELECT 'theirs' AS said",
        "CREATE VIEW mine AS SELECT said, title FROM other, app.titles",
    )
    upgrade([*WITHOUT_ID, View("other", "Ours", [ViewColumn("said", literal("ours"), "It")])])
    assert rows(engine, "SELECT said FROM app.other") == [("ours",)]
    assert rows(engine, "SELECT * FROM mine") == [("theirs", "It fails")]


# Migrations


def test_views_on_every_table_outlast_every_migration(engine: Engine, migrations: Config) -> None:
    """One that takes a column away or changes its type says so (`REWRITES`), or these views stand in its way."""
    command.downgrade(migrations, "base")
    for revision in REVISIONS:
        command.upgrade(migrations, revision)
        tables = set(inspect(engine).get_table_names()) - {"alembic_version"}
        execute(engine, *(f"DROP VIEW IF EXISTS of_{table}" for table in tables))
        execute(engine, *(f"CREATE VIEW of_{table} AS SELECT * FROM {table}" for table in tables))
    for table in tables:
        assert rows(engine, f"SELECT * FROM of_{table} LIMIT 0") == []


# Names of older versions' views, and what some of them read then: the newest one's have other columns.
OLD = {
    "0003": "CREATE VIEW copilot_team_days AS SELECT org, day, members FROM copilot_team_totals",
    "0007": "CREATE VIEW open_backlog_daily AS SELECT id AS repo, org AS day FROM issues",
    "0008": "CREATE VIEW open_alerts AS SELECT id AS created, org, 'x' AS kind FROM issues",
}


@pytest.mark.parametrize("revision", OLD)
def test_an_older_database_is_upgraded_with_its_views_and_peoples(
    engine: Engine, migrations: Config, revision: str
) -> None:
    command.downgrade(migrations, revision)
    name = OLD[revision].split()[2]
    execute(
        engine, OLD[revision], f"CREATE VIEW mine AS SELECT org FROM {name.replace('open_backlog_daily', 'issues')}"
    )
    command.upgrade(migrations, "head")
    assert set(inspect(engine).get_view_names()) == {*(view.name for view in VIEWS), "mine"}
    assert rows(engine, "SELECT * FROM mine") == []


def rewriting(root: Path, folder: Path) -> str:
    """Migrations with one more, which makes texts of numbers; gives its revision."""
    shutil.copytree(root / "migrations", folder, ignore=shutil.ignore_patterns("__pycache__"))
    revision = f"{int(REVISIONS[-1]) + 1:04}"
    (folder / "versions" / f"{revision}_rewriting.py").write_text(REWRITING.format(revision, REVISIONS[-1]))
    return revision


REWRITING = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "{0}", "{1}"
REWRITES = ("issues",)


def upgrade():
    with op.batch_alter_table("issues") as batch:
        batch.alter_column("score", type_=sa.Text(), existing_type=sa.Double())


def downgrade():
    pass
"""


def test_a_migration_may_rewrite_a_table_that_views_read(
    engine: Engine, root: Path, tmp_path: Path, migrations: Config, upgrade: Upgrade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL: cannot alter type of a column used by a view or rule. SQLite: error in view mine: no such table."""
    ours = [titles(id=ID, score=ISSUES.c.score)]
    upgrade(ours)
    execute(engine, ISSUE, "UPDATE issues SET score = 1.5", "CREATE VIEW mine AS SELECT score, id FROM issues")
    execute(engine, "CREATE VIEW on_ours AS SELECT titles.score, mine.id FROM titles, mine")
    revision = rewriting(root, tmp_path / "migrations")
    migrations.set_main_option("script_location", str(tmp_path / "migrations"))
    monkeypatch.setattr("chalicelib.store.engine.REVISIONS", (*REVISIONS, revision))
    upgrade(ours)
    assert rows(engine, "SELECT version_num FROM alembic_version") == [(revision,)]
    assert rows(engine, "SELECT * FROM mine") == rows(engine, "SELECT * FROM on_ours") == [("1.5", 7)]


def test_a_downgrade_says_which_views_would_be_lost(engine: Engine, migrations: Config) -> None:
    execute(engine, "CREATE VIEW mine AS SELECT org FROM open_alerts", "CREATE VIEW other AS SELECT title FROM issues")
    if engine.dialect.name == "sqlite":
        command.downgrade(migrations, "0007")
    else:
        with pytest.raises(
            DatabaseNotReadyError, match=r"after it: mine \(relation \"public.open_alerts\" does not exist\)\. Drop"
        ):
            command.downgrade(migrations, "0007")
    assert {"mine", "other"} <= set(inspect(engine).get_view_names())


# SQLite


@on_sqlite
def test_views_and_triggers_on_ours_stay_and_what_no_longer_works_is_said(
    engine: Engine, upgrade: Upgrade, capsys: pytest.CaptureFixture[str]
) -> None:
    upgrade(FIRST)
    execute(
        engine,
        ISSUE,
        "CREATE VIEW mine AS SELECT title FROM titles",
        "CREATE VIEW on_mine AS SELECT title FROM mine",
        "CREATE VIEW broken AS SELECT id FROM titles",
        "CREATE TRIGGER renamed INSTEAD OF UPDATE ON titles BEGIN UPDATE issues SET title = new.title; END",
        "CREATE TRIGGER renamed_too INSTEAD OF UPDATE ON mine BEGIN UPDATE issues SET title = new.title; END",
    )
    upgrade(WITHOUT_ID)
    assert capsys.readouterr().err == (
        "warning: your view broken doesn't work (no such column: id): drop it, or make it anew\n"
    )
    for view in ("titles", "mine"):
        execute(engine, f"UPDATE {view} SET title = 'by {view}'")
        assert rows(engine, "SELECT * FROM on_mine") == [(f"by {view}",)]
