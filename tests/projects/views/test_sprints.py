"""A sprint from Monday to Friday, worked by hand, from snapshots, webhooks, timelines, and dates alone.

On day one, alpha (3 points), beta (0.5), delta (2) and echo (5) are in it. Alpha is closed on day two, reopened on day
four, closed again on day five. On day three, charlie (no points) comes, and delta moves to the next sprint. On day
four, echo leaves the board, and charlie is done by its status alone; later it is archived. Beta is carried over on the
Monday after.
"""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from chalicelib.projects.models import ProjectField, ProjectItem, ProjectItemEvent
from chalicelib.projects.views import SPRINT_BURNDOWN, SPRINT_BURNUP, SPRINT_ITEM_DAYS, SPRINT_ITEMS, SPRINT_REPORT
from tests.projects.boards import Board, day, may

BURNDOWN = ("day_number", "open_issues", "open_points", "unpointed", "issues_added", "issues_removed")
CHANGED_POINTS = ("points_added", "points_removed")
SETS = ("committed", "added", "removed", "completed", "carried_over", "total")
ISSUES, POINTS = ([f"{name}_{unit}" for name in SETS] for unit in ("issues", "points"))
PERCENTS = ("percent_completed_issues", "percent_completed_points", "percent_pointed")

TRUE_BURNDOWN = [
    (1, 4, 10.5, 0, 0, 0),
    (2, 3, 7.5, 0, 0, 0),
    (3, 3, 5.5, 1, 1, 1),
    (4, 2, 3.5, 1, 0, 1),
    (5, 1, 0.5, 1, 0, 0),
]


def write(session: Session, **columns: Any) -> Board:
    """The board as it is after the sprint, with its calendar."""
    board = Board(session)
    board.sprint("one", day(4), day(8))
    board.sprint("two", day(11), day(15), "Another")
    board.calendar(day(1), day(15))
    board.item("alpha", iteration_id="one", points=3.0, state="closed", closed_at=may(8, 10), **columns)
    board.item("beta", iteration_id="two", points=0.5, **columns)
    board.item("charlie", iteration_id="one", created_at=may(6, 10), status="Done", is_archived=True, **columns)
    board.item("delta", iteration_id="two", points=2.0, **columns)
    board.item("echo", iteration_id="one", points=5.0, removed_at=may(8, 5), **columns)
    return board


def tell_timelines(board: Board) -> None:
    for number, kind in ((5, "closed"), (7, "reopened"), (8, "closed")):
        board.event(kind, "alpha", may(number, 10))
    board.event("added", "charlie", may(6, 10))
    board.event("status", "charlie", may(7, 10), from_value="Todo", to_value="Done")
    board.event("removed", "echo", may(7, 10))


def tell_webhooks(board: Board) -> None:
    board.event("archived", "alpha", may(1), source="webhook", item_id="alpha")  # since then they have come
    board.changed("sprint", "beta", may(11, 9), from_id="one", to_id="two")
    board.changed("sprint", "delta", may(6, 9), from_id="one", to_id="two")


def take_snapshots(board: Board) -> None:
    first = {
        "alpha": {"iteration_id": "one", "points": 3.0, "status": "Todo"},
        "beta": {"iteration_id": "one", "points": 0.5, "status": "Todo"},
        "delta": {"iteration_id": "one", "points": 2.0, "status": "Todo"},
        "echo": {"iteration_id": "one", "points": 5.0, "status": "Todo"},
    }
    closed = {"alpha": first["alpha"] | {"is_closed": True}}
    third = first | closed | {"charlie": {"iteration_id": "one"}, "delta": first["delta"] | {"iteration_id": "two"}}
    fourth = third | {"alpha": first["alpha"], "charlie": {"iteration_id": "one", "status": "Done"}}
    del fourth["echo"]
    fifth = fourth | closed | {"charlie": fourth["charlie"] | {"is_archived": True}}
    for number, items in enumerate((first, first | closed, third, fourth, fifth), start=4):
        board.snapshot(day(number), items)


def burndown(board: Board) -> list[tuple[Any, ...]]:
    return board.read(SPRINT_BURNDOWN, *BURNDOWN, iteration_id="one")


def told(board: Board) -> list[str]:
    return [word for (word,) in board.read(SPRINT_BURNDOWN, "told_by", iteration_id="one")]


