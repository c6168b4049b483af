"""copilot_pull_request_effect, counted by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from chalicelib.contributions.views import PULL_REQUEST_CYCLE_MONTHLY
from chalicelib.copilot.views import COPILOT_ACCEPTANCE_MONTHLY, COPILOT_PULL_REQUEST_EFFECT
from tests.views.generated import fill
from tests.views.world import World, may

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)


def merged_after(world: World, hours: int, *, opened: datetime | None = None, **columns: Any) -> int:
    opened = opened or may(4)
    return world.pull(opened, merged_at=opened + timedelta(hours=hours), **columns)


def test_a_month_by_hand(world: World) -> None:
    """The median is of all repositories: of 1 2 30 40 it is 16, where the repositories' own are 1.5 and 35."""
    for hours in (1, 2):
        merged_after(world, hours, repo="r")
    for hours in (30, 40):
        merged_after(world, hours, repo="s")
    world.pull(may(9), repo="s")
    world.copilot_day(date(2026, 5, 4), 100, 10, daily_active_users=8, pull_requests_created_by_copilot=3)
    world.copilot_day(date(2026, 5, 5), 10, 5, daily_active_users=3, pull_requests_created_by_copilot=1)
    world.copilot_day(date(2026, 5, 6), None, None, source="metrics", daily_active_users=None)
    assert world.row(COPILOT_PULL_REQUEST_EFFECT) == {
        "org": "acme",
        "month": MAY,
        "mean_daily_active_users": 5.5,
        "acceptance_rate": 15 / 110,
        "pull_requests_created_by_copilot": 4,
        "pull_requests_opened": 5,
        "pull_requests_merged": 4,
        "median_hours_to_merge": 16.0,
    }


def test_months_of_either_side(world: World) -> None:
    merged_after(world, 24 * 28, opened=may(4))  # on 1 June
    world.copilot_day(date(2026, 4, 30), 10, 5, daily_active_users=3)
    world.copilot_day(date(2026, 5, 1), 10, 1, daily_active_users=3, org="other")
    assert [tuple(row.values()) for row in world.read(COPILOT_PULL_REQUEST_EFFECT)] == [
        ("acme", date(2026, 4, 1), 3.0, 0.5, None, None, None, None),
        ("acme", MAY, None, None, None, 1, 0, None),
        ("acme", JUNE, None, None, None, 0, 1, 672.0),
        ("other", MAY, 3.0, 0.1, None, None, None, None),
    ]


def test_both_sides_months_meet_at_midnight_utc(world: World) -> None:
    world.pull(datetime(2026, 4, 30, 23, 59, 59, tzinfo=UTC))
    world.pull(datetime(2026, 5, 1, tzinfo=UTC))
    world.copilot_day(date(2026, 4, 30), 10, 5)
    world.copilot_day(date(2026, 5, 1), 10, 1)
    found = world.read(COPILOT_PULL_REQUEST_EFFECT)
    assert [(row["month"].month, row["acceptance_rate"], row["pull_requests_opened"]) for row in found] == [
        (4, 0.5, 1),
        (5, 0.1, 1),
    ]


def test_bots_and_what_took_no_hours_are_in_no_median(world: World) -> None:
    merged_after(world, 1, by="dependabot[bot]")
    merged_after(world, 1, by="hubot")
    merged_after(world, 8)
    merged_after(world, 1, draft=True)  # a draft to the end: merged, and never ready
    row = world.row(COPILOT_PULL_REQUEST_EFFECT)
    names = ("pull_requests_opened", "pull_requests_merged", "median_hours_to_merge")
    assert tuple(row[name] for name in names) == (2, 2, 8.0)


def test_it_agrees_with_the_views_that_it_stands_beside(world: World) -> None:
    fill(world, items=600, events=2000)
    sums: dict[Any, list[int]] = {}
    for row in world.read(PULL_REQUEST_CYCLE_MONTHLY, level="repository"):
        counts = sums.setdefault((row["org"], row["month"]), [0, 0])
        counts[0] += row["opened"]
        counts[1] += row["merged"]
    rates = {(row["org"], row["month"]): row["acceptance_rate"] for row in world.read(COPILOT_ACCEPTANCE_MONTHLY)}
    effect = {(row["org"], row["month"]): row for row in world.read(COPILOT_PULL_REQUEST_EFFECT)}
    assert effect.keys() == sums.keys() | rates.keys()
    assert len(rates) > 2
    for key, row in effect.items():
        counted = [row["pull_requests_opened"], row["pull_requests_merged"]]
        assert counted == sums.get(key, [None, None])
        assert row["acceptance_rate"] == rates.get(key)
