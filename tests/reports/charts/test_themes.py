from __future__ import annotations

from datetime import date
from itertools import combinations

import pytest

from reports import charts
from reports.charts import style
from reports.charts.themes import DARK, DARK_PAPER, darkened
from reports.reading import Table
from tests.reports.charts.contrast import LEAST_CONTRAST, LEAST_OF_SHAPES, contrast

TABLE = Table("White", ["name", "count", "done"], [("white", 3, 1), ("#222222", 2, 2)])
LIGHT = {color: color for color in (*DARK, *style.LINES)}
PAGES = pytest.mark.parametrize("page", [LIGHT, {**LIGHT, **DARK}], ids=["light", "dark"])


@PAGES
def test_texts_are_readable_on_what_they_stand_on(page: dict[str, str]) -> None:
    on = [
        *((ink, paper) for ink in (style.INK, style.IDEAL) for paper in (style.PAPER, style.SHADE)),
        (style.PAPER, style.DONE),
        (style.INK, style.OPEN),
    ]
    assert {pair: contrast(*map(page.__getitem__, pair)) for pair in on if faint(page, *pair)} == {}


def faint(page: dict[str, str], ink: str, paper: str) -> bool:
    return contrast(page[ink], page[paper]) < LEAST_CONTRAST


def test_every_line_is_seen_on_a_dark_page() -> None:
    """On a white one two of the eight are pale: lines have markers, and their numbers are in the table."""
    dark = {color: contrast(DARK.get(color, color), DARK_PAPER) for color in style.LINES}
    assert {color for color, ratio in dark.items() if ratio < LEAST_OF_SHAPES} == set()
    light = {color for color in style.LINES if contrast(color, style.PAPER) < LEAST_OF_SHAPES}
    assert light == {"#e69f00", "#56b4e9"}


@PAGES
def test_no_two_lines_have_one_colour(page: dict[str, str]) -> None:
    assert all(page[one] != page[other] for one, other in combinations(style.LINES, 2))


def test_a_dark_figure_has_the_same_data_in_other_colours() -> None:
    light = charts.bars(TABLE)
    light.add_vrect(x0=0, x1=1, fillcolor=style.SHADE)
    dark = darkened(light)
    assert dark.layout.paper_bgcolor == dark.layout.plot_bgcolor == DARK_PAPER
    assert dark.layout.font.color == DARK[style.INK]
    assert dark.layout.shapes[0].fillcolor == DARK[style.SHADE]
    assert [list(each.y) for each in dark.data] == [list(each.y) for each in light.data] == [[3, 2], [1, 2]]
    assert charts.alternative(dark) == charts.alternative(light)
    assert light.layout.paper_bgcolor == style.PAPER


def test_a_name_that_reads_like_a_colour_stays_as_it_is() -> None:
    assert list(darkened(charts.bars(TABLE)).layout.xaxis.ticktext) == ["white", "#222222"]


def test_no_colour_of_ours_is_left_on_a_dark_page() -> None:
    days = [(date(2026, 5, day), 9 - day, 8.0 - day) for day in (1, 2, 3)]
    figures = [charts.lines(Table("Open", ["day", "open", "n"], days)), charts.bars(TABLE)]
    for figure in figures:
        assert not set(colors(darkened(figure).to_plotly_json())) & set(DARK)


def colors(part: object, name: str = "") -> list[str]:
    if isinstance(part, dict):
        return [each for key, value in part.items() for each in colors(value, key)]
    if isinstance(part, list):
        return [each for value in part for each in colors(value, name)]
    return [part] if "color" in name and isinstance(part, str) else []
