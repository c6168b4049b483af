"""Copilot's past: days that GitHub still offers, and files that somebody saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import select, update

from chalicelib.context import Context, rows_of, store
from chalicelib.copilot.models import (
    REPORT,
    CopilotDay,
    CopilotSeat,
    CopilotTeamDay,
    CopilotUserDay,
    CopilotUserPeriod,
    CopilotUserTeam,
)
from chalicelib.copilot.rows import (
    Document,
    Row,
    any_day_rows,
    seat_row,
    user_day_row,
    user_period_row,
    user_team_row,
)
from chalicelib.copilot.sync.days import COPILOT, ONE, days_between, name_lost, read_day, save_days, stored_days
from chalicelib.copilot.sync.people import read_people, save_user_days
from chalicelib.copilot.sync.seats import newer, price_of
from chalicelib.errors import SettingsError

BATCH = 500
# What tells of single people.
PERSONAL = {"user_days", "user_periods", "user_teams", "seats"}


def read_history(context: Context, *, since: date, until: date, keeps_people: bool) -> None:
    """Store the days of a span, and people's and teams', that are not stored yet; names in the ledger what is lost."""
    known = stored_days(context.session, context.scope.org, since, until)
    people = CopilotUserDay if keeps_people else CopilotTeamDay
    told = select(people.day).where(people.org == context.scope.org, people.day.between(since, until)).distinct()
    known_people = set(context.session.scalars(told))
    lost: list[date] = []
    for day in days_between(since, until):
        if day not in known_people:
            read_people(context, day, keeps_people=keeps_people)
        if day not in known and not read_day(context, day):
            lost.append(day)
        context.on_page(1)
    name_lost(context, lost, CopilotDay, asked=None, until=until)


def load_document(context: Context, document: Document, *, keeps_people: bool, price: float | None) -> None:
    """Store what a saved file holds; a day that a newer source has told stays, and the file's is kept beside it."""
    org = context.scope.org
    check_organisation(context, document)
    if document.kind in PERSONAL and not keeps_people:
        context.run.error = f"{document.kind} are not stored: COPILOT_USER_DATA is off"
        return
    if document.kind == "days":
        save_days(context, rows_of(context, COPILOT, document.records, partial(any_day_rows, org=org)), is_live=False)
    elif document.kind in PERSONAL:
        for batch in _batches(rows_of(context, COPILOT, document.records, partial(_mapper(document), org=org))):
            _save(context, document.kind, batch, price=price)
            context.commit()


def check_organisation(context: Context, document: Document) -> None:
    """Raise SettingsError when a file is of several organisations, or of another one than what is stored."""
    told = {str(record["organization_id"]) for record in document.records if _names_organisation(record)}
    reports = select(CopilotDay.report).where(CopilotDay.org == context.scope.org, CopilotDay.source == REPORT)
    known = context.session.scalar(reports.order_by(CopilotDay.day.desc()).limit(1))
    if known and _names_organisation(known):
        told.add(str(known["organization_id"]))
    if len(told) > 1:
        raise SettingsError(
            f"it is not of {context.scope.org} alone: it tells of the organisations {', '.join(sorted(told))}"
        )


def _names_organisation(record: Any) -> bool:
    return isinstance(record, dict) and record.get("organization_id") is not None


def _mapper(document: Document) -> Callable[..., Row]:
    if document.kind == "user_periods":
        # read_document refuses a file of periods that doesn't say which.
        return partial(user_period_row, start_day=document.start_day or date.min, end_day=document.end_day or date.max)
    return {"user_days": user_day_row, "user_teams": user_team_row, "seats": seat_row}[document.kind]


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _save(context: Context, kind: str, rows: list[Row], *, price: float | None) -> None:
    if kind == "user_days":
        save_user_days(context, rows, is_live=False)
    elif kind == "seats":
        _save_seats(context, rows, price=price)
    else:
        store(context, COPILOT, {"user_periods": CopilotUserPeriod, "user_teams": CopilotUserTeam}[kind], rows, {})


def _save_seats(context: Context, rows: list[Row], *, price: float | None) -> None:
    """Write seats of people that none is known of, and later uses: a file doesn't say which day it is of."""
    seats = select(CopilotSeat.assignee_id, CopilotSeat.last_activity_at).where(CopilotSeat.org == context.scope.org)
    known = {row.assignee_id: row for row in context.session.execute(seats)}
    latest: dict[int, Row] = {}
    for row in rows:
        latest[row["assignee_id"]] = newer(latest.get(row["assignee_id"]), row)
    now = context.now()
    fresh = [
        row | {"removed_at": None, "first_seen_at": now, "monthly_price": price_of(row, price)}
        for person, row in latest.items()
        if person not in known
    ]
    store(context, COPILOT, CopilotSeat, fresh, {})
    for person, row in latest.items():
        use = row.get("last_activity_at")
        if person in known and use and (known[person].last_activity_at or use - ONE) < use:
            used = {"last_activity_at": use, "last_activity_editor": row.get("last_activity_editor")}
            mine = (CopilotSeat.org == context.scope.org, CopilotSeat.assignee_id == person)
            context.session.execute(update(CopilotSeat).where(*mine).values(**used))
            context.run.stored += 1