def test_snapshots_tell_all_of_it(shared: Session) -> None:
    board = write(shared)
    take_snapshots(board)
    assert burndown(board) == TRUE_BURNDOWN
    assert told(board) == ["snapshot"] * 5
    assert board.read(SPRINT_BURNDOWN, *CHANGED_POINTS, iteration_id="one") == [(0, 0), (0, 0), (0, 2), (0, 5), (0, 0)]
    assert_true_report(board, "snapshot")


def assert_true_report(board: Board, word: str) -> None:
    assert board.row(SPRINT_REPORT, *ISSUES, "pointed_issues", "told_by", sprint="Sprint") == (
        4,
        1,
        2,
        2,
        1,
        3,
        2,
        word,
    )
    assert board.row(SPRINT_REPORT, *POINTS, sprint="Sprint") == (10.5, 0, 7, 3, 0.5, 3.5)
    percents = board.row(SPRINT_REPORT, *PERCENTS, sprint="Sprint")
    assert percents == pytest.approx((200 / 3, 300 / 3.5, 200 / 3))


def test_timelines_and_webhooks_tell_the_same(shared: Session) -> None:
    board = write(shared, timeline_read_at=may(20))
    tell_timelines(board)
    tell_webhooks(board)
    assert burndown(board) == TRUE_BURNDOWN
    assert told(board) == ["timeline"] * 5
    assert_true_report(board, "timeline")
    assert dict(board.read(SPRINT_ITEMS, "item_id", "told_by", iteration_id="one")) == {
        "alpha": "timeline",
        "beta": "webhook",
        "charlie": "timeline",
        "delta": "webhook",
        "echo": "timeline",
    }


def test_of_days_before_the_first_webhook_no_webhook_tells(shared: Session) -> None:
    """What it says that was before it need not have been so on the days before: nobody was told of changes then."""
    board = write(shared)
    board.changed("sprint", "beta", may(7, 9), from_id="one", to_id="two")
    rows = board.read(SPRINT_ITEM_DAYS, "day", "told_by", item_id="beta", iteration_id="one")
    assert dict(rows) == {day(4): "dates", day(5): "dates", day(6): "dates"}
    board.changed("points", "beta", may(5, 9), from_value="9", to_value="0.5")
    rows = board.read(SPRINT_ITEM_DAYS, "day", "told_by", item_id="beta", iteration_id="one")
    assert dict(rows) == {day(4): "dates", day(5): "webhook", day(6): "webhook"}


def test_a_status_is_that_of_the_field_that_was_chosen(shared: Session) -> None:
    """GitHub's own field Status said Done, the board's chosen one did not, and the item counted as done."""
    board = write(shared)
    shared.execute(update(ProjectField).where(ProjectField.role == "status").values(name="Release state"))
    shared.execute(update(ProjectItem).where(ProjectItem.id == "echo").values(status="Done", removed_at=None))
    board.event("status", "echo", may(5, 9), from_value="Done", to_value="Todo")
    board.event("field", "echo", may(6, 9), source="webhook", item_id="echo", field_id="P-status", from_value="Doing")
    rows = board.read(SPRINT_ITEM_DAYS, "day", "status", item_id="echo", iteration_id="one")
    assert dict(rows) == {day(4): "Doing", day(5): "Doing", day(6): "Done", day(7): "Done", day(8): "Done"}


def test_timelines_alone_know_closings_but_not_what_moved_away(shared: Session) -> None:
    board = write(shared, timeline_read_at=may(20))
    tell_timelines(board)
    assert burndown(board) == [
        (1, 2, 8, 0, 0, 0),
        (2, 1, 5, 0, 0, 0),
        (3, 2, 5, 1, 1, 0),
        (4, 1, 3, 1, 0, 1),
        (5, 0, 0, 1, 0, 0),
    ]
    assert told(board) == ["timeline"] * 5
    names = (*ISSUES, "told_by")
    assert board.row(SPRINT_REPORT, *names, iteration_id="one") == (2, 1, 1, 2, 0, 2, "timeline")


def test_dates_alone_know_the_last_closing_only(shared: Session) -> None:
    board = write(shared)
    assert burndown(board) == [
        (1, 2, 8, 0, 0, 0),
        (2, 2, 8, 0, 0, 0),
        (3, 2, 8, 1, 1, 0),
        (4, 2, 8, 1, 0, 0),
        (5, 0, 0, 1, 0, 1),
    ]
    assert told(board) == ["dates"] * 5


