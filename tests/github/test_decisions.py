from __future__ import annotations

import math
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import (
    BadAnswerError,
    ForbiddenError,
    GitHubError,
    GoneError,
    NotFoundError,
    SingleSignOnError,
    UnauthorizedError,
    UnavailableError,
    UnprocessableError,
)
from chalicelib.github.decisions import (
    MAX_ATTEMPTS,
    MAX_LIMIT_WAITS,
    Accept,
    Decision,
    Fail,
    NotModified,
    RateLimit,
    Redirect,
    Wait,
    decide,
    error_message,
    github_date,
    next_link,
    printable,
    rate_limit,
    resource_of,
    retry_pause,
)
from tests.payloads.folder import MADE_UP, read_exchange

NOW = 1_777_593_600.0  # 2026-05-01T00:00:00Z
DATE = {"Date": "Fri, 01 May 2026 00:00:00 GMT"}


def at_now(status: int, headers: dict[str, str] | None = None, message: str = "", **options: Any) -> Decision:
    return decide(status, headers or {}, message, now=NOW, rng=lambda: 0.0, **options)


# Of each exchange: the decision on the made-up one, and on the recorded one.
EXCHANGES: dict[str, tuple[Decision, Decision]] = {
    "301-03": (
        Redirect("https://api.github.com/repositories/31"),
        Redirect("https://api.github.com/repositories/40763577"),
    ),
    "304-05": (NotModified(), NotModified()),
    "403-00": (Wait(45.0, "secondary rate limit"), Wait(30.0, "secondary rate limit")),
    "403-01": (Wait(60.0, "secondary rate limit"), Wait(60.0, "secondary rate limit")),
    "403-04": (
        Fail(
            ForbiddenError,
            "Resource not accessible by personal access token (needs the permission administration=read)",
        ),
        Fail(ForbiddenError, "Must have push access to view collaborator permission."),
    ),
    "429-02": (Wait(12.0, "secondary rate limit"), Wait(8.0, "secondary rate limit")),
}


@pytest.mark.parametrize("name", EXCHANGES)
def test_an_exchange_means_what_github_documents(payloads: Path, name: str) -> None:
    status, headers, body = read_exchange(payloads / f"github-rest/errors/{name}.json")
    made_up, recorded = EXCHANGES[name]
    assert at_now(status, headers, error_message(body)) == (made_up if payloads.name == MADE_UP else recorded)


def test_a_403_with_nothing_left_waits_until_the_reset(payloads: Path) -> None:
    status, headers, body = read_exchange(payloads / "github-rest/errors/403-06.json")
    headers = {k: str(int(NOW) + 1) if v.startswith("{{") and "unix" in v else v for k, v in headers.items()}
    assert at_now(status, headers, error_message(body)) == Wait(2.0, "primary rate limit")


def test_a_403_whose_reset_is_unreadable_still_waits(payloads: Path) -> None:
    status, headers, body = read_exchange(payloads / "github-rest/errors/403-06.json")
    assert at_now(status, headers, error_message(body)) == Wait(60.0, "secondary rate limit")


