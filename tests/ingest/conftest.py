from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.github.local_server import LocalServer
from tests.ingest.lists import Lists


@pytest.fixture
def github(db_url: str) -> Iterator[Lists]:
    """A GitHub of plain lists, and a database with our tables."""
    server = LocalServer()
    yield Lists(server, db_url)
    server.close()
