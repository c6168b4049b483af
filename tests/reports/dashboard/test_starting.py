from __future__ import annotations

import socket
from ipaddress import ip_address
from pathlib import Path

import pytest
import requests
import typer

from reports.dashboard.__main__ import HOST, options, serve
from reports.dashboard.address import OPEN, say_address
from tests.reports.dashboard.serving import SECONDS, free_port, served

pytestmark = pytest.mark.slow


def test_it_listens_to_this_machine_only_and_tells_nobody() -> None:
    given = options(HOST, 8501)
    assert given["server.address"] == "127.0.0.1"
    assert given["browser.gatherUsageStats"] is False
    assert given["client.showErrorDetails"] == "none"


def test_it_starts_as_a_process(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a user whose own settings of Streamlit say otherwise."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text('[server]\naddress = "0.0.0.0"\nport = 1\n')
    log = tmp_path / "log"
    with served(root, log, {"HOME": str(tmp_path), "STREAMLIT_SERVER_HEADLESS": "false"}) as address:
        assert "<title>Streamlit</title>" in requests.get(address, timeout=SECONDS).text
    assert log.read_text().splitlines()[0] == f"The dashboard: {address}  (Ctrl-C ends it)"
    assert "WARNING" not in log.read_text()


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        ("", "error: --host  is not known: give an address of this machine\n"),
        ("a..b", "error: --host a..b is not known: give an address of this machine\n"),
        ("192.0.2.1", "error: --host 192.0.2.1 is not an address of this machine\n"),
    ],
)
def test_a_wrong_host_is_one_sentence(host: str, sentence: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as stop:
        serve(host=host, port=free_port())
    assert stop.value.exit_code == 2
    assert capfd.readouterr() == ("", sentence)


def test_a_port_in_use_is_one_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(typer.Exit) as stop:
            serve(host=HOST, port=port)
    assert stop.value.exit_code == 2
    sentence = f"error: port {port} is in use: choose another one with --port, or make dashboard PORT=9000\n"
    assert capfd.readouterr() == ("", sentence)


@pytest.mark.parametrize(
    ("host", "address", "where", "is_open"),
    [
        ("127.0.0.1", "127.0.0.1", "http://127.0.0.1:8501", False),
        ("localhost", "::1", "http://localhost:8501", False),
        ("::1", "::1", "http://[::1]:8501", False),
        ("0.0.0.0", "0.0.0.0", "port 8501 of each address of this machine", True),  # noqa: S104 - nothing listens
        ("::", "::", "port 8501 of each address of this machine", True),
        ("10.0.0.7", "10.0.0.7", "http://10.0.0.7:8501", True),
    ],
)
def test_an_address_that_others_reach_is_warned_of(host: str, address: str, where: str, is_open: bool) -> None:
    first, *others = say_address(host, 8501, ip_address(address)).splitlines()
    assert first == f"The dashboard: {where}  (Ctrl-C ends it)"
    assert others == ([OPEN] if is_open else [])
