"""A world on each database: the tables are shared, what a test writes is rolled back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from chalicelib.models import create_all
from chalicelib.store.engine import make_engine
from tests.postgres import new_database
from tests.views.world import World


@pytest.fixture(scope="session")
def view_engines(postgres: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Engine]]:
    sqlite_url = f"sqlite:///{tmp_path_factory.mktemp('views') / 'views.db'}"
    with new_database(postgres) as postgres_url:
        for url in (sqlite_url, postgres_url):
            create_all(url)
        # A reader elsewhere: days are UTC wherever the reader is.
        elsewhere = {"options": "-c timezone=Pacific/Auckland"}
        engines = {"sqlite": make_engine(sqlite_url), "postgresql": create_engine(postgres_url, connect_args=elsewhere)}
        yield engines
        for engine in engines.values():
            engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, view_engines: dict[str, Engine]) -> Iterator[World]:
    with Session(view_engines[request.param]) as session:
        yield World(session)
        session.rollback()


@pytest.fixture
def both_worlds(view_engines: dict[str, Engine]) -> Iterator[list[World]]:
    with Session(view_engines["sqlite"]) as first, Session(view_engines["postgresql"]) as second:
        yield [World(first), World(second)]
        first.rollback()
        second.rollback()
