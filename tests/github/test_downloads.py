"""Files behind signed links: whole or not at all, without credentials, and the link in no message."""

from __future__ import annotations

import traceback

import pytest

from chalicelib.errors import BadAnswerError, GoneError, OutOfTimeError, UnavailableError
from chalicelib.github import downloads
from chalicelib.github.downloads import fetch_file
from tests.github.conftest import FakeTime, MakeServer
from tests.github.local_server import CUT_BODY, RESET, LocalServer, reply

SIGNATURE = "sig=SeCrEtSeCrEtSeCrEt"


def link(server: LocalServer) -> str:
    return f"{server.url}/reports/1?{SIGNATURE}"


def test_a_file_comes_whole_and_from_its_beginning(server: LocalServer, fake_time: FakeTime) -> None:
    server.replies = [reply(200, b'{"a": 1}\n')]
    with fetch_file(link(server), fake_time.budget()) as file:
        assert file.read() == b'{"a": 1}\n'
    (seen,) = server.seen
    assert "Authorization" not in seen.headers
    assert "Cookie" not in seen.headers


def test_a_large_file_is_kept_on_disk(
    server: LocalServer, fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "IN_MEMORY", 1000)
    server.replies = [reply(200, b"x" * 5000)]
    with fetch_file(link(server), fake_time.budget()) as file:
        assert file._rolled  # type: ignore[attr-defined]
        assert len(file.read()) == 5000


@pytest.mark.parametrize("failure", [RESET, CUT_BODY, reply(500), reply(503), reply(302, None, {"Location": "/x"})])
def test_what_passes_is_tried_again_from_the_beginning(
    server: LocalServer, fake_time: FakeTime, failure: object
) -> None:
    server.replies = [failure, reply(200, b"whole")]  # type: ignore[list-item]
    with fetch_file(link(server), fake_time.budget()) as file:
        assert file.read() == b"whole"
    assert len(fake_time.slept) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_link_that_has_expired_is_not_tried_again(server: LocalServer, fake_time: FakeTime, status: int) -> None:
    server.replies = [reply(status, b"<Error><Code>AuthenticationFailed</Code></Error>")]
    with pytest.raises(GoneError, match="the download link has expired"):
        fetch_file(link(server), fake_time.budget())
    assert len(server.seen) == 1


def test_what_does_not_pass_is_said_without_the_link(server: LocalServer, fake_time: FakeTime) -> None:
    server.replies = [RESET] * 9
    with pytest.raises(UnavailableError, match="could not be downloaded") as raised:
        fetch_file(link(server), fake_time.budget())
    assert SIGNATURE not in "".join(traceback.format_exception(raised.value, chain=False))


@pytest.mark.parametrize(
    "url",
    ["http://elsewhere.example/x", "ftp://127.0.0.1/x", "file:///etc/passwd", "", "//x", "https://", "http://[::1"],
)
def test_only_https_is_followed_and_this_machine_s_http(fake_time: FakeTime, url: str) -> None:
    with pytest.raises(BadAnswerError, match="must be an https URL"):
        fetch_file(url, fake_time.budget())


def test_a_file_without_end_is_left(server: LocalServer, fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "LARGEST", 100_000)
    server.replies = [reply(200, b"x" * 1_000_000)]
    with pytest.raises(BadAnswerError, match="larger than"):
        fetch_file(link(server), fake_time.budget())


def test_after_the_deadline_nothing_is_fetched(server: LocalServer, fake_time: FakeTime) -> None:
    with pytest.raises(OutOfTimeError):
        fetch_file(link(server), fake_time.budget(0))
    assert server.seen == []


def test_two_servers_do_not_share_credentials(make_server: MakeServer, fake_time: FakeTime, tmp_path: object) -> None:
    """Not even a `.netrc`: a link is fetched with nothing but itself."""
    server = make_server()
    server.replies = [reply(200, b"x", {"Set-Cookie": "a=b"}), reply(200, b"y")]
    for _ in range(2):
        fetch_file(link(server), fake_time.budget()).close()
    assert [seen.headers.get("Cookie") for seen in server.seen] == [None, None]
