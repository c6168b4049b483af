"""How long jobs and runs queued, waited and took: what counts, by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.utils import utc_now
from chalicelib.workflows.views import (
    APPROVAL_WAITS_WEEKLY,
    JOB_DURATIONS_WEEKLY,
    LONGEST_JOBS,
    LONGEST_WAITING_LABELS,
    QUEUE_REASONS,
    QUEUE_TIME_BY_LABELS_WEEKLY,
    QUEUE_TIME_BY_REPOSITORY_WEEKLY,
    QUEUE_TIME_DAILY,
    QUEUE_TIME_HOURLY,
    RUN_DURATIONS_WEEKLY,
    RUN_WAITS_WEEKLY,
)
from tests.views.world import may
from tests.workflows.views.conftest import Ci

MONDAY = date(2026, 5, 4)


def later(start: datetime, seconds: int) -> datetime:
    return start + timedelta(seconds=seconds)


def queue(ci: Ci, first: int, seconds: list[int], **columns: Any) -> None:
    """Jobs that a runner took at nine on the fourth of May, each after so many seconds."""
    for number, each in enumerate(seconds):
        ci.job(first + number, later(may(4, 9), -each), may(4, 9), **columns)


def test_a_queue_time_counts_when_the_runner_took_the_job(ci: Ci) -> None:
    """Made before midnight, taken after it. The percentiles are 0.6 and 0.96 of the way from 40 to 40,000."""
    queue(ci, 1, [10, 20, 30, 40, 40_000])
    times = {"jobs": 5, "median_seconds": 30, "p90_seconds": 24_016, "p99_seconds": 38_402, "max_seconds": 40_000}
    place = {"org": "acme"}
    assert ci.world.row(QUEUE_TIME_HOURLY) == place | {"hour": may(4, 9)} | times
    assert ci.world.row(QUEUE_TIME_DAILY) == place | {"day": MONDAY} | times
    labels = {"label_set": "ubuntu-latest", "week": MONDAY}
    assert ci.world.row(QUEUE_TIME_BY_LABELS_WEEKLY) == place | labels | times
    assert ci.world.row(QUEUE_TIME_BY_REPOSITORY_WEEKLY) == place | {"repo": "r1", "week": MONDAY} | times


def test_few_say_nothing(ci: Ci) -> None:
    queue(ci, 1, [10, 20, 30, 40])
    queue(ci, 11, [10, 20, 30, 40, 50], label_set="windows-latest")
    found = [tuple(row.values())[1:] for row in ci.world.read(QUEUE_TIME_BY_LABELS_WEEKLY)]
    assert found == [
        ("ubuntu-latest", MONDAY, 4, None, None, None, None),
        ("windows-latest", MONDAY, 5, 30, 46, 50, 50),
    ]


def test_jobs_without_a_queue_time_and_why(ci: Ci) -> None:
    """Copies of a re-run are counted by their reason; they are no negative queue times."""
    queue(ci, 1, [10])
    ci.job(2, may(4, 12), may(4, 9), run_attempt=2)
    ci.job(3, may(4, 12), may(4, 9), run_attempt=2)
    ci.job(4, may(4, 12), may(4, 13), told_at=None)
    ci.queued(5, may(5))
    ci.job(6, may(5), may(5), runner_id=None, runner_name=None, conclusion="skipped")
    ci.job(7, may(6), may(5), created_at=None, first_seen_at=may(6, 1))
    assert [tuple(row.values()) for row in ci.world.read(QUEUE_REASONS)] == [
        ("acme", MONDAY, "copied", 2, 0.5),
        ("acme", MONDAY, "not_told", 1, 0.25),
        ("acme", date(2026, 5, 5), "no_runner", 1, 0.5),
        ("acme", date(2026, 5, 5), "not_started", 1, 0.5),
        ("acme", date(2026, 5, 6), "created_unknown", 1, 1.0),
    ]
    assert ci.world.row(QUEUE_TIME_DAILY)["jobs"] == 1


def test_labels_that_jobs_wait_for_now(ci: Ci) -> None:
    now = utc_now().replace(microsecond=0)
    for key, minutes in ((1, 30), (2, 50)):
        ci.queued(key, now - timedelta(minutes=minutes), label_set="gpu")
    ci.queued(3, now - timedelta(days=9), label_set="gpu", abandoned_at=now)
    ci.queued(4, now - timedelta(minutes=5), label_set="gpu", status="waiting")
    for key in range(5):
        ci.job(10 + key, now - timedelta(days=29, seconds=key), now - timedelta(days=29), label_set="gpu")
        ci.job(20 + key, now - timedelta(days=31, seconds=key), now - timedelta(days=31), label_set="old")
    row = ci.world.row(LONGEST_WAITING_LABELS)
    assert row.pop("longest_wait_seconds") == pytest.approx(3000, abs=60)
    assert row == {
        "org": "acme",
        "label_set": "gpu",
        "queued_now": 2,
        "jobs": 5,
        "median_seconds": 2,
        "p90_seconds": 4,
        "p99_seconds": 4,
        "max_seconds": 4,
    }


def test_waits_for_an_approval_stand_apart(ci: Ci) -> None:
    gate = {"deployment_id": 1, "environment": "production", "approval_asked_at": may(3, 9)}
    for key in range(5):
        approved_at = later(may(4, 9), key)
        ci.job(key, may(3, 8), later(may(4, 9), 60), **gate, approved_at=approved_at)
    ci.job(8, may(3, 8), may(4, 9), **gate)  # nobody knows when it was let in
    assert ci.world.row(APPROVAL_WAITS_WEEKLY) == {
        "org": "acme",
        "repo": "r1",
        "environment": "production",
        "week": MONDAY,
        "jobs": 5,
        "median_seconds": 86_402,
        "p90_seconds": 86_404,
        "max_seconds": 86_404,
    }
    assert ci.world.row(QUEUE_TIME_DAILY)["max_seconds"] == 60


def test_runs_wait_for_their_first_job(ci: Ci) -> None:
    """Of the latest attempt: the jobs of the first one say nothing about how long that waited."""
    for key in range(1, 6):
        ci.run(key, run_attempt=2, created_at=may(3), run_started_at=may(4, 9))
        ci.job(key * 10, may(3), may(3, 1), run_id=key)
        for number, seconds in enumerate((key * 60, 5000)):
            ci.queued(key * 10 + 1 + number, later(may(4, 9), seconds), run_id=key, run_attempt=2)
    ci.run(6)  # no job is known
    ci.run(7)  # it was not told yet that this one runs again
    ci.queued(70, may(4, 11), run_id=7, run_attempt=2)
    assert ci.world.row(RUN_WAITS_WEEKLY) == {
        "org": "acme",
        "repo": "r1",
        "workflow_id": 7,
        "week": MONDAY,
        "workflow_name": "CI",
        "runs": 5,
        "median_seconds": 180,
        "p90_seconds": 276,
        "max_seconds": 300,
    }


def test_durations_of_jobs_that_ran_to_their_end(ci: Ci) -> None:
    for key in range(1, 6):
        ci.job(
            key, may(4, 8), may(4, 9), completed_at=later(may(4, 9), key), conclusion=("success", "failure")[key % 2]
        )
    ci.job(6, may(4, 8), may(4, 9), completed_at=later(may(4, 9), 99), conclusion="cancelled")
    ci.job(7, may(4, 10), may(4, 9), completed_at=later(may(4, 9), 99), run_attempt=2)  # a copy
    ci.job(8, may(4, 8), may(4, 9), completed_at=later(may(4, 9), -1))
    ci.job(9, may(4, 8), may(4, 9), completed_at=later(may(4, 9), 99), runner_id=None, runner_name=None)
    assert ci.world.row(JOB_DURATIONS_WEEKLY) == {
        "org": "acme",
        "repo": "r1",
        "workflow_name": "CI",
        "name": "build",
        "week": MONDAY,
        "jobs": 5,
        "median_seconds": 3,
        "p90_seconds": 5,
        "max_seconds": 5,
    }


def test_durations_of_runs_are_of_their_latest_attempt(ci: Ci) -> None:
    for key in range(1, 6):
        ci.run(key, created_at=may(1), run_started_at=may(4, 9), updated_at=later(may(4, 9), key), run_attempt=2)
    for key, conclusion in enumerate(("cancelled", "skipped", "action_required", "startup_failure", "stale"), start=6):
        ci.run(key, conclusion=conclusion)
    ci.run(11, status="in_progress", conclusion=None)
    assert ci.world.row(RUN_DURATIONS_WEEKLY) == {
        "org": "acme",
        "repo": "r1",
        "workflow_id": 7,
        "week": MONDAY,
        "workflow_name": "CI",
        "runs": 5,
        "median_seconds": 3,
        "p90_seconds": 5,
        "max_seconds": 5,
    }


def test_the_longest_jobs_of_the_last_days(ci: Ci) -> None:
    now = utc_now().replace(microsecond=0)
    for key, (days, hours) in enumerate(((29, 2), (31, 9), (3, 5), (3, 2)), start=1):
        ended = now - timedelta(days=days)
        ci.job(key, ended - timedelta(days=1), ended - timedelta(hours=hours), completed_at=ended)
    found = [(row["place"], row["id"], row["seconds"]) for row in ci.world.read(LONGEST_JOBS)]
    assert found == [(1, 3, 18_000), (2, 1, 7200), (3, 4, 7200)]
