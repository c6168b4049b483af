from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from reports.dashboard.frame import SCREENS
from reports.dashboard.screen import Screen
from tests.reports.dashboard.browser.visits import (
    Visitors,
    address,
    asked,
    choose,
    figure,
    settled,
    wait_until_asked,
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]  # one worker has the browser and the servers
EMPTY_PICTURE = 10_000  # bytes; a page without anything has fewer
LABELS = ("Organisation", "Repository", "Period")
OF_REPO = "org = 'acme' AND level = 'repository' AND repo = 's'"


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.path)
def test_a_page_opens_by_its_own_address(visitors: Visitors, screen: Screen, tmp_path: Path) -> None:
    page = visitors.open(address(screen))
    assert page.get_by_role("heading", level=1).all_inner_texts() == [screen.title]
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_test_id("stAlertContentError").count() == 0
    charts = page.get_by_test_id("stPlotlyChart").count()
    assert page.get_by_text("Table and CSV").count() == charts
    assert charts + page.get_by_test_id("stDataFrame").count() > 0
    assert "sendChartToCloud" not in page.content()
    assert buttons_of_charts(page) & {"Share chart", "Edit in Chart Studio", "Edit chart"} == set()
    assert len(page.screenshot(path=tmp_path / "page.png")) > EMPTY_PICTURE
    assert visitors.problems == []


def buttons_of_charts(page: Page) -> set[str]:
    return set(page.locator(".modebar-btn").evaluate_all("(all) => all.map((each) => each.dataset.title)"))


def opened(visitors: Visitors, where: str) -> str:
    with visitors.engine.connect() as connection:
        query = f"SELECT sum(opened) FROM pull_request_cycle_monthly WHERE {where}"
        return str(connection.execute(text(query)).scalar())


def test_a_filter_changes_the_url_and_the_numbers_and_others_see_the_same(visitors: Visitors) -> None:
    page = visitors.open("/pull-requests")
    label = "Opened in these months"
    of_all, of_repo = opened(visitors, "org = 'acme' AND level = 'organisation'"), opened(visitors, OF_REPO)
    assert figure(page, label) == of_all != of_repo
    choose(page, "Repository", "s")
    wait_until_asked(page, repo="s")
    expect(page.get_by_test_id("stMetricValue").first).to_have_text(of_repo)
    other = visitors.open(page.url.removeprefix(visitors.address), is_new=True)
    assert figure(other, label) == of_repo
    assert chosen(other, "Repository") == "s"
    assert visitors.problems == []


def test_a_csv_has_the_rows_of_its_view(visitors: Visitors, tmp_path: Path) -> None:
    page = visitors.open("/pull-requests?repo=s")
    page.get_by_text("Table and CSV").first.click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").first.click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    with visitors.engine.connect() as connection:
        query = f"SELECT month, opened, merged FROM pull_request_cycle_monthly WHERE {OF_REPO} ORDER BY month"
        expected = [[str(value) for value in row] for row in connection.execute(text(query))]
    assert path.name == "pull-requests-hours.csv"
    assert [[row["month"], row["opened"], row["merged"]] for row in rows] == expected != []
    assert visitors.problems == []


def test_the_side_bar_keeps_what_is_chosen(anybody: Visitors) -> None:
    page = anybody.open("/")
    choose(page, "Repository", "s")
    choose(page, "Period", "90 days")
    wait_until_asked(page, repo="s", period="90 days")
    for screen in SCREENS[1:]:
        follow(page, screen)
        wait_until_asked(page, repo="s", period="90 days")
        assert [chosen(page, label) for label in LABELS] == ["acme", "s", "90 days"]
    choose(page, "Organisation", "other")
    page.wait_for_url(lambda url: "repo=" not in url)
    settled(page)
    assert page.get_by_test_id("stAlertContentWarning").or_(page.get_by_test_id("stAlertContentError")).count() == 0
    follow(page, SCREENS[0])
    wait_until_asked(page, org="other", period="90 days")
    assert "repo" not in asked(page)
    assert anybody.problems == []


def test_a_page_does_not_keep_the_part_of_another_page(anybody: Visitors) -> None:
    page = anybody.open("/security?repo=s")
    group = page.get_by_test_id("stButtonGroup").first
    group.get_by_text("Rules", exact=True).click()
    page.wait_for_url("**/security?*part=Rules*")
    settled(page)
    follow(page, next(screen for screen in SCREENS if screen.path == "ci"))
    page.wait_for_url("**/ci?repo=s")
    assert anybody.problems == []


def follow(page: Page, screen: Screen) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=screen.title, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(screen.title)
    settled(page)


def chosen(page: Page, label: str) -> str:
    return page.get_by_role("combobox", name=label).input_value()
