"""What a visitor reads when something is the matter: one sentence, never a stack trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from chalicelib.contributions.sync.facts import follow_roles
from chalicelib.models import Organisation, Repository
from reports import reading
from tests.databases import locked
from tests.reports.dashboard.organisation import BEFORE, NOW
from tests.reports.dashboard.pages import PATHS, figures, open_page, texts
from tests.views.world import World

LOCKED = "another session holds a lock, and did not give it back in time"


@pytest.fixture
def half_filled(engine: Engine, db_url: str, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An organisation of which only pull requests are stored: no job has run, no team, no board, no issue."""
    monkeypatch.setenv("DB_URL", db_url)
    with Session(engine) as session:
        session.execute(insert(Organisation), [{"id": 1, "login": "acme"}])
        session.execute(insert(Repository), [{"id": 1, "org": "acme", "name": "r", "first_seen_at": BEFORE}])
        world = World(session)
        for place in range(3):
            world.pull(NOW - timedelta(days=3, hours=place), "ada", repo="r")
        follow_roles(session, "acme")
        world.store_facts()
        session.commit()
    return engine


@pytest.mark.parametrize("path", PATHS)
def test_a_half_filled_database_shows_what_there_is(half_filled: Engine, path: str) -> None:
    page = open_page(path)
    assert not page.exception
    assert [each.value for each in page.error] == []
    assert page.title
    assert page.info or page.metric or page.dataframe, "a page that says nothing"


def test_a_page_without_data_of_its_own_says_so_where_others_have_some(half_filled: Engine) -> None:
    assert figures(open_page("pull-requests"))["Opened in these months"] == "3"
    assert "There were no issues in this time: choose a longer period" in texts(open_page("issues"))


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have pages wait for a moment, while the app's own jobs would wait longer than a test may take."""
    monkeypatch.setattr(reading, "LOCK_SECONDS", 0.05)
    monkeypatch.setattr("chalicelib.store.engine.lock_seconds", lambda: 1000)


@contextmanager
def table_locked(engine: Engine) -> Iterator[None]:
    """Hold what every view of pull requests reads: a whole file, or one table."""
    engine.dispose()  # SQLite changes its journal for one who is alone
    with locked(engine.url.render_as_string(hide_password=False), "pull_requests, organisations"):
        yield


@pytest.mark.parametrize("path", PATHS)
def test_a_table_that_is_locked_is_one_sentence_and_no_hanging_page(
    half_filled: Engine, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    impatient(monkeypatch)
    with table_locked(half_filled):
        page = open_page(path)
    assert not page.exception
    [error] = page.error
    assert error.value.replace("\\", "").endswith(LOCKED)
    assert [each.label for each in page.button] == ["Try again"]


def test_it_shows_again_what_there_is_when_the_lock_is_gone(
    half_filled: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    with table_locked(half_filled):
        page = open_page("pull-requests")
    page.button[0].click().run()
    assert not page.error
    assert figures(page)["Opened in these months"] == "3"
