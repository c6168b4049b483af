"""What the tests of reports share."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from chalicelib.settings import Settings
from reports.__main__ import main
from tests.databases import BOTH, filled
from tests.postgres import new_database
from tests.reports.boards import NOW, write_boards

Run = Callable[..., int]


@pytest.fixture(scope="session")
def boards_urls(
    postgres: Engine, postgres_template: str, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Databases with boards: reports change nothing in them, so all tests read the same ones."""
    path = tmp_path_factory.mktemp("boards") / "boards.db"
    shutil.copyfile(sqlite_template, path)
    with new_database(postgres, template=postgres_template) as postgres_url:
        yield filled({"sqlite": f"sqlite:///{path}", "postgresql": postgres_url}, write_boards)


@pytest.fixture(params=BOTH)
def boards(request: pytest.FixtureRequest, boards_urls: dict[str, str]) -> Run:
    """A command on a database with boards, on 13 May 2026."""
    return runner(boards_urls[request.param])


@pytest.fixture
def run(db_url: str) -> Run:
    """A command on a database with our tables, on 13 May 2026."""
    return runner(db_url)


def runner(db_url: str) -> Run:
    return lambda *arguments: main(arguments, Settings({"DB_URL": db_url}.get), now=lambda: NOW)
