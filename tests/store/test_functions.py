"""What databases say differently, on each of the two."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Double, String, Subquery, and_, cast, insert, join, literal, select, true, union_all

from chalicelib.inventory.models import Repository
from chalicelib.store.base import UTCDateTime
from chalicelib.store.functions import (
    ByBytes,
    DayOf,
    DaysAfter,
    DaysAgo,
    HourOf,
    MonthOf,
    NextDay,
    NextMonth,
    SecondsAgo,
    SecondsBetween,
    StartOfDay,
    TextsOf,
    WeekOf,
    WeekOfDay,
    YearOfDay,
    any_if,
    count_if,
    days_between,
    earlier,
    hours_between,
    later,
    minutes,
    now,
    seconds_since,
    true_if,
    working_days_between,
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


@pytest.mark.parametrize(
    ("time", "hour"),
    [
        (may(4, 9, 30), may(4, 9)),
        (may(4, 9), may(4, 9)),
        (datetime(2026, 4, 30, 23, 59, 59, 999999, tzinfo=UTC), datetime(2026, 4, 30, 23, tzinfo=UTC)),
    ],
)
def test_hours_are_utc(world: World, time: datetime, hour: datetime) -> None:
    assert ask(world, HourOf(at(time))) == hour
    assert ask(world, StartOfDay(DayOf(at(time)))) == hour.replace(hour=0)


@pytest.mark.parametrize("day", [date(2026, 4, 30), date(2024, 2, 28), date(2026, 12, 31), date(2026, 3, 29)])
def test_the_next_day(world: World, day: date) -> None:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    assert ask(world, NextDay(DayOf(at(noon)))) == day + timedelta(days=1)
    assert ask(world, DaysAfter(DayOf(at(noon)), literal(0))) == day
    assert ask(world, DaysAfter(DayOf(at(noon)), literal(33))) == day + timedelta(days=33)


@pytest.mark.parametrize("month", range(1, 13))
def test_the_next_month(world: World, month: int) -> None:
    first = datetime(2026, month, 1, tzinfo=UTC)
    assert ask(world, NextMonth(MonthOf(at(first)))) == date(2026 + month // 12, month % 12 + 1, 1)


@pytest.mark.parametrize(
    ("time", "monday"),
    [
        (may(4), date(2026, 5, 4)),
        (may(10, 23, 59), date(2026, 5, 4)),
        (may(11), date(2026, 5, 11)),
        (datetime(2026, 5, 3, 23, 59, 59, 999999, tzinfo=UTC), date(2026, 4, 27)),
        (datetime(2027, 1, 1, 12, tzinfo=UTC), date(2026, 12, 28)),
    ],
)
def test_weeks_begin_on_monday_and_are_utc(world: World, time: datetime, monday: date) -> None:
    assert ask(world, WeekOf(at(time))) == monday
    assert ask(world, WeekOfDay(DayOf(at(time)))) == monday


@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2026, 5, 4), date(2026, 12, 31)])
def test_the_year_of_a_day(world: World, day: date) -> None:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    assert ask(world, YearOfDay(DayOf(at(noon)))) == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("start", "end", "days", "working_days"),
    [
        (may(4, 9), may(4, 23), 0, 0),  # a Monday
        (may(4, 23), may(5, 1), 0, 1),  # the next day, two hours later
        (may(4, 9), may(9, 9), 5, 4),  # Saturday: from Tuesday to Friday
        (may(8, 9), may(9, 9), 1, 0),  # Friday to Saturday
        (may(8, 9), may(11, 9), 3, 1),  # Friday to Monday
        (may(9, 9), may(10, 10), 1, 0),  # within a weekend
        (may(10, 9), may(11, 0), 0, 1),  # Sunday to Monday
        (may(4, 9), may(25, 9), 21, 15),
    ],
)
def test_days_and_working_days(world: World, start: datetime, end: datetime, days: int, working_days: int) -> None:
    assert ask(world, days_between(at(start), at(end))) == days
    assert ask(world, working_days_between(at(start), at(end))) == working_days


def test_working_days_are_those_of_the_calendar(world: World) -> None:
    """Each pair of days of a month around a leap day, against counting day by day."""
    days = [datetime(2024, 2, 12, 5, tzinfo=UTC) + timedelta(days=n) for n in range(30)]
    pairs = [(start, end) for start in days for end in days if start <= end]
    each = union_all(*(select(at(start).label("start"), at(end).label("end")) for start, end in pairs)).subquery()
    rows = world.session.execute(select(each.c.start, each.c.end, working_days_between(each.c.start, each.c.end)))
    wrong = [row for row in rows if row[2] != sum(row[0] < day <= row[1] and day.weekday() < 5 for day in days)]
    assert wrong == []


@pytest.mark.parametrize(
    ("document", "texts"),
    [
        ({"names": ["b", "a", "b"]}, ["b", "a", "b"]),
        ({"names": []}, []),
        ({"names": None}, []),
        ({"names": "a"}, []),
        ({"names": {"a": "b"}}, []),
        ({}, []),
    ],
)
def test_the_texts_of_an_array(world: World, document: dict[str, Any], texts: list[str]) -> None:
    """What is no array gives nothing, and no error: one odd row would take the whole view away."""
    repository = {"id": 1, "org": "acme", "name": "r", "first_seen_at": may(1), "custom_properties": document}
    world.session.execute(insert(Repository), [repository])
    names = TextsOf(Repository.custom_properties["names"]).table_valued("value")
    joined = join(Repository, names, true())
    assert world.session.scalars(select(names.c.value).select_from(joined)).all() == texts


def test_bytes_decide_the_order(world: World) -> None:
    each = union_all(*(select(literal(text, String).label("text")) for text in ("a-b", "ab", "B", "@a"))).subquery()
    ordered = select(each.c.text).order_by(ByBytes(each.c.text))
    assert world.session.scalars(ordered).all() == ["@a", "B", "a-b", "ab"]


def test_now_and_days_ago(world: World) -> None:
    assert ask(world, now()) == pytest.approx(utc_now(), abs=timedelta(minutes=1))
    assert ask(world, DaysAgo(literal(7))) == pytest.approx(utc_now() - timedelta(days=7), abs=timedelta(minutes=1))


def test_seconds_ago_and_since(world: World) -> None:
    before = utc_now() - timedelta(seconds=90)
    assert ask(world, SecondsAgo(literal(90))) == pytest.approx(before, abs=timedelta(minutes=1))
    assert ask(world, seconds_since(at(before))) == pytest.approx(90, abs=60)
    assert ask(world, seconds_since(at(utc_now() + timedelta(days=1)))) == 0
    assert ask(world, seconds_since(literal(None, UTCDateTime))) is None
    assert ask(world, minutes(literal(90))) == 1.5


def test_the_earlier_and_the_later(world: World) -> None:
    pair = at(may(4)), at(may(5))
    assert (ask(world, earlier(*pair)), ask(world, later(*pair))) == (may(4), may(5))


def test_what_is_not_known_is_not_true(world: World) -> None:
    unknown = literal(None, String) == "x"
    assert ask(world, true_if(unknown)) is False


def rows_of(numbers: Sequence[int | None]) -> Subquery:
    each = (select(cast(number, Double).label("value"), literal(1).label("constant")) for number in numbers)
    return union_all(*each).subquery()


def test_counting_a_groups_rows(world: World) -> None:
    value = rows_of([1, 2, None]).c.value
    counted = select(count_if(value > 1), any_if(value > 1), any_if(value > 2), any_if(and_(value > 1, value < 2)))
    assert world.session.execute(counted).one() == (1, True, False, False)
