"""Takes the dashboard's pictures in docs/pictures: `make run` without a token, then `.venv/bin/python -m docs.screens`.

They aren't made by `make docs`: each Chromium draws a page a little differently.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Literal, NamedTuple

from playwright.sync_api import Browser, sync_playwright

from docs.pictures import FOLDER
from reports.browser import find_browser
from tests.reports.dashboard.serving import served

ROOT = Path(__file__).parents[1]
WIDTH, SECONDS = 1200, 60
READY = "() => !document.querySelector('[data-testid=stStatusWidget], [data-stale=true], [data-testid=stSkeleton]')"


class Screen(NamedTuple):
    """A picture: of which page, how high, from which heading on, and in which colours."""

    path: str
    height: int
    heading: str = ""
    colours: Literal["light", "dark"] = "light"


PICTURES = {
    "dashboard-overview.png": Screen("/", 1150),
    "dashboard-security.png": Screen("/security?part=Rules", 900, "Repositories that break each rule"),
    "dashboard-copilot.png": Screen("/copilot?grouped=week", 800, "People who used Copilot, by week", "dark"),
}


def main() -> None:
    """Take all pictures anew."""
    database = ROOT / "sandbox.db"
    if not database.is_file():
        raise SystemExit("There is no sandbox.db yet: `make run` without a token fills it.")
    with (
        tempfile.TemporaryDirectory() as folder,
        served(ROOT, Path(folder) / "log", {"DB_URL": f"sqlite:///{database}"}) as address,
        sync_playwright() as playwright,
    ):
        # Containers and root can't have its sandbox; what it opens is ours alone.
        browser = playwright.chromium.launch(executable_path=find_browser(os.environ), args=["--no-sandbox"])
        for name, screen in PICTURES.items():
            take(browser, address, screen, FOLDER / name)
        browser.close()


def take(browser: Browser, address: str, screen: Screen, file: Path) -> None:
    """Take one picture."""
    size = {"width": WIDTH, "height": screen.height}
    page = browser.new_page(viewport=size, color_scheme=screen.colours)  # type: ignore[arg-type]
    page.goto(address + screen.path)
    page.get_by_role("heading", level=1).wait_for(timeout=SECONDS * 1000)
    page.wait_for_function(READY, timeout=SECONDS * 1000)
    page.wait_for_timeout(2000)  # charts grow into their places
    if screen.heading:
        page.get_by_role("heading", name=screen.heading, exact=True).evaluate("each => each.scrollIntoView()")
        page.wait_for_timeout(500)
    page.screenshot(path=file)
    page.close()


if __name__ == "__main__":
    main()
