"""Boards: what happens on them when it is asked for, and what timelines and webhooks are told of it."""

from collections.abc import Iterator

import pytest

from sandbox import BoardItem, Change, Item, Kind, Layout, Organisation, Project, World
from sandbox.world.board_founding import DELIVERY, RESEARCH
from sandbox.world.parents import ancestors
from tests.sandbox.conftest import NOW, small_plan

DAY = 86_400


@pytest.fixture
def world() -> World:
    world = World(small_plan(items=60, days=40))
    world.stand_still()
    world.journal.watched = True
    return world


@pytest.fixture
def organisation(world: World) -> Organisation:
    return next(iter(world.organisations.values()))


@pytest.fixture
def board(world: World, organisation: Organisation) -> Project:
    return world.create_board(organisation, DELIVERY)


@pytest.fixture
def issue(world: World) -> Item:
    return issues(world)[0]


def issues(world: World) -> list[Item]:
    """The open issues."""
    return [one for one in world.items.values() if not one.is_pull and one.state == "open"]


def told(world: World) -> list[str]:
    """What was told since the last time."""
    found = [f"{one.event}.{one.action}" for one in world.journal.occurrences]
    world.journal.occurrences.clear()
    return found


def events(item: Item) -> Iterator[tuple[str, str | None, str | None, bool]]:
    """What an item's timeline has of boards."""
    for change in item.history:
        if change.project is not None:
            yield str(change.kind), change.before, change.text, change.automated


def put(world: World, row: BoardItem, role: str, choice: int | float) -> None:
    """Set a field to one of its options or iterations, or to a number."""
    field = row.project.roles[role]
    choices = field.options or field.iterations
    world.set_field(row, field, choices[int(choice)] if choices else float(choice))


def test_a_new_board(world: World, organisation: Organisation, board: Project) -> None:
    assert told(world) == ["projects_v2.created"]
    assert [(one.name, one.data_type) for one in board.fields] == [
        ("Title", "TITLE"),
        ("Assignees", "ASSIGNEES"),
        ("Labels", "LABELS"),
        ("Milestone", "MILESTONE"),
        ("Repository", "REPOSITORY"),
        ("Status", "SINGLE_SELECT"),
        ("Sprint", "ITERATION"),
        ("Points", "NUMBER"),
        ("Deliverable", "SINGLE_SELECT"),
        ("Notes", "TEXT"),
        ("Target date", "DATE"),
    ]
    sprints = board.roles["sprint"].iterations
    assert [(one.title, one.start - NOW + 12 * 3600) for one in sprints] == [
        ("Sprint 1", 0),
        ("Sprint 2", 14 * DAY),
        ("Sprint 3", 28 * DAY),
    ]
    assert (sprints[0].holds(NOW), sprints[0].end, sprints[1].holds(NOW)) == (True, sprints[1].start, False)
    other = world.create_board(organisation, RESEARCH)
    assert [other.roles[role].name for role in ("status", "sprint", "points")] == ["State", "Iteration", "Estimate"]
    assert (board.number, other.number, "deliverable" in other.roles) == (1, 2, False)


def test_iterations_go_on_as_time_does(world: World, board: Project) -> None:
    world.advance(NOW + 30 * DAY)
    world.extend_iterations(board)
    assert [one.title for one in board.roles["sprint"].iterations] == [f"Sprint {n}" for n in range(1, 6)]


def test_an_issue_comes_and_goes(world: World, board: Project, issue: Item) -> None:
    told(world)
    row = world.add_to_board(board, issue)
    put(world, row, "status", 1)
    put(world, row, "status", 2)
    put(world, row, "points", 0.5)
    world.remove_from_board(row)
    assert list(events(issue)) == [
        ("added_to_project_v2", None, None, False),
        ("project_v2_item_status_changed", "", "Todo", False),
        ("project_v2_item_status_changed", "Todo", "In Progress", False),
        ("removed_from_project_v2", None, None, False),
    ]
    actions = ["created", "edited", "edited", "edited", "deleted"]
    assert told(world) == [f"projects_v2_item.{action}" for action in actions]
    assert world.board_items(board) == []
    assert [one.there for one in row.log] == [True, True, True, True, False]


def test_an_issue_stands_on_a_board_once(world: World, board: Project, issue: Item) -> None:
    world.add_to_board(board, issue)
    with pytest.raises(ValueError, match="is on Delivery already"):
        world.add_to_board(board, issue)


def test_what_a_field_has_already_changes_nothing(world: World, board: Project, issue: Item) -> None:
    row = world.add_to_board(board, issue)
    told(world)
    points = board.roles["points"]
    assert [world.set_field(row, points, value) for value in (3.0, 3.0, None, None)] == [True, False, True, False]
    assert len(told(world)) == 2


def test_workflows_follow_the_issue(world: World, board: Project, issue: Item) -> None:
    row = world.add_to_board(board, issue)
    world.change(issue, Kind.CLOSED, text="completed")
    assert (row.status_kind, list(events(issue))[-1][1:]) == ("done", ("", "Done", True))
    assert issue.history[-1].actor is world.automation
    world.change(issue, Kind.REOPENED)
    assert list(events(issue))[-1][1:] == ("Done", "In Progress", True)


