"""Other web pages can't ask a dashboard that runs on their visitor's machine."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.reports.dashboard.serving import MODULE, served

pytestmark = pytest.mark.slow
NAME = "dashboard.example"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("guard") / "log"


@pytest.fixture(scope="module")
def address(log: Path, root: Path) -> Iterator[str]:
    with served(root, log, {"DB_URL": f"sqlite:///{log.parent}/none.db"}, (*MODULE, "--name", NAME)) as address:
        yield address


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:{port}", 200),
        ("localhost:{port}", 200),
        ("[::1]:{port}", 200),
        ("192.0.2.7", 200),
        (NAME, 200),
        ("Dashboard.Example.", 200),
        ("evil.example:{port}", 403),
        ("127.0.0.1.evil.example", 403),
        (f"{NAME}.evil.example", 403),
        ("127.0.0.1@evil.example", 403),
        ("", 403),
        ("[", 403),
    ],
)
def test_it_answers_by_an_address_or_a_name_of_its_own(address: str, host: str, status: int) -> None:
    answer = requests.get(address, headers={"Host": host.format(port=urlsplit(address).port)}, timeout=60)
    assert answer.status_code == status
    if status == 403:
        assert answer.text == "The dashboard is not known by this name: start it with --name, see docs/dashboard.md.\n"


def test_no_other_page_can_show_it_in_a_frame(address: str) -> None:
    headers = requests.get(address, timeout=60).headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Content-Security-Policy"] == "frame-ancestors 'none'"


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("127.0.0.1:{port}", "http://127.0.0.1:{port}", 101),
        (NAME, f"https://{NAME}", 101),
        ("127.0.0.1:{port}", "http://evil.example", 403),
        ("127.0.0.1:{port}", "http://127.0.0.1:1", 403),
        ("127.0.0.1:{port}", "null", 403),
        ("evil.example", "http://evil.example", 403),
    ],
)
def test_a_page_elsewhere_opens_no_websocket(address: str, log: Path, host: str, origin: str, status: int) -> None:
    port = urlsplit(address).port
    assert shake_hands(address, Host=host.format(port=port), Origin=origin.format(port=port)) == status
    # Streamlit's own refusal asks a server of Amazon for this machine's address.
    assert "external IP" not in log.read_text()


def shake_hands(address: str, **headers: str) -> int:
    """Ask for a WebSocket, and give the status of the answer."""
    keys = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    keys |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", **headers}
    lines = ["GET /_stcore/stream HTTP/1.1", *(f"{name}: {value}" for name, value in keys.items()), "", ""]
    parts = urlsplit(address)
    assert parts.hostname
    with socket.create_connection((parts.hostname, parts.port or 80), timeout=60) as connection:
        connection.sendall("\r\n".join(lines).encode())
        return int(connection.recv(100).split()[1])
