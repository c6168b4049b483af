"""Timelines through GraphQL: the same rows to the letter as through REST, whatever happens on the way."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select

from chalicelib.contributions.api import queries
from chalicelib.contributions.sync import timelines
from chalicelib.models import Base, create_all
from sandbox import Kind
from tests.organisation import DAY, Organisation, organisation

pytestmark = pytest.mark.slow

# What one side alone knows, as the data dictionary says; and this app's own account of what it did.
ONE_SIDED = {
    "event_polls": {"etag", "total", "next_url", "events"},
    "events": {"graphql_details"},
}
REST_ONLY = {"copilot_work_started", "copilot_work_finished"}
OWN = {"sync_runs", "leases", "cursors", "watermarks"}
# The length of one timeline, in events.
LONG = 5_000 if "SOAK" in os.environ else 230
# A week, or less: each day takes seconds.
DAYS = 7 if "SOAK" in os.environ else 4
EVERY_KIND = set(queries.KINDS.values())


def tables(db_url: str) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables but the ledger, without the columns that only one API knows."""
    engine = create_engine(db_url)
    found = {}
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name not in OWN:
                columns = [each for each in table.columns if each.name not in ONE_SIDED.get(table.name, ())]
                rows = connection.execute(select(*columns).order_by(*table.primary_key)).mappings()
                found[table.name] = [of_both(row) for row in rows if row.get("event") not in REST_ONLY]
    engine.dispose()
    return found


def of_both(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row without the details that only REST tells: the cards of boards that GitHub has switched off."""
    if "details" not in row:
        return dict(row)
    details = {name: value for name, value in (row["details"] or {}).items() if name != "project_card"}
    return {**row, "details": details or None}


def assert_equal(one: str, other: str) -> None:
    for name, rows in (found := tables(one)).items():
        others = tables(other)[name]
        assert len(rows) == len(others), name
        for row, same in zip(rows, others, strict=True):
            assert row == same, name
    assert found["events"]


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    with organisation(db_url, items=60, days=30) as org:
        yield org


@pytest.fixture
def other(org: Organisation, tmp_path: Path, request: pytest.FixtureRequest) -> Organisation:
    """The same organisation, to be read through REST into another database of the same sort."""
    is_sqlite = org.db_url.startswith("sqlite")
    url = f"sqlite:///{tmp_path / 'other.db'}" if is_sqlite else request.getfixturevalue("postgres_url")
    create_all(url)
    return replace(org, db_url=url)


def test_a_database_loaded_through_either_is_the_same(org: Organisation, other: Organisation) -> None:
    assert org.backfill("--since", "2026-01-01") == 0
    assert other.backfill("--since", "2026-01-01", "--via", "rest") == 0
    assert_equal(org.db_url, other.db_url)


def fill(org: Organisation) -> None:
    """Let each kind of event happen to an issue and a pull request, and one issue be very long."""
    world = org.sandbox.world
    open_ones = [item for item in world.items.values() if item.state == "open" and item.repository.milestones]
    issue = next(item for item in open_ones if not item.is_pull)
    pull = next(item for item in open_ones if item.is_pull)
    for item in (issue, pull):
        world.happen_all(item)
    long = next(item for item in open_ones if not item.is_pull and item is not issue)
    for number in range(LONG):
        world.change(long, Kind.COMMENTED, text=f"Comment {number}")
    moving = next(item for item in open_ones if not item.is_pull and item not in (issue, long))
    # An issue never moves from a private repository to a public one.
    targets = [one for one in world.repositories.values() if one.private and one is not moving.repository]
    world.transfer(moving, targets[0])


def test_every_kind_of_event_is_the_same_through_either(org: Organisation, other: Organisation) -> None:
    fill(org)
    org.advance(60)
    assert org.backfill("--since", "2026-01-01") == 0
    assert other.backfill("--since", "2026-01-01", "--via", "rest") == 0
    assert_equal(org.db_url, other.db_url)
    kinds = {row["event"] for row in tables(org.db_url)["events"]}
    assert kinds >= EVERY_KIND


def test_it_stays_the_same_through_days_of_jobs(
    org: Organisation, other: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(org)
    for each, via in ((org, "graphql"), (other, "rest")):
        assert each.backfill("--since", "2026-01-01", "--via", via) == 0
    for day in range(1, DAYS + 1):
        org.advance(DAY)
        jobs = ("nrt_events",) if day % 4 else ("every_30_min", "nrt_events", "daily")
        for each, many in ((org, -1), (other, 10**9)):
            monkeypatch.setattr(timelines, "MANY", many)
            for job in jobs:
                each.run_job(job)
        if day in (4, DAYS):
            assert_equal(org.db_url, other.db_url)
