"""The browser of this machine, for the tests that draw."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from reports.browser import find_browser
from reports.errors import ReportError


def browser_here() -> Path:
    """Give the browser, or skip the test: `.ci/run` brings one, and a developer needn't have any."""
    try:
        return find_browser(os.environ)
    except ReportError as error:
        pytest.skip(str(error))


def page_in_browser(path: Path, profile: Path) -> str:
    """Give a page's HTML after its scripts have run."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--virtual-time-budget=5000"]
    told = subprocess.run(
        [browser_here(), *options, f"--user-data-dir={profile}", "--dump-dom", path.as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return told.stdout
