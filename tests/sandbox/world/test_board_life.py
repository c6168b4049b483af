"""Boards that live by themselves."""

from collections import Counter

import pytest

from sandbox import BoardItem, Kind, Project, World
from sandbox.world.parents import ancestors
from tests.sandbox.conftest import NOW, small_plan

DAY = 86_400


@pytest.fixture(scope="module")
def world() -> World:
    """A world with three boards, that no test changes."""
    return World(small_plan(boards=3, days=150, items=600))


def boards(world: World) -> list[Project]:
    return next(iter(world.organisations.values())).projects


def rows(world: World, board: Project) -> list[BoardItem]:
    """All rows that a board ever had."""
    return [*world.board_items(board), *(one for one in world.gone_board_items if one.project is board)]


def story(world: World) -> list[object]:
    """All that was on boards, and when it changed."""
    return [(row.id, row.position, [(one.at, len(one.values)) for one in row.log]) for row in all_rows(world)]


def all_rows(world: World) -> list[BoardItem]:
    return [row for board in boards(world) for row in rows(world, board)]


def test_the_same_seed_is_the_same_story(world: World) -> None:
    other = World(small_plan(boards=3, days=150, items=600))
    assert story(other) == story(world)
    assert [one.updated_at for one in other.items.values()] == [one.updated_at for one in world.items.values()]


def test_a_world_without_boards_is_as_it_was() -> None:
    plain = World(small_plan())
    assert (boards(plain), plain.gone_board_items) == ([], [])
    assert "github-project-automation[bot]" not in plain.accounts
    kinds = {change.kind for item in plain.items.values() for change in item.history}
    assert kinds.isdisjoint({Kind.ADDED_TO_PROJECT_V2, Kind.PARENT_ISSUE_ADDED})


def test_there_are_all_sorts_of_rows(world: World) -> None:
    assert [(one.title, one.roles["sprint"].name) for one in boards(world)] == [
        ("Delivery", "Sprint"),
        ("Platform", "Sprint"),
        ("Research", "Iteration"),
    ]
    for board in boards(world):
        found = world.board_items(board)
        assert len(found) > 80
        assert {row.content_type for row in found} == {"Issue", "PullRequest", "DraftIssue"}
        assert {0.5, None, 8.0} <= {row.value("points") for row in found}
        assert {row.archived_at is not None for row in found} == {True, False}
        assert {row.status_kind for row in found} >= {"todo", "in_progress", "done"}
        # Done needs not be closed.
        assert any(row.status_kind == "done" and row.content and not row.is_closed for row in found)
    assert any(row.content is None and row.draft is None for row in all_rows(world))
    assert world.gone_board_items


def test_sprints_of_two_boards_share_titles_alone(world: World) -> None:
    first, second = ([*board.roles["sprint"].iterations] for board in boards(world)[:2])
    assert [one.title for one in first] == [one.title for one in second]
    assert {one.id for one in first}.isdisjoint(one.id for one in second)
    states = Counter("past" if one.end <= NOW else "now" if one.holds(NOW) else "next" for one in first)
    assert (states["past"] >= 9, states["now"], states["next"]) == (True, 1, 2)


def test_sprints_carry_over_what_is_left(world: World) -> None:
    board = boards(world)[0]
    sprint = board.roles["sprint"]
    starts = {one.start for one in sprint.iterations}
    carried = came = left = 0
    for row in rows(world, board):
        for before, after in zip(row.log, row.log[1:], strict=False):
            one, other = before.values.get(sprint), after.values.get(sprint)
            at_start = after.at - after.at % DAY in starts
            carried += one is not None and other is not None and one is not other and at_start
            came += one is None and other is not None and not at_start
            left += one is not None and other is None and after.there and not at_start
    assert (carried > 10, came > 10, left > 3) == (True, True, True)


def test_a_status_is_told_as_often_as_it_changes(world: World) -> None:
    for board in boards(world):
        status = board.roles["status"]
        for row in rows(world, board):
            if row.content is None:
                continue
            values = [one.values.get(status) for one in row.log]
            # Drafts have no timeline before they are issues.
            since = next((c.at for c in row.content.history if c.kind is Kind.CONVERTED_FROM_DRAFT), row.created_at)
            changes = sum(
                one != other and moment.at >= since
                for one, other, moment in zip(values, values[1:], row.log[1:], strict=False)
            )
            told = [
                one.text
                for one in row.content.history
                if one.kind is Kind.PROJECT_V2_ITEM_STATUS_CHANGED and one.project is board
            ]
            rows_there = [one for one in rows(world, board) if one.content is row.content]
            if len(rows_there) == 1:
                assert len(told) == changes


def test_deliverables_are_found_through_parents(world: World) -> None:
    depths = Counter(
        (len(above), above[-1].issue_type.name)
        for row in all_rows(world)
        if row.content is not None and (above := ancestors(row.content)) and above[-1].issue_type is not None
    )
    assert set(depths) == {(1, "Deliverable"), (2, "Deliverable")}


def test_life_goes_on_and_can_end() -> None:
    world = World(small_plan(boards=1))
    (board,) = boards(world)
    before = len(all_rows(world))
    world.advance(NOW + 20 * DAY)
    assert len(all_rows(world)) > before
    world.close_board(board)
    world.advance(NOW + 22 * DAY)
    still = story(world)
    world.advance(NOW + 40 * DAY)
    # What is closed is told by workflows on closed boards, too; nobody else touches them.
    assert [one[0] for one in story(world)] == [one[0] for one in still]  # type: ignore[index]
    world.delete_board(board)
    world.advance(NOW + 60 * DAY)
    assert boards(world) == []


def test_an_issue_that_moved_is_not_put_below_itself() -> None:
    """It is another item in its new repository: a world with many moves could not be made."""
    world = World(small_plan(boards=3, days=150, items=250, transfers=12.0, seed=1))
    assert boards(world)
