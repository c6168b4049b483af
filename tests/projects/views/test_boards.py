"""Deliverables, what lacks one or points, and how long items take."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from chalicelib.projects.views import (
    DELIVERABLE_PROGRESS,
    PROJECT_CUMULATIVE_FLOW,
    PROJECT_ITEM_TIMES,
    PROJECT_ORPHANS,
    PROJECT_STATUS_TIMES,
    PROJECT_TIME_IN_STATUS,
    PROJECT_UNPOINTED,
)
from tests.projects.boards import Board, day, may, today_of


def test_deliverables_count_what_is_on_the_board(shared: Session) -> None:
    """Done by its status, closed and merged are done; archived counts; what is gone does not."""
    board = Board(shared)
    board.item("a", deliverable="Search", points=0.5, status="Done", is_archived=True)
    board.item("b", deliverable="Search", points=1.5, state="closed")
    board.item("c", deliverable="Search", state="merged")
    board.item("d", deliverable="Search", points=0.0)
    board.item("gone", deliverable="Search", points=9.0, removed_at=may(2))
    board.item("e", deliverable="Login")
    board.item("f")
    names = ("deliverable", "issues", "closed_issues", "points", "closed_points", "open_points", "unpointed")
    assert board.read(DELIVERABLE_PROGRESS, *names) == [
        ("Login", 1, 0, 0, 0, 0, 1),
        ("Search", 4, 3, 2, 2, 0, 1),
    ]
    percents = ("percent_complete_issues", "percent_complete_points", "percent_pointed")
    assert board.read(DELIVERABLE_PROGRESS, *percents) == [(0, None, 0), (75, 100, 75)]


def test_orphans_are_those_without_a_deliverable(shared: Session) -> None:
    board = Board(shared, deliverables_by="parents")
    board.item("a", deliverable="Search")
    board.item("Search")
    board.item("b", status="Done")
    board.item("gone", removed_at=may(2))
    other = Board(shared, "Q", deliverables_by=None)
    other.item("c")
    assert board.read(PROJECT_ORPHANS, "item_id", "is_done") == [("b", True)]
    assert other.read(PROJECT_ORPHANS, "item_id") == []


def test_unpointed_are_those_of_the_current_and_the_next_sprint(shared: Session) -> None:
    board, today = Board(shared), today_of(shared)
    for number, name in enumerate(("past", "this", "soon", "late"), start=-1):
        first = today + timedelta(days=7 * number)
        board.sprint(name, first, first + timedelta(days=6))
        board.item(f"{name} unpointed", iteration_id=name)
        board.item(f"{name} nothing", iteration_id=name, points=0.0)
    board.item("in none")
    assert board.read(PROJECT_UNPOINTED, "turn", "item_id") == [
        ("next", "soon unpointed"),
        ("current", "this unpointed"),
    ]


def move(board: Board, item: str, *moves: tuple[int, str | None, str]) -> None:
    for number, before, after in moves:
        board.event("status", item, may(number, 12), from_value=before, to_value=after)


def flow_board(session: Session) -> Board:
    board = Board(session)
    read: dict[str, Any] = {"timeline_read_at": may(20)}
    board.item("a", status="Done", state="closed", closed_at=may(6, 10), **read)
    move(board, "a", (2, "Todo", "Doing"), (4, "Doing", "Todo"), (5, "Todo", "Doing"), (6, "Doing", "Done"))
    board.item("b", status="Doing", created_at=may(3), **read)
    move(board, "b", (3, None, "Doing"))
    board.item("c", status="Done", created_at=may(4))
    return board


def test_lead_and_cycle_times(shared: Session) -> None:
    """A was closed two hours before its status said so; c was done from the beginning, as far as dates tell."""
    board = flow_board(shared)
    names = ("item_id", "added_at", "started_at", "done_at", "lead_hours", "cycle_hours", "told_by")
    assert board.read(PROJECT_ITEM_TIMES, *names) == [
        ("a", may(1), may(2, 12), may(6, 10), 130, 94, "timeline"),
        ("b", may(3), may(3, 12), None, None, None, "timeline"),
        ("c", may(4), None, may(4), 0, None, "dates"),
    ]


def test_each_stay_in_a_status(shared: Session) -> None:
    board = flow_board(shared)
    names = ("item_id", "status", "status_kind", "since", "until", "told_by")
    assert board.read(PROJECT_STATUS_TIMES, *names) == [
        ("a", "Doing", "in_progress", may(2, 12), may(4, 12), "timeline"),
        ("a", "Doing", "in_progress", may(5, 12), may(6, 12), "timeline"),
        ("a", "Done", "done", may(6, 12), None, "timeline"),
        ("a", "Todo", "todo", may(1), may(2, 12), "timeline"),
        ("a", "Todo", "todo", may(4, 12), may(5, 12), "timeline"),
        ("b", "Doing", "in_progress", may(3, 12), None, "timeline"),
        ("b", None, None, may(3), may(3, 12), "timeline"),
        ("c", "Done", "done", may(4), None, "dates"),
    ]
    hours = ("status", "n_hours", "median_hours", "p75_hours", "p85_hours")
    assert sorted(board.read(PROJECT_TIME_IN_STATUS, *hours), key=repr) == [
        ("Doing", 2, 36, 42, 44.4),
        ("Todo", 2, 30, 33, 34.2),
        (None, 1, 12, 12, 12),
    ]


def test_what_webhooks_tell_before_the_timeline_is_read_is_told_once(shared: Session) -> None:
    board = Board(shared)
    board.item("a", status="Done", timeline_read_at=may(4))
    move(board, "a", (2, "Todo", "Doing"))
    board.changed("status", "a", may(2, 12), from_value="Todo", to_value="Doing")
    board.changed("status", "a", may(5), from_value="Doing", to_value="Done")
    assert board.read(PROJECT_STATUS_TIMES, "status", "since", "told_by") == [
        ("Doing", may(2, 12), "timeline"),
        ("Done", may(5), "webhook"),
        ("Todo", may(1), "timeline"),
    ]


def test_the_flow_of_each_day(shared: Session) -> None:
    """What a snapshot says counts on its day; other days follow from the moves."""
    board = flow_board(shared)
    board.calendar(day(1), day(6))
    board.snapshot(day(5), {key: {"status": "Todo"} for key in "abcd"})
    found: dict[date, dict[str | None, int]] = {}
    for when, status, items in board.read(PROJECT_CUMULATIVE_FLOW, "day", "status", "items"):
        found.setdefault(when, {})[status] = items
    nothing: dict[str | None, int] = {"Todo": 0, "Doing": 0, "Done": 0, None: 0}
    assert found == {
        day(1): nothing | {"Todo": 1},
        day(2): nothing | {"Doing": 1},
        day(3): nothing | {"Doing": 2},
        day(4): nothing | {"Todo": 1, "Doing": 1, "Done": 1},
        day(5): nothing | {"Todo": 4},
        day(6): nothing | {"Doing": 1, "Done": 2},
    }
    told = board.read(PROJECT_CUMULATIVE_FLOW, "told_by", status="Done")
    assert [word for (word,) in told] == ["timeline", "timeline", "timeline", "dates", "snapshot", "dates"]
