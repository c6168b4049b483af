"""Files behind signed links: whole or not at all, without credentials, and the link in no message."""

from __future__ import annotations

import socket
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
    with fetch_file(link(server), fake_time.budget(), api_host="127.0.0.1") as file:
        assert file.read() == b'{"a": 1}\n'
    (seen,) = server.seen
    assert "Authorization" not in seen.headers
    assert "Cookie" not in seen.headers


def test_a_large_file_is_kept_on_disk(
    server: LocalServer, fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "IN_MEMORY", 1000)
    server.replies = [reply(200, b"x" * 5000)]
    with fetch_file(link(server), fake_time.budget(), api_host="127.0.0.1") as file:
        assert file._rolled  # type: ignore[attr-defined]
        assert len(file.read()) == 5000


@pytest.mark.parametrize("failure", [RESET, CUT_BODY, reply(500), reply(503), reply(302, None, {"Location": "/x"})])
def test_what_passes_is_tried_again_from_the_beginning(
    server: LocalServer, fake_time: FakeTime, failure: object
) -> None:
    server.replies = [failure, reply(200, b"whole")]  # type: ignore[list-item]
    with fetch_file(link(server), fake_time.budget(), api_host="127.0.0.1") as file:
        assert file.read() == b"whole"
    assert len(fake_time.slept) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_link_that_has_expired_is_not_tried_again(server: LocalServer, fake_time: FakeTime, status: int) -> None:
    server.replies = [reply(status, b"<Error><Code>AuthenticationFailed</Code></Error>")]
    with pytest.raises(GoneError, match="the download link has expired"):
        fetch_file(link(server), fake_time.budget(), api_host="127.0.0.1")
    assert len(server.seen) == 1


def test_what_does_not_pass_is_said_without_the_link(server: LocalServer, fake_time: FakeTime) -> None:
    server.replies = [RESET] * 9
    with pytest.raises(UnavailableError, match="could not be downloaded") as raised:
        fetch_file(link(server), fake_time.budget(), api_host="127.0.0.1")
    assert SIGNATURE not in "".join(traceback.format_exception(raised.value, chain=False))


@pytest.mark.parametrize(
    "url",
    ["http://elsewhere.example/x", "ftp://127.0.0.1/x", "file:///etc/passwd", "", "//x", "https://", "http://[::1"],
)
def test_only_https_is_followed_and_this_machine_s_http(fake_time: FakeTime, url: str) -> None:
    with pytest.raises(BadAnswerError, match="must be an https URL"):
        fetch_file(url, fake_time.budget(), api_host="127.0.0.1")


def test_a_file_without_end_is_left(server: LocalServer, fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "LARGEST", 100_000)
    server.replies = [reply(200, b"x" * 1_000_000)]
    with pytest.raises(BadAnswerError, match="larger than"):
        fetch_file(link(server), fake_time.budget(), api_host="127.0.0.1")


def test_after_the_deadline_nothing_is_fetched(server: LocalServer, fake_time: FakeTime) -> None:
    with pytest.raises(OutOfTimeError):
        fetch_file(link(server), fake_time.budget(0), api_host="127.0.0.1")
    assert server.seen == []


def test_two_servers_do_not_share_credentials(make_server: MakeServer, fake_time: FakeTime, tmp_path: object) -> None:
    """Not even a `.netrc`: a link is fetched with nothing but itself."""
    server = make_server()
    server.replies = [reply(200, b"x", {"Set-Cookie": "a=b"}), reply(200, b"y")]
    for _ in range(2):
        fetch_file(link(server), fake_time.budget(), api_host="127.0.0.1").close()
    assert [seen.headers.get("Cookie") for seen in server.seen] == [None, None]


# Where a link may lead

LOOPBACK_HOSTS = (
    *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "LOCALHOST.", "x.localhost"),
    *("0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]"),
    *("[2002:7f00:1::]", "me:secret@127.0.0.1", "elsewhere.example@127.0.0.1"),
)
LINK_LOCAL_HOSTS = ("169.254.169.254", "0xa9fea9fe", "[fe80::1]", "[::ffff:169.254.169.254]")
PRIVATE_HOSTS = ("10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "[fd00:ec2::254]", "[fc00::1]", "224.0.0.1")
REACHES = {
    **dict.fromkeys(LOOPBACK_HOSTS, "loopback"),
    **dict.fromkeys(LINK_LOCAL_HOSTS, "link-local"),
    **dict.fromkeys(PRIVATE_HOSTS, "private"),
}


@pytest.fixture
def no_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise AssertionError("it connected")

    monkeypatch.setattr("urllib3.util.connection.create_connection", refuse)


@pytest.mark.usefixtures("no_connections")
@pytest.mark.parametrize("host", REACHES)
def test_a_link_into_a_network_that_is_not_the_api_s_is_refused(fake_time: FakeTime, host: str) -> None:
    """Whoever names the links had the run ask this machine, its network or a cloud's metadata, and store the answer."""
    with pytest.raises(BadAnswerError, match=f"refused: it leads to a {REACHES[host]} address") as raised:
        fetch_file(f"https://{host}/x?{SIGNATURE}", fake_time.budget(), api_host="1.1.1.1")
    assert SIGNATURE not in "".join(traceback.format_exception(raised.value))


@pytest.mark.usefixtures("no_connections")
@pytest.mark.parametrize(
    ("api_host", "host"),
    [("127.0.0.1", "169.254.169.254"), ("127.0.0.1", "10.0.0.1"), ("10.0.0.1", "127.0.0.1"), ("10.0.0.1", "[fe80::1]")],
)
def test_an_api_of_a_network_opens_no_other(fake_time: FakeTime, api_host: str, host: str) -> None:
    with pytest.raises(BadAnswerError, match="the download link is refused"):
        fetch_file(f"https://{host}/x", fake_time.budget(), api_host=api_host)


@pytest.mark.parametrize("api_host", ["localhost", "127.0.0.2", "::1"])
def test_an_api_on_this_machine_has_its_files_here(server: LocalServer, fake_time: FakeTime, api_host: str) -> None:
    server.replies = [reply(200, b"x")]
    with fetch_file(link(server), fake_time.budget(), api_host=api_host) as file:
        assert file.read() == b"x"


def test_a_name_that_leads_there_is_refused_before_anything_is_sent(
    server: LocalServer, fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checked on the connection itself: the name may lead elsewhere when it is looked up for a check."""
    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    monkeypatch.delenv("https_proxy", raising=False)
    connected = socket.create_connection(("127.0.0.1", server.port))
    monkeypatch.setattr("urllib3.util.connection.create_connection", lambda *args, **options: connected)
    with pytest.raises(BadAnswerError, match="refused: it leads to a loopback address"):
        fetch_file(f"https://elsewhere.example:{server.port}/x", fake_time.budget(), api_host="1.1.1.1")
    assert connected.fileno() == -1
    assert server.seen == []


def test_plain_http_is_for_an_api_on_this_machine_only(server: LocalServer, fake_time: FakeTime) -> None:
    with pytest.raises(BadAnswerError, match="refused: it leads to a loopback address"):
        fetch_file(link(server), fake_time.budget(), api_host="1.1.1.1")
    assert server.seen == []
