"""Charts as HTML: whole in themselves, and safe whatever names hold."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from reports.charts import alternative, burndown
from reports.pages import html_page
from tests.reports.browsers import page_in_browser
from tests.reports.tables import HOSTILE, burndown_table


class Tags(HTMLParser):
    """The tags of a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def page() -> str:
    return html_page(burndown(burndown_table(name=HOSTILE)), title=HOSTILE).decode()


def test_it_loads_nothing(page: str) -> None:
    tags = Tags(page)
    assert [each for _, each in tags.found if {"src", "href"} & each.keys()] == []
    policy = str(tags.named("meta")[1]["content"])
    assert policy.startswith("default-src 'none'; ")
    assert "http" not in policy


def test_names_make_no_tags(page: str) -> None:
    tags = Tags(page)
    assert tags.named("a") == tags.named("b") == []
    # Plotly's own, and what draws the figure.
    assert page.count("</script>") == len(tags.named("script"))
    assert "<script>alert(1)" not in page


def test_the_chart_has_its_sentence_for_who_cannot_see_it(page: str) -> None:
    [image] = [each for each in Tags(page).named("div") if each.get("role") == "img"]
    assert image["aria-label"] == alternative(burndown(burndown_table(name=HOSTILE)))


def test_nothing_uploads_the_data(page: str) -> None:
    settings = page.rpartition('"displaylogo"')[2]
    assert "plotlyServerURL" not in settings
    assert settings.startswith(': false, "showSendToCloud": false, "modeBarButtonsToRemove": ["sendChartToCloud", ')


def test_the_same_chart_is_the_same_file() -> None:
    first, second = (html_page(burndown(burndown_table()), title="t") for _ in range(2))
    assert first == second


@pytest.mark.slow
def test_a_browser_draws_names_as_they_are(page: str, tmp_path: Path) -> None:
    path = tmp_path / "chart.html"
    path.write_text(page, encoding="utf-8")
    drawn = page_in_browser(path, tmp_path / "profile")
    svg = drawn[drawn.index('<svg class="main-svg"') :]
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in svg
    assert "<a " not in svg.replace('<a rel="tooltip"', ""), "only the tool bar's own"
    assert "plotly.com" not in svg
    assert "Plotly Cloud" not in svg
