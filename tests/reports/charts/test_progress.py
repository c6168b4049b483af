"""Percent complete by deliverable."""

from __future__ import annotations

from reports.charts import alternative, percent_complete
from reports.charts.progress import MOST
from tests.reports.tables import progress_table


def test_each_deliverable_has_a_bar_closed_and_open_and_its_share() -> None:
    figure = percent_complete(progress_table())
    closed, open_ = figure.data
    assert (closed.name, closed.x, open_.name, open_.x) == ("Closed issues", (3, 0), "Open issues", (1, 0))
    assert list(figure.layout.yaxis.ticktext) == ["Search", "(no deliverable)"]
    # Dividing by nothing is no number.
    assert [each.text for each in figure.layout.annotations if each.y in {0, 1} and each.yref != "paper"] == [
        "<b>75 %</b>",
        "-",
    ]
    assert alternative(figure) == "Percent complete of 2 deliverables of Board: 3 of 4 issues are closed."


def test_points_keep_their_fractions_and_say_what_they_leave_out() -> None:
    figure = percent_complete(progress_table(), unit="points")
    assert figure.data[0].x == (5.5, 0.0)
    assert alternative(figure) == "Percent complete of 2 deliverables of Board: 5.5 of 6 points are closed."
    assert "1 without points is not counted here." in figure.layout.annotations[0].text


def test_equal_names_of_two_boards_are_two_bars() -> None:
    rows = [("Board A", "Search", 1, 1, 0.0, 0.0, 0), ("Board B", "Search", 2, 0, 0.0, 0.0, 0)]
    figure = percent_complete(progress_table(rows))
    assert list(figure.layout.yaxis.ticktext) == ["Search · Board A", "Search · Board B"]
    assert figure.data[0].y == (0, 1)


def test_what_there_is_no_room_for_is_counted_and_in_the_sentence() -> None:
    rows = [("Board", f"D{place}", 1, 1, 0.0, 0.0, 0) for place in range(MOST + 3)]
    figure = percent_complete(progress_table(rows))
    assert len(figure.data[0].x) == MOST
    assert "3 more deliverables are in the table only." in figure.layout.annotations[0].text
    assert alternative(figure).endswith(f"{MOST + 3} of {2 * (MOST + 3)} issues are closed.")


def test_no_deliverables_say_so() -> None:
    assert alternative(percent_complete(progress_table([]))) == "There are no deliverables to show."
