"""The queue now: who waits for a runner, since when, and how long others did."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib.utils import utc_now
from chalicelib.workflows.models import WorkflowJob
from chalicelib.workflows.views.queue_now import QUEUE_NOW
from tests.workflows.jobs import job, write

BEGIN = utc_now().replace(microsecond=0)
COUNTS = ("queued", "waiting", "in_progress", "queue_times", "median_queue_seconds", "p90_queue_seconds")


def ago(**time: float) -> datetime:
    """So long before this moment: a session of tests lasts for minutes."""
    return utc_now().replace(microsecond=0) - timedelta(**time)


def taken(number: int, seconds: int | None, *, began: datetime, **columns: Any) -> dict[str, Any]:
    """A job that a runner took after so many seconds, and ended after ten minutes."""
    times = {"created_at": began - timedelta(seconds=seconds or 0), "started_at": began}
    ended = {"completed_at": began + timedelta(minutes=10), "runner_id": 1, "runner_name": "one"}
    return job(number, **{**times, **ended, "queue_seconds": seconds, **columns})


def queue(session: Session, *rows: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    write(session, WorkflowJob, *rows)
    found = session.execute(select(QUEUE_NOW.table)).mappings()
    return {(row["org"], row["label_set"]): dict(row) for row in found}


def counts(session: Session, *rows: dict[str, Any]) -> tuple[int | None, ...]:
    """The figures of the one row."""
    (row,) = queue(session, *rows).values()
    return tuple(row[name] for name in COUNTS)


def test_it_counts_by_organisation_and_labels(shared: Session) -> None:
    rows = queue(
        shared,
        job(1, "queued"),
        job(2, "queued", label_set="gpu,linux"),
        job(3, "in_progress", label_set="gpu,linux"),
        job(4, "queued", org="globex"),
        job(5, "queued", label_set=""),
    )
    assert {key: (row["queued"], row["in_progress"]) for key, row in rows.items()} == {
        ("acme", "linux"): (1, 0),
        ("acme", "gpu,linux"): (1, 1),
        ("globex", "linux"): (1, 0),
        ("acme", ""): (1, 0),
    }


def test_only_who_waits_for_a_runner_is_queued(shared: Session) -> None:
    """An approval, a concurrency group, or a word from the future is no want of runners."""
    rows = [job(n, status) for n, status in enumerate(("queued", "waiting", "pending", "requested", "paused"))]
    assert counts(shared, *rows) == (1, 4, 0, 0, None, None)


def test_what_was_given_up_is_in_no_queue(shared: Session) -> None:
    given_up = {"abandoned_at": BEGIN, "abandoned_reason": "it has been queued for 48 hours"}
    assert queue(shared, job(1, "queued", **given_up), job(2, "in_progress", **given_up)) == {}


def test_what_has_an_end_is_in_no_queue(shared: Session) -> None:
    assert queue(shared, job(1, "queued", completed_at=ago(minutes=5))) == {}


def waits(session: Session, *rows: dict[str, Any]) -> float | None:
    (row,) = queue(session, *rows).values()
    seconds: int | None = row["oldest_wait_seconds"]
    return seconds if seconds is None else round(seconds, -2)  # the test takes a while


def test_the_oldest_wait_is_of_a_queued_job(shared: Session) -> None:
    waiting = job(3, "waiting", created_at=ago(seconds=9_000))
    running = job(4, "in_progress", created_at=ago(seconds=8_000))
    queued = [job(1, "queued", created_at=ago(seconds=300)), job(2, "queued", created_at=ago(seconds=2_000))]
    assert waits(shared, *queued, waiting, running) == 2_000


def test_it_begins_when_the_approval_came(shared: Session) -> None:
    approved = {"deployment_id": 7, "approved_at": ago(seconds=400)}
    assert waits(shared, job(1, "queued", created_at=ago(days=2), **approved)) == 400


def test_without_knowing_since_when_there_is_none(shared: Session) -> None:
    """GitHub's API doesn't tell of approvals: two days could all have been such a wait."""
    unapproved = job(1, "queued", created_at=ago(days=2), deployment_id=7)
    untold = job(2, "queued", created_at=ago(days=2), told_at=None)
    undated = job(3, "queued", created_at=None)
    assert waits(shared, unapproved, untold, undated) is None


def test_a_clock_that_is_ahead_makes_no_negative_wait(shared: Session) -> None:
    assert waits(shared, job(1, "queued", created_at=ago(hours=-1))) == 0


def test_queue_times_are_those_of_the_last_24_hours(shared: Session) -> None:
    recent = [taken(n, n, began=ago(hours=1 + n)) for n in range(1, 11)]
    old = taken(99, 9_999, began=ago(hours=25))
    running = job(98, "in_progress", started_at=ago(hours=2), runner_name="one", queue_seconds=3)
    unknown = taken(97, None, began=ago(hours=1), queue_reason="not_told")
    assert counts(shared, *recent, old, running, unknown) == (0, 0, 1, 11, 5, 9)


def test_a_job_that_began_before_and_ended_in_them_does_not_count(shared: Session) -> None:
    long = taken(1, 500, began=ago(hours=30), completed_at=ago(hours=1))
    assert queue(shared, long) == {}


def test_percentiles_between_two_times_are_to_the_nearest_second(shared: Session) -> None:
    """Of 10 and 15 it is 12.5 and 14.5; the median was 10. Halves go up on both databases."""
    pair = [taken(n, n, began=ago(hours=1)) for n in (10, 15)]
    assert counts(shared, *pair)[3:] == (2, 13, 15)


def test_other_labels_make_no_difference_to_a_median(shared: Session) -> None:
    slow = [taken(n, 900, began=ago(hours=1), label_set="gpu") for n in range(1, 5)]
    rows = queue(shared, *slow, taken(9, 2, began=ago(hours=1)))
    assert {key[1]: row["median_queue_seconds"] for key, row in rows.items()} == {"gpu": 900, "linux": 2}
