"""A small organisation for each test, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.contributions.sync import timelines
from tests.organisation import Organisation, organisation


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    """A small organisation and a database with our tables."""
    with organisation(db_url, items=36, days=30) as running:
        yield running


@pytest.fixture
def through_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Timelines are read through REST, however many are due."""
    monkeypatch.setattr(timelines, "MANY", 10**9)


@pytest.fixture
def through_graphql(monkeypatch: pytest.MonkeyPatch) -> None:
    """Timelines are read through GraphQL, however few are due."""
    monkeypatch.setattr(timelines, "MANY", 0)
