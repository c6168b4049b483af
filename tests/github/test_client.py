"""The client against a real server on localhost; only time is made up."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib.errors import (
    BadAnswerError,
    ForbiddenError,
    GitHubError,
    GoneError,
    NotFoundError,
    OutOfTimeError,
    SettingsError,
    UnauthorizedError,
    UnavailableError,
    UnprocessableError,
)
from chalicelib.github import Answer, Budget, GitHubAPI, RateLimit
from chalicelib.github import transport as transport_module
from tests.github.conftest import TOKEN, FakeTime
from tests.github.local_server import (
    BAD_CHUNK,
    BAD_GZIP,
    CLOSED,
    CUT_BODY,
    CUT_CHUNK,
    CUT_GZIP,
    HALF_JSON,
    HANGING,
    NOT_HTTP,
    NOT_JSON,
    RESET,
    LocalServer,
    Reply,
    Seen,
    reply,
)

MakeApi = Callable[..., GitHubAPI]
MakeServer = Callable[[], LocalServer]

EPOCH = int(datetime(2026, 5, 1, tzinfo=UTC).timestamp())  # FakeTime's beginning
SECONDARY = "You have exceeded a secondary rate limit"
DATE = {"Date": "Fri, 01 May 2026 00:00:00 GMT"}


def limits(remaining: int, *, seconds: int, resource: str = "core") -> dict[str, str]:
    return {
        "X-RateLimit-Limit": "5000",
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Used": str(5000 - remaining),
        "X-RateLimit-Reset": str(EPOCH + seconds),
        "X-RateLimit-Resource": resource,
    }


def test_a_good_answer_has_everything_that_callers_need(server: LocalServer, api: GitHubAPI) -> None:
    headers = {
        **DATE,
        **limits(4999, seconds=60),
        "ETag": 'W/"abc"',
        "Link": f'<{server.url}/repositories/1/issues?page=2>; rel="next"',
        "X-GitHub-Request-Id": "AB:CD",
    }
    server.replies = [reply(200, [{"id": 1}], headers)]
    answer = api.get("/repos/o/r/issues", params={"state": "all", "since": None})
    assert answer == Answer(
        status=200,
        body=[{"id": 1}],
        headers=answer.headers,
        etag='W/"abc"',
        next_url=f"{server.url}/repositories/1/issues?page=2",
        not_modified=False,
        location=None,
        request_id="AB:CD",
        date=datetime(2026, 5, 1, tzinfo=UTC),
        url=f"{server.url}/repos/o/r/issues?state=all",
    )
    assert answer.headers["etag"] == answer.headers["ETag"]
    assert (api.requests_sent, api.not_modified) == (1, 0)
    assert api.rate_limits == {"core": RateLimit(5000, 4999, 1, EPOCH + 60, "core")}


def test_the_headers_are_those_that_github_asks_for(server: LocalServer, api: GitHubAPI) -> None:
    server.replies = [reply(200, {})]
    api.get("/rate_limit")
    (seen,) = server.seen
    assert dict(seen.headers) == {
        "Host": f"127.0.0.1:{server.port}",
        "User-Agent": "contributor-metrics",
        "Accept": "application/vnd.github+json",
        "Accept-Encoding": "gzip",
        "X-GitHub-Api-Version": "2022-11-28",
        "Authorization": f"Bearer {TOKEN}",
        "Connection": "keep-alive",
    }


def test_no_content_and_a_gzipped_body(server: LocalServer, api: GitHubAPI) -> None:
    zipped = reply(200, gzip.compress(b'{"a": "\xc3\xa9"}'), {"Content-Encoding": "gzip"})
    server.replies = [reply(204), zipped]
    assert api.get("/a").body is None
    assert api.get("/b").body == {"a": "é"}


def test_an_etag_goes_out_with_its_quotes_and_comes_back_as_not_modified(server: LocalServer, api: GitHubAPI) -> None:
    server.replies = [reply(200, [1], {"ETag": 'W/"abc"'}), reply(304, None, {"ETag": 'W/"abc"'})]
    first = api.get("/repos/o/r/issues/1/timeline")
    second = api.get("/repos/o/r/issues/1/timeline", etag=first.etag)
    assert [seen.headers.get("If-None-Match") for seen in server.seen] == [None, 'W/"abc"']
    assert (second.status, second.not_modified, second.body, second.etag) == (304, True, None, 'W/"abc"')
    assert (api.requests_sent, api.not_modified) == (2, 1)


def test_not_modified_without_an_etag_is_not_taken_for_nothing(server: LocalServer, api: GitHubAPI) -> None:
    server.replies = [reply(304)]
    with pytest.raises(BadAnswerError, match="not modified, though no ETag was sent"):
        api.get("/a")


# What passes


PASSING = {
    "reset": RESET,
    "closed": CLOSED,
    "cut body": CUT_BODY,
    "cut chunk": CUT_CHUNK,
    "bad chunk": BAD_CHUNK,
    "cut gzip": CUT_GZIP,
    "bad gzip": BAD_GZIP,
    "not http": NOT_HTTP,
    "not json": NOT_JSON,
    "half json": HALF_JSON,
    "empty": reply(200, b""),
    "nan": reply(200, b'{"a": NaN}'),
    "deep": reply(200, b"[" * 100_000),
    "500": reply(500, {"message": "oops"}),
    "502 page": reply(502, b"<html>Unicorn!</html>"),
    "408": reply(408),
}


NO_CONNECTION, CUT_OFF, NO_JSON = (
    "no connection to 127.0.0.1:{port}",
    "the answer was cut off",
    "the answer is not JSON",
)
WHY = {
    **dict.fromkeys(("reset", "closed", "not http"), NO_CONNECTION),
    **dict.fromkeys(("cut body", "cut chunk", "bad chunk"), CUT_OFF),
    **dict.fromkeys(("cut gzip", "not json", "half json", "empty", "nan", "deep"), NO_JSON),
    "bad gzip": "the answer was garbled",
    "500": "GitHub answered 500",
    "502 page": "GitHub answered 502",
    "408": "GitHub answered 408",
}


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_is_tried_again(server: LocalServer, api: GitHubAPI, fake_time: FakeTime, name: str) -> None:
    server.replies = [PASSING[name], PASSING[name], reply(200, {"a": 1})]
    assert api.get("/a").body == {"a": 1}
    assert fake_time.slept == [1, 2]
    assert {pause.reason for pause in fake_time.pauses} == {f"retry: {WHY[name].format(port=server.port)}"}
    assert api.requests_sent == len(server.seen) == 3


@pytest.mark.parametrize(
    ("name", "error", "sentence"),
    [
        ("reset", UnavailableError, r"GET /a failed: 127\.0\.0\.1:\d+ can't be reached \(Conn.*\)"),
        ("closed", UnavailableError, r"can't be reached \(RemoteDisconnected\)"),
        ("cut body", UnavailableError, r"the answer of 127\.0\.0\.1:\d+ was cut off \(IncompleteRead\)"),
        ("cut chunk", UnavailableError, "was cut off"),
        ("bad chunk", UnavailableError, "was cut off"),
        ("bad gzip", UnavailableError, r"was garbled \(zlib\.error\)"),
        ("not http", UnavailableError, r"can't be reached \(BadStatusLine\)"),
        ("cut gzip", BadAnswerError, r"GitHub answered 200 to GET /a: the answer is not JSON: '\[0, 1, 2.{72}'"),
        ("not json", BadAnswerError, r"the answer is not JSON: '<html> \[31m Whoa there! </html>'"),
        ("empty", BadAnswerError, "the answer is not JSON: ''"),
        ("nan", BadAnswerError, "the answer is not JSON"),
        ("500", UnavailableError, "GitHub answered 500 to GET /a: oops"),
        ("502 page", UnavailableError, "GitHub answered 502 to GET /a: Bad Gateway"),
    ],
)
def test_what_does_not_pass_is_named(
    server: LocalServer, api: GitHubAPI, fake_time: FakeTime, name: str, error: type[GitHubError], sentence: str
) -> None:
    server.replies = [PASSING[name]] * 6
    with pytest.raises(error, match=sentence + r".* \(tried 6 times\)$"):
        api.get("/a?q=hidden")
    assert fake_time.slept == [1, 2, 4, 8, 16]
    assert len(server.seen) == 6


def test_an_empty_answer_may_be_allowed(server: LocalServer, api: GitHubAPI) -> None:
    server.replies = [reply(200, b"")]
    assert api.get("/orgs/o/copilot", allow_empty=True).body is None
    server.replies = [reply(200, b"", {"Content-Encoding": "gzip"})] * 6
    with pytest.raises(BadAnswerError, match="not JSON"):
        api.get("/orgs/o/copilot", allow_empty=True)


def test_a_silent_server_is_not_awaited_for_ever(
    server: LocalServer, api: GitHubAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_module, "READ_TIMEOUT", 0.05)
    server.replies = [HANGING, Reply(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "hang"), reply(200, [])]
    assert api.get("/a").body == []
    server.replies = [HANGING] * 6
    with pytest.raises(UnavailableError, match=r"took too long \(.*\) \(tried 6 times\)"):
        api.get("/a")


def test_a_silent_server_is_not_awaited_past_the_deadline(server: LocalServer, make_api: MakeApi) -> None:
    server.replies = [HANGING]
    with pytest.raises(OutOfTimeError):
        make_api(seconds=0.05).get("/a")


def test_a_host_that_is_not_there_is_named(make_api: MakeApi, fake_time: FakeTime) -> None:
    port = free_port()
    with pytest.raises(UnavailableError) as raised:
        make_api(api_url=f"http://127.0.0.1:{port}").get("/a?q=hidden")
    assert str(raised.value) == (
        f"GET /a failed: 127.0.0.1:{port} can't be reached (ConnectionRefusedError) (tried 6 times)"
    )
    assert fake_time.slept == [1, 2, 4, 8, 16]
    assert {pause.reason for pause in fake_time.pauses} == {f"retry: no connection to 127.0.0.1:{port}"}


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port: int = closed.getsockname()[1]
        return port


# A host that can't be reached


def test_a_host_found_unreachable_is_tried_once(make_api: MakeApi, fake_time: FakeTime) -> None:
    """Each step of a job tried in full: minutes, until it said what had been known after the first."""
    api = make_api(api_url=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(UnavailableError, match="tried 6 times"):
        api.get("/a")
    assert api.is_unreachable
    fake_time.slept.clear()
    for path in ("/b", "/search/issues"):
        with pytest.raises(UnavailableError, match=r"\(tried once\)$"):
            api.get(path)
    assert fake_time.slept == []
    assert api.requests_sent == 8


def test_an_answer_of_any_kind_makes_it_reachable_again(
    server: LocalServer, api: GitHubAPI, fake_time: FakeTime
) -> None:
    server.replies = [*[RESET] * 6, reply(404), RESET, reply(200, {})]
    with pytest.raises(UnavailableError, match="tried 6 times"):
        api.get("/a")
    with pytest.raises(NotFoundError):
        api.get("/b")
    assert not api.is_unreachable
    fake_time.slept.clear()
    assert api.get("/c").body == {}
    assert fake_time.slept == [1]


def test_a_host_found_unreachable_has_its_chances_again_after_a_while(
    server: LocalServer, api: GitHubAPI, fake_time: FakeTime
) -> None:
    server.replies = [*[RESET] * 8, reply(200, {})]
    for tries in ("6 times", "once"):
        with pytest.raises(UnavailableError, match=f"tried {tries}"):
            api.get("/a")
    fake_time.now += 300
    assert api.get("/a").body == {}


@pytest.mark.parametrize("mixture", [[reply(500)], [CUT_BODY], [reply(200, b"<html>")]])
def test_a_host_that_answers_badly_is_not_unreachable(
    server: LocalServer, api: GitHubAPI, mixture: list[Reply]
) -> None:
    server.replies = [*[RESET] * 5, *mixture]
    with pytest.raises(GitHubError, match="tried 6 times"):
        api.get("/a")
    assert not api.is_unreachable


def test_an_address_that_the_client_refuses_is_no_silence_of_github_s(api: GitHubAPI) -> None:
    """It said "GitHub did not answer", though nothing was asked."""
    with pytest.raises(BadAnswerError, match=r"^GET /search/issues failed: not an address that can be asked$"):
        api.get("/search/issues", params={"q": "\ud800"})
    with pytest.raises(BadAnswerError, match=r"failed: refused to go to https://evil\.example: it isn't http://127"):
        api.get("https://evil.example/x")
    assert api.requests_sent == 0


# What fails at once


@pytest.mark.parametrize(
    ("status", "body", "error", "message"),
    [
        (401, {"message": "Bad credentials"}, UnauthorizedError, "Bad credentials"),
        (403, {"message": "Resource not accessible"}, ForbiddenError, "Resource not accessible"),
        (404, {"message": "Not Found"}, NotFoundError, "Not Found"),
        (410, {"message": "This issue was deleted"}, GoneError, "This issue was deleted"),
        (422, {"message": "Validation Failed", "errors": [{"message": "a"}, {"message": "b"}]}, UnprocessableError,
         "Validation Failed: a; b"),
        (400, b"", BadAnswerError, "Bad Request"),
        (404, b"<html>", NotFoundError, "Not Found"),
    ],
)  # fmt: skip
def test_a_refusal_is_named_and_not_tried_again(
    server: LocalServer, api: GitHubAPI, status: int, body: Any, error: type[GitHubError], message: str
) -> None:
    server.replies = [reply(status, body, {"X-GitHub-Request-Id": "AB:CD"})]
    with pytest.raises(error) as raised:
        api.get("/repos/o/r?q=hidden")
    failure = raised.value
    assert (failure.status, failure.message, failure.path, failure.request_id) == (
        status, message, "/repos/o/r", "AB:CD",
    )  # fmt: skip
    assert str(failure) == f"GitHub answered {status} to GET /repos/o/r: {message} (request id AB:CD)"
    assert len(server.seen) == 1


def test_a_long_and_dirty_message_is_cut_and_cleaned(server: LocalServer, api: GitHubAPI) -> None:
    server.replies = [reply(404, {"message": "\x1b[31mred\r\nnew line" + "x" * 1000})]
    with pytest.raises(NotFoundError) as raised:
        api.get("/a")
    assert raised.value.message == "[31mred new line" + "x" * 284


# Rate limits


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


# Redirects


def test_a_moved_thing_is_followed(server: LocalServer, api: GitHubAPI) -> None:
    server.replies = [
        reply(301, {"message": "Moved Permanently"}, {"Location": f"{server.url}/repositories/1/issues/2"}),
        reply(307, {}, {"Location": "/repos/o/new/issues/2"}),
        reply(200, {"number": 2}),
    ]
    answer = api.get("/repos/o/old/issues/1", etag='"e"')
    assert (answer.body, answer.url) == ({"number": 2}, f"{server.url}/repos/o/new/issues/2")
    assert [seen.target for seen in server.seen] == [
        "/repos/o/old/issues/1",
        "/repositories/1/issues/2",
        "/repos/o/new/issues/2",
    ]
    assert {seen.headers["Authorization"] for seen in server.seen} == {f"Bearer {TOKEN}"}
    assert {seen.headers["If-None-Match"] for seen in server.seen} == {'"e"'}


def test_a_moved_thing_may_be_told_instead(server: LocalServer, api: GitHubAPI) -> None:
    server.replies = [reply(301, {"message": "Moved Permanently"}, {"Location": "/repositories/1/issues/2"})]
    answer = api.get("/repos/o/old/issues/1", follow_redirects=False)
    assert (answer.status, answer.location) == (301, f"{server.url}/repositories/1/issues/2")
    assert answer.body == {"message": "Moved Permanently"}
    assert len(server.seen) == 1


def test_redirects_end(server: LocalServer, api: GitHubAPI) -> None:
    server.replies = [reply(302, {}, {"Location": "/a"})] * 10
    with pytest.raises(BadAnswerError, match="GitHub answered 302 to GET /a: redirected more than 5 times"):
        api.get("/a")
    assert len(server.seen) == 6


@pytest.mark.parametrize("follow", [True, False])
@pytest.mark.parametrize("path", ["/x", "//@/x"])
def test_a_redirect_elsewhere_is_refused_and_the_token_stays_here(
    server: LocalServer, make_server: MakeServer, api: GitHubAPI, follow: bool, path: str
) -> None:
    other = make_server()
    server.replies = [reply(301, {}, {"Location": other.url + path, "X-GitHub-Request-Id": "AB"})]
    with pytest.raises(BadAnswerError, match=r"answered 301 to GET /a: refused to go to http://127.*request id AB"):
        api.get("/a", follow_redirects=follow)
    assert (len(server.seen), other.connections) == (1, 0)


# Pages


def test_pages_follow_github_s_own_links(server: LocalServer, api: GitHubAPI) -> None:
    server.replies = [
        reply(200, [1], {"Link": f'<{server.url}/repositories/1/issues?page=2>; rel="next"'}),
        reply(200, [2], {"Link": f'<{server.url}/repositories/1/issues?after=x>; rel="next"'}),
        reply(200, [3], {"Link": f'<{server.url}/repositories/1/issues?page=1>; rel="first"'}),
    ]
    pages = list(api.pages("/repos/o/r/issues", params={"per_page": 100}))
    assert [page.body for page in pages] == [[1], [2], [3]]
    assert [seen.target for seen in server.seen] == [
        "/repos/o/r/issues?per_page=100",
        "/repositories/1/issues?page=2",
        "/repositories/1/issues?after=x",
    ]


def test_a_page_is_fetched_when_it_is_asked_for(server: LocalServer, api: GitHubAPI) -> None:
    server.replies = [reply(200, [1], {"Link": f'<{server.url}/a?page=2>; rel="next"'})]
    assert next(api.pages("/a")).body == [1]
    assert len(server.seen) == 1


def test_pages_that_run_in_a_circle_end(server: LocalServer, api: GitHubAPI) -> None:
    page = {number: f'<{server.url}/a?page={number}>; rel="next"' for number in (1, 2)}
    server.answer = lambda seen: reply(200, [], {"Link": page[1 if seen.target.endswith("2") else 2]})
    pages = api.pages("/a?page=1")
    next(pages)
    next(pages)
    with pytest.raises(BadAnswerError, match="the next page is one already read"):
        next(pages)
    assert len(server.seen) == 2


def test_a_next_page_elsewhere_is_refused_and_the_token_stays_here(
    server: LocalServer, make_server: MakeServer, api: GitHubAPI
) -> None:
    other = make_server()
    server.replies = [reply(200, [], {"Link": f'<{other.url}/a?page=2>; rel="next"'})]
    with pytest.raises(BadAnswerError, match="GitHub answered 200 to GET /a: refused to go to"):
        list(api.pages("/a"))
    with pytest.raises(BadAnswerError, match="refused to go to"):
        api.get(f"{other.url}/timeline")
    assert (len(server.seen), other.connections) == (1, 0)


# Threads


def test_sixteen_threads_share_one_client(server: LocalServer, api: GitHubAPI) -> None:
    barrier = threading.Barrier(16, timeout=10)

    def answer(seen: Seen) -> Reply:
        if "etag" in seen.target:
            return reply(304)
        return reply(200, {"path": seen.path}, limits(100, seconds=60))

    def ask(number: int) -> list[Any]:
        barrier.wait()
        first = [api.get(f"/{number}/{turn}").body["path"] for turn in range(5)]
        return [*first, api.get(f"/{number}/etag", etag='"e"').not_modified]

    server.answer = answer
    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(ask, range(16)))
    assert results == [[*(f"/{number}/{turn}" for turn in range(5)), True] for number in range(16)]
    assert (api.requests_sent, api.not_modified) == (96, 16)
    assert server.connections <= 16  # each kept and used again


def test_a_secondary_limit_holds_every_thread_back(server: LocalServer, make_api: MakeApi) -> None:
    api = make_api(seconds=30)  # too short a budget for the wait, so that the hold shows as OutOfTimeError
    server.replies = [reply(403, {"message": SECONDARY})]
    with pytest.raises(OutOfTimeError):
        api.get("/search/issues")
    with ThreadPoolExecutor(4) as pool:
        refusals = [pool.submit(api.get, f"/{number}").exception() for number in range(4)]
    assert {type(refusal) for refusal in refusals} == {OutOfTimeError}
    assert len(server.seen) == 1


# Secrets are looked for in test_secrets.py; here, where they come from


def test_netrc_does_not_replace_the_token(
    server: LocalServer, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.replies = [reply(301, {}, {"Location": "/b"}), reply(200, {}), reply(200, {})]
    make_api().get("/a")
    make_api(None).get("/anonymous")
    authorizations = [seen.headers.get("Authorization") for seen in server.seen]
    assert authorizations == [f"Bearer {TOKEN}", f"Bearer {TOKEN}", None]


def test_cookies_are_not_kept(server: LocalServer, api: GitHubAPI) -> None:
    server.replies = [reply(200, {}, {"Set-Cookie": "logged_in=no; Path=/"}), reply(200, {})]
    api.get("/a")
    api.get("/b")
    assert "Cookie" not in server.seen[1].headers


class Renewing:
    def __init__(self, *values: str) -> None:
        self.values = list(values)

    def header(self) -> str:
        return self.values.pop(0)


def test_credentials_are_asked_for_again_at_every_attempt(server: LocalServer, make_api: MakeApi) -> None:
    server.replies = [RESET, reply(200, {})]
    make_api(None, auth=Renewing("Bearer one", "Bearer two")).get("/a")
    assert [seen.headers["Authorization"] for seen in server.seen] == ["Bearer one", "Bearer two"]


def test_credentials_that_no_header_can_carry_are_refused_without_quoting_them(
    server: LocalServer, make_api: MakeApi
) -> None:
    with pytest.raises(SettingsError) as raised:
        make_api(None, auth=Renewing("Bearer secret\nX-Other: 1")).get("/a")
    assert "secret" not in str(raised.value)
    assert server.seen == []


def test_an_etag_that_no_header_can_carry(server: LocalServer, api: GitHubAPI) -> None:
    for etag in ("a\nb: c", "\u2026"):
        with pytest.raises(BadAnswerError, match="can't be sent"):
            api.get("/a", etag=etag)
    assert server.seen == []


def test_closing_ends_the_connections(server: LocalServer, make_api: MakeApi) -> None:
    server.replies = [reply(200, {})]
    with make_api() as api:
        api.get("/a")
    assert repr(api) == f"GitHubAPI(api_url={server.url})"


def test_no_request_is_logged_with_its_credentials(
    server: LocalServer, api: GitHubAPI, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.replies = [reply(200, {}), RESET, reply(200, {})]
    api.get("/a")
    api.get("/a")
    assert TOKEN not in caplog.text
