"""Copilot's past: days that GitHub still offers, and files that somebody saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial

from sqlalchemy import select

from chalicelib.context import Context, rows_of, store
from chalicelib.copilot.models import CopilotDay, CopilotSeat, CopilotUserPeriod, CopilotUserTeam
from chalicelib.copilot.rows import (
    Document,
    Row,
    any_day_rows,
    seat_row,
    user_day_row,
    user_period_row,
    user_team_row,
)
from chalicelib.copilot.sync.days import COPILOT, days_between, name_lost, read_day, save_days, stored_days
from chalicelib.copilot.sync.people import read_people, save_user_days
from chalicelib.copilot.sync.seats import newer, price_of

BATCH = 500
# What tells of single people.
PERSONAL = {"user_days", "user_periods", "user_teams", "seats"}


def read_history(context: Context, *, since: date, until: date, keeps_people: bool) -> None:
    """Store the days of a span that are not stored yet as today's API has them; names in the ledger what is lost.

    A day is stored with its people, in this order: people first, so that a run that was stopped goes on with them.
    """
    known = stored_days(context.session, context.scope.org, since, until)
    lost: list[date] = []
    for day in days_between(since, until):
        if day not in known:
            read_people(context, day, keeps_people=keeps_people)
            lost += [] if read_day(context, day) else [day]
        context.on_page(1)
    name_lost(context, lost, CopilotDay, asked=None, until=until)


def load_document(context: Context, document: Document, *, keeps_people: bool, price: float | None) -> None:
    """Store what a saved file holds; a day that a newer source has told stays, and the file's is kept beside it."""
    org = context.scope.org
    if document.kind in PERSONAL and not keeps_people:
        context.run.error = f"{document.kind} are not stored: COPILOT_USER_DATA is off"
        return
    if document.kind == "days":
        save_days(context, rows_of(context, COPILOT, document.records, partial(any_day_rows, org=org)), is_live=False)
    elif document.kind in PERSONAL:
        for batch in _batches(rows_of(context, COPILOT, document.records, partial(_mapper(document), org=org))):
            _save(context, document.kind, batch, price=price)
            context.commit()


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
    """Write seats of people that none is known of: a file doesn't say which day it is of."""
    known = set(context.session.scalars(select(CopilotSeat.assignee_id).where(CopilotSeat.org == context.scope.org)))
    fresh: dict[int, Row] = {}
    for row in rows:
        if row["assignee_id"] not in known:
            fresh[row["assignee_id"]] = newer(fresh.get(row["assignee_id"]), row)
    now = context.now()
    written = [
        row | {"removed_at": None, "first_seen_at": now, "monthly_price": price_of(row, price)}
        for row in fresh.values()
    ]
    store(context, COPILOT, CopilotSeat, written, {})
