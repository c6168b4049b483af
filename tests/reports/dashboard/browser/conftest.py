"""Chromium, and a dashboard for each database, which these tests share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from chalicelib.store.engine import make_engine
from tests.databases import BOTH
from tests.reports.browsers import browser_here
from tests.reports.dashboard.browser.visits import Visitors
from tests.reports.dashboard.serving import served


# Not for the session: while it runs, other tests can't start an event loop of their own.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser of this machine, never one that Playwright downloads."""
    path = browser_here()
    with sync_playwright() as playwright:
        # Root and containers can't have its sandbox; what it opens is ours alone.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def addresses(
    organisation_urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory, root: Path
) -> Iterator[dict[str, str]]:
    """Where a dashboard of each database is."""
    with ExitStack() as servers:
        yield {
            name: servers.enter_context(served(root, tmp_path_factory.mktemp(name) / "log", {"DB_URL": url}))
            for name, url in organisation_urls.items()
        }


@pytest.fixture(params=BOTH)
def visitors(
    request: pytest.FixtureRequest, chromium: Browser, addresses: dict[str, str], organisation_urls: dict[str, str]
) -> Iterator[Visitors]:
    """Whoever opens a page of the organisation; `engine` asks the same database."""
    with Visitors(chromium, addresses[request.param]) as visitors:
        visitors.engine = make_engine(organisation_urls[request.param])
        yield visitors
        visitors.engine.dispose()


@pytest.fixture
def anybody(chromium: Browser, addresses: dict[str, str]) -> Iterator[Visitors]:
    """Whoever opens a page where it doesn't matter which database is behind it."""
    with Visitors(chromium, addresses["sqlite"]) as visitors:
        yield visitors