def test_the_burnup_counts_scope_and_what_is_done(shared: Session) -> None:
    board = write(shared)
    take_snapshots(board)
    names = ("day", "scope_issues", "scope_points", "done_issues", "done_points", "told_by")
    assert board.read(SPRINT_BURNUP, *names, iteration_id="one") == [
        (day(4), 4, 10.5, 0, 0, "snapshot"),
        (day(5), 4, 10.5, 1, 3, "snapshot"),
        (day(6), 4, 8.5, 1, 3, "snapshot"),
        (day(7), 3, 3.5, 1, 0, "snapshot"),
        (day(8), 3, 3.5, 2, 3, "snapshot"),
    ]


def test_each_item_has_what_became_of_it(shared: Session) -> None:
    board = write(shared)
    take_snapshots(board)
    flags = ("was_committed", "was_added", "was_removed", "is_completed", "is_carried_over")
    assert board.read(SPRINT_ITEMS, "item_id", "points", "status", *flags, iteration_id="one") == [
        ("alpha", 3, "Todo", True, False, False, True, False),
        ("beta", 0.5, "Todo", True, False, False, False, True),
        ("charlie", None, "Done", False, True, False, True, False),
        ("delta", 2, "Todo", True, False, True, False, False),
        ("echo", 5, "Todo", True, False, True, False, False),
    ]


def test_what_happens_after_its_end_changes_nothing(shared: Session) -> None:
    board = write(shared)
    take_snapshots(board)
    shared.execute(update(ProjectItem).values(iteration_id="two", points=8.0, state="open", closed_at=None))
    shared.execute(delete(ProjectItemEvent))
    assert burndown(board) == TRUE_BURNDOWN
    assert_true_report(board, "snapshot")


def test_a_day_without_a_snapshot_follows_from_the_next_one(shared: Session) -> None:
    """Beta's current sprint is another one, and its points were changed after the snapshot."""
    board = write(shared)
    then = {"beta": {"iteration_id": "one", "points": 1.0, "status": "Doing"}}
    board.snapshot(day(7), then)
    names = ("day", "points", "status", "told_by")
    assert board.read(SPRINT_ITEM_DAYS, *names, item_id="beta", iteration_id="one") == [
        (day(4), 1, "Doing", "dates"),
        (day(5), 1, "Doing", "dates"),
        (day(6), 1, "Doing", "dates"),
        (day(7), 1, "Doing", "snapshot"),
    ]


def test_a_change_before_the_next_snapshot_goes_first(shared: Session) -> None:
    board = write(shared)
    board.snapshot(day(7), {"beta": {"iteration_id": "one", "points": 1.0, "status": "Doing"}})
    board.changed("points", "beta", may(6, 9), from_value="0.5", to_value="1")
    board.changed("sprint", "beta", may(5, 9), from_id=None, to_id="one")
    board.changed("status", "beta", may(6, 10), from_value=None, to_value="Doing")
    names = ("day", "points", "status", "told_by")
    assert board.read(SPRINT_ITEM_DAYS, *names, item_id="beta", iteration_id="one") == [
        (day(5), 0.5, None, "webhook"),
        (day(6), 1, "Doing", "webhook"),
        (day(7), 1, "Doing", "snapshot"),
    ]


def test_points_that_were_emptied_were_there_before(shared: Session) -> None:
    board = write(shared)
    board.changed("points", "charlie", may(8, 9), from_value="0.25", to_value=None)
    board.changed("points", "alpha", may(8, 9), from_value=None, to_value="3")
    names = ("item_id", "points")
    assert board.read(SPRINT_ITEM_DAYS, *names, day=day(7)) == [("alpha", None), ("charlie", 0.25), ("echo", 5)]


def test_an_issue_that_comes_again_is_another_item(shared: Session) -> None:
    board = write(shared, timeline_read_at=may(20))
    tell_timelines(board)
    again = {"content_node_id": "issue of echo", "created_at": may(8, 9), "timeline_read_at": may(20)}
    board.item("echo again", iteration_id="one", points=5.0, **again)
    board.event("added", "echo", may(1))
    board.event("added", "echo", may(8, 9))
    days = board.read(SPRINT_ITEM_DAYS, "item_id", "day", iteration_id="one")
    assert [row for row in days if row[0].startswith("echo")] == [
        ("echo", day(4)),
        ("echo", day(5)),
        ("echo", day(6)),
        ("echo again", day(8)),
    ]
