"""The token is in no repr, message, traceback or chained error, whatever goes wrong."""

from __future__ import annotations

import logging
import socket
import traceback
from collections.abc import Callable

import pytest

from chalicelib.errors import BadAnswerError, ContributorMetricsError
from chalicelib.github import GitHubAPI, ListAPI
from chalicelib.github.downloads import fetch_file
from tests.github.conftest import TOKEN, FakeTime
from tests.github.local_server import BROKEN, RESET, LocalServer, Reply, reply

QUERY = "what-was-asked"  # by its name in the tests below, for a traceback quotes their lines
ECHO = f"bad header 'Authorization: Bearer {TOKEN}'"
LONG_ECHO = "x" * 246 + ECHO  # what is cut at 300 characters would leave half a token

# Wherever a text is cut to a length, one of these leaves the token's beginning before the cut.
PADDINGS = {"at 80": "x" * 56, "at 100": "x" * 76, "at 200": "x" * 176, "at 300": "x" * 276}


def cut_echoes(name: str, padding: str) -> dict[str, Reply]:
    """The token in each place whose text is cut before it is shown."""
    echo = padding + TOKEN
    elsewhere = f"https://{echo}.example/"
    replies = {
        "message": reply(404, {"message": echo}),
        "errors": reply(422, {"errors": [{"resource": padding, "field": TOKEN, "code": "x"}]}),
        "page": reply(200, f"<html>{echo}".encode()),
        "permission": reply(403, {}, {"X-Accepted-GitHub-Permissions": echo}),
        "request id": reply(404, {}, {"X-GitHub-Request-Id": echo}),
        "location": reply(301, {}, {"Location": elsewhere}),
        "link": reply(200, [], {"Link": f'<{elsewhere}>; rel="next"'}),
        "circle": reply(301, {}, {"Location": f"/{echo}"}),
        "limit": reply(429, {"message": f"rate limit {echo}"}),
    }
    return {f"{place}, cut {name}": answer for place, answer in replies.items()}


FAILURES = {
    **BROKEN,
    "echo page": reply(200, f"<html>{'x' * 20}{ECHO}".encode()),  # an excerpt is cut at 80
    "echo status line": Reply(f"HTTP/1.1 {TOKEN}\r\n\r\n".encode(), "close"),
    "echo header": Reply(f"HTTP/1.1 200 OK\r\nContent-Length: {TOKEN}\r\n\r\n{{".encode(), "close"),
    **{f"echo {status}": reply(status, {"message": ECHO}) for status in (400, 401, 403, 404, 410, 422, 429, 500)},
    "long echo": reply(404, {"message": LONG_ECHO}),
    "echo errors": reply(422, {"message": "no", "errors": [{"message": LONG_ECHO}]}),
    "echo request id": reply(404, {}, {"X-GitHub-Request-Id": TOKEN}),
    "echo permission": reply(403, {}, {"X-Accepted-GitHub-Permissions": TOKEN}),
    "echo location": reply(301, {}, {"Location": f"https://elsewhere.example/{TOKEN}?token={TOKEN}"}),
    "echo user": reply(301, {}, {"Location": f"https://{TOKEN}@elsewhere.example/"}),
    "echo link": reply(200, [], {"Link": f'<https://elsewhere.example/?access_token={TOKEN}>; rel="next"'}),
    "echo host": reply(301, {}, {"Location": f"https://{TOKEN}.example/"}),  # a host comes in lower case
    **{name: answer for cut, padding in PADDINGS.items() for name, answer in cut_echoes(cut, padding).items()},
    "no location": reply(301, {"message": ECHO}),
    "unasked 304": reply(304),
}


def shows_the_token(text: str) -> bool:
    """Whether a text has a part of it, in any case."""
    parts = (TOKEN[begin : begin + 11].lower() for begin in range(len(TOKEN) - 10))
    return any(part in text.lower() for part in parts)


def everything_about(error: BaseException | None) -> str:
    """What a log, a crash report or a debugger's view of the error could show, chained errors included."""
    texts: list[str] = []
    while error is not None:
        texts += ["".join(traceback.format_exception(error)), str(error), repr(error), repr(vars(error))]
        texts += [repr(argument) for argument in error.args]
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_shows_neither_the_token_nor_the_query(server: LocalServer, api: GitHubAPI, name: str) -> None:
    server.replies = [FAILURES[name]] * 9
    with pytest.raises(ContributorMetricsError) as raised:
        api.get("/search/issues", params={"q": QUERY})
    shown = everything_about(raised.value)
    assert not shows_the_token(shown)
    assert QUERY not in shown
    assert raised.value.__context__ is None  # the libraries' own errors hold the request with its headers


def test_neither_does_a_host_that_refuses(make_api: Callable[..., GitHubAPI]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    api = make_api(api_url=f"http://127.0.0.1:{port}")
    with pytest.raises(ContributorMetricsError) as raised:
        api.get(f"/repos?q={QUERY}&token={TOKEN}")
    shown = everything_about(raised.value) + repr(api) + str(api) + repr(api.__dict__)
    assert TOKEN not in shown
    assert QUERY not in everything_about(raised.value)
    assert raised.value.__context__ is None


def test_a_path_that_holds_the_token(server: LocalServer, api: GitHubAPI) -> None:
    server.replies = [reply(404, {"message": "Not Found"})]
    with pytest.raises(ContributorMetricsError, match=r"GET /x/\*\*\*: Not Found") as raised:
        api.get(f"/x/{TOKEN}")
    assert TOKEN not in str(raised.value)


def test_a_request_id_that_holds_the_token_is_nowhere(server: LocalServer, api: GitHubAPI) -> None:
    """Callers put it into errors of their own, when an answer has the wrong shape."""
    server.replies = [reply(200, {}, {"X-GitHub-Request-Id": "x" * 70 + TOKEN})]
    answer = api.get("/a")
    assert len(answer.request_id) <= 80
    assert not shows_the_token(answer.request_id + repr(answer))


def test_a_second_page_of_the_wrong_shape_shows_no_query(server: LocalServer, api: GitHubAPI) -> None:
    server.replies = [reply(200, [1], {"Link": f'<{server.url}/a?q={QUERY}>; rel="next"'}), reply(200, {})]
    with pytest.raises(BadAnswerError, match="GET /a: the answer is not a list") as raised:
        list(ListAPI(api).fetch_pages("/a", {}))
    assert QUERY not in everything_about(raised.value)


def test_no_link_is_logged(
    server: LocalServer, fake_time: FakeTime, caplog: pytest.LogCaptureFixture, api: GitHubAPI
) -> None:
    """The query of a download's link is a signature. urllib3 quoted it: at DEBUG always, at WARNING now and then."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="urllib3")
    garbled = Reply(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nno colon\r\n\r\nx", "close")
    server.replies = [garbled, RESET, reply(200, b"x")]
    link = f"{server.url}/reports/1?sig={QUERY}"
    fetch_file(link, fake_time.budget(), api_host="127.0.0.1").close()
    server.replies = [garbled, reply(301, {}, {"Location": f"/b?q={QUERY}"}), reply(200, {})]
    api.get(f"/a?q={QUERY}")
    assert len(server.seen) == 6
    assert QUERY not in caplog.text
    assert not shows_the_token(caplog.text)
