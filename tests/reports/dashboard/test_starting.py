from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from reports.dashboard.__main__ import HOST, options

pytestmark = pytest.mark.slow
SECONDS = 60


def test_it_listens_to_this_machine_only_and_tells_nobody() -> None:
    given = options(HOST, 8501)
    assert given["server_address"] == "127.0.0.1"
    assert given["browser_gatherUsageStats"] is False
    assert given["client_showErrorDetails"] == "none"


@pytest.fixture
def dashboard(root: Path, tmp_path: Path) -> Iterator[str]:
    """The dashboard as `make dashboard` starts it, for a user whose own settings of Streamlit say otherwise."""
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text('[server]\naddress = "0.0.0.0"\nport = 1\n')
    port = free_port()
    command = [sys.executable, "-m", "reports.dashboard", "--port", str(port)]
    surroundings = {**os.environ, "HOME": str(tmp_path), "STREAMLIT_SERVER_HEADLESS": "false"}
    with subprocess.Popen(command, cwd=root, env=surroundings, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == f"The dashboard: http://127.0.0.1:{port}  (Ctrl-C ends it)\n"
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.communicate(timeout=SECONDS)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def test_it_starts_as_a_process(dashboard: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert wait_for(f"{dashboard}/_stcore/health") == "ok"
    assert "<title>Streamlit</title>" in requests.get(dashboard, timeout=SECONDS).text


def wait_for(url: str) -> str:
    end = time.monotonic() + SECONDS
    while True:
        try:
            return requests.get(url, timeout=SECONDS).text
        except requests.ConnectionError:
            assert time.monotonic() < end, "the dashboard did not start"
            time.sleep(0.1)