SPENT = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW) + 100)}
SECONDARY = "You have exceeded a secondary rate limit."
PARTIAL = "partial-results; organizations=21955855,20582480"
REQUIRED = "required; url=https://github.com/orgs/acme/sso?authorization_request=SeCrEt"
AUTHORISE = "authorise the token for the organisation's single sign-on (SSO)"
LEFT_OUT = f"the organisations with the ids 21955855, 20582480 are left out: {AUTHORISE}"
CASES: list[tuple[int, dict[str, str], str, Decision]] = [
    (200, {}, "", Accept()),
    (202, {}, "", Accept()),
    (204, {}, "", Accept()),
    (200, SPENT, "", Accept()),
    (304, {}, "", NotModified()),
    *((status, {"Location": "/x"}, "", Redirect("/x")) for status in (301, 302, 307, 308)),
    (301, {}, "", Fail(BadAnswerError, "the redirect has no Location header")),
    (303, {"Location": "/x"}, "", Fail(BadAnswerError, "See Other")),
    (401, {}, "Bad credentials", Fail(UnauthorizedError, "Bad credentials")),
    (404, {}, "Not Found", Fail(NotFoundError, "Not Found")),
    (410, {}, "This issue was deleted", Fail(GoneError, "This issue was deleted")),
    (422, {}, "Validation Failed", Fail(UnprocessableError, "Validation Failed")),
    (400, {}, "", Fail(BadAnswerError, "Bad Request")),
    (206, {}, "", Fail(BadAnswerError, "Partial Content")),
    (999, {}, "", Fail(BadAnswerError, "an unknown status")),
    (500, {}, "", Wait(1.0, "retry", "GitHub answered 500")),
    (502, {}, "Server Error", Wait(1.0, "retry", "GitHub answered 502")),
    (408, {}, "", Wait(1.0, "retry", "GitHub answered 408")),
    (503, {"Retry-After": "20"}, "", Wait(20.0, "retry", "GitHub answered 503")),
    # Retry-After goes first, in seconds or as a date on GitHub's clock.
    (403, {"Retry-After": "30", **SPENT}, "", Wait(30.0, "secondary rate limit")),
    (429, {"retry-after": "0"}, "", Wait(0.0, "secondary rate limit")),
    (403, {"Retry-After": "Fri, 01 May 2026 00:00:45 GMT", **DATE}, "", Wait(45.0, "secondary rate limit")),
    (403, {"Retry-After": "Thu, 30 Apr 2026 00:00:00 GMT", **DATE}, "", Wait(0.0, "secondary rate limit")),
    (403, {"Retry-After": "9999999999"}, "", Wait(86_400.0, "secondary rate limit")),
    (403, {"Retry-After": "Fri, 01 May 2286 00:00:00 GMT", **DATE}, "", Wait(86_400.0, "secondary rate limit")),
    (403, {"Retry-After": "soon"}, "", Wait(60.0, "secondary rate limit")),
    (403, {"Retry-After": "-5"}, "", Wait(60.0, "secondary rate limit")),
    # Then the primary limit: until the reset and a second more.
    (403, SPENT, "", Wait(101.0, "primary rate limit")),
    (429, SPENT, SECONDARY, Wait(101.0, "primary rate limit")),
    (403, {**SPENT, "X-RateLimit-Reset": "1"}, "", Wait(1.0, "primary rate limit")),
    (403, {**SPENT, "Date": "Thu, 30 Apr 2026 23:00:00 GMT"}, "", Wait(3701.0, "primary rate limit")),
    # A reset that is years away is a mistake: they come within the hour. A shell waited for it all the same.
    (403, {**SPENT, "X-RateLimit-Reset": "9999999999"}, "", Wait(3900.0, "primary rate limit")),
    # Then the signs of a secondary limit.
    (429, {}, "", Wait(60.0, "secondary rate limit")),
    (403, {}, SECONDARY, Wait(60.0, "secondary rate limit")),
    (403, {}, "You have triggered an abuse detection mechanism.", Wait(60.0, "secondary rate limit")),
    (403, {"GH-Limited-By": "search"}, "", Wait(60.0, "secondary rate limit")),
    # Without any sign it is a permission.
    (403, {"X-RateLimit-Remaining": "12"}, "", Fail(ForbiddenError, "forbidden")),
    (
        403,
        {"X-Accepted-GitHub-Permissions": "members=read"},
        "Resource not accessible by integration",
        Fail(ForbiddenError, "Resource not accessible by integration (needs the permission members=read)"),
    ),
    # What single sign-on hides is neither a whole list nor gone. A rate limit goes first.
    *((status, {"X-GitHub-SSO": PARTIAL}, "", Fail(SingleSignOnError, LEFT_OUT)) for status in (200, 204, 304)),
    (200, {"X-GitHub-SSO": "partial-results"}, "", Fail(SingleSignOnError, f"it is not whole: {AUTHORISE}")),
    (404, {"X-GitHub-SSO": PARTIAL}, "Not Found", Fail(SingleSignOnError, LEFT_OUT)),
    *(
        (status, {"X-GitHub-SSO": REQUIRED}, "No", Fail(SingleSignOnError, f"No: {AUTHORISE}"))
        for status in (403, 404, 410)
    ),
    (200, {"X-GitHub-SSO": REQUIRED}, "", Accept()),
    (403, {"X-GitHub-SSO": REQUIRED, "Retry-After": "30"}, "", Wait(30.0, "secondary rate limit")),
]


@pytest.mark.parametrize(("status", "headers", "message", "expected"), CASES)
def test_a_first_answer(status: int, headers: dict[str, str], message: str, expected: Decision) -> None:
    assert at_now(status, headers, message) == expected


