"""Runs that are cut short stop by themselves, keep what they fetched, and come to the same end as a long one."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from chalicelib.github import Budget
from chalicelib.jobs.lambdas import MARGIN_SECONDS
from chalicelib.jobs.schedules import run_job
from chalicelib.models import Lease, SyncRun, create_db_session
from tests.contributions.sync.test_timelines import assert_equal_to_timelines
from tests.organisation import Organisation, organisation

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("through_rest")]

LAMBDA_SECONDS = 20
REQUEST_SECONDS = 0.3  # what a search takes on GitHub, more or less
# `make soak` has the whole hundred.
RUNS, ITEMS = (100, 400) if os.environ.get("SOAK") else (16, 50)


@dataclass
class Time:
    """A clock that requests and pauses move."""

    now: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def spend(self, seconds: float) -> None:
        with self.lock:
            self.now += seconds

    def read(self) -> float:
        return self.now


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    """Something to do for many runs: nothing was ever read."""
    with organisation(db_url, items=ITEMS, days=30) as running:
        running.environment |= dict.fromkeys(("NEW_DAYS", "CLOSED_DAYS", "EVENT_DAYS"), "365")
        yield running


@pytest.fixture
def time(org: Organisation) -> Time:
    clock, begin = Time(), org.sandbox.stats.begin

    def slow() -> None:
        clock.spend(REQUEST_SECONDS)
        begin()

    org.sandbox.stats.begin = slow  # type: ignore[method-assign]
    return clock


def run(org: Organisation, time: Time, job: str, *, seconds: float | None) -> int:
    """Run a job in a Lambda with so many seconds; returns how many requests it sent."""
    before = int(org.sandbox.stats.summary()["total"])
    begun = time.now
    deadline = None if seconds is None else begun + seconds - MARGIN_SECONDS
    budget = Budget(deadline=deadline, now=time.read, sleep=time.spend)
    run_job(job, org.settings, budget=budget, now=org.now)
    assert seconds is None or time.now - begun < seconds - MARGIN_SECONDS / 2, "too late to commit"
    return int(org.sandbox.stats.summary()["total"]) - before


def test_many_runs_of_20_seconds_do_what_one_long_run_does(org: Organisation, time: Time) -> None:
    spent = sum(
        run(org, time, job, seconds=LAMBDA_SECONDS) for _ in range(RUNS // 2) for job in ("every_30_min", "nrt_events")
    )
    org.assert_equal_to_truth()
    assert_equal_to_timelines(org)
    with create_db_session(org.db_url) as session:
        statuses = list(session.scalars(select(SyncRun.status).order_by(SyncRun.id)))
        errors = set(session.scalars(select(SyncRun.error).where(SyncRun.status == "partial")))
        assert session.scalars(select(Lease)).all() == []
    assert set(statuses) == {"ok", "partial"}
    assert statuses[-1] == "ok"
    assert errors <= {"the run's deadline has passed"} | {
        error for error in errors if error and "would go past" in error
    }
    # What was fetched was kept: the next run did not fetch it again.
    idle = 10 * RUNS // 2
    assert spent < 1.5 * needed(org) + idle


def needed(org: Organisation) -> int:
    """How many requests one long run of each job needs."""
    timelines = sum(max(1, -(-len(events) // 100)) for events in org.timelines().values())
    searches = sum(5 + 4 * (len(org.truth(kind)) // 100) for kind in org.kinds)
    return timelines + searches
