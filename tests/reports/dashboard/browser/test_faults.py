"""A fault of ours: the visitor reads a sentence, and whoever runs the dashboard finds the trace in its log."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from reports.dashboard.__main__ import FAULT
from tests.reports.dashboard.browser.visits import Visitors
from tests.reports.dashboard.serving import served

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]  # one worker has the browser and the servers
# The dashboard with a page that divides by nothing, and whose error would tell a secret.
FAULTY = """
import typer
from reports.dashboard import frame
from reports.dashboard.__main__ import serve
def show(source, choice):
    raise ZeroDivisionError("a secret of the database")
frame.SCREENS = (frame.SCREENS[0]._replace(show=show), *frame.SCREENS[1:])
typer.run(serve)
"""


def test_a_fault_is_a_sentence_for_visitors_and_a_trace_in_the_log(
    chromium: Browser, organisation_urls: dict[str, str], root: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    surroundings = {"DB_URL": organisation_urls["sqlite"]}
    with served(root, log, surroundings, ("-c", FAULTY)) as address, Visitors(chromium, address) as visitors:
        page = visitors.open("/")
        assert page.get_by_test_id("stAlert").all_inner_texts() == [FAULT]
        assert page.get_by_test_id("stException").count() == 0
        said = page.content()
        assert "secret" not in said
        assert "Traceback" not in said
        assert "acme" in visitors.open("/issues").locator("main").inner_text()
        assert visitors.problems == []
    assert "ZeroDivisionError: a secret of the database" in log.read_text()
