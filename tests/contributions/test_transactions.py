"""No transaction stays open while GitHub is asked: PostgreSQL may end an idle one, SQLite lets nobody else write."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import delete

from chalicelib.models import EventPoll, create_db_session
from tests.holding import holders
from tests.organisation import Organisation, organisation

pytestmark = pytest.mark.slow

JOBS = ("every_30_min", "nrt_events", "daily")
KINDS = {"graphql", "timeline", "issues", "members", "repos", "releases", "teams", "alerts", "runs"}


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    with organisation(db_url, items=30, days=30) as running:
        running.environment |= dict.fromkeys(("SECURITY", "WORKFLOWS"), "on")
        yield running


def test_no_transaction_waits_for_github(org: Organisation) -> None:
    """Three steps failed on a server that ends idle transactions; on SQLite, others found the database locked."""
    with holders(org.db_url) as watch, org.sandbox.oddities.telling(watch):
        assert org.backfill("--since", "2026-01-01", "--via", "rest") == 0
        with create_db_session(org.db_url) as session:
            session.execute(delete(EventPoll))
            session.commit()
        assert org.backfill("--since", "2026-01-01", "--only", "events") == 0
        for job in JOBS:
            org.advance(3600)
            org.run_job(job)
    assert watch.held == []
    assert {path.rpartition("/")[2] for path in watch.asked} >= KINDS
    org.assert_equal_to_truth()
