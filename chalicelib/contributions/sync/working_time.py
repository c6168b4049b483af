"""Keeps the calendar of working time, from January of the first item's year until the end of next year."""

from __future__ import annotations

from datetime import date

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from chalicelib.contributions.models import Issue, PullRequest, WorkingDay
from chalicelib.ingest.working_time import WorkingTime

# What was imported into GitHub may be older than GitHub is. Before this year, nobody counts business hours.
FIRST_YEAR = 2000


def follow_working_time(session: Session, org: str, working: WorkingTime, today: date) -> None:
    """Write the calendar anew when it is not what it should be, in the caller's transaction.

    It is worked out each time: so it follows the settings, and the system's rules of summer time.
    """
    calendar = WorkingDay.__table__
    stored = [tuple(row) for row in session.execute(select(calendar).order_by(calendar.c.day))]
    years = [year for year in (_first_year(session, org), stored[0][0].year if stored else None) if year is not None]
    if not years:
        return
    days = working.of_days(date(min(years), 1, 1), date(today.year + 1, 12, 31))
    wanted = [(day.day, day.seconds_before, *day.first, *day.second) for day in days]
    if stored != wanted:
        names = calendar.c.keys()
        session.execute(delete(WorkingDay))
        session.execute(insert(WorkingDay), [dict(zip(names, row, strict=True)) for row in wanted])


def _first_year(session: Session, org: str) -> int | None:
    """The year of an organisation's first item; None when it has none."""
    firsts = [
        session.scalar(select(func.min(model.created_at)).where(model.org == org)) for model in (Issue, PullRequest)
    ]
    years = [max(first.year, FIRST_YEAR) for first in firsts if first]
    return min(years, default=None)
