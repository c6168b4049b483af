"""An organisation whose continuous integration runs, and its webhook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from chalicelib.inventory.domain import INVENTORY
from chalicelib.models import create_db_session
from chalicelib.workflows.domain import WORKFLOWS
from tests.deliveries import SECRET
from tests.organisation import Organisation, organisation


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    """A small organisation with workflows switched on, and a database with our tables."""
    with organisation(db_url, items=20, days=5, repositories=3) as running:
        running.environment |= {"WORKFLOWS": "on", "WEBHOOK_SECRET": SECRET}
        yield running


@pytest.fixture
def living(db_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Organisation]:
    """An organisation in which nothing happens but what a test lets happen; jobs leave the other domains out."""
    monkeypatch.setattr("chalicelib.jobs.schedules.DOMAINS", (INVENTORY, WORKFLOWS))
    with organisation(db_url, items=20, days=5, repositories=4) as running:
        running.environment |= {"WORKFLOWS": "on", "WEBHOOK_SECRET": SECRET}
        running.sandbox.world.stand_still()
        yield running


def rows_of(org: Organisation, model: Any) -> dict[int, dict[str, Any]]:
    """All rows of a table, by id."""
    table = model.__table__
    with create_db_session(org.db_url) as session:
        return {row["id"]: dict(row) for row in session.execute(select(table)).mappings()}
