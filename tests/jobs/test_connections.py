"""How a run gets to GitHub and to the database: one client for a token, one in each organisation for an App."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy import text

from chalicelib.errors import DatabaseNotReadyError, SettingsError
from chalicelib.ingest.scopes import Scope
from chalicelib.jobs.connections import keep_database, open_database, open_github, scope_of
from chalicelib.settings import Settings
from tests.organisation import Organisation


def settings(**variables: str) -> Settings:
    return Settings({"GH_TOKEN": "t", "GH_ORGS": "acme,umbrella", **variables}.get)


# Scopes


def test_without_repositories_all_of_an_organisation_is_read() -> None:
    assert scope_of(settings(), "acme") == Scope("acme")


def test_repositories_narrow_their_own_organisation_only() -> None:
    narrowed = settings(GH_REPOS="acme/web,Acme/api,umbrella/web")
    assert scope_of(narrowed, "acme") == Scope("acme", ("acme/web", "Acme/api"))
    assert scope_of(narrowed, "UMBRELLA") == Scope("UMBRELLA", ("umbrella/web",))


# GitHub


def test_with_a_token_all_share_one_client_and_its_limits(two: Organisation) -> None:
    with open_github(two.settings) as github:
        assert github("acme") is github("umbrella")


def test_an_app_has_a_client_and_limits_in_each(two: Organisation, app: Any) -> None:
    with open_github(two.settings) as github:
        first, second = github("acme"), github("umbrella")
        for _ in range(3):
            first.get("/orgs/acme")
        second.get("/orgs/umbrella")
        left = [client.rate_limits["core"].remaining for client in (first, second)]
    assert left[1] - left[0] == 2


def test_without_credentials_there_is_no_client() -> None:
    with pytest.raises(SettingsError, match="GH_TOKEN"), open_github(settings(GH_TOKEN="")):
        pytest.fail("it was opened")


# The database


def test_a_session_is_open_for_a_block(db_url: str) -> None:
    with open_database(settings(DB_URL=db_url)) as session:
        assert session.scalar(text("SELECT count(*) FROM sync_runs")) == 0


def test_a_failure_in_the_block_is_one_sentence_without_the_statement(db_url: str) -> None:
    with pytest.raises(DatabaseNotReadyError) as caught, open_database(settings(DB_URL=db_url)) as session:
        session.execute(text("SELECT secret FROM no_such_table"))
    sentence = str(caught.value)
    assert "no_such_table" in sentence
    assert "SELECT" not in sentence
    assert "\n" not in sentence


def test_another_failure_in_the_block_stays_what_it_was(db_url: str) -> None:
    with pytest.raises(ZeroDivisionError), open_database(settings(DB_URL=db_url)):
        raise ZeroDivisionError


def test_a_database_without_tables_is_said_before_the_block(empty_db_url: str) -> None:
    with pytest.raises(DatabaseNotReadyError, match="make migrate"), open_database(settings(DB_URL=empty_db_url)):
        pytest.fail("it was opened")


@pytest.mark.parametrize("db_url", ["postgresql"], indirect=True)
def test_a_connection_that_stood_still_for_long_is_not_used_again(db_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway on the way may have forgotten it: a delivery then waits on it until Lambda ends the function."""

    def backend() -> int | None:
        with keep_database(settings(DB_URL=db_url)) as session:
            pid: int | None = session.scalar(text("SELECT pg_backend_pid()"))
            return pid

    first = backend()
    assert backend() == first
    later = time.time() + 350
    monkeypatch.setattr(time, "time", lambda: later)
    assert backend() != first
