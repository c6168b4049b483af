"""copilot_seats_idle and copilot_seat_cost, counted by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.copilot.views import COPILOT_SEAT_COST, COPILOT_SEATS_IDLE
from chalicelib.utils import utc_now
from tests.views.world import FIRST_LOOK, World, may


def ago(days: int, *, hours: int = 1) -> datetime:
    """A time so many days and hours before now."""
    return utc_now().replace(microsecond=0) - timedelta(days=days, hours=hours)


def seat(world: World, login: str, *names: str) -> Any:
    row = world.row(COPILOT_SEATS_IDLE, login=login)
    return tuple(row[name] for name in names) if len(names) > 1 else row[names[0]]


def test_a_whole_seat(world: World) -> None:
    given, used = ago(90), ago(12)
    world.seat("ada", given=given, used=used, assigning_team="core", pending_cancellation_date=date(2026, 6, 1))
    assert world.row(COPILOT_SEATS_IDLE) == {
        "org": "acme",
        "login": "ada",
        "assignee_id": 1,
        "assigning_team": "core",
        "plan_type": "business",
        "created_at": given,
        "last_activity_at": used,
        "idle_days": 12,
        "never_used": False,
        "is_member": True,
        "pending_cancellation_date": date(2026, 6, 1),
        "monthly_price": 19.0,
    }


def test_a_seat_that_was_never_used_is_idle_since_it_was_given(world: World) -> None:
    world.seat("ada", given=ago(40), used=None)
    world.seat("bob", given=None, used=None, first_seen_at=ago(3))
    assert seat(world, "ada", "idle_days", "never_used") == (40, True)
    assert seat(world, "bob", "idle_days", "never_used") == (3, True)


@pytest.mark.parametrize(
    ("used", "days"),
    [
        (timedelta(minutes=1), 0),
        (timedelta(hours=23, minutes=59), 0),
        (timedelta(days=1, minutes=1), 1),
        (timedelta(days=1, hours=23, minutes=59), 1),  # rounded, it was two on PostgreSQL
        (timedelta(days=-2), 0),  # a clock that is ahead
    ],
)
def test_only_whole_days_count(world: World, used: timedelta, days: int) -> None:
    world.seat("ada", given=ago(90), used=utc_now() - used)
    assert seat(world, "ada", "idle_days") == days


def test_a_seat_that_was_taken_back_is_none(world: World) -> None:
    world.seat("ada", given=ago(90), used=None, removed_at=ago(1))
    assert world.read(COPILOT_SEATS_IDLE) == []
    assert world.read(COPILOT_SEAT_COST) == []


def test_members_of_this_organisation_now(world: World) -> None:
    """Bob left, Zoe never was one, Yan is one elsewhere only; nobody has read the members of the third."""
    world.member("bob", until=may(2))
    world.member("yan", org="other")
    world.member("ada", org="other", until=may(2))
    for login in ("ada", "bob", "zoe", "yan"):
        world.seat(login, given=FIRST_LOOK, used=None)
    world.seat("ada", given=FIRST_LOOK, used=None, org="other")
    world.seat("ada", given=FIRST_LOOK, used=None, org="third")
    found = {(row["org"], row["login"]): row["is_member"] for row in world.read(COPILOT_SEATS_IDLE)}
    assert found == {
        ("acme", "ada"): True,
        ("acme", "bob"): False,
        ("acme", "zoe"): False,
        ("acme", "yan"): False,
        ("other", "ada"): False,
        ("third", "ada"): None,
    }


# Cost


def test_what_idle_seats_cost(world: World) -> None:
    world.seat("ada", given=ago(90), used=ago(27))
    world.seat("bob", given=ago(90), used=ago(28), monthly_price=39.0)
    world.seat("eve", given=ago(5), used=None)  # new: not idle yet
    world.seat("yan", given=ago(90), used=None, monthly_price=None)
    world.seat("zoe", given=ago(90), used=ago(80), monthly_price=18.99, pending_cancellation_date=date(2026, 6, 1))
    world.seat("hubot", given=ago(90), used=ago(80), removed_at=ago(1))
    assert world.row(COPILOT_SEAT_COST) == {
        "org": "acme",
        "seats": 5,
        "idle_seats": 3,
        "never_used": 2,
        "held_by_non_members": 2,
        "seats_without_price": 1,
        "monthly_cost": 95.99,
        "idle_monthly_cost": 57.99,
    }


def test_cents_add_up(world: World) -> None:
    for login in ("ada", "bob", "eve"):
        world.seat(login, given=ago(90), used=None, monthly_price=0.1)
    row = world.row(COPILOT_SEAT_COST)
    assert (row["monthly_cost"], row["idle_monthly_cost"]) == (0.3, 0.3)


def test_without_prices_there_is_no_cost_and_without_idle_ones_it_is_0(world: World) -> None:
    world.seat("ada", given=ago(90), used=None, monthly_price=None)
    world.seat("ada", given=ago(90), used=ago(1), org="other")
    world.seat("bob", given=ago(90), used=ago(40), org="other", monthly_price=None)
    names = ("org", "seats", "idle_seats", "monthly_cost", "idle_monthly_cost", "held_by_non_members")
    assert [tuple(row[name] for name in names) for row in world.read(COPILOT_SEAT_COST)] == [
        ("acme", 1, 1, None, None, 0),
        ("other", 2, 1, 19.0, 0.0, 0),  # whose members were never read
    ]
