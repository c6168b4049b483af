"""Rate limits are waited out, and never past the deadline."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.errors import (
    OutOfTimeError,
    UnavailableError,
)
from chalicelib.github import Budget, GitHubAPI
from tests.github.conftest import DATE, FakeTime, MakeApi, limits
from tests.github.local_server import (
    RESET,
    LocalServer,
    reply,
)


def test_retry_after_is_waited_for(server: LocalServer, api: GitHubAPI, fake_time: FakeTime) -> None:
    limited = reply(403, {"message": "Must have push access to repository"}, {"Retry-After": "30"})
    server.replies = [limited, reply(200, [])]
    assert api.get("/a").body == []
    assert fake_time.slept == [30]
    assert [(pause.reason, pause.until) for pause in fake_time.pauses] == [
        ("secondary rate limit", datetime(2026, 5, 1, 0, 0, 30, tzinfo=UTC))
    ]


def test_a_spent_primary_limit_is_waited_out(server: LocalServer, api: GitHubAPI, fake_time: FakeTime) -> None:
    server.replies = [reply(403, {"message": "API rate limit exceeded"}, limits(0, seconds=1800)), reply(200, [])]
    assert api.get("/a").body == []
    assert fake_time.slept == [1801]
    assert fake_time.pauses[0].reason == "primary rate limit"


def test_a_reset_that_is_years_away_is_asked_about_again(
    server: LocalServer, api: GitHubAPI, fake_time: FakeTime
) -> None:
    """A shell would have waited until 2286."""
    never = {**limits(0, seconds=0), "X-RateLimit-Reset": "9999999999"}
    server.replies = [reply(403, {}, never), reply(200, [], never), reply(200, [])]
    api.get("/a")
    api.get("/a")
    assert fake_time.slept == [3900, 3900]


def test_a_wrong_local_clock_does_not_matter(server: LocalServer, api: GitHubAPI, fake_time: FakeTime) -> None:
    fake_time.start = datetime(2031, 1, 1, tzinfo=UTC)
    server.replies = [
        reply(403, {}, {**limits(0, seconds=1800), **DATE}),
        reply(200, [], {**limits(0, seconds=9), **DATE}),
    ]
    api.get("/a")
    server.replies = [reply(200, [])]
    api.get("/a")
    assert fake_time.slept == [1801, 10]


def test_nothing_is_sent_while_the_known_limit_is_spent(
    server: LocalServer, api: GitHubAPI, fake_time: FakeTime
) -> None:
    server.replies = [reply(200, {"items": []}, limits(0, seconds=42, resource="search")), *[reply(200, [])] * 3]
    api.get("/search/issues")
    api.get("/repos/o/r")  # another limit, which has requests left
    assert fake_time.slept == []
    api.get("/search/issues")
    api.get("/search/issues")  # the wait is over: no other one
    assert fake_time.slept == [43]


def test_a_limit_is_waited_for_once_even_by_a_clock_that_stands_still(
    server: LocalServer, make_api: MakeApi, fake_time: FakeTime
) -> None:
    api = make_api(budget=Budget(now=lambda: 0.0, sleep=fake_time.slept.append, clock=fake_time.clock))
    server.replies = [reply(200, [], limits(0, seconds=42)), *[reply(200, [])] * 2]
    for _ in range(3):
        api.get("/a")
    assert fake_time.slept == [43]


def test_a_spent_limit_whose_reset_is_past_holds_nothing_back(
    server: LocalServer, api: GitHubAPI, fake_time: FakeTime
) -> None:
    server.replies = [reply(200, [], limits(0, seconds=-1)), reply(200, [])]
    api.get("/a")
    api.get("/a")
    assert fake_time.slept == []


def test_a_limit_found_renewed_holds_nothing_back(server: LocalServer, api: GitHubAPI, fake_time: FakeTime) -> None:
    server.replies = [
        reply(200, [], limits(0, seconds=60)),
        reply(200, [], limits(30, seconds=60)),  # asked of another resource, answered for this one
        reply(200, []),
    ]
    api.get("/a")
    api.get("/search/issues")
    api.get("/a")
    assert fake_time.slept == []


def test_secondary_limits_end(server: LocalServer, api: GitHubAPI, fake_time: FakeTime) -> None:
    server.replies = [reply(429, {"message": "secondary rate limit"})] * 9
    with pytest.raises(UnavailableError, match="still a secondary rate limit after 8 waits"):
        api.get("/a")
    assert fake_time.slept == [60, 120, 240, 480, 900, 900, 900, 900]


def test_waits_for_limits_are_no_attempts(server: LocalServer, api: GitHubAPI, fake_time: FakeTime) -> None:
    server.replies = [*[reply(429), RESET] * 5, reply(200, [])]
    assert api.get("/a").body == []
    assert fake_time.slept == [60, 1, 120, 2, 240, 4, 480, 8, 900, 16]


def test_a_deadline_ends_the_run_at_once_and_says_until_when_it_would_wait(
    server: LocalServer, make_api: MakeApi, fake_time: FakeTime
) -> None:
    api = make_api(seconds=840)
    server.replies = [reply(403, {}, limits(0, seconds=1800))]
    for _ in range(2):  # the second time, nothing is sent at all
        with pytest.raises(OutOfTimeError, match=r"primary rate limit.* until 2026-05-01 00:30:01 UTC"):
            api.get("/a")
    assert fake_time.slept == []
    assert len(server.seen) == 1


def test_nothing_is_sent_after_the_deadline(server: LocalServer, make_api: MakeApi, fake_time: FakeTime) -> None:
    api = make_api(seconds=840)
    fake_time.now += 841
    with pytest.raises(OutOfTimeError):
        api.get("/a")
    assert (server.seen, api.requests_sent) == ([], 0)
