"""A client of a server on localhost, which answers as a test says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.github import Budget, GitHubAPI
from tests.github.local_server import LocalServer


@pytest.fixture
def slept() -> list[float]:
    """For how long the client waited, each time; it doesn't really."""
    return []


@pytest.fixture
def github(server: LocalServer, slept: list[float]) -> Iterator[GitHubAPI]:
    with GitHubAPI("token", api_url=server.url, budget=Budget(sleep=slept.append)) as github:
        yield github
