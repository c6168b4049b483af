"""The ledger tells the truth, of runs that were killed too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.models import SyncRun, create_db_session
from chalicelib.store.ledger import FAILED, OK, PARTIAL, close_run, count_runs, last_note, open_run
from tests.store.expected import stored, whole

NOW = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)
STEP: dict[str, Any] = {"job": "every_30_min", "step": "issues.updated", "org": "acme"}
NOTHING = {"fetched": 0, "stored": 0, "rejected": 0, "requests": 0, "not_modified": 0}


def runs(db_url: str) -> list[dict[str, Any]]:
    """The ledger, without the numbers of its rows, as another process sees it."""
    with create_db_session(db_url) as session:
        return [{name: row[name] for name in row if name != "id"} for row in stored(session, SyncRun)]


def ledger(**columns: Any) -> dict[str, Any]:
    row = whole(SyncRun, STEP | NOTHING | {"started_at": NOW} | columns)
    del row["id"]
    return row


def test_a_step_is_there_while_it_runs(db: Session, db_url: str) -> None:
    window: dict[str, Any] = {"window_start": NOW - timedelta(days=5), "window_end": NOW}
    open_run(db, **STEP, **window, now=NOW)
    assert runs(db_url) == [ledger(status="running", **window)]


def test_it_ends_with_what_was_done(db: Session, db_url: str) -> None:
    run = open_run(db, **STEP, now=NOW)
    run.fetched, run.stored, run.expected = 10, 7, 12
    close_run(db, run, status=PARTIAL, error="no time", now=NOW + timedelta(minutes=1))
    ended = {"status": "partial", "error": "no time", "finished_at": NOW + timedelta(minutes=1)}
    assert runs(db_url) == [ledger(**ended, fetched=10, stored=7, expected=12)]
    assert run.fetched == 10, "it can be read after the session"


def test_a_killed_run_is_marked_by_the_next_one(db: Session, db_url: str) -> None:
    open_run(db, **STEP, now=NOW)
    later = NOW + timedelta(minutes=30)
    close_run(db, open_run(db, **STEP, now=later), status=OK, error=None, now=later)
    assert runs(db_url) == [
        ledger(status=FAILED, error="the run was killed", finished_at=later),
        ledger(status=OK, started_at=later, finished_at=later),
    ]


def test_a_run_knows_those_before_it(db: Session) -> None:
    for number, (other, status) in enumerate([({}, OK), ({}, FAILED), ({"org": "b"}, OK), ({"job": "daily"}, OK)]):
        run = open_run(db, **STEP | other, now=NOW)
        run.note = f"note {number}"
        assert (count_runs(db, run), last_note(db, run)) == ((1, "note 0") if number == 1 else (0, None))
        close_run(db, run, status=status, error=None, now=NOW)
    # The last one of the same step failed: its note says nothing of how things are.
    run = open_run(db, **STEP, now=NOW)
    assert (count_runs(db, run), last_note(db, run)) == (2, None)


def test_runs_of_other_jobs_steps_and_organisations_go_on(db: Session, db_url: str) -> None:
    for other in ({"job": "backfill"}, {"step": "issues.new"}, {"org": "b"}):
        open_run(db, **STEP | other, now=NOW)
    open_run(db, **STEP, now=NOW)
    assert [row["status"] for row in runs(db_url)] == ["running"] * 4


def test_a_run_that_has_ended_stays_as_it_was(db: Session, db_url: str) -> None:
    close_run(db, open_run(db, **STEP, now=NOW), status=FAILED, error="why", now=NOW)
    open_run(db, **STEP, now=NOW + timedelta(hours=1))
    assert runs(db_url)[0] == ledger(status=FAILED, error="why", finished_at=NOW)


def test_later_steps_have_higher_numbers(db: Session) -> None:
    numbers = [open_run(db, **STEP | {"step": str(n)}, now=NOW).id for n in range(3)]
    assert numbers == sorted(set(numbers))
