"""Stores Copilot's past: days that GitHub still offers, and saved files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import select, update

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
from chalicelib.copilot.sync.days import (
    COPILOT,
    ONE_DAY,
    days_between,
    note_lost_days,
    read_day,
    save_days,
    stored_days,
)
from chalicelib.copilot.sync.people import read_people, save_user_days
from chalicelib.copilot.sync.seats import last_used, price_of
from chalicelib.errors import SettingsError
from chalicelib.ingest.context import Context
from chalicelib.ingest.mapping import Mapped, map_records, save_rows

BATCH = 500
# The kinds of records about single people.
PERSONAL = {"user_days", "user_periods", "user_teams", "seats"}


def read_history(context: Context, *, since: date, until: date, keeps_people: bool) -> None:
    """Store the days of a span that are not stored yet, of the organisation, its teams and its people.

    Without `keeps_people` nothing about single people is stored. The ledger names lost days.
    """
    stored = stored_days(context.session, context.scope.org, since, until)
    table = CopilotUserDay if keeps_people else CopilotTeamDay
    days = select(table.day).where(table.org == context.scope.org, table.day.between(since, until)).distinct()
    stored_people = set(context.session.scalars(days))
    missing: list[date] = []
    for day in days_between(since, until):
        if day not in stored_people:
            read_people(context, day, keeps_people=keeps_people)
        if day not in stored and not read_day(context, day):
            missing.append(day)
        context.on_page(1)
    note_lost_days(context, missing, CopilotDay, last_day=None, until=until)


def load_document(context: Context, document: Document, *, keeps_people: bool, price: float | None) -> None:
    """Store the records of a saved file. A file only fills gaps: a stored day from the same or a newer source wins.

    `price` is in US dollars a month; None means the plan's. Raises SettingsError when the file is of another
    organisation.
    """
    org = context.scope.org
    check_organisation(context, document)
    if document.kind in PERSONAL and not keeps_people:
        context.run.note = f"{document.kind} are not stored: COPILOT_USER_DATA is off"
        return
    if document.kind == "days":
        save_days(context, document.records, partial(any_day_rows, org=org), is_live=False)
    elif document.kind in PERSONAL:
        records = context.count_fetched(document.records)
        for batch in _batches(map_records(context, COPILOT, records, partial(_mapper(document), org=org))):
            _save(context, document.kind, batch, price=price)
            context.checkpoint()


def check_organisation(context: Context, document: Document) -> None:
    """Raise SettingsError when a file is of several organisations, or of another one than the stored days."""
    ids = {str(record["organization_id"]) for record in document.records if _has_organisation(record)}
    reports = select(CopilotDay.report).where(CopilotDay.org == context.scope.org, CopilotDay.source == REPORT)
    stored = context.session.scalar(reports.order_by(CopilotDay.day.desc()).limit(1))
    if stored and _has_organisation(stored):
        ids.add(str(stored["organization_id"]))
    if len(ids) > 1:
        raise SettingsError(
            f"it is not of {context.scope.org} alone: it has data of the organisations {', '.join(sorted(ids))}"
        )


def _has_organisation(record: Any) -> bool:
    return isinstance(record, dict) and record.get("organization_id") is not None


def _mapper(document: Document) -> Callable[..., Row]:
    if document.kind == "user_periods":
        # Both days are there: read_document refuses a file of periods without them.
        return partial(user_period_row, start_day=document.start_day or date.min, end_day=document.end_day or date.max)
    return {"user_days": user_day_row, "user_teams": user_team_row, "seats": seat_row}[document.kind]


def _batches(mapped: Iterable[Mapped[Row]]) -> Iterator[list[Mapped[Row]]]:
    batch: list[Mapped[Row]] = []
    for each in mapped:
        batch.append(each)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _save(context: Context, kind: str, batch: list[Mapped[Row]], *, price: float | None) -> None:
    if kind == "user_days":
        save_user_days(context, batch, is_live=False)
    elif kind == "seats":
        _save_seats(context, batch, price=price)
    else:
        save_rows(context, COPILOT, {"user_periods": CopilotUserPeriod, "user_teams": CopilotUserTeam}[kind], batch)


def _save_seats(context: Context, batch: list[Mapped[Row]], *, price: float | None) -> None:
    """Write seats of people without a stored one, and later uses of stored seats.

    The other columns of a stored seat stay: a file doesn't say from which day it is.
    """
    seats = select(CopilotSeat.assignee_id, CopilotSeat.last_activity_at).where(CopilotSeat.org == context.scope.org)
    stored = {row.assignee_id: row for row in context.session.execute(seats)}
    latest: dict[int, Mapped[Row]] = {}
    for seat in batch:
        person = seat.row["assignee_id"]
        latest[person] = last_used(latest.get(person), seat)
    now = context.now()
    new = [
        seat.with_columns(removed_at=None, first_seen_at=now, monthly_price=price_of(seat.row, price))
        for person, seat in latest.items()
        if person not in stored
    ]
    save_rows(context, COPILOT, CopilotSeat, new)
    for person, seat in latest.items():
        row, use = seat.row, seat.row.get("last_activity_at")
        if person in stored and use and (stored[person].last_activity_at or use - ONE_DAY) < use:
            used = {"last_activity_at": use, "last_activity_editor": row.get("last_activity_editor")}
            held = (CopilotSeat.org == context.scope.org, CopilotSeat.assignee_id == person)
            context.session.execute(update(CopilotSeat).where(*held).values(**used))
            context.run.stored += 1
