"""Stores saved files of Copilot's, which only fill gaps; between files of one command, their order doesn't matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import partial
from operator import itemgetter
from typing import Any

from sqlalchemy import select, update

from chalicelib.copilot.models import (
    REPORT,
    CopilotDay,
    CopilotSeat,
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
from chalicelib.copilot.sync.choice import Rank, choose, rank
from chalicelib.copilot.sync.days import COPILOT, ONE_DAY, revision_columns, save_days
from chalicelib.copilot.sync.people import in_batches
from chalicelib.copilot.sync.seats import price_of, rank_of_seat
from chalicelib.copilot.sync.teams import rank_of_membership
from chalicelib.errors import SettingsError
from chalicelib.ingest.context import Context
from chalicelib.ingest.mapping import Mapped, map_records, save_rows
from chalicelib.store.among import among

Key = tuple[Any, ...]
# The tables of records about single people, by kind.
PERSONAL: dict[str, type[Any]] = {
    "user_days": CopilotUserDay,
    "user_periods": CopilotUserPeriod,
    "user_teams": CopilotUserTeam,
    "seats": CopilotSeat,
}


def load_document(
    context: Context, document: Document, *, keeps_people: bool, price: float | None, written: set[Key]
) -> None:
    """Store the records of a saved file. A file only fills gaps: a stored day from the same or a newer source wins.

    `written` has what files of this command have filled, and gets what this one fills: between those files `rank`
    decides. `price` is in US dollars a month; None means the plan's. Raises SettingsError when the file is of another
    organisation.
    """
    org = context.scope.org
    check_organisation(context, document)
    if document.kind in PERSONAL and not keeps_people:
        context.note(f"{document.kind} are not stored: COPILOT_USER_DATA is off")
        return
    if document.kind == "days":
        save_days(context, document.records, partial(any_day_rows, org=org), written)
    elif document.kind in PERSONAL:
        records = context.count_fetched(document.records)
        for batch in in_batches(map_records(context, COPILOT, records, partial(_mapper(document), org=org))):
            _save(context, document.kind, batch, price=price, written=written)
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


def _rank_of(kind: str) -> Callable[[Row], Rank]:
    if kind == "user_teams":
        return rank_of_membership
    return rank_of_seat if kind == "seats" else lambda row: rank(row["report"])


def _save(context: Context, kind: str, batch: Iterable[Mapped[Row]], *, price: float | None, written: set[Key]) -> None:
    """Write rows that fill a gap, or that win against what a file of this command has filled it with."""
    model, rank_of = PERSONAL[kind], _rank_of(kind)
    names = [column.name for column in model.__table__.primary_key if column.name != "org"]
    chosen = choose(batch, itemgetter(*names), rank_of)
    stored = _stored(context, model, names, chosen)
    rows = []
    for key, each in chosen.items():
        # Periods come from files only, so every stored one is a file's.
        is_ours = (kind, key) in written or kind == "user_periods"
        if key not in stored or (is_ours and rank_of(stored[key]) < rank_of(each.row)):
            rows.append(each.with_columns(**_own_columns(kind, each.row, stored.get(key), context.now(), price)))
            written.add((kind, key))
        elif kind == "seats" and not is_ours:
            _save_use(context, each.row, stored[key])
    save_rows(context, COPILOT, model, rows)


def _stored(context: Context, model: type[Any], names: list[str], keys: Iterable[Any]) -> dict[Any, Row]:
    """Read the stored rows with these keys, and perhaps a few more."""
    key_of = itemgetter(*names)
    values = zip(*keys, strict=True) if len(names) > 1 else [keys]
    matches = [among(getattr(model, name), set(found)) for name, found in zip(names, values, strict=True)]
    rows = context.session.execute(select(model.__table__).where(model.org == context.scope.org, *matches)).mappings()
    return {key_of(row): dict(row) for row in rows}


def _own_columns(kind: str, row: Row, stored: Row | None, now: datetime, price: float | None) -> Row:
    """Give the columns that are not a file's; those of a stored row stay."""
    if kind == "user_days":
        new = revision_columns(None, now)
    elif kind == "seats":
        new = {"removed_at": None, "first_seen_at": now}
    else:
        return {}
    kept = new if stored is None else {name: stored[name] for name in new}
    return kept | {"monthly_price": price_of(row, price)} if kind == "seats" else kept


def _save_use(context: Context, row: Row, stored: Row) -> None:
    """Write a later use of a stored seat. Its other columns stay: a file doesn't say from which day it is."""
    use = row.get("last_activity_at")
    if use and (stored["last_activity_at"] or use - ONE_DAY) < use:
        used = {"last_activity_at": use, "last_activity_editor": row.get("last_activity_editor")}
        held = (CopilotSeat.org == context.scope.org, CopilotSeat.assignee_id == row["assignee_id"])
        context.session.execute(update(CopilotSeat).where(*held).values(**used))
        context.run.stored += 1
