"""Working time: on which days and between which hours people work, and how much of it there is in each UTC day."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from chalicelib.settings import Setting, Settings

WEEK_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)", re.ASCII)
A_DAY = timedelta(days=1)
MINUTES_A_DAY = 24 * 60


class Hours(NamedTuple):
    """When work begins and ends on a working day: minutes after midnight, by the local clock."""

    opens: int
    closes: int


def time_zone(text: str) -> tzinfo:
    """Read the IANA name of a time zone; ValueError when this system has none of that name."""
    if text == "UTC":
        return UTC  # which needs no database of time zones
    try:
        return ZoneInfo(text)
    except (LookupError, ValueError, OSError) as error:
        raise ValueError(
            f"{text!r} is no time zone that this system knows; a name looks like Europe/Berlin. "
            "Where there is no database of time zones, the package tzdata brings one"
        ) from error


def week_days(text: str) -> tuple[int, ...]:
    """Read a comma list of days as numbers from 0, which is Monday; ValueError when there is none, or another word."""
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    if not names or not set(names).issubset(WEEK_DAYS):
        raise ValueError(f"{text!r} is not a list of days such as mon,tue,wed,thu,fri")
    return tuple(sorted({WEEK_DAYS.index(name) for name in names}))


def working_hours(text: str) -> Hours:
    """Read a beginning and an end within one day; ValueError when they are none."""
    if matched := HOURS.fullmatch(text.strip()):
        opens, closes = (int(matched[n]) * 60 + int(matched[n + 1]) for n in (1, 3))
        if opens < closes <= MINUTES_A_DAY:
            return Hours(opens, closes)
    raise ValueError(f"{text!r} is not a beginning and an end within a day, such as 09:00-17:00")


class Stretch(NamedTuple):
    """Working time without a break within a UTC day, from and to a second of it (0 to 86,400)."""

    opens: int
    closes: int


class WorkingDay(NamedTuple):
    """A UTC day: the working seconds since the first day until it begins, and at most two stretches of working time.

    It may have two where the local night is in its middle. A stretch that is not there has no length.
    """

    day: date
    seconds_before: int
    first: Stretch
    second: Stretch


NONE = Stretch(0, 0)


@dataclass(frozen=True)
class WorkingTime:
    """When people work: where, on which days of the week (0 is Monday), and between which hours."""

    zone: tzinfo
    days: tuple[int, ...]
    hours: Hours

    def of_days(self, first: date, last: date) -> Iterator[WorkingDay]:
        """Give every UTC day from the first to the last one, both included."""
        stretches: dict[date, list[Stretch]] = defaultdict(list)
        for opens, closes in self._spans(first, last):
            for day, stretch in _cut(opens, closes):
                stretches[day].append(stretch)
        seconds = 0
        for number in range((last - first).days + 1):
            day = first + number * A_DAY
            # No zone has a local day that lies wholly within a UTC day: there are two at most.
            one, two = [*stretches[day], NONE, NONE][:2]
            yield WorkingDay(day, seconds, one, two)
            seconds += (one.closes - one.opens) + (two.closes - two.opens)

    def _spans(self, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
        """Working time as UTC times, in order, of the local days that may reach into these UTC days."""
        before = datetime.min.replace(tzinfo=UTC)
        for number in range((last - first).days + 3):
            day = first + (number - 1) * A_DAY
            if day.weekday() in self.days:
                # A zone that changed sides of the date line has a local day twice, or not at all.
                opens, closes = max(self._at(day, self.hours.opens), before), self._at(day, self.hours.closes)
                if opens < closes:
                    yield opens, closes
                    before = closes

    def _at(self, day: date, minute: int) -> datetime:
        """The UTC time of a minute by the local clock."""
        clock = datetime.combine(day, time()) + timedelta(minutes=minute)
        return clock.replace(tzinfo=self.zone).astimezone(UTC)


def _cut(opens: datetime, closes: datetime) -> Iterator[tuple[date, Stretch]]:
    """Cut working time at UTC's midnights."""
    while opens < closes:
        midnight = datetime.combine(opens.date(), time(), UTC)
        end = min(closes, midnight + A_DAY)
        yield opens.date(), Stretch(int((opens - midnight).total_seconds()), int((end - midnight).total_seconds()))
        opens = end


WORK_TIME_ZONE: Setting[tzinfo] = Setting(
    "WORK_TIME_ZONE",
    UTC,
    time_zone,
    "The time zone of WORK_DAYS and WORK_HOURS, an IANA name such as `Europe/Berlin`. The views of business hours "
    "follow these three",
    shown="UTC",
)
WORK_DAYS: Setting[tuple[int, ...]] = Setting(
    "WORK_DAYS",
    (0, 1, 2, 3, 4),
    week_days,
    "The working days: a list of `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`. Holidays are not known",
    shown="mon,tue,wed,thu,fri",
)
WORK_HOURS: Setting[Hours] = Setting(
    "WORK_HOURS",
    Hours(9 * 60, 17 * 60),
    working_hours,
    "When work begins and ends on a working day, `00:00-24:00` at most; breaks are not known",
    shown="09:00-17:00",
)
SETTINGS = (WORK_TIME_ZONE, WORK_DAYS, WORK_HOURS)


def working_time(settings: Settings) -> WorkingTime:
    """Give when people work; raises SettingsError when a setting is malformed."""
    return WorkingTime(settings.value(WORK_TIME_ZONE), settings.value(WORK_DAYS), settings.value(WORK_HOURS))
