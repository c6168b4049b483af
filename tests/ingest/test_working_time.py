"""Working time: settings as text, and how much of it each UTC day has."""

from __future__ import annotations

from datetime import UTC, date
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from chalicelib.ingest.working_time import (
    Hours,
    Stretch,
    WorkingDay,
    WorkingTime,
    time_zone,
    week_days,
    working_hours,
)

NONE = Stretch(0, 0)
EVERY_DAY = tuple(range(7))
NINE_TO_FIVE = Hours(9 * 60, 17 * 60)
WHOLE_DAY = Hours(0, 24 * 60)


def hours(opens: float, closes: float) -> Stretch:
    return Stretch(int(opens * 3600), int(closes * 3600))


def days(
    zone: str, first: date, last: date, hours: Hours = NINE_TO_FIVE, on: tuple[int, ...] = (0, 1, 2, 3, 4)
) -> list[WorkingDay]:
    return list(WorkingTime(time_zone(zone), on, hours).of_days(first, last))


def test_a_weekend_adds_nothing() -> None:
    friday, monday = date(2026, 5, 1), date(2026, 5, 4)
    assert days("UTC", friday, monday) == [
        WorkingDay(friday, 0, hours(9, 17), NONE),
        WorkingDay(date(2026, 5, 2), 8 * 3600, NONE, NONE),
        WorkingDay(date(2026, 5, 3), 8 * 3600, NONE, NONE),
        WorkingDay(monday, 8 * 3600, hours(9, 17), NONE),
    ]


def test_summer_time_moves_the_hours() -> None:
    """Europe's began on Sunday, the 29th of March 2026."""
    friday, *_, monday = days("Europe/Berlin", date(2026, 3, 27), date(2026, 3, 30))
    assert (friday.first, monday.first) == (hours(8, 16), hours(7, 15))


def test_a_day_is_cut_at_midnight_in_utc() -> None:
    """In New Zealand, 9 to 17 is 21 to 5 in UTC: a UTC day has the ends of two local days."""
    sunday, monday, friday = (date(2026, 5, day) for day in (3, 4, 8))
    calendar = {day.day: day for day in days("Pacific/Auckland", sunday, friday)}
    assert calendar[sunday] == WorkingDay(sunday, 0, hours(21, 24), NONE)
    assert calendar[monday] == WorkingDay(monday, 3 * 3600, hours(0, 5), hours(21, 24))
    assert calendar[friday] == WorkingDay(friday, (3 + 4 * 8) * 3600, hours(0, 5), NONE)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia"])
def test_around_the_clock_every_second_counts_once(zone: str) -> None:
    """Samoa had no 30th of December 2011, since it went over to the other side of the date line."""
    calendar = days(zone, date(2011, 12, 1), date(2012, 12, 31), WHOLE_DAY, EVERY_DAY)
    assert {after.seconds_before - day.seconds_before for day, after in pairwise(calendar)} == {86_400}


def test_hours_that_summer_time_leaves_out_are_none() -> None:
    """At two o'clock, clocks in Berlin went to three."""
    sunday = date(2026, 3, 29)
    assert days("Europe/Berlin", sunday, sunday, Hours(2 * 60 + 30, 3 * 60), EVERY_DAY) == [
        WorkingDay(sunday, 0, NONE, NONE)
    ]


def test_settings_are_read() -> None:
    assert time_zone("UTC") is UTC
    assert time_zone("Europe/Berlin") == ZoneInfo("Europe/Berlin")
    assert week_days("Fri, mon,mon") == (0, 4)
    assert working_hours("08:30-16:15") == Hours(510, 975)
    assert working_hours("00:00-24:00") == WHOLE_DAY


@pytest.mark.parametrize("text", ["Berlin", "../../etc/passwd", "/etc/localtime", "Europe", "a\0b", "é", "+02:00"])
def test_an_unknown_time_zone_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="is no time zone that this system knows; a name looks like Europe/Berlin"):
        time_zone(text)


@pytest.mark.parametrize("text", [",", "monday", "mon-fri", "mon;tue", "1"])
def test_days_that_are_none_are_said(text: str) -> None:
    with pytest.raises(ValueError, match="is not a list of days such as mon,tue,wed,thu,fri"):
        week_days(text)


@pytest.mark.parametrize("text", ["9-17", "22:00-06:00", "09:00-09:00", "09:00-24:30", "25:00-26:00", "٠٩:00-17:00"])
def test_hours_that_are_none_are_said(text: str) -> None:
    with pytest.raises(ValueError, match="is not a beginning and an end within a day, such as 09:00-17:00"):
        working_hours(text)
