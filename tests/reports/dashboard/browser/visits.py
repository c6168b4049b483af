"""Visitors of the dashboard: each has a browser profile of their own, and all that goes wrong there is noted."""

from __future__ import annotations

import re
from contextlib import ExitStack, closing
from functools import cache
from typing import Literal, Self
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, ViewportSize
from sqlalchemy import Engine

from reports.dashboard.frame import SCREENS
from reports.dashboard.screen import Screen

SECONDS = 60  # on a busy machine
SIZE: ViewportSize = {"width": 1280, "height": 900}
Scheme = Literal["light", "dark"]
# Streamlit's front end asks where its server is: below the page's own address first, and is told no. No option keeps
# it from asking; an answer other than 404 would make it talk to a server that isn't there.
PROBE = re.compile(r"/[^/]+/_stcore/(health|host-config)$")
# All is drawn: the script is over, and each place is filled, but those in closed boxes.
DRAWN = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)].filter((each) => each.checkVisibility());
  const app = document.querySelector('[data-testid=stApp][data-test-script-state=notRunning]');
  return app && document.querySelector('h1, [role=alert]') && !all('[data-testid=stSkeleton]').length
    && all('[data-testid=stPlotlyChart]').every((chart) => chart.querySelector('.main-svg .xy, .main-svg .annotation'))
    && all('[data-testid=stDataFrame]').every((table) => table.querySelector('canvas'));
}"""


class Visitors:
    """Those who open pages of one dashboard."""

    engine: Engine

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.problems: list[str] = []
        self.opened = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.opened.close()

    def open(self, path: str, *, scheme: Scheme = "light", is_new: bool = False) -> Page:
        """Open a page, as somebody who was never here if `is_new`: others need not load Streamlit's scripts again."""
        context = (new_context if is_new else known_context)(self.browser, scheme)
        page = self.opened.enter_context(closing(context.new_page()))
        page.on("console", self.note_console)
        page.on("pageerror", lambda error: self.problems.append(f"error of the page: {error}"))
        page.on("request", self.note_request)
        page.on("websocket", lambda socket: self.note_address(socket.url))
        page.goto(self.address + path)
        return settled(page)

    def note_console(self, message: ConsoleMessage) -> None:
        url = message.location.get("url", "")
        if message.type == "error" and not (PROBE.search(url) and "404" in message.text):
            self.problems.append(f"console: {message.text} {url}")

    def note_request(self, request: Request) -> None:
        self.note_address(request.url)

    def note_address(self, url: str) -> None:
        ours = urlsplit(self.address).netloc
        if not url.startswith(("data:", "blob:")) and urlsplit(url).netloc != ours:
            self.problems.append(f"request to another host: {url}")


def new_context(browser: Browser, scheme: Scheme) -> BrowserContext:
    context = browser.new_context(color_scheme=scheme, viewport=SIZE)
    context.set_default_timeout(SECONDS * 1000)
    return context


@cache
def known_context(browser: Browser, scheme: Scheme) -> BrowserContext:
    return new_context(browser, scheme)


def address(screen: Screen) -> str:
    """A page's own address; the first one is where the dashboard is."""
    return "/" if screen is SCREENS[0] else f"/{screen.path}"


def settled(page: Page) -> Page:
    """Wait until all is drawn."""
    page.wait_for_function(DRAWN)
    return page


def asked(page: Page) -> dict[str, str]:
    """What the page's URL asks for."""
    return dict(parse_qsl(urlsplit(page.url).query))


def wait_until_asked(page: Page, **asked_for: str) -> None:
    """Wait until the URL asks for this, whatever else it asks for: it changes a moment after the page."""
    page.wait_for_url(lambda url: dict(parse_qsl(urlsplit(url).query)).items() >= asked_for.items())


def choose(page: Page, label: str, option: str) -> None:
    """Choose from a list of the side bar, as one does with a mouse, and wait until the page shows it."""
    before = page.url
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()
    page.wait_for_function("(before) => location.href !== before", arg=before)
    settled(page)


def figure(page: Page, label: str) -> str:
    """Read a key figure."""
    tile = page.get_by_test_id("stMetric").filter(has_text=label)
    return tile.get_by_test_id("stMetricValue").inner_text().strip()
