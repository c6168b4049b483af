"""Lines and bars of any table."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
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
    figure = lines(MONTHS, unit="hours")
    [line] = figure.data
    assert (line.name, line.x, line.y) == ("Hours to merge", (0, 1), (40.5, None))
    assert list(figure.layout.xaxis.ticktext) == ["2026-01<br>n = 12", "2026-02<br>n = 3"]
    assert figure.layout.yaxis.title.text == "Hours to merge (hours)"
    assert alternative(figure) == ("Pull requests by month: 2 rows; the last, 2026-02: hours to merge unknown (hours).")


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


ORGS = Table(
    "t",
    ["org", "day", "median_seconds", "jobs"],
    [
        ("acme", date(2026, 1, 1), 5, 10),
        ("acme", date(2026, 1, 4), 6, 20),
        ("other", date(2026, 1, 3), 70, 3),
    ],
)


def test_organisations_have_lines_of_their_own_and_days_without_rows_are_gaps() -> None:
    """They were one line, end to end, and days without jobs were left out of the axis."""
    figure = lines(ORGS, x="day", y=["median_seconds"], unit="seconds", n=["jobs"])
    assert [(each.name, each.y) for each in figure.data] == [
        ("acme", (5, None, None, 6)),
        ("other", (None, None, 70, None)),
    ]
    assert list(figure.layout.xaxis.ticktext) == ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]
    assert figure.data[0].customdata == (" (n = 10)", "", "", " (n = 20)")
    assert figure.layout.yaxis.title.text == "Median seconds (seconds)"


def test_each_median_has_the_number_it_is_of() -> None:
    table = Table("t", ["month", "review", "merge", "n_review", "n_merge"], [(date(2026, 1, 1), 1.5, 2.5, 83, 91)])
    figure = lines(table, x="month", y=["review", "merge"], n=["n_review", "n_merge"], unit="hours")
    assert list(figure.layout.xaxis.ticktext) == ["2026-01<br>n = 83 / 91"]
    assert figure.layout.annotations[0].text == "n: how many are behind review, merge."


def test_bars_name_their_severity_and_one_of_several_organisations() -> None:
    """They were five bars of one name."""
    rows = [("acme", "code_scanning", "high", 3), ("other", "code_scanning", "low", 1)]
    figure = bars(Table("t", ["org", "kind", "severity", "open"], rows), x=["kind", "severity"], y=["open"])
    assert list(figure.layout.yaxis.ticktext) == ["acme · code_scanning · high", "other · code_scanning · low"]
    assert figure.layout.xaxis.dtick == 1, "nobody has half an alert"


@pytest.mark.parametrize(("column", "label"), [("day", "2026-01-01"), ("month", "2026-01"), ("year", "2026")])
def test_a_time_is_written_as_long_as_it_lasts(column: str, label: str) -> None:
    figure = lines(Table("t", [column, "opened"], [(date(2026, 1, 1), 1)]), y=["opened"])
    assert figure.layout.xaxis.ticktext == (label,)


def test_periods_without_rows_are_gaps() -> None:
    for column, days in (
        ("month", (date(2025, 12, 1), date(2026, 2, 1))),
        ("week", (date(2026, 1, 5), date(2026, 1, 19))),
        ("quarter", (date(2025, 10, 1), date(2026, 4, 1))),
        ("year", (date(2024, 1, 1), date(2026, 1, 1))),
    ):
        figure = lines(Table("t", [column, "n"], [(day, 1) for day in days]), y=["n"])
        assert figure.data[0].y == (1, None, 1)


def test_hours_without_a_row_are_gaps_and_say_which_hour_they_are() -> None:
    hours = [datetime(2026, 1, 1, 22, tzinfo=UTC), datetime(2026, 1, 2, 1, tzinfo=UTC)]
    figure = lines(Table("t", ["hour", "n", "seconds"], [(hours[0], 3, 5), (hours[1], 7, 9)]))
    assert figure.data[0].y == (5, None, None, 9)
    assert list(figure.layout.xaxis.ticktext) == [
        "2026-01-01 22:00<br>n = 3",
        "2026-01-01 23:00",
        "2026-01-02 00:00",
        "2026-01-02 01:00<br>n = 7",
    ]


def test_moments_are_drawn_to_scale_and_not_joined_over_missing_samples() -> None:
    """A gap of 22.5 hours was as wide as ten minutes, and a line went over it."""
    day = datetime(2026, 1, 1, 9, tzinfo=UTC)
    minutes: dict[float, int | None] = {5: 3, 15: 4, 75: 6, 75 + 1350: 7}
    samples = Table("t", ["sampled_at", "online"], [(day + timedelta(minutes=at), n) for at, n in minutes.items()])
    figure = lines(samples)
    [line] = figure.data
    assert dict(zip(line.x, line.y, strict=True)) == minutes | {75 + 1350 / 2: None}
    assert list(line.x) == sorted(line.x)
    axis = figure.layout.xaxis
    assert list(axis.tickvals) == [0, 240, 480, 720, 960, 1200, 1440], "of 25 hours, every fourth"
    assert (axis.ticktext[0], axis.ticktext[-1]) == ("2026-01-01 09:00", "2026-01-02 09:00")
    assert axis.range == (-28.8, 1468.8)


def test_a_single_moment_has_its_hour() -> None:
    figure = lines(Table("t", ["sampled_at", "online"], [(datetime(2026, 1, 1, 9, 0, tzinfo=UTC), 3)]))
    assert (figure.data[0].x, figure.layout.xaxis.ticktext) == ((0,), ("2026-01-01 09:00",))
