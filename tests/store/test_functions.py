"""What databases say differently, on each of the two."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Double, String, Subquery, and_, cast, literal, select, true, union_all

from chalicelib.store.base import UTCDateTime
from chalicelib.store.functions import (
    DayOf,
    DaysAgo,
    MonthOf,
    NextDay,
    SecondsBetween,
    any_if,
    count_if,
    earlier,
    hours_between,
    later,
    now,
    percentile,
    rank_of,
    true_if,
)
from chalicelib.utils import utc_now
from tests.views.world import World, may


def ask(world: World, expression: Any) -> Any:
    return world.session.execute(select(expression)).scalar()


def at(time: datetime) -> Any:
    return literal(time, UTCDateTime)


@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [
        (may(4), may(4), 0),
        (may(4), may(4) + timedelta(seconds=1), 1),
        (may(5), may(4), -86_400),
        (datetime(2024, 2, 28, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC), 172_800),  # a leap year
        (datetime(2008, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC), 568_080_000),
    ],
)
def test_seconds(world: World, start: datetime, end: datetime, seconds: int) -> None:
    assert seconds == (end - start).total_seconds()
    assert ask(world, SecondsBetween(at(start), at(end))) == seconds
    assert ask(world, hours_between(at(start), at(end))) == seconds / 3600


@pytest.mark.parametrize(
    ("time", "day", "month"),
    [
        (datetime(2026, 5, 1, tzinfo=UTC), date(2026, 5, 1), date(2026, 5, 1)),
        (datetime(2026, 4, 30, 23, 59, 59, 999999, tzinfo=UTC), date(2026, 4, 30), date(2026, 4, 1)),
        (datetime(2026, 12, 31, 12, tzinfo=UTC), date(2026, 12, 31), date(2026, 12, 1)),
    ],
)
def test_days_and_months_are_utc(world: World, time: datetime, day: date, month: date) -> None:
    assert (ask(world, DayOf(at(time))), ask(world, MonthOf(at(time)))) == (day, month)


@pytest.mark.parametrize("day", [date(2026, 4, 30), date(2024, 2, 28), date(2026, 12, 31), date(2026, 3, 29)])
def test_the_next_day(world: World, day: date) -> None:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    assert ask(world, NextDay(DayOf(at(noon)))) == day + timedelta(days=1)


def test_now_and_days_ago(world: World) -> None:
    assert ask(world, now()) == pytest.approx(utc_now(), abs=timedelta(minutes=1))
    assert ask(world, DaysAgo(literal(7))) == pytest.approx(utc_now() - timedelta(days=7), abs=timedelta(minutes=1))


def test_the_earlier_and_the_later(world: World) -> None:
    pair = at(may(4)), at(may(5))
    assert (ask(world, earlier(*pair)), ask(world, later(*pair))) == (may(4), may(5))


def test_what_is_not_known_is_not_true(world: World) -> None:
    unknown = literal(None, String) == "x"
    assert ask(world, true_if(unknown)) is False


def rows_of(numbers: Sequence[int | None]) -> Subquery:
    each = (select(cast(number, Double).label("value"), literal(1).label("constant")) for number in numbers)
    return union_all(*each).subquery()


@pytest.mark.parametrize(
    ("numbers", "median", "p90"),
    [
        ([None], None, None),
        ([5], 5, 5),
        ([1, 3], 1, 3),
        ([1, 2, 3], 2, 3),
        ([None, 1, None, 2, 3, None], 2, 3),  # those without a value don't count
        ([2, 2, 2, 9], 2, 9),
        ([*range(1, 11)], 5, 9),  # 9 of 10 is 0.9
        ([*range(1, 21)], 10, 18),
        ([*range(1, 12)], 6, 10),  # 10 of 11 is 0.91
    ],
)
def test_percentiles(world: World, numbers: list[int | None], median: int | None, p90: int | None) -> None:
    given = rows_of(numbers)
    ranked = select(given.c.value, rank_of(given.c.value, given.c.constant).label("rank")).subquery()
    found = [percentile(share, ranked.c.value, ranked.c.rank, true()) for share in (0.5, 0.9)]
    assert world.session.execute(select(*found)).one() == (median, p90)


def test_counting_a_groups_rows(world: World) -> None:
    value = rows_of([1, 2, None]).c.value
    counted = select(count_if(value > 1), any_if(value > 1), any_if(value > 2), any_if(and_(value > 1, value < 2)))
    assert world.session.execute(counted).one() == (1, True, False, False)
