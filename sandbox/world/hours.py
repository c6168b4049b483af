"""When people work: moments within working weeks, in each person's own time zone."""

from random import Random

HOUR = 3600
DAY = 24 * HOUR
SATURDAY = 5
# 1970-01-01 was a Thursday.
EPOCH_WEEKDAY = 3
FIRST_HOUR, LAST_HOUR = 8, 19
WEEKEND_WORK = 0.06
EVENING_WORK = 0.08


def weekday(moment: int) -> int:
    """Return the day of the week of epoch seconds, Monday being 0."""
    return (moment // DAY + EPOCH_WEEKDAY) % 7


def moment_of_day(rng: Random, day: int, *, utc_offset: int) -> int:
    """Draw a moment on a local day (epoch seconds of its midnight), most often in working hours."""
    if rng.random() < EVENING_WORK:
        hour = rng.uniform(LAST_HOUR, 23.5)
    else:
        hour = min(max(rng.gauss(13.5, 2.6), FIRST_HOUR), LAST_HOUR)
    return day + int(hour * HOUR) - utc_offset * HOUR + rng.randrange(60)


def next_working_moment(rng: Random, moment: int, *, utc_offset: int) -> int:
    """Return the moment itself, or when the person is next at work if it falls outside of working hours."""
    local = moment + utc_offset * HOUR
    day, hour = local - local % DAY, local % DAY // HOUR
    at_weekend = weekday(local) >= SATURDAY
    if at_weekend and rng.random() < WEEKEND_WORK:
        return moment
    if not at_weekend and (FIRST_HOUR <= hour < LAST_HOUR or (hour >= LAST_HOUR and rng.random() < EVENING_WORK)):
        return moment
    if hour >= LAST_HOUR and not at_weekend:
        day += DAY
    while weekday(day) >= SATURDAY:
        day += DAY
    return day + FIRST_HOUR * HOUR + rng.randrange(3 * HOUR) - utc_offset * HOUR
