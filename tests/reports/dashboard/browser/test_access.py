"""What those need who use the keyboard, a screen reader, or a dark screen."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from reports.charts.themes import DARK_PAPER
from reports.dashboard.frame import SCREENS
from reports.dashboard.screen import Screen
from tests.reports.charts.contrast import LEAST_CONTRAST, contrast, hexadecimal
from tests.reports.dashboard.browser.visits import Visitors, address, choose, settled

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]  # one worker has the browser and the servers
CONTROLS = "a[href], button, input, select, textarea, summary, [tabindex='0']"
ROLES = "button|link|combobox|textbox|checkbox|radio|switch|tab|slider|spinbutton|searchbox|menuitem|figure|heading"
# As ARIA snapshots are written; https://playwright.dev/python/docs/aria-snapshots
NAMELESS = re.compile(rf"^\s*- '?(?:{ROLES})(?: \[[^\]]*\])*:?$", re.MULTILINE)
# Marks what has the focus; gives whether that is a control, and whether one sees it.
TAB = """() => {
  const at = document.activeElement;
  if (!at || at === document.body || at.dataset.reached) return null;
  at.dataset.reached = 'yes';
  const style = getComputedStyle(at);
  return {what: at.outerHTML.slice(0, 150), outline: style.outlineStyle, width: style.outlineWidth};
}"""
# Parts of a list, or of a group of choices, are reached by the arrow keys.
UNREACHED = f"""() => [...document.querySelectorAll("{CONTROLS}")].filter((each) =>
  each.checkVisibility({{visibilityProperty: true}}) && !each.disabled && !each.dataset.reached && each.tabIndex >= 0
  && !each.closest('[aria-hidden=true], [inert]')
  && !each.closest('[role=radiogroup], [role=toolbar], [role=group]')?.querySelector('[data-reached]'))
  .map((each) => each.outerHTML.slice(0, 150))"""
# Each text of each chart, its colour, and the colour of the bar that it stands in, or of the page.
TEXTS = """() => [...document.querySelectorAll('[data-testid=stPlotlyChart]')].flatMap((chart) =>
  [...chart.querySelectorAll('.main-svg text')].filter((text) => text.textContent.trim()).map((text) => {
    const box = text.getBoundingClientRect(), middle = box.x + box.width / 2, height = box.y + box.height / 2;
    const bar = text.closest('.point')?.querySelector('path'), around = bar?.getBoundingClientRect();
    const inside = around && middle > around.left && middle < around.right && height > around.top
      && height < around.bottom;
    return {text: text.textContent, color: getComputedStyle(text).fill, on: inside ? getComputedStyle(bar).fill
      : chart.querySelector('.main-svg').style.background};
  }))"""


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.path)
def test_a_page_is_for_keyboards_screen_readers_and_dark_screens(anybody: Visitors, screen: Screen) -> None:
    page = anybody.open(address(screen), scheme="dark")
    assert page.locator("html").get_attribute("lang") == "en"
    assert_headings_in_order(page)
    assert NAMELESS.findall(page.locator("body").aria_snapshot()) == []
    charts = page.get_by_test_id("stPlotlyChart").count()
    assert page.get_by_role("figure").count() == charts
    assert_readable(page, paper=hexadecimal(DARK_PAPER))
    assert_reached_by_tab(page)
    assert anybody.problems == []


def assert_headings_in_order(page: Page) -> None:
    levels = [
        int(tag[1]) for tag in page.locator("h1, h2, h3, h4, h5, h6").evaluate_all("all => all.map(e => e.tagName)")
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels


def assert_reached_by_tab(page: Page) -> None:
    page.locator("h1").click()
    reached: list[dict[str, Any]] = []
    for _ in range(2):  # to the end, and again from the beginning
        page.keyboard.press("Tab")
        while at := page.evaluate(TAB):
            reached.append(at)
            page.keyboard.press("Tab")
    assert page.evaluate(UNREACHED) == []
    assert [each for each in reached if each["outline"] == "none" or each["width"] == "0px"] == []


def assert_readable(page: Page, *, paper: str) -> None:
    texts = page.evaluate(TEXTS)
    assert texts or not page.get_by_test_id("stPlotlyChart").count()
    faint = [each for each in texts if contrast(each["color"], each["on"]) < LEAST_CONTRAST]
    assert faint == []
    app = page.get_by_test_id("stApp").evaluate("(app) => getComputedStyle(app).backgroundColor")
    assert hexadecimal(app) == paper


def test_charts_are_readable_on_a_light_page(anybody: Visitors) -> None:
    assert_readable(anybody.open("/sprints"), paper="#ffffff")


def test_charts_follow_a_theme_that_is_chosen_with_the_next_click(anybody: Visitors) -> None:
    page = anybody.open("/pull-requests", is_new=True)
    page.get_by_role("button", name="Main menu").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    page.keyboard.press("Escape")
    choose(page, "Period", "90 days")
    drawing = page.locator(".main-svg").first
    expect(drawing).to_have_css("background-color", re.compile(r"rgb\(23, 22, 20\)"))
    assert_readable(settled(page), paper=hexadecimal(DARK_PAPER))
