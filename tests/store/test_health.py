"""data_health, counted by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from chalicelib.models import RejectedRecord, SyncRun
from chalicelib.store.health import DATA_HEALTH
from chalicelib.utils import utc_now
from tests.views.world import World

KEYS = count(1)


@pytest.fixture
def now() -> datetime:
    return utc_now().replace(microsecond=0)


def run(
    world: World,
    step: str,
    started_at: datetime,
    *,
    job: str = "every_30_min",
    status: str = "ok",
    org: str = "acme",
    error: str | None = None,
    note: str | None = None,
) -> datetime:
    """Write a step's row into the ledger; it took 30 seconds: gives its end."""
    finished_at = None if status == "running" else started_at + timedelta(seconds=30)
    words = {"error": error, "note": note}
    times = {"started_at": started_at, "finished_at": finished_at}
    world.session.add(SyncRun(job=job, step=step, org=org, status=status, **words, **times))
    world.session.flush()
    return started_at + timedelta(seconds=30)


def reject(world: World, kind: str, *, org: str = "acme") -> None:
    record = {"kind": kind, "org": org, "reason": "no id", "record": "{}", "rejected_at": utc_now()}
    world.session.add(RejectedRecord(digest=f"digest {next(KEYS)}", **record))
    world.session.flush()


