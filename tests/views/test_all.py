"""What holds for every view."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from chalicelib.store.views import View
from chalicelib.utils import utc_now
from chalicelib.views import VIEWS
from tests.views.effort import effort
from tests.views.generated import fill
from tests.views.world import CLOCKED, World, without_clock


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_an_empty_database_has_no_rows(world: World, view: View) -> None:
    assert world.read(view) == []


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_no_view_has_a_column_that_postgresql_takes_for_the_role(view: View) -> None:
    assert "user" not in view.table.c


def test_both_databases_answer_alike(both_worlds: list[World]) -> None:
    today = utc_now().replace(microsecond=0)
    for world in both_worlds:
        fill(world, items=300, events=2500, today=today)
    for view in VIEWS:
        first, second = (sorted(world.read(view), key=without_clock) for world in both_worlds)
        assert first
        assert [without_clock(row) for row in first] == [without_clock(row) for row in second]
        for one, other in zip(first, second, strict=True):
            for name, tolerance in CLOCKED.items():
                assert one.get(name) == pytest.approx(other.get(name), abs=tolerance)


def test_four_times_the_items_are_about_four_times_the_work(world: World) -> None:
    """Sorting makes it a little more. A join of everything with everything would make it sixteen times as much."""
    few = efforts(world, items=400)
    world.session.rollback()
    many = efforts(World(world.session), items=1_600)
    assert {view: [few[view], many[view]] for view in few if many[view] > 6 * few[view]} == {}


def efforts(world: World, *, items: int) -> dict[str, int]:
    """The work that each view is, with so many items."""
    fill(world, items=items, events=6 * items)
    world.session.execute(text("ANALYZE"))  # as autovacuum does where people read
    return {view.name: effort(world.session, view) for view in VIEWS}
