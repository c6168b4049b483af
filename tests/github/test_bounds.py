"""An answer ends in time and in size, whatever it does, and its connection is used again or closed."""

from __future__ import annotations

import gzip
import json
import tracemalloc

import pytest

from chalicelib.errors import BadAnswerError, OutOfTimeError, UnavailableError
from chalicelib.github import GitHubAPI, downloads
from chalicelib.github import transport as transport_module
from chalicelib.github.downloads import fetch_file
from tests.github.conftest import FakeTime, MakeApi
from tests.github.local_server import LocalServer, Reply, reply

pytestmark = pytest.mark.slow  # what never ends is left after a while

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GZIPPED = OK + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
NOTHING = gzip.compress(b"")

# Each sends something within every READ_TIMEOUT, so that only a limit of the whole answer ends it.
DRIPPING = {
    "status line": Reply(b"HTTP/1.1 200 ", drip=b"O"),
    "header": Reply(OK + b"X-Long: ", drip=b"a"),
    "100 Continue": Reply(b"", drip=b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": Reply(OK + b"Content-Length: 1000000\r\n\r\n[", drip=b" "),
    "body without end": Reply(OK + b"Connection: close\r\n\r\n[", drip=b" "),
    "chunks": Reply(CHUNKED, drip=b"1\r\n \r\n"),
    "chunk's size": Reply(CHUNKED + b"5;", drip=b"x"),
    "trailer": Reply(CHUNKED + b"2\r\n[]\r\n0\r\n", drip=b"X: y\r\n"),
    "gzip of nothing": Reply(GZIPPED, drip=b"%x\r\n%b\r\n" % (len(NOTHING), NOTHING)),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("part", DRIPPING)
def test_an_answer_that_drips_ends_without_a_deadline_too(
    server: LocalServer, api: GitHubAPI, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """Each byte began a new minute of waiting: the request never ended."""
    monkeypatch.setattr(transport_module, "ANSWER_TIMEOUT", 0.2)
    server.answer = lambda seen: DRIPPING[part] if len(server.seen) == 1 else reply(200, [1])
    assert api.get("/a").body == [1]


def test_an_answer_that_always_drips_is_named(
    server: LocalServer, api: GitHubAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_module, "ANSWER_TIMEOUT", 0.2)
    server.replies = [DRIPPING["body"]] * 6
    with pytest.raises(UnavailableError, match=r"took too long \(TimeoutError\) \(tried 6 times\)"):
        api.get("/a")
    assert not api.is_unreachable  # it answered, though not to the end


@pytest.mark.timeout(20)
@pytest.mark.parametrize("part", DRIPPING)
def test_an_answer_that_drips_ends_at_the_deadline(server: LocalServer, make_api: MakeApi, part: str) -> None:
    server.replies = [DRIPPING[part]]
    with pytest.raises(OutOfTimeError):
        make_api(seconds=0.1).get("/a")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("part", DRIPPING)
def test_so_does_a_download(
    server: LocalServer, fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    server.replies = [DRIPPING[part]]
    with pytest.raises(OutOfTimeError):
        fetch_file(f"{server.url}/reports/1", fake_time.budget(0.1), api_host="127.0.0.1")
    monkeypatch.setattr(downloads, "WHOLE_TIMEOUT", 0.2)
    server.seen.clear()
    server.answer = lambda seen: DRIPPING[part] if len(server.seen) == 1 else reply(200, b"whole")
    with fetch_file(f"{server.url}/reports/1", fake_time.budget(), api_host="127.0.0.1") as file:
        assert file.read() == b"whole"


# Size


def chunked(content: bytes, headers: bytes = b"") -> Reply:
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content)
    return Reply(OK + headers + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)


LARGE = b"[" + b" " * 2_000_000 + b"]"
TOO_LARGE = {
    "plain": reply(200, LARGE),
    "chunked": chunked(LARGE),
    "gzip": reply(200, gzip.compress(LARGE), {"Content-Encoding": "gzip"}),
    "gzip in chunks": chunked(gzip.compress(LARGE), b"Content-Encoding: gzip\r\n"),
    "gzip of gzip": reply(200, gzip.compress(gzip.compress(LARGE)), {"Content-Encoding": "gzip, gzip"}),
    "not found": reply(404, LARGE),
    "server error": reply(500, LARGE),
}


@pytest.mark.parametrize("kind", TOO_LARGE)
def test_a_body_that_is_too_large_is_left_and_its_connection_too(
    server: LocalServer, api: GitHubAPI, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(transport_module, "LARGEST", 1_000)
    server.replies = [TOO_LARGE[kind], reply(200, [1])]
    with pytest.raises(BadAnswerError, match=r"^GET /a failed: the answer of 127.* is larger than 1,000 bytes$"):
        api.get("/a?q=hidden")
    assert len(server.seen) == 1  # asking again would bring the same
    assert api.get("/b").body == [1]
    # What is left on the wire must not begin the next answer.
    assert server.connections == (1 if kind.startswith("gzip of") or kind == "gzip" else 2)


def test_a_small_answer_that_decompresses_to_a_large_one_takes_no_memory(
    server: LocalServer, api: GitHubAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """400 MB out of 1.7 took 1.27 GB: the body was decompressed whole before anything looked at it."""
    monkeypatch.setattr(transport_module, "LARGEST", 1_000_000)
    bomb = gzip.compress(b"[" + b" " * 50_000_000 + b"]", 1)
    server.replies = [reply(200, bomb, {"Content-Encoding": "gzip"})]
    tracemalloc.start()
    try:
        with pytest.raises(BadAnswerError, match="is larger than"):
            api.get("/a")
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_the_largest_page_of_issues_is_no_mistake() -> None:
    body = "\N{GRINNING FACE}" * 65_536
    page = json.dumps([{"body": body}] * 100, ensure_ascii=False).encode()
    assert len(page) < transport_module.LARGEST


# Connections


def test_an_answer_that_was_read_gives_its_connection_back(server: LocalServer, api: GitHubAPI) -> None:
    zipped = gzip.compress(b"[1]")
    server.replies = [
        reply(200, [1]),
        chunked(b"[1]"),
        reply(200, zipped, {"Content-Encoding": "gzip"}),
        chunked(zipped, b"Content-Encoding: gzip\r\n"),
        reply(204),
        reply(200, b""),
        reply(200, [1]),
    ]
    for number in range(7):
        api.get(f"/{number}", allow_empty=True)
    server.replies = [reply(304), reply(404, {}), reply(200, [1])]
    assert api.get("/a", etag='"e"').not_modified
    with pytest.raises(Exception, match="404"):
        api.get("/b")
    assert api.get("/c").body == [1]
    assert server.connections == 1


# Headers


@pytest.mark.parametrize("line", [b"no colon", b": no name", b"two words: x"], ids=repr)
def test_headers_that_break_off_are_no_end_of_a_list(server: LocalServer, api: GitHubAPI, line: bytes) -> None:
    """All headers behind a malformed one were lost, and with `Link` the rest of the list."""
    following = f'Link: <{server.url}/a?page=2>; rel="next"\r\n'.encode()
    broken = Reply(OK + b"Content-Length: 3\r\n" + line + b"\r\n" + following + b"\r\n[1]", "close")
    server.replies = [broken, reply(200, [1])]
    assert [page.body for page in api.pages("/a")] == [[1]]
    assert len(server.seen) == 2
    server.replies = [broken] * 6
    with pytest.raises(UnavailableError, match=r"the answer of 127.* was garbled \(MalformedHeadersError\)"):
        list(api.pages("/a"))
    assert not api.is_unreachable