@pytest.mark.parametrize("name", ["message", "code"])
def test_an_error_that_is_nested_too_deeply_has_no_words(name: str) -> None:
    """Writing it as text met Python's limit."""
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert error_message({"message": deep, "errors": [{"field": "q", name: deep}]}) == "q"


def test_pauses_between_attempts_grow_and_end() -> None:
    decisions = [at_now(502, attempt=attempt) for attempt in range(MAX_ATTEMPTS)]
    waits = [Wait(seconds, "retry", "GitHub answered 502") for seconds in (1.0, 2.0, 4.0, 8.0, 16.0)]
    assert decisions == [*waits, Fail(UnavailableError, "Bad Gateway (tried 6 times)")]


def test_a_wait_says_why() -> None:
    decision = at_now(502)
    assert isinstance(decision, Wait)
    assert decision.sentence == "retry: GitHub answered 502"
    assert Wait(1.0, "primary rate limit").sentence == "primary rate limit"


def test_waits_for_a_secondary_limit_grow_and_end() -> None:
    decisions = [at_now(429, message=SECONDARY, limited=limited) for limited in range(MAX_LIMIT_WAITS + 1)]
    seconds = [decision.seconds for decision in decisions if isinstance(decision, Wait)]
    assert seconds == [60, 120, 240, 480, 900, 900, 900, 900]
    assert decisions[-1] == Fail(UnavailableError, f"still a secondary rate limit after 8 waits: {SECONDARY}")


def test_a_reset_that_stays_in_the_past_does_not_wait_for_ever() -> None:
    past = {**SPENT, "X-RateLimit-Reset": "1"}
    decisions = [at_now(403, past, limited=limited) for limited in range(MAX_LIMIT_WAITS + 1)]
    seconds = [decision.seconds for decision in decisions if isinstance(decision, Wait)]
    assert seconds == [1, 2, 4, 8, 16, 32, 64, 128]
    assert decisions[-1] == Fail(UnavailableError, "still a primary rate limit after 8 waits")


def test_a_permission_problem_is_never_retried() -> None:
    assert all(isinstance(at_now(403, attempt=attempt, limited=attempt), Fail) for attempt in range(10))


@given(attempt=st.integers(0, 10_000), chance=st.floats(0, 1, exclude_max=True))
def test_retry_pauses_are_jittered_and_capped(attempt: int, chance: float) -> None:
    whole = min(2.0 ** min(attempt, 10), 60.0)
    assert whole / 2 <= retry_pause(attempt, lambda: chance) <= whole


NAMES = st.sampled_from(
    [
        "retry-after", "x-ratelimit-remaining", "X-RateLimit-Reset", "x-ratelimit-limit", "x-ratelimit-used", "date",
        "x-ratelimit-resource", "gh-limited-by", "location", "link", "x-accepted-github-permissions",
    ]
)  # fmt: skip
DATES = st.builds(
    "{}, {} {} {} {}:00:{} {}".format,
    st.sampled_from(["Fri", "", "x"]),
    st.integers(-1, 40),
    st.sampled_from(["May", "Feb", "dec", "?"]),
    st.integers(-1, 10_100),
    st.integers(-1, 30),
    st.integers(-1, 70),
    st.sampled_from(["GMT", "-0000", "+9999", "-99999999999999", ""]),
)
VALUES = st.one_of(
    st.text(max_size=40),
    st.integers(-10, 10**12).map(str),
    DATES,
    st.text("<>;,=\" rel'next/x", max_size=60),
    st.sampled_from(["0", "0,0", "٣", "1e400", "{{now}}", "inf", "nan"]),
)


@given(
    status=st.one_of(st.sampled_from([200, 301, 304, 403, 408, 422, 429, 500]), st.integers()),
    headers=st.dictionaries(st.one_of(NAMES, st.text(max_size=10)), VALUES, max_size=8),
    message=st.text(max_size=400),
    attempt=st.integers(0, 100),
)
def test_nothing_that_a_server_sends_makes_a_decision_raise(
    status: int, headers: dict[str, str], message: str, attempt: int
) -> None:
    rng = random.Random(0).random
    decision = decide(status, headers, message, now=NOW, rng=rng, attempt=attempt, limited=attempt)
    if isinstance(decision, Wait):
        assert 0 <= decision.seconds <= 86_400
    if isinstance(decision, Fail):
        assert issubclass(decision.error, GitHubError)
        assert decision.message.isprintable()
    rate = rate_limit(headers)
    assert rate is None or min(rate.limit, rate.remaining, rate.used, rate.reset) >= 0
    link, date = next_link(headers), github_date(headers)
    assert link is None or isinstance(link, str)
    assert date is None or date.tzinfo is UTC
    assert math.isfinite(retry_pause(attempt, rng))


