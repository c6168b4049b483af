from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, create_engine, insert, text
from streamlit.testing.v1 import AppTest

from chalicelib.jobs.refresh import jobs_for
from chalicelib.models import Cursor, Organisation
from chalicelib.settings import Settings
from reports import reading
from reports.dashboard.frame import OTHER_DATABASE, SCREENS, YOUR_OWN, name_of
from reports.dashboard.parts import JOINER, plain
from reports.dashboard.screen import Screen
from tests.databases import locked
from tests.reports.dashboard.organisation import HOSTILE
from tests.reports.dashboard.pages import open_page, texts


def error_of(page: AppTest) -> str:
    """The one sentence of a page that shows nothing else."""
    assert not page.exception
    assert not page.title
    [error] = page.error
    return error.value.replace("\\", "")


def test_a_database_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_URL", "sqlite:////nowhere/x.db")
    assert error_of(open_page("overview")).startswith("there is no database /nowhere/x.db yet: run `make migrate`")


def test_a_database_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_URL", "postgresql://me:secret@127.0.0.1:1/x")
    error = error_of(open_page("overview"))
    assert error.startswith("the database postgresql+psycopg2://me:***@127.0.0.1:1/x can't be used:")
    assert "secret" not in error


def test_a_database_without_tables(empty_db_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    create_engine(empty_db_url).connect().close()
    monkeypatch.setenv("DB_URL", empty_db_url)
    with create_engine(empty_db_url).begin() as connection:
        connection.execute(text("CREATE TABLE t (x int)"))
    assert error_of(open_page("overview")) == "the database has no tables of this app yet: run `make migrate`"


def test_a_database_of_an_older_version(engine: Engine, db_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_URL", db_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0003'"))
    try:
        error = error_of(open_page("overview"))
    finally:
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :newest"), {"newest": newest()})
    assert error.startswith("the database is at migration 0003, this code needs")


def newest() -> str:
    from chalicelib.store.engine import REVISIONS

    return REVISIONS[-1]


def test_a_locked_database(db_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_URL", db_url)
    monkeypatch.setattr(reading, "LOCK_SECONDS", 0.05)
    monkeypatch.setattr("chalicelib.store.engine.lock_seconds", lambda: 0.05)
    with locked(db_url, "alembic_version"):
        error = error_of(open_page("overview"))
    assert error.endswith("can't be used: another session holds a lock, and did not give it back in time")


def test_a_view_that_is_gone_while_a_page_is_open(engine: Engine, db_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_URL", db_url)
    monkeypatch.setattr("reports.dashboard.filters.ORGANISATIONS", reading.view("gone", "login"))
    page = open_page("overview")
    assert not page.exception
    assert "can't be used: " in page.error[0].value.replace("\\", "")
    del reading.NAMED["gone"]


@pytest.mark.parametrize("path", [screen.path for screen in SCREENS])
def test_an_empty_database_says_how_to_fill_it(db_url: str, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setenv("DB_URL", db_url)
    page = open_page(path)
    assert not page.exception
    assert not page.error
    [info] = page.info
    assert info.value.startswith("The database is ready, and nothing is stored in it yet. `make run` fills it")


@pytest.fixture
def made_up(engine: Engine, db_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_URL", db_url)
    mark = {"name": "sandbox:founded:8c0fa7f2", "org": "octo-sandbox", "scope": "*"}
    with engine.begin() as connection:
        connection.execute(insert(Organisation), [{"id": 1, "login": "octo-sandbox"}])
        connection.execute(insert(Cursor), [{**mark, "value": datetime(2026, 1, 1, tzinfo=UTC)}])


@pytest.mark.usefixtures("made_up")
@pytest.mark.parametrize("path", [screen.path for screen in SCREENS])
def test_made_up_data_is_called_so_on_every_page(path: str) -> None:
    assert "**Made-up data.** This is the sandbox's organisation, not yours" in open_page(path).warning[0].value


@pytest.mark.usefixtures("made_up")
def test_whoever_has_set_all_for_github_reads_which_setting_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_page("data").warning[0].value.endswith(YOUR_OWN)
    for name in ("GH_TOKEN", "GH_ORGS"):
        monkeypatch.setenv(name, "x")
    assert open_page("data").warning[0].value.endswith(OTHER_DATABASE)


def test_real_data_is_not_called_made_up(organisation: Engine) -> None:
    assert "Made-up" not in texts(open_page("overview"))


def test_names_on_github_are_never_markup(organisation: Engine) -> None:
    for screen in SCREENS:
        assert "evil.example" not in texts(open_page(screen.path)), screen
    assert plain(HOSTILE).replace(JOINER, "").startswith("\\[a\\]\\(https\\:\\/\\/evil\\.example\\) \\!\\[b\\]")


def test_nothing_can_be_written(organisation: Engine) -> None:
    """Through what pages read: `reading` opens it, and its own tests say that it is read-only."""
    from chalicelib.settings import load_settings

    with (
        reading.reading(load_settings()) as engine,
        engine.connect() as connection,
        pytest.raises(Exception, match="read"),
    ):
        connection.execute(text("DELETE FROM organisations"))


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.path)
def test_the_kinds_of_a_page_are_kept_by_a_job(screen: Screen) -> None:
    assert jobs_for(screen.kinds, Settings({"COPILOT": "on"}.get))


@pytest.mark.parametrize(
    ("db_url", "name"),
    [
        ("sqlite:////home/ada/metrics.db", "metrics.db"),
        ("postgresql+psycopg2://ada:secret@db.example/metrics?sslpassword=x", "metrics on db.example"),
        ("postgresql+psycopg2:///metrics", "metrics on this machine"),
    ],
)
def test_visitors_need_not_know_where_a_database_is_or_who_asks_it(db_url: str, name: str) -> None:
    assert name_of(db_url) == name
