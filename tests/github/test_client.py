"""The client against a real server on localhost; only time is made up."""

from __future__ import annotations

import gzip
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.errors import (
    BadAnswerError,
    OutOfTimeError,
)
from chalicelib.github import Answer, GitHubAPI, RateLimit
from tests.github.conftest import DATE, EPOCH, SECONDARY, TOKEN, MakeApi, MakeServer, limits
from tests.github.local_server import (
    LocalServer,
    Reply,
    Seen,
    reply,
)


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
        "X-GitHub-Next-Global-ID": "1",
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
    with pytest.raises(BadAnswerError, match="but no ETag was sent"):
        api.get("/a")


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


@pytest.mark.parametrize("body", [[], {"total_seats": 3, "seats": []}, [{"id": 1}]], ids=["empty", "object", "same"])
def test_new_links_to_nothing_new_end(server: LocalServer, api: GitHubAPI, body: object) -> None:
    server.answer = lambda seen: reply(200, body, {"Link": f'<{server.url}/a?page={len(server.seen)}>; rel="next"'})
    with pytest.raises(BadAnswerError, match="GET /a failed: 10 pages bring nothing new, and name a next one"):
        list(api.pages("/a"))
    assert len(server.seen) == 11


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
