"""Which days belong to a sprint, what the ideal line is, and what nobody can know yet."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from chalicelib.projects.views import (
    SPRINT_BURNDOWN,
    SPRINT_BURNUP,
    SPRINT_ITEMS,
    SPRINT_REPORT,
    SPRINT_VELOCITY,
    SPRINTS,
)
from tests.projects.boards import Board, day, may, today_of

IDEAL = ("day_number", "is_working", "ideal_issues", "ideal_points")


def test_the_ideal_line_rests_on_days_off(shared: Session) -> None:
    """From Thursday to Tuesday: four working days."""
    board = Board(shared)
    board.sprint("one", day(7), day(12))
    board.calendar(day(7), day(12))
    board.item("a", iteration_id="one", points=0.5)
    board.item("b", iteration_id="one", points=1.5)
    assert board.read(SPRINT_BURNDOWN, *IDEAL) == [
        (1, True, 1.5, 1.5),
        (2, True, 1, 1),
        (3, False, 1, 1),
        (4, False, 1, 1),
        (5, True, 0.5, 0.5),
        (6, True, 0, 0),
    ]


def test_a_sprint_without_any_working_day_burns_down_over_all_days(shared: Session) -> None:
    board = Board(shared)
    board.sprint("one", day(9), day(10))
    board.calendar(day(9), day(10))
    board.item("a", iteration_id="one", points=3.0)
    assert board.read(SPRINT_BURNDOWN, *IDEAL) == [(1, False, 0.5, 1.5), (2, False, 0, 0)]


def test_a_sprint_that_starts_today_has_begun(shared: Session) -> None:
    board, today = Board(shared), today_of(shared)
    board.sprint("one", today, today + timedelta(days=1))
    board.calendar(today, today + timedelta(days=1), working=range(7))
    board.item("a", iteration_id="one", points=2.0)
    board.item("b", iteration_id="one", state="closed", closed_at=may(2))
    assert board.row(SPRINTS, "state", "turn") == ("current", "current")
    names = (*IDEAL, "open_issues", "open_points", "unpointed", "told_by")
    assert board.read(SPRINT_BURNDOWN, *names) == [
        (1, True, 1, 1, 1, 2, 1, "dates"),
        (2, True, 0, 0, None, None, None, None),
    ]
    sets = ("committed_issues", "added_issues", "completed_issues", "carried_over_issues", "total_issues")
    assert board.row(SPRINT_REPORT, *sets) == (2, 0, 1, None, 2)
    assert board.read(SPRINT_ITEMS, "item_id", "was_committed", "is_carried_over") == [
        ("a", True, None),
        ("b", True, None),
    ]


def test_of_a_sprint_to_come_only_the_plan_is_known(shared: Session) -> None:
    board, today = Board(shared), today_of(shared)
    first, last = today + timedelta(days=1), today + timedelta(days=2)
    board.sprint("one", first, last)
    board.calendar(today, last)
    board.item("a", iteration_id="one", points=2.0)
    board.item("gone", iteration_id="one", removed_at=may(2))
    names = ("open_issues", "ideal_issues", "told_by")
    assert board.read(SPRINT_BURNDOWN, *names) == [(None, None, None)] * 2
    assert board.read(SPRINT_BURNUP, "scope_issues", "done_points") == [(None, None)] * 2
    planned = ("state", "turn", "total_issues", "total_points", "committed_issues", "completed_issues", "told_by")
    assert board.row(SPRINT_REPORT, *planned) == ("future", "next", 1, 2, None, None, None)
    assert board.row(SPRINT_REPORT, "percent_completed_issues", "percent_pointed") == (None, 100)
    assert board.read(SPRINT_ITEMS, "item_id", "was_committed", "was_added", "was_removed", "is_completed") == [
        ("a", None, None, None, False)
    ]


def test_dividing_by_nothing_is_null(shared: Session) -> None:
    board = Board(shared)
    board.sprint("one", day(4), day(5))
    board.calendar(day(4), day(5))
    percents = ("percent_completed_issues", "percent_completed_points", "percent_pointed")
    assert board.row(SPRINT_REPORT, *percents, "total_issues", "told_by") == (None, None, None, 0, "dates")
    assert board.read(SPRINT_BURNDOWN, "open_issues", "ideal_issues", "told_by") == [(0, 0, "dates"), (0, 0, "dates")]
    board.snapshot(day(4), {})
    board.snapshot(day(5), {})
    assert board.row(SPRINT_REPORT, "told_by") == ("snapshot",)


def test_percent_of_points_is_null_where_nothing_is_pointed(shared: Session) -> None:
    board = Board(shared)
    board.sprint("one", day(4), day(5))
    board.calendar(day(4), day(5))
    board.item("a", iteration_id="one", state="merged", closed_at=may(4, 9))
    percents = ("percent_completed_issues", "percent_completed_points", "percent_pointed")
    assert board.row(SPRINT_REPORT, *percents) == (100, None, 0)


def test_one_day_without_a_snapshot_weakens_the_report(shared: Session) -> None:
    """On day one, only dates say that nothing was in it."""
    board = Board(shared)
    board.sprint("one", day(4), day(5))
    board.calendar(day(4), day(5))
    board.item("a", iteration_id="one", created_at=may(5, 9))
    board.snapshot(day(5), {"a": {"iteration_id": "one"}})
    assert board.read(SPRINT_BURNDOWN, "open_issues", "told_by") == [(0, "dates"), (1, "snapshot")]
    assert board.row(SPRINT_REPORT, "committed_issues", "added_issues", "told_by") == (0, 1, "dates")


def test_boards_with_equal_sprints_do_not_mix(shared: Session) -> None:
    """A copy of a board has the same names, and may have the same ids of iterations."""
    boards = Board(shared, "P"), Board(shared, "Q", number=2)
    for board in boards:
        board.sprint("one", day(4), day(5))
        board.calendar(day(4), day(5))
    boards[0].item("a", iteration_id="one", points=1.0)
    boards[1].item("b", iteration_id="one", points=2.0)
    boards[1].item("c", iteration_id="one", points=4.0)
    boards[0].snapshot(day(4), {"a": {"iteration_id": "one", "points": 1.0}})
    boards[1].snapshot(day(4), {key: {"iteration_id": "one", "points": 3.0} for key in "bc"})
    names = ("project_number", "committed_issues", "committed_points", "total_points")
    assert [board.row(SPRINT_REPORT, *names) for board in boards] == [(1, 1, 1, 1), (2, 2, 6, 6)]
    assert boards[0].read(SPRINT_BURNDOWN, "open_points") == [(1,), (1,)]
    assert boards[1].read(SPRINT_BURNDOWN, "open_points") == [(6,), (6,)]


def test_turns_are_those_of_the_board(shared: Session) -> None:
    board, today = Board(shared), today_of(shared)
    for number, start in enumerate((-20, -10, 0, 10, 20)):
        first = today + timedelta(days=start)
        board.sprint(f"s{number}", first, first + timedelta(days=9))
    assert board.read(SPRINTS, "iteration_id", "state", "turn") == [
        ("s0", "past", None),
        ("s1", "past", "previous"),
        ("s2", "current", "current"),
        ("s3", "future", "next"),
        ("s4", "future", None),
    ]


def test_velocity_is_the_mean_of_five_sprints(shared: Session) -> None:
    board, done = Board(shared), (3, 0, 1, 2, 1, 6)
    board.calendar(day(4), day(15))
    for number, count in enumerate(done):
        first = day(4 + 2 * number)
        board.sprint(f"s{number}", first, first + timedelta(days=1))
        for each in range(count):
            board.item(f"{number}.{each}", iteration_id=f"s{number}", points=0.5, state="closed", closed_at=may(2))
        board.item(f"open {number}", iteration_id=f"s{number}", points=8.0)
    names = ("completed_issues", "completed_points", "average_issues", "average_points", "n_sprints")
    assert board.read(SPRINT_VELOCITY, *names) == [
        (3, 1.5, 3, 1.5, 1),
        (0, 0, 1.5, 0.75, 2),
        (1, 0.5, 4 / 3, 2 / 3, 3),
        (2, 1, 1.5, 0.75, 4),
        (1, 0.5, 1.4, 0.7, 5),
        (6, 3, 2, 1, 5),
    ]
