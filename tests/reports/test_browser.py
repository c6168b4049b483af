"""Charts as PNG: which browser, what it draws, and what happens when it doesn't."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert

from chalicelib.models import Project, create_all
from reports.browser import find_browser, png
from reports.charts import bars, burndown
from reports.errors import ReportError
from reports.reading import Table
from tests.reports.browsers import browser_here
from tests.reports.tables import HOSTILE, burndown_table

CHART = bars(Table("t", ["a", "b"], [("x", 1)]))


def program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_the_setting_wins(tmp_path: Path) -> None:
    program(tmp_path / "chromium", "exit 1")
    own = program(tmp_path / "own", "exit 1")
    assert find_browser({"PATH": str(tmp_path), "BROWSER_PATH": str(own)}) == own
    assert find_browser({"PATH": str(tmp_path), "BROWSER_PATH": "own"}) == own
    assert find_browser({"PATH": str(tmp_path)}) == tmp_path / "chromium"


def test_a_setting_that_names_nothing_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        ReportError, match=r"^BROWSER_PATH names no program that can be run \(/no/such\): install Chromium"
    ):
        find_browser({"PATH": str(tmp_path), "BROWSER_PATH": "/no/such"})


def test_no_browser_is_one_sentence_that_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.browser.Chromium.find_browser", lambda skip_local: None)
    with pytest.raises(ReportError, match=r"^a PNG needs Chromium or Chrome, .*apt-get install chromium"):
        find_browser({"PATH": str(tmp_path)})


@pytest.mark.slow
@pytest.mark.parametrize("script", ["exit 1", "echo no browser; exit 0"])
def test_a_browser_that_fails_is_one_sentence(tmp_path: Path, script: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ReportError, match=r"can't draw the chart \(BrowserFailedError\); is it a Chromium"):
        png(CHART, browser=program(tmp_path / "browser", script))
    assert capfd.readouterr() == ("", "")


def test_what_is_no_program_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"can't draw the chart"):
        png(CHART, browser=tmp_path / "nothing")


@pytest.mark.slow
def test_a_browser_that_never_answers_is_ended_with_all_it_started(tmp_path: Path) -> None:
    own = program(tmp_path / "browser", f"sleep 97 & echo $! > {tmp_path}/child; wait")
    with pytest.raises(ReportError, match=r"did not draw the chart in 1 seconds"):
        png(CHART, browser=own, limit=1)
    child = (tmp_path / "child").read_text().strip()
    state = subprocess.run(["ps", "-o", "stat=", "-p", child], capture_output=True, text=True, check=False).stdout
    assert state.strip() in {"", "Z"}


@pytest.mark.slow
def test_it_draws_a_chart_900_pixels_wide_whatever_its_names_hold() -> None:
    drawn = png(burndown(burndown_table(name=HOSTILE)), browser=browser_here())
    assert drawn[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", drawn[16:24]) == (900, 500)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_while_a_chart_is_drawn_ends_at_once_and_leaves_nothing(
    root: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """It hung for ever in Kaleido's event loop."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    own = program(tmp_path / "browser", f"echo > {begun}; exec sleep 97")
    environment = os.environ | {"DB_URL": stored_board(tmp_path), "BROWSER_PATH": str(own), "TMPDIR": str(temporary)}
    command = [sys.executable, "-m", "reports", "percent-complete", "--output", str(tmp_path / "files")]
    with subprocess.Popen(command, cwd=root, env=environment, stderr=subprocess.PIPE, text=True) as process:
        begun.read_text()
        process.send_signal(number)
        _, error = process.communicate(timeout=30)
    assert (process.returncode, error) == (130, "stopped; nothing was changed in the database\n")
    assert list(temporary.iterdir()) == []


def stored_board(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'board.db'}"
    create_all(url)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(insert(Project), [{"id": "P_1", "org": "acme", "number": 1, "title": "Board"}])
    engine.dispose()
    return url
