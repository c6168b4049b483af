"""Databases that the pages show, on each of the two: pages change nothing in them, so all tests read the same ones."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from chalicelib.store.engine import make_engine
from tests.databases import BOTH, filled
from tests.postgres import new_database
from tests.reports.dashboard.organisation import NOW, fill_organisation


@pytest.fixture(scope="session")
def organisation_urls(
    postgres: Engine, postgres_template: str, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    path = tmp_path_factory.mktemp("dashboard") / "dashboard.db"
    shutil.copyfile(sqlite_template, path)
    with new_database(postgres, template=postgres_template) as postgres_url:
        yield filled({"sqlite": f"sqlite:///{path}", "postgresql": postgres_url}, fill_organisation)


@pytest.fixture(params=BOTH)
def organisation(
    request: pytest.FixtureRequest, organisation_urls: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Engine]:
    """A database with an organisation: pages read it, and a test may ask its views."""
    url = organisation_urls[request.param]
    monkeypatch.setenv("DB_URL", url)
    monkeypatch.setattr("chalicelib.utils.utc_now", lambda: NOW)
    engine = make_engine(url)
    yield engine
    engine.dispose()
