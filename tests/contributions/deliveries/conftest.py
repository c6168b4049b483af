"""A small organisation that is stored, and its webhook."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contributions.deliveries.told import SECRET
from tests.organisation import Organisation, organisation


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    """An organisation whose items and timelines are stored; nothing happens by itself any more."""
    with organisation(db_url, items=30, days=20, repositories=3, people=12) as running:
        running.environment |= {"EVENT_DAYS": "365", "WEBHOOK_SECRET": SECRET}
        running.begin("every_30_min", "nrt_events")
        running.sandbox.world.stand_still()
        running.advance(60)
        yield running
