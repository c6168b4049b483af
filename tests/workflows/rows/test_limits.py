"""When GitHub is asked again, and when nobody waits any longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.workflows.rows import is_due, is_gone, job_overdue, left_over, needs_jobs, run_overdue
from chalicelib.workflows.rows.limits import pause

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RUN = {
    "id": 1,
    "run_attempt": 1,
    "status": "queued",
    "created_at": NOW - HOUR,
    "run_started_at": NOW - HOUR,
    "updated_at": NOW - HOUR,
    "jobs_as_of": None,
    "changed_at": NOW - HOUR,
    **dict.fromkeys(("checked_at", "not_found_at", "abandoned_at")),
}
JOB = {
    "id": 2,
    "run_attempt": 1,
    "status": "queued",
    "created_at": NOW - HOUR,
    "started_at": NOW - HOUR,
    "changed_at": NOW - HOUR,
    **dict.fromkeys(("approval_asked_at", "approved_at", "runner_group_name")),
    **dict.fromkeys(("checked_at", "not_found_at", "abandoned_at")),
}


def run(**columns: Any) -> dict[str, Any]:
    return {**RUN, **columns}


def job(**columns: Any) -> dict[str, Any]:
    return {**JOB, **columns}


def aged(age: timedelta, **columns: Any) -> dict[str, Any]:
    """A job that was made so long ago, and that has not changed since."""
    return job(created_at=NOW - age, changed_at=NOW - age, **columns)


@pytest.mark.parametrize(
    ("age", "expected"), [(MINUTE, 20 * MINUTE), (3 * HOUR, 20 * MINUTE), (10 * HOUR, HOUR), (30 * DAY, 3 * DAY)]
)
def test_what_is_older_is_asked_for_less_often(age: timedelta, expected: timedelta) -> None:
    assert pause(age) == expected


def test_a_month_costs_no_more_than_seventy_questions() -> None:
    asked, now = 0, NOW
    while now < NOW + 30 * DAY:
        now += pause(now - NOW)
        asked += 1
    assert asked <= 70


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (aged(19 * MINUTE), False),
        (aged(20 * MINUTE), True),
        (job(checked_at=NOW - 19 * MINUTE), False),
        (job(checked_at=NOW - 20 * MINUTE), True),
        (job(changed_at=NOW - MINUTE), False),
        # It was asked for before it changed.
        (job(changed_at=NOW - 20 * MINUTE, checked_at=NOW - 40 * MINUTE), True),
        (aged(10 * DAY, checked_at=NOW - 23 * HOUR), False),
        (aged(10 * DAY, checked_at=NOW - 24 * HOUR), True),
        # Its age is that of its latest attempt.
        (run(created_at=NOW - 20 * DAY, checked_at=NOW - 20 * MINUTE), True),
        # What is from the future is no older than when it was first seen.
        (job(created_at=NOW + 900 * DAY, changed_at=NOW - 20 * MINUTE), True),
        (job(created_at=None, changed_at=NOW - 20 * MINUTE), True),
        # Once it wasn't found, it is asked for again after an hour, however old it is.
        (aged(10 * DAY, checked_at=NOW - 59 * MINUTE, not_found_at=NOW - 59 * MINUTE), False),
        (aged(10 * DAY, checked_at=NOW - HOUR, not_found_at=NOW - HOUR), True),
        # Twice is enough.
        (aged(10 * DAY, checked_at=NOW - 9 * HOUR, not_found_at=NOW - 10 * HOUR), False),
    ],
)
def test_what_is_due(row: dict[str, Any], expected: bool) -> None:
    assert is_due(row, NOW) is expected


def test_a_run_whose_jobs_nobody_knows_is_due_at_once() -> None:
    old = run(created_at=NOW - 40 * HOUR, run_started_at=NOW - 40 * HOUR, changed_at=NOW)
    assert not is_due(old, NOW)
    assert is_due(old, NOW, is_unlisted=True)
    new = run(created_at=NOW - 4 * MINUTE, run_started_at=NOW - 4 * MINUTE, changed_at=NOW)
    assert not is_due(new, NOW, is_unlisted=True)
    assert not is_due({**old, "not_found_at": NOW - MINUTE}, NOW, is_unlisted=True)


def test_what_is_gone_was_not_found_twice() -> None:
    assert not is_gone(job())
    assert not is_gone(job(not_found_at=NOW))
    assert not is_gone(job(not_found_at=NOW, checked_at=NOW + 59 * MINUTE))
    assert is_gone(job(not_found_at=NOW, checked_at=NOW + HOUR))


ENDED = run(status="completed", changed_at=NOW - 5 * MINUTE)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (ENDED, True),
        ({**ENDED, "changed_at": NOW - 4 * MINUTE}, False),
        ({**ENDED, "status": "in_progress"}, False),
        ({**ENDED, "jobs_as_of": ENDED["updated_at"]}, False),
        ({**ENDED, "jobs_as_of": ENDED["updated_at"] - MINUTE}, True),
        # Asked for in vain since it ended: as what stands open.
        ({**ENDED, "checked_at": NOW - 4 * MINUTE}, False),
        ({**ENDED, "changed_at": NOW - HOUR, "checked_at": NOW - 20 * MINUTE}, True),
        ({**ENDED, "not_found_at": NOW - 2 * HOUR, "checked_at": NOW - HOUR}, False),
    ],
)
def test_a_run_that_ended_needs_its_jobs_once(row: dict[str, Any], expected: bool) -> None:
    assert needs_jobs(row, NOW) is expected


HOSTED = {"status": "in_progress", "runner_group_name": "GitHub Actions"}


@pytest.mark.parametrize(
    ("row", "limit"),
    [
        (job(), 48 * HOUR),
        (job(status="requested"), 48 * HOUR),
        (job(status="something new"), 48 * HOUR),
        (job(status="waiting"), 30 * DAY),
        (job(status="pending"), 30 * DAY),
        (job(status="in_progress", runner_group_name="Default"), 126 * HOUR),
        (job(**HOSTED), 12 * HOUR),
    ],
)
def test_a_job_is_overdue_after_its_limit(row: dict[str, Any], limit: timedelta) -> None:
    since = row["started_at"] if row["status"] == "in_progress" else row["created_at"]
    assert job_overdue(row, since + limit - timedelta(seconds=1)) is None
    reason = job_overdue(row, since + limit)
    assert reason is not None
    assert reason.startswith(f"{row['status']} since 2026-06-15T11:00:00Z, for more than ")


def test_a_job_s_time_in_the_queue_begins_with_its_approval() -> None:
    approved = aged(20 * DAY, approved_at=NOW - DAY)
    assert job_overdue(approved, NOW) is None
    assert job_overdue(approved, NOW + DAY) is not None
    asked = aged(20 * DAY, status="waiting", approval_asked_at=NOW - 15 * DAY)
    assert job_overdue(asked, NOW + 14 * DAY) is None


def test_a_run_is_overdue_after_35_days_and_a_ghost_after_two() -> None:
    again = {"created_at": NOW - 90 * DAY, "run_started_at": NOW - 34 * DAY, "changed_at": NOW - 34 * DAY}
    assert run_overdue(run(**again), NOW, jobs=3) is None
    assert run_overdue(run(**again), NOW + DAY) is not None
    for status, jobs, limit in (
        *(("queued", 0, 2 * DAY), ("queued", 1, 35 * DAY), ("queued", None, 35 * DAY)),
        *(("pending", 0, 35 * DAY), ("waiting", 0, 35 * DAY), ("in_progress", 0, 35 * DAY)),
    ):
        row = run(status=status)
        assert run_overdue(row, NOW - HOUR + limit - MINUTE, jobs=jobs) is None
        assert run_overdue(row, NOW - HOUR + limit, jobs=jobs) is not None


def test_a_job_is_left_over_when_its_run_ended_hours_ago() -> None:
    ended = run(status="completed", updated_at=NOW - 6 * HOUR)
    assert left_over(job(), run(), NOW) is None
    assert left_over(job(), ended, NOW - MINUTE) is None
    assert left_over(job(), ended, NOW) == "queued, although its run was completed at 2026-06-15T06:00:00Z"
    begun = {"created_at": NOW - 9 * HOUR, "run_started_at": NOW - 6 * HOUR, "changed_at": NOW - 5 * HOUR}
    again = run(run_attempt=2, **begun)
    assert left_over(job(), again, NOW) == "queued, although attempt 2 of its run began at 2026-06-15T06:00:00Z"
    given_up = run(abandoned_at=NOW - 6 * HOUR)
    assert left_over(job(), given_up, NOW) == "queued, although its run was abandoned at 2026-06-15T06:00:00Z"
