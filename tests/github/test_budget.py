from __future__ import annotations

import math
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from chalicelib.errors import OutOfTimeError
from chalicelib.github import Budget, Pause
from tests.github.conftest import FakeTime


def test_without_a_deadline_there_is_always_time(fake_time: FakeTime) -> None:
    budget = fake_time.budget()
    budget.check()
    budget.pause(3600, "primary rate limit")
    assert budget.remaining() == math.inf
    assert fake_time.slept == [3600]
    assert fake_time.pauses == [Pause(3600, datetime(2026, 5, 1, 1, tzinfo=UTC), "primary rate limit")]


def test_a_deadline_comes_nearer_and_passes(fake_time: FakeTime) -> None:
    budget = fake_time.budget(100)
    budget.pause(60, "retry")
    assert budget.remaining() == 40
    budget.check()
    fake_time.now += 40
    with pytest.raises(OutOfTimeError, match="the run's deadline has passed"):
        budget.check()


@pytest.mark.parametrize("seconds", [100, 100.5, 3600])
def test_a_wait_past_the_deadline_is_refused_before_it_begins(fake_time: FakeTime, seconds: float) -> None:
    with pytest.raises(
        OutOfTimeError,
        match=r"a wait of \d+ s \(primary rate limit\), until 2026-05-01 0\d:\d\d:\d\d UTC, would go past",
    ):
        fake_time.budget(100).pause(seconds, "primary rate limit")
    assert (fake_time.slept, fake_time.pauses) == ([], [])


def test_the_longest_wait_that_a_server_may_ask_for_has_a_sentence(fake_time: FakeTime) -> None:
    with pytest.raises(OutOfTimeError):
        fake_time.budget(100).pause(1e10, "secondary rate limit")


def test_a_negative_wait_is_none(fake_time: FakeTime) -> None:
    fake_time.budget().pause(-5, "retry")
    assert fake_time.slept == [0]


def test_cancelling_ends_the_waits_of_other_threads() -> None:
    """Ctrl-C had to wait for them: an hour, when a rate limit was spent."""
    begun = threading.Event()
    budget = Budget(on_pause=lambda pause: begun.set())
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(budget.pause, 3600, "primary rate limit")
        begun.wait(5)
        budget.cancel()
        assert waiting.exception(5) is None
    with pytest.raises(OutOfTimeError, match="the run was stopped"):
        budget.check()


def test_the_real_clocks_are_the_defaults() -> None:
    budget = Budget()
    budget.pause(0, "retry")
    budget.check()
    assert Budget(deadline=budget.now() + 60).remaining() == pytest.approx(60, abs=5)
