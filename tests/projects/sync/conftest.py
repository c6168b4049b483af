"""An organisation with boards that live, and the steps that read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from chalicelib.models import create_db_session
from chalicelib.projects.domain import PROJECTS
from chalicelib.store.models import SyncRun
from sandbox.world.boards import Project
from tests.deliveries import SECRET
from tests.organisation import Organisation, organisation


@pytest.fixture
def org(db_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Organisation]:
    """An organisation with three boards; jobs leave the other domains out."""
    monkeypatch.setattr("chalicelib.jobs.schedules.DOMAINS", (PROJECTS,))
    with organisation(db_url, items=80, days=60, repositories=2, boards=3) as running:
        running.environment |= {"PROJECTS": "on", "WEBHOOK_SECRET": SECRET}
        yield running


def boards_of(org: Organisation) -> list[Project]:
    """The sandbox's boards, by number."""
    return next(iter(org.sandbox.world.organisations.values())).projects


def rows_of(org: Organisation, model: Any, *where: Any) -> list[dict[str, Any]]:
    """The rows of a table, by key."""
    table = model.__table__
    with create_db_session(org.db_url) as session:
        rows = session.execute(select(table).where(*where).order_by(*table.primary_key)).mappings()
        return [dict(row) for row in rows]


def last_run(org: Organisation, step: str = "projects") -> dict[str, Any]:
    """What the ledger says of the last run of a step."""
    return max(rows_of(org, SyncRun, SyncRun.step == step), key=lambda row: row["id"])
