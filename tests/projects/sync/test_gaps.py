"""Boards of which something is missing, odd or renamed: no day is written down wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.errors import JobFailedError, RejectedError
from chalicelib.projects.api import ProjectsAPI
from chalicelib.projects.models import Project, ProjectDay, ProjectItemDay, ProjectStatus
from chalicelib.projects.rows import item_row
from sandbox import Kind
from tests.deliveries import deliver
from tests.organisation import DAY, Organisation
from tests.projects.sync.conftest import boards_of, last_run, rows_of

HOUR = 3600


@pytest.fixture
def still(org: Organisation) -> Organisation:
    """An organisation in which nothing happens but what a test lets happen, read once."""
    org.sandbox.world.stand_still()
    org.run_job()
    deliver(org)
    org.advance(DAY)
    return org


def points_of(org: Organisation) -> list[float | None]:
    """The points of the first board's items on the newest day."""
    board = min(rows_of(org, Project), key=lambda row: row["number"])
    days = rows_of(org, ProjectItemDay, ProjectItemDay.project_id == board["id"])
    newest = max(row["day"] for row in days)
    return [row["points"] for row in days if row["day"] == newest]


def test_a_board_that_was_read_with_a_gap_is_read_again(still: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reading with the gap had stored the board's time: it counted as unchanged for hours."""
    before, whole = points_of(still), ProjectsAPI.items

    def with_gap(api: ProjectsAPI, project_id: str) -> Any:
        read = whole(api, project_id)
        return replace(read, nodes=read.nodes[1:], holes=1)

    with monkeypatch.context() as patch:
        patch.setattr(ProjectsAPI, "items", with_gap)
        with pytest.raises(JobFailedError, match="GitHub left out 1 items"):
            still.run_job()
    assert points_of(still) == before
    assert max(row["day"] for row in rows_of(still, ProjectItemDay)) < still.now().date()
    still.advance(60)
    still.run_job()
    assert {row["snapshot_at"] for row in days_of(still)} == {still.now()}


def days_of(org: Organisation) -> list[dict[str, Any]]:
    return [row for row in rows_of(org, ProjectDay) if row["day"] == org.now().date()]


def test_a_webhook_about_the_board_does_not_make_it_count_as_read(still: Organisation) -> None:
    """An edited title came with the time of change, and the items' changes before it were not read."""
    world, board = still.sandbox.world, boards_of(still)[0]
    still.run_job()
    still.advance(60)
    row = world.board_items(board)[0]
    world.set_field(row, board.roles["points"], 77)
    world.edit_board(board, title="Another title")
    still.sandbox.deliveries("lost")  # the items' changes do not come
    stored = min(rows_of(still, Project), key=lambda each: each["number"])
    still.advance(60)
    world.edit_board(board, title="A third title")
    deliver(still)
    assert min(rows_of(still, Project), key=lambda each: each["number"])["title"] == "A third title" != stored["title"]
    still.run_job()
    assert 77 in points_of(still)


def test_an_item_that_can_not_be_mapped_stays_as_it_was(still: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was missing from the day, as if it had left the sprint."""
    before = sorted(points_of(still), key=str)
    odd = next(row["item_id"] for row in rows_of(still, ProjectItemDay) if row["points"])

    def refuse(node: Any, **how: Any) -> Any:
        if node["id"] == odd:
            raise RejectedError("type is NEW, which is not known")
        return item_row(node, **how)

    monkeypatch.setattr("chalicelib.projects.sync.reading.item_row", refuse)
    still.run_job()
    assert last_run(still)["rejected"] == 1
    assert sorted(points_of(still), key=str) == before


def test_a_field_that_is_renamed_keeps_its_values(still: Organisation) -> None:
    before, board = points_of(still), boards_of(still)[0]
    board.roles["points"].name = "Size in points"
    still.sandbox.world.edit_board(board, title="Changed")
    still.run_job()
    assert points_of(still) == before
    assert any(before)


def test_a_status_that_is_renamed_keeps_its_meaning(still: Organisation) -> None:
    board = boards_of(still)[0]
    option = next(each for each in board.roles["status"].options if each.name == "Done")
    object.__setattr__(option, "name", "Out of the door")  # in all that holds it
    still.sandbox.world.edit_board(board, title="Changed")
    for _ in range(2):
        still.run_job("daily")
        kinds = {row["name"]: row["kind"] for row in rows_of(still, ProjectStatus)}
        assert kinds["Out of the door"] == "done"


def test_boards_that_are_not_there_are_named_for_both_settings(still: Organisation) -> None:
    still.environment["GH_PROJECT_FIELDS"] = "acme/99: points=, other/1: points="
    still.run_job()
    assert last_run(still)["note"] == "GH_PROJECT_FIELDS names boards that GitHub does not list: acme/99"


def test_what_happens_after_the_last_reading_of_a_day_belongs_to_it(still: Organisation) -> None:
    """A closing at 21:00 was missing from the report of a sprint that ended on that day, for ever."""
    world, board = still.sandbox.world, boards_of(still)[0]
    still.run_job()
    day = still.now().date()
    items = [row for row in world.board_items(board) if row.content is not None and row.content.state == "open"]
    moved, closed, gone = items[:3]
    assert closed.content
    still.advance(HOUR)
    following = board.roles["sprint"].iterations[-1]
    world.set_field(moved, board.roles["sprint"], following)
    world.set_field(moved, board.roles["points"], 0.5)
    world.remove_from_board(gone)
    deliver(still)
    still.advance(HOUR)
    world.change(closed.content, Kind.CLOSED)
    still.advance(DAY)
    still.run_job()  # reads the timeline
    true = {row["item"]: row for row in still.sandbox.app.truth.board_days() if row["day"] == day.isoformat()}
    found = {row["item_id"]: row for row in rows_of(still, ProjectItemDay, ProjectItemDay.day == day)}
    assert found.keys() == true.keys()
    for item, row in found.items():
        names = ("iteration_id", "points", "is_closed")
        assert [row[name] for name in names] == [true[item][name] for name in ("sprint", "points", "closed")]
