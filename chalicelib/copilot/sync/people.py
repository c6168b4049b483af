"""Stores people's days, who was in which team, and teams' days, which are sums over people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial
from itertools import islice
from operator import itemgetter
from tempfile import SpooledTemporaryFile
from typing import Any

from sqlalchemy import select

from chalicelib.copilot.api import ORGANIZATION_28, USERS_28, USERS_DAY, CopilotAPI, Report
from chalicelib.copilot.models import CopilotTeamDay, CopilotUserDay, CopilotUserTeam
from chalicelib.copilot.rows import user_day_row
from chalicelib.copilot.sync.choice import normalized, within
from chalicelib.copilot.sync.days import (
    COPILOT,
    LATEST_DAYS,
    days_to_read,
    last_read_day,
    note_lost_days,
    revision_columns,
)
from chalicelib.copilot.sync.spool import IN_MEMORY, PeopleSpool
from chalicelib.copilot.sync.teams import TeamSums, fetch_teams, replace_teams
from chalicelib.ingest.context import Context
from chalicelib.ingest.mapping import Mapped, map_records, save_rows
from chalicelib.store.among import among
from chalicelib.store.upsert import Row

PEOPLE = "copilot.people"
BATCH = 500


def sync_people(context: Context, *, keeps_people: bool) -> None:
    """Store people's and teams' days since the last run, and the 28 days before it again.

    GitHub may have revised those, or published them late. The first run reads all days that GitHub offers. Without
    `keeps_people` only the teams' sums are stored.
    """
    # Without any report, the first run would ask for a year of days in vain.
    if not CopilotAPI(context.github).has_report(context.scope.org, ORGANIZATION_28):
        return
    last_day = last_read_day(context, PEOPLE)
    latest = _read_report(context, USERS_28, None, keeps_people=keeps_people) or set()
    days = days_to_read(context, PEOPLE, overlap=LATEST_DAYS)
    missing = [day for day in days if day not in latest and not read_people(context, day, keeps_people=keeps_people)]
    note_lost_days(context, missing, CopilotUserDay, CopilotTeamDay, last_day=last_day)


def read_people(context: Context, day: date, *, keeps_people: bool) -> bool:
    """Store the day of people and teams; False when GitHub has no report of it."""
    return _read_report(context, USERS_DAY, day, keeps_people=keeps_people) is not None


def _read_report(context: Context, name: str, day: date | None, *, keeps_people: bool) -> set[date] | None:
    """Store a report's people and teams, each day in one transaction; gives the days, or None without a report."""
    with SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        spool = PeopleSpool(file)
        with CopilotAPI(context.github).open_report(context.scope.org, name, day) as report:
            if report is None:
                return None
            _collect(context, report, spool, keeps_people=keeps_people)
        for each in spool.days():
            _save_day(context, each, spool.records(each), keeps_people=keeps_people)
        return set(spool.days())


def _collect(context: Context, report: Report, spool: PeopleSpool, *, keeps_people: bool) -> None:
    """Put a report's records in the order of days, so that no transaction is open when a day's teams are asked for."""
    to_row = within(report, context.now().date(), partial(user_day_row, org=context.scope.org), itemgetter("day"))
    records = context.count_fetched(report.records())
    for each in map_records(context, COPILOT, records, to_row, is_kept=keeps_people):
        spool.add(each.row["day"], each.row["user_id"], each.row["report"])
    context.commit()  # what was kept aside


def _save_day(context: Context, day: date, records: Iterable[Any], *, keeps_people: bool) -> None:
    """Ask for the teams of a day, then write its people, if they are kept, and its teams' sums."""
    memberships = fetch_teams(context, day, keeps_people=keeps_people)
    sums = TeamSums(each.row for each in memberships)
    if keeps_people:
        save_rows(context, COPILOT, CopilotUserTeam, memberships)
    mapped = (Mapped(user_day_row(record, org=context.scope.org), record) for record in records)
    for batch in in_batches(mapped):
        for each in batch:
            sums.add(each.row)
        if keeps_people:
            save_user_days(context, batch)
    if memberships:
        replace_teams(context, day, sums)
    context.checkpoint()


def in_batches(mapped: Iterable[Mapped[Row]]) -> Iterator[list[Mapped[Row]]]:
    """Cut rows into lists of 500."""
    rows = iter(mapped)
    while batch := list(islice(rows, BATCH)):
        yield batch


def save_user_days(context: Context, mapped: Iterable[Mapped[Row]]) -> None:
    """Write people's days that are new or revised, each with its revision; each person's day comes once."""
    by_key = {(each.row["day"], each.row["user_id"]): each for each in mapped}
    stored = _stored_user_days(context, [day for day, _ in by_key], [person for _, person in by_key])
    changed = [
        each.with_columns(**revision_columns(stored.get(key), context.now()))
        for key, each in by_key.items()
        if key not in stored or normalized(each.row["report"]) != normalized(stored[key].report)
    ]
    save_rows(context, COPILOT, CopilotUserDay, changed)


def _stored_user_days(context: Context, days: Iterable[date], people: Iterable[int]) -> dict[tuple[date, int], Any]:
    model = CopilotUserDay
    stored = select(model.day, model.user_id, model.report, model.revision, model.first_seen_at).where(
        model.org == context.scope.org, among(model.day, set(days)), among(model.user_id, set(people))
    )
    return {(row.day, row.user_id): row for row in context.session.execute(stored)}
