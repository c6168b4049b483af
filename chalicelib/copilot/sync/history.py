"""Stores the days of Copilot that GitHub still offers, and that are not stored yet."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from chalicelib.copilot.models import CopilotDay, CopilotTeamDay, CopilotUserDay
from chalicelib.copilot.sync.days import days_between, note_lost_days, read_day, stored_days
from chalicelib.copilot.sync.people import read_people
from chalicelib.ingest.context import Context


def read_history(context: Context, *, since: date, until: date, keeps_people: bool) -> None:
    """Store the days of a span that are not stored yet, of the organisation, its teams and its people.

    Without `keeps_people` nothing about single people is stored. The ledger names lost days.
    """
    stored = stored_days(context.session, context.scope.org, since, until)
    table = CopilotUserDay if keeps_people else CopilotTeamDay
    days = select(table.day).where(table.org == context.scope.org, table.day.between(since, until)).distinct()
    stored_people = set(context.session.scalars(days))
    context.commit()  # no transaction is open while GitHub is asked
    missing: list[date] = []
    for day in days_between(since, until):
        if day not in stored_people:
            read_people(context, day, keeps_people=keeps_people)
        if day not in stored and not read_day(context, day):
            missing.append(day)
        context.on_page(1)
    note_lost_days(context, missing, CopilotDay, last_day=None, until=until)
