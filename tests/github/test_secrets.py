"""The token is in no repr, message, traceback or chained error, whatever goes wrong."""

from __future__ import annotations

import socket
import traceback
from collections.abc import Callable

import pytest

from chalicelib.errors import ContributorMetricsError
from chalicelib.github import GitHubAPI
from tests.github.conftest import TOKEN
from tests.github.local_server import (
    BROKEN,
    LocalServer,
    Reply,
    reply,
)

QUERY = "what-was-asked"  # by its name in the tests below, for a traceback quotes their lines
ECHO = f"bad header 'Authorization: Bearer {TOKEN}'"
LONG_ECHO = "x" * 246 + ECHO  # what is cut at 300 characters would leave half a token

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
    "no location": reply(301, {"message": ECHO}),
    "unasked 304": reply(304),
}


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
    assert TOKEN[:12] not in shown
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
