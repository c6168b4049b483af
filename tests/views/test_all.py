"""What holds for every view."""

from __future__ import annotations

import time
from typing import Any

import pytest

from chalicelib.store.views import View
from chalicelib.utils import utc_now
from chalicelib.views import VIEWS
from tests.views.generated import fill
from tests.views.world import World


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_an_empty_database_has_no_rows(world: World, view: View) -> None:
    assert world.read(view) == []


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


# Times until now, in hours or seconds: the two databases are not read in the same instant.
CLOCKED = {"hours_waiting": 0.01, "draft_hours": 0.01, "lag_seconds": 10}


def without_clock(row: dict[str, Any]) -> str:
    return repr({name: value for name, value in row.items() if name not in CLOCKED})


def test_five_thousand_items_take_less_than_two_seconds(world: World) -> None:
    fill(world, items=5_000, events=30_000)
    for view in VIEWS:
        started = time.perf_counter()
        rows = world.read(view)
        taken = time.perf_counter() - started
        assert rows
        assert taken < 2, view.name