def health(world: World, **where: Any) -> dict[str, Any]:
    """The one row, with its lag in whole minutes: the clock goes on while it is read."""
    row = world.row(DATA_HEALTH, **where)
    lag = row.pop("lag_seconds")
    return {**row, "lag_minutes": None if lag is None else lag // 60}


def kinds(world: World) -> set[tuple[str, str]]:
    return {(row["org"], row["kind"]) for row in world.read(DATA_HEALTH)}


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def test_a_kind_is_as_current_as_its_step_that_has_waited_longest(world: World, now: datetime) -> None:
    run(world, "issues.new", now - minutes(300))
    run(world, "issues.new", now - minutes(20))
    waited = run(world, "issues.closed", now - minutes(50))
    run(world, "issues.updated", now - minutes(10))
    assert health(world) == {
        "org": "acme",
        "kind": "issues",
        "last_success_at": waited,
        "lag_minutes": 50,
        "incomplete": 0,
        "failed": 0,
        "error": None,
        "note": None,
        "rejected": 0,
    }


def test_the_lag_begins_where_the_step_began(world: World, now: datetime) -> None:
    """What changed while it ran may have come too late for it; the run that ended last may have begun first."""
    slow = SyncRun(job="nrt_events", step="events", org="acme", status="ok", started_at=now - minutes(90))
    slow.finished_at = now - minutes(1)
    world.session.add(slow)
    world.session.flush()
    run(world, "events", now - minutes(40))
    assert world.row(DATA_HEALTH)["lag_seconds"] // 60 == 40
    assert world.row(DATA_HEALTH)["last_success_at"] == now - minutes(1)


def test_there_is_a_row_for_each_organisation_and_kind(world: World, now: datetime) -> None:
    for org in ("acme", "other"):
        for step in ("pull_requests.new", "pull_requests.updated", "issues.new", "events", "members", "access"):
            run(world, step, now - minutes(5), org=org)
    named = ("pull_requests", "issues", "events", "members", "access")
    assert [(row["org"], row["kind"]) for row in world.read(DATA_HEALTH)] == [
        (org, kind) for org in ("acme", "other") for kind in sorted(named)
    ]


def test_two_jobs_that_run_one_step_keep_it_current_together(world: World, now: datetime) -> None:
    run(world, "issues.updated", now - minutes(35), job="every_30_min", status="failed", error="GitHub answered 502")
    done = run(world, "issues.updated", now - minutes(15), job="nrt_events")
    row = health(world)
    assert (row["last_success_at"], row["lag_minutes"], row["failed"], row["error"]) == (done, 15, 0, None)


def test_all_that_the_daily_job_does_is_reconciliation(world: World, now: datetime) -> None:
    run(world, "pull_requests.reconcile", now - minutes(61), job="daily")
    run(world, "issues.reconcile", now - minutes(62), job="daily")
    run(world, "issues.sweep", now - minutes(60), job="daily")
    assert (health(world)["kind"], health(world)["lag_minutes"]) == ("reconciliation", 62)


def test_what_is_only_written_makes_no_data_older(world: World, now: datetime) -> None:
    """Snapshots that were switched off would have made their kind stale for a month."""
    done = run(world, "copilot.seats", now - minutes(20), job="daily")
    run(world, "copilot.snapshot", now - minutes(45 * 60), job="daily")
    row = health(world)
    assert (row["kind"], row["last_success_at"], row["lag_minutes"]) == ("copilot", done, 20)


def test_a_snapshot_that_could_not_be_written_is_told_for_two_days(world: World, now: datetime) -> None:
    run(world, "copilot.seats", now - minutes(20), job="daily")
    run(world, "copilot.snapshot", now - minutes(49 * 60), job="daily", status="failed", error="of another day")
    assert (health(world)["failed"], health(world)["error"]) == (0, None)
    run(world, "copilot.snapshot", now - minutes(10), job="daily", status="failed", error="AWS refused s3:put_object")
    row = health(world)
    assert (row["failed"], row["error"], row["lag_minutes"]) == (1, "AWS refused s3:put_object", 20)


@pytest.mark.parametrize("step", ["copilot.snapshot", "copilot.seats.message"])
def test_what_was_only_written_was_never_read(world: World, now: datetime, step: str) -> None:
    run(world, step, now - minutes(10), job="daily")
    assert (health(world)["last_success_at"], health(world)["lag_minutes"]) == (None, None)


@pytest.mark.parametrize("job", ["daily", "nrt_events", "backfill", "verify"])
def test_access_is_checked_by_any_job_for_all(world: World, now: datetime, job: str) -> None:
    """It was the daily job's reconciliation when that came first: stale from two days later on, for a month."""
    run(world, "access", now - minutes(60 * 40))
    done = run(world, "access", now - minutes(10), job=job)
    assert kinds(world) == {("acme", "access")}
    assert (health(world)["last_success_at"], health(world)["lag_minutes"]) == (done, 10)


@pytest.mark.parametrize("job", ["backfill", "verify"])
def test_what_is_run_by_hand_keeps_nothing_current_and_nothing_stale(world: World, now: datetime, job: str) -> None:
    done = run(world, "issues.updated", now - minutes(20))
    run(world, "issues.updated", now - minutes(10), job=job, status="failed", error="no")
    run(world, "issues.verify", now - minutes(10), job=job)
    row = health(world)
    assert (row["last_success_at"], row["lag_minutes"], row["failed"], row["error"]) == (done, 20, 0, None)


def test_what_is_running_has_not_ended(world: World, now: datetime) -> None:
    run(world, "issues.new", now - minutes(30), status="failed", error="GitHub answered 502")
    run(world, "issues.new", now - minutes(1), status="running")
    run(world, "events", now - minutes(1), status="running")
    assert health(world) == {
        "org": "acme",
        "kind": "issues",
        "last_success_at": None,
        "lag_minutes": None,
        "incomplete": 0,
        "failed": 1,
        "error": "GitHub answered 502",
        "note": None,
        "rejected": 0,
    }


@pytest.mark.parametrize("status", ["failed", "partial"])
def test_a_step_that_never_succeeded_leaves_the_kind_without_a_success(
    world: World, now: datetime, status: str
) -> None:
    run(world, "issues.new", now - minutes(20))
    run(world, "issues.closed", now - minutes(20), status=status)
    assert (health(world)["last_success_at"], health(world)["lag_minutes"]) == (None, None)


def test_only_the_newest_run_of_a_step_is_incomplete_or_failed(world: World, now: datetime) -> None:
    for minute, statuses in ((60, ("failed", "failed", "failed")), (30, ("partial", "failed", "ok"))):
        for step, status in zip(("new", "closed", "updated"), statuses, strict=True):
            run(world, f"issues.{step}", now - minutes(minute), status=status, error=f"{step} {status} {minute}")
    row = health(world)
    assert (row["incomplete"], row["failed"]) == (1, 1)


def test_the_error_is_that_of_a_failed_step(world: World, now: datetime) -> None:
    """Health said "failed: the run's deadline has passed", which is no failure."""
    run(world, "issues.closed", now - minutes(9), status="failed", error="GitHub answered 502")
    run(world, "issues.new", now - minutes(9), status="partial", error="the run's deadline has passed")
    assert health(world)["error"] == "GitHub answered 502"


def test_an_error_is_gone_when_the_step_succeeds(world: World, now: datetime) -> None:
    run(world, "events", now - minutes(20), status="failed", error="GitHub answered 502")
    run(world, "events", now - minutes(10))
    assert (health(world)["failed"], health(world)["error"]) == (0, None)


def test_a_note_is_that_of_the_newest_run(world: World, now: datetime) -> None:
    run(world, "releases", now - minutes(20), job="daily", note="passed over 2 lists")
    assert (health(world)["failed"], health(world)["note"]) == (0, "passed over 2 lists")
    run(world, "releases", now - minutes(10), job="daily")
    assert health(world)["note"] is None


def test_rejected_records_are_those_of_the_kind_and_organisation(world: World, now: datetime) -> None:
    for org in ("acme", "other"):
        for step in ("issues.new", "issues.closed", "events"):
            run(world, step, now - minutes(5), org=org)
    for kind, org in (("issues", "acme"), ("issues", "acme"), ("events", "other"), ("members", "acme")):
        reject(world, kind, org=org)
    found = {(row["org"], row["kind"]): row["rejected"] for row in world.read(DATA_HEALTH)}
    assert found == {
        ("acme", "issues"): 2,
        ("acme", "events"): 0,
        ("other", "issues"): 0,
        ("other", "events"): 1,
    }


def test_what_was_thirty_days_ago_does_not_count(world: World, now: datetime) -> None:
    month = minutes(30 * 24 * 60)
    run(world, "events", now - month - minutes(5))
    run(world, "issues.new", now - month - minutes(5))
    run(world, "issues.new", now - month + minutes(5), status="failed", error="no")
    assert kinds(world) == {("acme", "issues")}
    assert (health(world)["last_success_at"], health(world)["failed"]) == (None, 1)


def test_the_newest_run_is_the_one_that_was_begun_last(world: World, now: datetime) -> None:
    """Two jobs may begin the same step in the same second: the ledger's numbers tell their order."""
    run(world, "issues.updated", now - minutes(5), job="nrt_events", status="failed", error="no")
    run(world, "issues.updated", now - minutes(5))
    assert health(world)["failed"] == 0
