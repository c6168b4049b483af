"""Items between two readings of their board: what webhooks tell of them, in any order."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select

from chalicelib.models import create_db_session
from chalicelib.projects.models import ProjectItem
from chalicelib.projects.views.knowledge import SPRINT_ITEM_DAYS
from sandbox.api.board_forms import row_node_id
from tests.deliveries import deliver, tell, told
from tests.organisation import DAY, Organisation
from tests.projects.sync.conftest import boards_of, rows_of

EVENT = "projects_v2_item"


def item_of(org: Organisation, row: Any) -> dict[str, Any]:
    (found,) = [item for item in rows_of(org, ProjectItem) if item["id"] == row_node_id(row)]
    return found


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_an_item_takes_what_its_newest_change_says(org: Organisation, order: tuple[int, ...]) -> None:
    world, board = org.sandbox.world, boards_of(org)[0]
    world.stand_still()
    org.run_job()
    deliver(org)
    row = world.board_items(board)[0]
    for points in (8, None, 0.5):
        org.advance(60)
        world.set_field(row, board.roles["points"], points)
    deliveries = told(org, EVENT)
    assert len(deliveries) == 3
    for number in order:
        assert tell(org, EVENT, deliveries[number]) == 200
    assert item_of(org, row)["points"] == 0.5
    org.run_job()
    for number in order:  # late ones, after the board was read
        tell(org, EVENT, deliveries[number])
    assert item_of(org, row)["points"] == 0.5


def test_an_item_that_is_deleted_is_gone_at_once(org: Organisation) -> None:
    world, board = org.sandbox.world, boards_of(org)[0]
    org.run_job()
    deliver(org)
    row = world.board_items(board)[0]
    org.advance(60)
    world.remove_from_board(row)
    deliver(org)
    assert item_of(org, row)["removed_at"] == org.now()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_sprint_that_is_emptied_and_given_in_one_second_was_the_one_before(
    org: Organisation, order: tuple[int, int]
) -> None:
    """On the day before, the item was in the first sprint, not in none."""
    world, board = org.sandbox.world, boards_of(org)[0]
    world.stand_still()
    field = board.roles["sprint"]
    row = next(each for each in world.board_items(board) if each.values.get(field) is None)
    current = next(each for each in field.iterations if each.start <= world.now < each.end)
    following = next(each for each in field.iterations if each.start == current.end)
    org.advance(60)
    world.set_field(row, field, current)
    org.run_job()
    deliver(org)
    org.advance(DAY)
    first_day = org.now().date()
    org.advance(DAY)
    world.set_field(row, field, None)
    world.set_field(row, field, following)
    deliveries = told(org, EVENT)
    for number in order:
        tell(org, EVENT, deliveries[number])
    assert item_of(org, row)["iteration_id"] == following.id
    days = SPRINT_ITEM_DAYS.table.c
    with create_db_session(org.db_url) as session:
        sprints = select(days.iteration_id).where(days.item_id == row_node_id(row), days.day == first_day)
        assert session.scalars(sprints).all() == [current.id]
