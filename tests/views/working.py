"""The calendar of working time, for a world whose items are written."""

from __future__ import annotations

from datetime import date

from chalicelib.contributions.sync.working_time import follow_working_time
from chalicelib.ingest.working_time import WorkingTime, time_zone, week_days, working_hours
from tests.views.world import World


def work(
    world: World,
    zone: str = "UTC",
    days: str = "mon,tue,wed,thu,fri",
    hours: str = "09:00-17:00",
    today: date = date(2026, 5, 31),
) -> None:
    """Write the calendar, as the jobs' last step does."""
    working = WorkingTime(time_zone(zone), week_days(days), working_hours(hours))
    for org in ("acme", "other"):
        follow_working_time(world.session, org, working, today)