def test_a_board_without_workflows(world: World, organisation: Organisation, issue: Item) -> None:
    row = world.add_to_board(world.create_board(organisation, RESEARCH), issue)
    world.change(issue, Kind.CLOSED, text="completed")
    assert (row.status_kind, row.is_closed) == (None, True)


def test_an_archived_row_stays_as_it_is(world: World, board: Project, issue: Item) -> None:
    row = world.add_to_board(board, issue)
    told(world)
    world.archive_row(row)
    world.change(issue, Kind.CLOSED, text="completed")
    assert row.status_kind is None
    world.restore_row(row)
    with pytest.raises(ValueError, match="not archived"):
        world.restore_row(row)
    assert told(world) == ["projects_v2_item.archived", "issues.closed", "projects_v2_item.restored"]


def test_a_draft_becomes_an_issue(world: World, board: Project, issue: Item) -> None:
    row = world.draft_on_board(board, "An idea")
    assert row.content_type == "DraftIssue"
    told(world)
    item = world.convert_draft(row, issue.repository)
    assert (item.title, row.content, row.content_type) == ("An idea", item, "Issue")
    assert list(events(item)) == [("converted_from_draft", None, None, False)]
    assert told(world) == ["issues.opened", "projects_v2_item.converted"]
    with pytest.raises(ValueError, match="only a draft"):
        world.convert_draft(row, issue.repository)


def test_rows_change_places(world: World, board: Project) -> None:
    first, second, third = (world.draft_on_board(board, str(number)) for number in range(3))
    world.move_row(third, first)
    assert world.board_items(board) == [first, third, second]
    world.move_row(second, None)
    assert world.board_items(board) == [second, first, third]
    world.move_row(second, third)
    assert world.board_items(board) == [first, third, second]


def test_a_transferred_issue_stays_on_the_board(world: World, board: Project) -> None:
    item = next(one for one in issues(world) if not one.repository.private)
    target = next(one for one in item.repository.owner.repositories if one is not item.repository and not one.archived)
    row = world.add_to_board(board, item)
    new = world.transfer(item, target)
    assert (row.content, world.boards_of(new), world.boards_of(item)) == (new, [row], [])


def test_a_deleted_issue_leaves_the_board(world: World, board: Project) -> None:
    one, other = issues(world)[:2]
    rows = [world.add_to_board(board, item) for item in (one, other)]
    told(world)
    world.delete(one)
    assert told(world) == ["projects_v2_item.deleted", "issues.deleted"]
    world.delete_repository(other.repository)
    assert (world.board_items(board), world.gone_board_items) == ([], rows)


def test_a_board_is_changed_closed_and_deleted(world: World, board: Project, issue: Item) -> None:
    row = world.add_to_board(board, issue)
    told(world)
    world.edit_board(board, title="Deliveries")
    world.close_board(board)
    assert (board.title, board.closed_at) == ("Deliveries", NOW)
    world.reopen_board(board)
    assert row in world.boards_of(issue)
    world.delete_board(board)
    assert world.boards_of(issue) == []
    assert told(world) == [f"projects_v2.{action}" for action in ("edited", "closed", "reopened", "deleted")]


def test_issues_within_issues(world: World) -> None:
    top, middle, bottom = issues(world)[:3]
    world.set_parent(middle, top)
    world.set_parent(bottom, middle)
    assert ancestors(bottom) == [middle, top]
    for parent in (top, bottom):
        with pytest.raises(ValueError, match="never of itself"):
            world.set_parent(top, parent)
    world.set_parent(bottom, top)
    assert ([*top.sub_issues], [*middle.sub_issues]) == ([middle, bottom], [])
    world.set_parent(bottom, None)
    kinds = [str(change.kind) for change in bottom.history if change.other is not None]
    assert kinds == ["parent_issue_added", "parent_issue_removed", "parent_issue_added", "parent_issue_removed"]
    assert bottom.parent is None


def test_a_circle_of_parents_ends(world: World) -> None:
    one, other = issues(world)[:2]
    for item, parent in ((one, other), (other, one)):
        world.apply(item, Change(world.now, Kind.PARENT_ISSUE_ADDED, None, other=parent))
    assert ancestors(one) == [other, one]


def test_a_large_board_is_filled_at_once() -> None:
    world = World(small_plan(items=60, days=40, board_items=5_000))
    (board,) = next(iter(world.organisations.values())).projects
    rows = world.board_items(board)
    kinds = [row.content_type for row in rows]
    assert (len(rows), kinds.count("DraftIssue")) == (5_000, 5_000 - len(world.items))
    assert rows[-1].id > 2**32
    assert 0.8 < sum(row.value("points") is not None for row in rows) / 5_000 < 0.9


def test_a_board_of_other_names(world: World, organisation: Organisation) -> None:
    layout = Layout("Hardware", status="Phase", statuses=(("New", "todo"), ("Shipped", "done")), sprint="Wave", days=7)
    board = world.create_board(organisation, layout)
    first, second, *_ = board.roles["sprint"].iterations
    assert (first.title, second.start - first.start) == ("Wave 1", 7 * DAY)
    assert [one.kind for one in board.roles["status"].options] == ["todo", "done"]
