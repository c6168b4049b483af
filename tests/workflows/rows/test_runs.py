"""What is told of a run, in any order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from chalicelib.workflows.rows import merge_run

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def told(status: str, at: int, *, attempt: int = 1, conclusion: str | None = None, by_api: bool = False) -> Any:
    """A run as a delivery tells it, or as the API shows it, so many seconds later."""
    return {
        "id": 1,
        "run_attempt": attempt,
        "status": status,
        "conclusion": conclusion,
        "created_at": NOW,
        "updated_at": NOW + at * SECOND,
        "first_seen_at": NOW,
        "changed_at": NOW,
        "told_at": None if by_api else NOW,
        "checked_at": None,
        "not_found_at": None,
        "abandoned_at": None,
        "abandoned_reason": None,
    }


def merged(*rows: Any) -> Any:
    stored = None
    for row in rows:
        stored = merge_run(stored, row)
    return stored


def test_a_run_in_progress_may_wait_again() -> None:
    """Its second job needs an approval: in progress was thought to be later than waiting, always."""
    life = [told("queued", 0), told("in_progress", 60), told("waiting", 300)]
    assert {merged(*order)["status"] for order in permutations(life)} == {"waiting"}
    ended = [*life, told("in_progress", 400), told("completed", 500, conclusion="success")]
    assert {merged(*order)["status"] for order in permutations(ended)} == {"completed"}


def test_what_is_completed_stays_so_within_an_attempt() -> None:
    end = told("completed", 50, conclusion="success")
    assert merged(end, told("in_progress", 60))["status"] == "completed"
    assert merged(end, told("queued", 60, attempt=2))["status"] == "queued"


def test_of_the_same_second_the_api_shows_how_it_is_now() -> None:
    assert merged(told("in_progress", 60), told("waiting", 60, by_api=True))["status"] == "waiting"
    assert merged(told("completed", 60, conclusion="failure"), told("queued", 60, by_api=True))["status"] == "completed"


def test_another_attempt_has_other_jobs() -> None:
    """The jobs of the first attempt were listed; those of the second, which ended in the same second, were not."""
    listed = {**told("completed", 60, conclusion="failure"), "jobs_as_of": NOW + 60 * SECOND}
    assert merged(listed, told("completed", 60, conclusion="failure"))["jobs_as_of"] == NOW + 60 * SECOND
    assert merged(listed, told("completed", 60, attempt=2, conclusion="success"))["jobs_as_of"] is None


@pytest.mark.parametrize(
    ("not_found_at", "news", "expected"),
    [
        (None, told("queued", 0), "it is a ghost"),
        (None, told("in_progress", 9), None),
        # GitHub had said that there is no such run, and here it is.
        (NOW, told("queued", 0), None),
    ],
)
def test_news_take_back_that_it_was_given_up(not_found_at: datetime | None, news: Any, expected: str | None) -> None:
    given_up = told("queued", 0) | {"abandoned_at": NOW, "abandoned_reason": "it is a ghost"}
    found = merged(given_up | {"not_found_at": not_found_at}, news)
    assert (found["abandoned_reason"], found["not_found_at"]) == (expected, None)
    assert (found["abandoned_at"] is None) == (expected is None)
