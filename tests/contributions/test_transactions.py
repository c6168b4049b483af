"""No transaction stays open while GitHub is asked: PostgreSQL may end an idle one, SQLite lets nobody else write."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import delete, make_url

from chalicelib.models import EventPoll, create_db_session
from sandbox.api.messages import Answer, Request
from tests.organisation import Organisation, organisation

pytestmark = pytest.mark.slow

# Seconds after which PostgreSQL ends a session whose transaction is idle: more than a busy machine lets a process wait.
IDLE = 0.5
JOBS = ("every_30_min", "nrt_events", "daily")


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    if db_url.startswith("postgresql"):
        options = f"-c idle_in_transaction_session_timeout={int(IDLE * 1000)}"
        db_url = make_url(db_url).update_query_dict({"options": options}).render_as_string(hide_password=False)
    with organisation(db_url, items=30, days=30) as running:
        yield running


def test_a_slow_answer_ends_no_session(org: Organisation) -> None:
    """Three steps failed on a server that ends idle transactions after 5 seconds."""
    waited: dict[str, int] = {}

    def slow(request: Request, answer: Answer) -> Answer:
        kind = "timeline" if request.path.endswith("/timeline") else request.path.rpartition("/")[2]
        waited[kind] = waited.get(kind, 0) + 1
        if waited[kind] == 1:
            time.sleep(2 * IDLE)
        return answer

    with org.sandbox.oddities.telling(slow):
        assert org.backfill("--since", "2026-01-01", "--via", "rest") == 0
        with create_db_session(org.db_url) as session:
            session.execute(delete(EventPoll))
            session.commit()
        assert org.backfill("--since", "2026-01-01", "--only", "events") == 0
        for job in JOBS:
            org.advance(3600)
            org.run_job(job)
    assert {"graphql", "timeline", "issues", "members", "repos", "releases", "teams"} <= waited.keys()
    org.assert_equal_to_truth()


def test_others_can_write_while_github_is_asked(sqlite_template: Path, tmp_path: Path) -> None:
    """Whoever wrote at that moment got "database is locked" after half a minute."""
    path = tmp_path / "shared.db"
    path.write_bytes(sqlite_template.read_bytes())
    asked = 0

    def written(request: Request, answer: Answer) -> Answer:
        nonlocal asked
        # Timelines are fetched by several threads while another one writes: for a moment, and not for as long as that.
        patience = 5.0 if request.path.endswith("/timeline") else 0.0
        with closing(sqlite3.connect(path, timeout=patience)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.rollback()
        asked += 1
        return answer

    with organisation(f"sqlite:///{path}", items=30, days=30) as org, org.sandbox.oddities.telling(written):
        assert org.backfill("--since", "2026-01-01") == 0
        for job in JOBS:
            org.advance(3600)
            org.run_job(job)
        org.assert_equal_to_truth()
    assert asked > 60
