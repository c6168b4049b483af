from __future__ import annotations

from pathlib import Path

import pytest
import requests

from reports.dashboard.__main__ import HOST, options
from tests.reports.dashboard.serving import SECONDS, served

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
    assert f"The dashboard: {address}  (Ctrl-C ends it)" in log.read_text().splitlines()
