"""What a job did, added up from its ledger."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from chalicelib.jobs.health import measure
from chalicelib.models import SyncRun
from chalicelib.utils import utc_now

HOURS = timedelta(hours=1)
MINUTES = timedelta(minutes=1)


def ledger_row(started_at: datetime, **columns: object) -> SyncRun:
    row = {"job": "daily", "step": "issues.sweep", "org": "acme", "status": "ok", "started_at": started_at, **columns}
    return SyncRun(**row)


def test_a_job_s_steps_are_added_up(db: Session) -> None:
    since = utc_now()
    db.add_all(
        [
            ledger_row(since, stored=1, rejected=2, requests=3, rate_limit_left=50),
            ledger_row(since + MINUTES, stored=10, rejected=20, requests=30, rate_limit_left=40, status="failed"),
            ledger_row(since, org="ACME", stored=100, rejected=200, requests=300, status="partial"),
            ledger_row(since - MINUTES, stored=7, rejected=7, requests=7, rate_limit_left=7, status="failed"),
            ledger_row(since, org="other", stored=7, rejected=7, requests=7, rate_limit_left=7, status="failed"),
            ledger_row(since, job="nrt_events", stored=7, rejected=7, requests=7, rate_limit_left=7, status="failed"),
        ]
    )
    db.commit()
    done = measure(db, job="daily", org="Acme", since=since)
    found = (done.stored, done.rejected, done.requests, done.failed_steps, done.rate_limit_left)
    assert found == (111, 222, 333, 1, 40)
    assert {type(number) for number in found} == {int}


def test_a_job_that_did_nothing_measures_nothing(db: Session) -> None:
    done = measure(db, job="daily", org="acme", since=utc_now())
    found = (done.stored, done.rejected, done.requests, done.failed_steps, done.rate_limit_left)
    assert found == (0, 0, 0, 0, None)
