"""A small organisation for each test, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.organisation import Organisation, organisation


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    """A small organisation and a database with our tables."""
    with organisation(db_url, items=36, days=30) as running:
        yield running
