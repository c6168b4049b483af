"""Lines and bars of any table."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from reports.charts import alternative, bars, lines
from reports.charts.series import MOST_BARS
from reports.reading import Table

MONTHS = Table(
    "Pull requests by month",
    ["month", "n", "hours_to_merge", "repository", "is_bot"],
    [(date(2026, 1, 1), 12, 40.5, "a", True), (date(2026, 2, 1), 3, None, "b", False)],
)


def test_a_line_for_each_column_of_numbers_with_gaps_and_how_many() -> None:
    figure = lines(MONTHS, unit="Hours (median)")
    [line] = figure.data
    assert (line.name, line.x, line.y) == ("Hours to merge", (0, 1), (40.5, None))
    assert list(figure.layout.xaxis.ticktext) == ["2026-01-01<br>n = 12", "2026-02-01<br>n = 3"]
    assert figure.layout.yaxis.title.text == "Hours (median)"
    assert alternative(figure) == (
        "Pull requests by month: 2 rows; the last, 2026-02-01: hours to merge unknown (Hours (median))."
    )


def test_columns_may_be_chosen() -> None:
    figure = bars(MONTHS, x="repository", y=["n"])
    assert (figure.data[0].name, figure.data[0].y, figure.data[0].text) == ("N", (12, 3), ("12", "3"))
    assert [text.split("<br>")[0] for text in figure.layout.xaxis.ticktext] == ["a", "b"]


def test_exact_numbers_of_postgresql_are_numbers() -> None:
    table = Table("t", ["severity", "alerts"], [("high", Decimal(3)), ("low", Decimal("1.5"))])
    figure = bars(table)
    assert figure.data[0].y == (3, 1.5)
    assert [each.text for each in figure.data] == [("3", "1.5")]
    assert "1.5" in figure.to_json()


def test_more_bars_than_there_is_room_for_are_counted() -> None:
    table = Table("t", ["repository", "open"], [(f"r{place}", place) for place in range(MOST_BARS + 2)])
    figure = bars(table)
    assert figure.data[0].y == tuple(range(MOST_BARS))
    assert figure.layout.annotations[0].text == "2 more rows are in the table only."


@pytest.mark.parametrize("table", [Table("t", ["a", "b"], []), Table("t", ["a", "b"], [("x", None)])])
def test_nothing_to_show_is_said(table: Table) -> None:
    assert alternative(lines(table)) == "t: there is nothing to show."


def test_bars_with_long_names_lie_and_have_all_their_names() -> None:
    table = Table("t", ["repository", "n", "open"], [("a-repository-with-a-name", 2, 5), ("b", 1, 3)])
    figure = bars(table)
    assert (figure.data[0].orientation, figure.data[0].x) == ("h", (5, 3))
    assert list(figure.layout.yaxis.ticktext) == ["a-repository-with-a-name, n = 2", "b, n = 1"]
    assert figure.layout.yaxis.range == (1.5, -0.5), "the first is on top"
