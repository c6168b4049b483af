"""A session on tables that many tests share: what a test writes is rolled back, so it needs no database of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from chalicelib.models import create_all
from chalicelib.store.engine import make_engine
from tests.postgres import new_database


@pytest.fixture(scope="session")
def shared_postgres(postgres: Engine) -> Iterator[Engine]:
    with new_database(postgres) as url:
        create_all(url)
        yield from disposed(make_engine(url))


@pytest.fixture(scope="session")
def shared_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path_factory.mktemp('shared') / 'shared.db'}"
    create_all(url)
    yield from disposed(make_engine(url))


def disposed(engine: Engine) -> Iterator[Engine]:
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest) -> Iterator[Session]:
    """A session on each of the two, rolled back in the end: for tests that don't commit."""
    fixture = {"sqlite": "shared_sqlite", "postgresql": "shared_postgres"}[request.param]
    with Session(request.getfixturevalue(fixture), expire_on_commit=False) as session:
        yield session
        session.rollback()
