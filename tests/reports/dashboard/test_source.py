from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import Engine, select, text

from chalicelib.settings import Settings, make_absolute
from chalicelib.utils import utc_now
from reports.dashboard import source
from reports.dashboard.filters import REPOSITORIES
from reports.dashboard.source import Source, choose_database

SANDBOX = "sandbox.db"


@pytest.mark.parametrize(
    ("variables", "files", "chosen"),
    [
        ({}, [SANDBOX], SANDBOX),
        ({}, [SANDBOX, "contributor-metrics.db"], "contributor-metrics.db"),
        ({}, [], "contributor-metrics.db"),
        ({"GH_TOKEN": "t"}, [SANDBOX], "contributor-metrics.db"),
        ({"GH_APP_ID": "1"}, [SANDBOX], "contributor-metrics.db"),
        ({"DB_URL": "sqlite:////mine.db"}, [SANDBOX], "/mine.db"),
    ],
)
def test_made_up_data_is_shown_only_where_nothing_else_is_set(
    tmp_path: Path, variables: dict[str, str], files: list[str], chosen: str
) -> None:
    for name in files:
        (tmp_path / name).touch()
    settings = choose_database(Settings(variables.get, tmp_path))
    assert settings.db_url == make_absolute(f"sqlite:///{chosen}", tmp_path)


def test_make_run_writes_what_the_dashboard_looks_for() -> None:
    import demo

    assert (demo.SANDBOX_DB, demo.FOUNDED) == (source.SANDBOX_DB, source.FOUNDED)


@pytest.fixture
def repositories(engine: Engine) -> Source:
    with engine.begin() as connection:
        for number in range(4):
            row = {"id": number, "name": f"r{number}", "seen": "2026-01-01"}
            connection.execute(
                text("INSERT INTO repositories (id, org, name, first_seen_at) VALUES (:id, 'acme', :name, :seen)"), row
            )
    st.cache_data.clear()
    return Source(engine, utc_now, key=str(engine.url))


def test_a_query_is_bounded(repositories: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MOST_ROWS", 2)
    query = select(REPOSITORIES.c.name).order_by(REPOSITORIES.c.name)
    assert repositories.all(query) == [{"name": "r0"}, {"name": "r1"}]
    # One more says that there are more.
    assert repositories.read(query, title="", kinds=()).rows == [("r0",), ("r1",), ("r2",)]


def test_the_first_rows_may_be_all_that_is_asked_for(repositories: Source) -> None:
    query = select(REPOSITORIES.c.name).order_by(REPOSITORIES.c.name)
    assert repositories.read(query, title="", kinds=(), most=3).rows == [("r0",), ("r1",), ("r2",)]


def test_the_same_question_is_asked_once_a_minute(repositories: Source, engine: Engine) -> None:
    query = select(REPOSITORIES.c.name).order_by(REPOSITORIES.c.name)
    first = repositories.all(query)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM repositories"))
    assert repositories.all(query) == first
    assert repositories.all(query.where(REPOSITORIES.c.name == "r1")) == []
    st.cache_data.clear()
    assert repositories.all(query) == []


def test_what_is_kept_of_one_database_is_not_shown_of_another(repositories: Source, engine: Engine) -> None:
    query = select(REPOSITORIES.c.name)
    repositories.all(query)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM repositories"))
    assert Source(engine, utc_now, key="another").all(query) == []
