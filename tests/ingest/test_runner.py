"""The runner of steps: its lease, and what a step's end leaves in the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib.errors import IncompleteReadError, JobFailedError, NotFoundError, OutOfTimeError
from chalicelib.github import GitHubAPI
from chalicelib.ingest.context import Context
from chalicelib.ingest.runner import Runner, raise_failures
from chalicelib.ingest.scopes import Scope
from chalicelib.models import Lease, SyncRun, Watermark
from chalicelib.settings import load_settings
from chalicelib.store.leases import take_lease

NOW = datetime(2026, 6, 15, tzinfo=UTC)


def runner(db: Session) -> Runner:
    return Runner(db, GitHubAPI(), Scope("acme"), load_settings({}), "every_30_min", lambda: NOW)


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (OutOfTimeError("the run's deadline has passed"), "partial", "the run's deadline has passed"),
        (IncompleteReadError("GitHub listed less"), "failed", "GitHub listed less"),
        (NotFoundError("gone", status=404), "failed", "GitHub answered 404: gone"),
        (KeyError("id"), "failed", "KeyError: 'id'"),
    ],
)
def test_the_ledger_says_how_a_step_ended(db: Session, error: Exception, status: str, sentence: str) -> None:
    def step(context: Context) -> None:
        context.session.add(Watermark(name="half", org="acme", scope="*", value=NOW))
        raise error

    run = runner(db).run("step", step)
    assert (run.status, run.error) == (status, sentence)
    db.expire_all()
    stored = db.scalars(select(SyncRun)).one()
    assert (stored.status, stored.error, stored.finished_at) == (status, sentence, NOW)
    assert db.scalars(select(Watermark)).all() == []


def test_a_database_error_in_a_step_is_in_the_ledger_without_values(db: Session) -> None:
    def step(context: Context) -> None:
        for _ in range(2):
            context.session.add(Watermark(name="twice", org="acme", scope="*", value=NOW))
            context.session.flush()
            context.session.expunge_all()

    run = runner(db).run("step", step)
    assert run.status == "failed"
    assert "UNIQUE" in str(run.error).upper()
    assert "INSERT" not in str(run.error)


def test_a_run_whose_lease_was_taken_over_stops(db: Session) -> None:
    taken = Runner(
        db,
        GitHubAPI(),
        Scope("acme"),
        load_settings({}),
        "every_30_min",
        lambda: NOW + timedelta(hours=2),
        owner="other:1:b",
    )
    mine = runner(db)
    with mine.lease() as is_ours:
        assert is_ours
        assert take_lease(db, name=taken.lease_name, owner=taken.owner, now=taken.now()) is None
        with pytest.raises(JobFailedError, match="other:1:b took over while this run waited"):
            mine.run("step", lambda context: None)
    assert [lease.owner for lease in db.scalars(select(Lease))] == ["other:1:b"]


def test_failures_are_named_once_each(db: Session) -> None:
    failed = [SyncRun(org="acme", step="a", status="failed", error="why")] * 2
    partial = SyncRun(org="acme", step="b", status="partial", error="time")
    with pytest.raises(JobFailedError, match=r"^acme a: why$"):
        raise_failures([*failed, partial])
    raise_failures([partial])