def test_a_rate_limit_is_read_from_strings() -> None:
    headers = {
        "X-RateLimit-Limit": "30",
        "X-RateLimit-Remaining": "29",
        "X-RateLimit-Used": "1",
        "X-RateLimit-Reset": "1777593660",
        "X-RateLimit-Resource": "search",
    }
    expected = RateLimit(limit=30, remaining=29, used=1, reset=1777593660, resource="search")
    assert rate_limit(headers) == expected
    del headers["X-RateLimit-Used"], headers["X-RateLimit-Resource"]
    assert rate_limit(headers, default_resource="search") == expected


@pytest.mark.parametrize("value", ["", "many", "-1", "1.5", "5, 5", "٣", "9" * 11, "{{testStartDate}}"])
@pytest.mark.parametrize("name", ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"])
def test_a_malformed_rate_limit_is_none(name: str, value: str) -> None:
    headers = {"X-RateLimit-Limit": "30", "X-RateLimit-Remaining": "29", "X-RateLimit-Reset": "1777593660"}
    assert rate_limit({**headers, name: value}) is None


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ('<https://h/a?page=2>; rel="next", <https://h/a?page=9>; rel="last"', "https://h/a?page=2"),
        ('<https://h/a?page=1>; rel="prev", <https://h/a?page=3&q=a,b;c>; rel="next"', "https://h/a?page=3&q=a,b;c"),
        ("<https://h/a?after=x>; rel=next", "https://h/a?after=x"),
        ('<https://h/a>; title="a, <b>; rel=next"; REL="Next last"', "https://h/a"),
        ("</a?page=2>; rel='next'", None),
        ('<https://h/a?page=9>; rel="last"', None),
        ('<https://h/a>; rel="nextish"', None),
        ('https://h/a; rel="next"', None),
        ("", None),
    ],
)
def test_the_next_link(link: str, expected: str | None) -> None:
    assert next_link({"Link": link}) == expected


def test_pages_name_the_next_one(payloads: Path) -> None:
    found = set()
    for path in (payloads / "github-rest").glob("[!d]*/*.json"):
        _, headers, _ = read_exchange(path)
        link = headers.get("Link", "")
        url = next_link(headers)
        assert (url is not None) == ('rel="next"' in link)
        assert url is None or f'<{url}>; rel="next"' in link
        found.add(url is not None)
    assert found == {True, False}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"message": "Not Found"}, "Not Found"),
        ({"message": "Validation Failed", "errors": [{"message": "Too long"}]}, "Validation Failed: Too long"),
        (
            {"message": "Validation Failed", "errors": [{"resource": "Search", "field": "q", "code": "missing"}, "no"]},
            "Validation Failed: Search q missing; no",
        ),
        ({"message": "Odd", "errors": {"a": 1}}, "Odd"),
        ({"errors": [None, 3, {"message": 4}]}, ""),
        ({"message": 403}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_github_s_own_message(body: object, expected: str) -> None:
    assert error_message(body) == expected


def test_a_strangers_text_is_cut_and_cleaned() -> None:
    assert printable("a\x00b\r\n\x1b[31mc\u202ed\ud800 é") == "a b [31mc d é"
    assert printable("x" * 1000) == "x" * 300


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("/search/issues", "search"),
        ("/search/code", "code_search"),
        ("/repos/o/search/issues", "core"),
        ("/searches", "core"),
        ("/graphql", "graphql"),
        ("/", "core"),
    ],
)
def test_which_limit_a_path_counts_against(path: str, resource: str) -> None:
    assert resource_of(path) == resource


def test_github_s_clock_is_aware() -> None:
    assert github_date(DATE) == datetime(2026, 5, 1, tzinfo=UTC)
    assert github_date({"Date": "Mon, 11 May 2020 14:30:32 -0000"}) == datetime(2020, 5, 11, 14, 30, 32, tzinfo=UTC)
    assert github_date({"Date": "{{now}}"}) is None
    assert github_date({}) is None
