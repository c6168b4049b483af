"""Whatever the order in which something is told, the result is the same; a queue time is right, or has a reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.workflows.rows import label_set, merge_deployment, merge_job, merge_run, queue_time, with_runner

BEGIN = datetime(2026, 11, 20, 6, tzinfo=UTC)


def after(seconds: int) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def job(status: str, seconds: int, **columns: Any) -> dict[str, Any]:
    """What is told of a job so many seconds after the first delivery."""
    has_runner = status in {"in_progress", "completed"}
    return {
        "id": 1,
        "run_attempt": 1,
        "status": status,
        "conclusion": "success" if status == "completed" else None,
        "created_at": BEGIN,
        "started_at": after(500) if has_runner else BEGIN,
        "completed_at": after(900) if status == "completed" else None,
        "runner_id": 9 if has_runner else None,
        "runner_name": "nine" if has_runner else None,
        "runner_group_id": None,
        "runner_group_name": None,
        "steps": [{}] * (seconds // 100),
        "deployment_id": None,
        "environment": None,
        "approval_asked_at": None,
        "approved_at": None,
        "waiting_as_of": None,
        "queued_as_of": None,
        "was_pending": None,
        "first_seen_at": after(seconds),
        "changed_at": after(seconds),
        "told_at": after(seconds),
        **columns,
    }


GATE = {"deployment_id": 8, "environment": "production"}
GATED = [
    job("waiting", 0, **GATE, approval_asked_at=BEGIN, waiting_as_of=BEGIN),
    job("waiting", 2, **GATE, approval_asked_at=BEGIN, waiting_as_of=after(2)),
    job("queued", 440, **GATE, queued_as_of=after(440)),
    job("in_progress", 500, **GATE),
    job("completed", 900, **GATE),
]
PLAIN = [job("queued", 0), job("in_progress", 500), job("completed", 900), job("completed", 900)]
# When this app saw something is not the same in each order.
SEEN = {"first_seen_at", "changed_at", "told_at"}


def merged(told: Any, merge: Any = merge_job) -> dict[str, Any]:
    row = None
    for each in told:
        row = merge(row, each)
    assert row is not None
    return {name: value for name, value in row.items() if name not in SEEN}


@pytest.mark.parametrize("told", [PLAIN, GATED], ids=["plain", "gated"])
def test_every_order_gives_the_same_job(told: list[dict[str, Any]]) -> None:
    expected = merged(told)
    assert expected["queue_seconds"] == (500 if told is PLAIN else 60)
    for order in permutations(told):
        assert merged(order) == expected


@given(st.lists(st.sampled_from(GATED), min_size=1, max_size=12))
def test_whatever_is_lost_or_told_twice_the_status_is_the_furthest_and_no_time_is_negative(told: Any) -> None:
    row = merged(told)
    ranks = ["waiting", "queued", "in_progress", "completed"]
    assert row["status"] == max((each["status"] for each in told), key=ranks.index)
    assert row["queue_seconds"] in {None, 60}
    is_known = any(each["queued_as_of"] for each in told) and row["status"] in {"in_progress", "completed"}
    assert (row["queue_seconds"] is not None) == is_known
    assert (row["queue_reason"] is None) == is_known


def test_completed_by_a_webhook_and_read_from_the_api_is_the_same() -> None:
    told, read = PLAIN[2], {**PLAIN[2], "told_at": None}
    assert merged([read, told]) == merged([told, read]) == merged([told, told])


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({}, (500, None)),
        ({"status": "queued"}, (None, "not_started")),
        ({"status": "waiting"}, (None, "not_started")),
        ({"status": "some_new_status"}, (None, "not_started")),
        ({"runner_name": None, "runner_id": None}, (None, "no_runner")),
        ({"runner_name": None}, (500, None)),
        ({"started_at": None}, (None, "started_unknown")),
        ({"created_at": None}, (None, "created_unknown")),
        ({"created_at": after(501)}, (None, "out_of_order")),
        ({"created_at": after(501), "completed_at": after(501), "run_attempt": 2}, (None, "copied")),
        ({"created_at": after(501), "completed_at": after(900), "run_attempt": 2}, (None, "out_of_order")),
        ({"created_at": after(501), "run_attempt": 2}, (None, "out_of_order")),
        ({"was_pending": True}, (None, "concurrency_unknown")),
        ({"approval_asked_at": BEGIN}, (None, "approval_unknown")),
        ({"run_attempt": 2}, (500, None)),
        ({"told_at": None}, (None, "not_told")),
        ({"deployment_id": 8}, (None, "approval_unknown")),
        ({"deployment_id": 8, "approved_at": after(100)}, (400, None)),
        ({"deployment_id": 8, "approved_at": after(501)}, (None, "out_of_order")),
        ({"deployment_id": 8, "approved_at": BEGIN - timedelta(seconds=1)}, (500, None)),
        ({"created_at": after(500)}, (0, None)),
    ],
)
def test_the_queue_time_or_why_there_is_none(columns: dict[str, Any], expected: Any) -> None:
    assert queue_time({**job("in_progress", 500), **columns}) == expected


def test_a_runner_is_known_by_its_name_or_number() -> None:
    none = {"runner_id": None, "runner_name": None, "runner_group_id": None, "runner_group_name": None}
    assert with_runner({"runner_id": 0, "runner_name": "", "runner_group_id": 0, "runner_group_name": ""}) == none
    assert with_runner({}) == none
    assert with_runner({"runner_id": 4, "runner_name": "four"}) == {**none, "runner_id": 4, "runner_name": "four"}


def test_labels_have_an_order() -> None:
    assert label_set(["x64", "self-hosted", "x64"]) == "self-hosted,x64"
    assert label_set([{"name": "b"}, {"name": "a"}, {}, 5]) == "a,b"
    assert label_set(None) == ""


# The first body that says queued may already be of one that waits: GitHub writes both within a second or two.
EARLY = [job("queued", 1, **GATE, queued_as_of=after(1)), *GATED]


def test_a_body_that_says_queued_before_it_waits_is_no_approval() -> None:
    """It counted as one: the wait for an approval was taken for a wait for runners."""
    expected = merged(EARLY)
    assert (expected["queue_seconds"], expected["approved_at"]) == (60, after(440))
    for order in permutations(EARLY):
        assert merged(order) == expected
    lost = [EARLY[0], EARLY[2], EARLY[4]]
    for order in permutations(lost):
        row = merged(order)
        assert (row["queue_seconds"], row["queue_reason"]) == (None, "approval_unknown")
    for order in permutations(EARLY[:3]):
        assert merged(order)["status"] == "waiting"


def test_a_job_that_was_seen_to_wait_has_no_queue_time_without_its_approval() -> None:
    """GitHub need not tell of a deployment: neither in the event `waiting`, nor in its API."""
    for told_at in (BEGIN, None):
        waiting = job("waiting", 0, approval_asked_at=BEGIN, told_at=told_at)
        for order in permutations([waiting, job("queued", 100), job("in_progress", 500)]):
            assert merged(order)["queue_reason"] == "approval_unknown"


def test_a_job_that_was_pending_waited_for_others_of_its_group() -> None:
    for order in permutations([job("pending", 0, was_pending=True), job("queued", 100), job("in_progress", 500)]):
        assert merged(order)["queue_reason"] == "concurrency_unknown"


def test_what_was_given_up_is_taken_back_by_news() -> None:
    given_up = {**job("queued", 0), "abandoned_at": after(600), "abandoned_reason": "GitHub has no such job"}
    assert merge_job(given_up, job("queued", 0))["abandoned_reason"] == "GitHub has no such job"
    assert merge_job(given_up, job("completed", 900))["abandoned_at"] is None


def test_what_the_api_says_now_ends_a_wait() -> None:
    """An approval whose delivery was lost."""
    waiting = merge_job(None, GATED[0])
    assert merge_job(waiting, job("queued", 300, told_at=None))["status"] == "queued"


def run(attempt: int, status: str, seconds: int, conclusion: str | None = None, **columns: Any) -> dict[str, Any]:
    return {
        "id": 3,
        "run_attempt": attempt,
        "status": status,
        "conclusion": conclusion,
        "created_at": BEGIN,
        "updated_at": after(seconds),
        "first_seen_at": after(seconds),
        "changed_at": after(seconds),
        "told_at": after(seconds),
        **columns,
    }


RUN = [
    run(1, "queued", 0),
    run(1, "in_progress", 0),
    run(1, "completed", 50, "failure"),
    run(2, "queued", 300, created_at=after(2)),
    run(2, "completed", 400, "success"),
    run(1, "completed", 50, "failure"),
]
HELD = [
    run(1, "queued", 0),
    run(1, "completed", 1, "action_required"),
    run(1, "in_progress", 90),
    run(1, "completed", 99, "success"),
]


@pytest.mark.parametrize("told", [RUN, HELD], ids=["two attempts", "held for an approval"])
def test_every_order_gives_the_same_run(told: list[dict[str, Any]]) -> None:
    expected = merged(told, merge_run)
    assert (expected["status"], expected["conclusion"], expected["created_at"]) == ("completed", "success", BEGIN)
    for order in permutations(told):
        assert merged(order, merge_run) == expected


def test_a_run_that_somebody_must_approve_is_not_over() -> None:
    assert merged(HELD[:2], merge_run)["conclusion"] == "action_required"
    assert merged(HELD[:3], merge_run)["status"] == "in_progress"


def status(number: int, state: str, seconds: int) -> dict[str, Any]:
    return {
        "id": 8,
        "state": state,
        "state_at": after(seconds),
        "status_id": number,
        "run_id": 3 if number == 2 else None,
        "succeeded_at": after(seconds) if state == "success" else None,
        "failed_at": after(seconds) if state == "failure" else None,
        "first_seen_at": BEGIN,
    }


def test_every_order_gives_the_same_deployment() -> None:
    told = [status(1, "queued", 0), status(2, "in_progress", 0), status(3, "failure", 5), status(4, "success", 9)]
    told += [status(5, "failure", 20), status(6, "inactive", 99)]
    expected = merged(told, merge_deployment)
    assert (expected["state"], expected["run_id"]) == ("inactive", 3)
    assert (expected["succeeded_at"], expected["failed_at"]) == (after(9), after(5))
    for order in permutations(told):
        assert merged(order, merge_deployment) == expected
