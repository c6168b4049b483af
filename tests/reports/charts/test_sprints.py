"""Burndown and burnup charts: what is drawn, marked, noted and said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from plotly.graph_objects import Figure

from reports.charts import alternative, burndown, burnup
from reports.reading import Table
from tests.reports.tables import burndown_table, burnup_table


def drawn(figure: Figure) -> dict[str, list[tuple[Any, ...]]]:
    """The points of each trace, with their texts where they have some."""
    traces = {}
    for trace in figure.data:
        parts = [trace.x, trace.y] + ([trace.text] if trace.text is not None else [])
        traces[trace.name] = list(zip(*parts, strict=True))
    return traces


def notes(figure: Figure) -> list[str]:
    return list(figure.layout.annotations[-1].text.split("<br>"))


def test_a_burndown_has_bars_for_days_that_were_and_an_ideal_line_to_the_end() -> None:
    traces = drawn(burndown(burndown_table()))
    assert traces["Open issues"] == [(0, 8, "8"), (1, 6.5, "6.5"), (2, 9, "9"), (3, 7, "7")]
    assert traces["Ideal"] == [(0, 6), (1, 4), (2, 4), (3, 4), (4, 2), (5, 0)]


def test_scope_added_and_removed_is_marked_where_it_happened() -> None:
    traces = drawn(burndown(burndown_table()))
    assert [(place, text) for place, _, text in traces["Issues added"]] == [(2, "+3")]
    assert [(place, text) for place, _, text in traces["Issues removed"]] == [(2, "−1"), (3, "−1")]
    [(_, added, _)], [(_, removed, _), _] = traces["Issues added"], traces["Issues removed"]
    assert 9 < added < removed, "marks of one day don't cover each other"


def test_no_scope_change_has_no_mark() -> None:
    table = burndown_table()
    rows = [row for row in table.rows if row[2].day < 7]
    assert set(drawn(burndown(replace(table, rows=rows)))) == {"Open issues", "Ideal"}


def test_days_are_in_order_and_weekends_are_shaded() -> None:
    table = burndown_table()
    figure = burndown(replace(table, rows=table.rows[::-1]))
    assert list(figure.layout.xaxis.ticktext) == [
        "Thu<br>5 Mar", "Fri<br>6 Mar", "Sat<br>7 Mar", "Sun<br>8 Mar", "Mon<br>9 Mar", "Tue<br>10 Mar",
    ]  # fmt: skip
    assert [(shape.x0, shape.x1) for shape in figure.layout.shapes] == [(1.5, 2.5), (2.5, 3.5)]


def test_a_day_of_which_nobody_knows_whether_it_is_worked_is_not_shaded() -> None:
    table = burndown_table()
    rows = [(*row[:3], None if row[2].day == 7 else row[3], *row[4:]) for row in table.rows]
    assert [shape.x0 for shape in burndown(replace(table, rows=rows)).layout.shapes] == [2.5]


def test_a_board_without_points_has_no_numbers_to_draw() -> None:
    table = burndown_table(unit="points")
    rows = [(*row[:4], None, None, None, None, *row[8:]) for row in table.rows]
    assert drawn(burndown(replace(table, rows=rows), unit="points"))["Open points"] == []


def test_days_may_be_text_as_plain_sql_on_sqlite_gives_them() -> None:
    table = burndown_table()
    rows = [(*row[:2], row[2].isoformat(), *row[3:]) for row in table.rows]
    assert burndown(replace(table, rows=rows)).to_json() == burndown(table).to_json()


def test_the_title_says_sprint_board_days_and_unit() -> None:
    title = burndown(burndown_table(unit="points"), unit="points").layout.title
    assert title.text == "<b>Burndown of Sprint 1 by points</b>"
    assert title.subtitle.text == "Board · 5 Mar to 10 Mar 2026"


def test_the_unit_is_that_of_the_columns() -> None:
    assert "Open points" in drawn(burndown(burndown_table(unit="points")))


@pytest.mark.parametrize(
    ("told_by", "noted"),
    [
        (("snapshot", "webhook", "snapshot", "snapshot"), []),
        (("dates",) * 4, ["4 of 4 days come from items' dates alone (created, closed)"]),
        (
            ("dates", "timeline", "timeline", "snapshot"),
            [
                "1 of 4 days come from items' dates alone (created, closed)",
                "2 of 4 days come from items' timelines alone",
            ],
        ),
    ],
)
def test_it_says_which_days_were_worked_out_backwards(told_by: tuple[str, ...], noted: list[str]) -> None:
    expected = [f"{note}: the sprint and points of each are as of now." for note in noted]
    assert notes(burndown(burndown_table(told_by=told_by))) == [*expected, "Data as of 2026-03-08 05:10 UTC."]


def test_points_say_what_they_leave_out() -> None:
    assert "2 without points are not counted here." in notes(burndown(burndown_table(unit="points")))
    assert "2 without points are not counted here." not in notes(burndown(burndown_table()))


def test_a_sentence_says_what_a_burndown_shows() -> None:
    assert alternative(burndown(burndown_table())) == (
        "Burndown of Sprint 1 of Board: on 2026-03-08, 7 issues are open, after 8 on day one; the ideal line is at 4."
    )


def test_a_sprint_that_has_not_begun_has_no_bars() -> None:
    table = burndown_table()
    figure = burndown(replace(table, rows=[row for row in table.rows if row[-1] is None]))
    assert drawn(figure)["Open issues"] == []
    assert alternative(figure) == "Burndown of Sprint 1 of Board: it has not begun."


@pytest.mark.parametrize("chart", [burndown, burnup])
def test_a_table_without_rows_says_so(chart: Any) -> None:
    figure = chart(Table("t", ["day"], []))
    assert alternative(figure) == "There are no days to show."
    assert figure.layout.annotations[0].text == "There are no days to show."


def test_a_burnup_has_scope_and_done() -> None:
    figure = burnup(burnup_table())
    traces = drawn(figure)
    assert traces["Points in the sprint"] == [(0, 8.0), (1, 8.5)]
    assert traces["Points done"] == [(0, 0.0), (1, 2.5)]
    assert [(place, text) for place, _, text in traces["Issues added"]] == [(1, "+1")]
    assert notes(figure) == ["1 without points is not counted here."]
    assert alternative(figure) == "Burnup of Sprint 1 of Board: on 2026-03-06, 2.5 of 8.5 points are done."


def test_a_sprint_that_has_not_begun_says_so_in_its_chart() -> None:
    columns = [
        "project",
        "sprint",
        "day",
        "is_working",
        "open_issues",
        "ideal_issues",
        "issues_added",
        "issues_removed",
    ]
    row = ("Board", "Sprint 9", date(2026, 6, 1), True, None, None, None, None)
    figure = burndown(Table("t", [*columns, "told_by"], [(*row, None)]))
    assert [each.text for each in figure.layout.annotations] == ["The sprint has not begun."]
