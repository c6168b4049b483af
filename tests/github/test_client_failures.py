"""What passes is tried again, what does not is named at once, and an unreachable host costs little."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from chalicelib.errors import (
    BadAnswerError,
    ForbiddenError,
    GitHubError,
    GoneError,
    NotFoundError,
    OutOfTimeError,
    UnauthorizedError,
    UnavailableError,
    UnprocessableError,
)
from chalicelib.github import GitHubAPI
from chalicelib.github import transport as transport_module
from tests.github.conftest import FakeTime, MakeApi
from tests.github.local_server import (
    BROKEN,
    CUT_BODY,
    HANGING,
    RESET,
    LocalServer,
    Reply,
    reply,
)

# What passes


PASSING = {
    **BROKEN,
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
    with pytest.raises(BadAnswerError, match=r"^GET /search/issues failed: the URL is malformed$"):
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
