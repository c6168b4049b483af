"""Stores who holds a seat, and how many seats there are each day; an incomplete list of seats is not stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from operator import itemgetter
from typing import Any

from sqlalchemy import select, update

from chalicelib.copilot.api import CopilotAPI
from chalicelib.copilot.models import CopilotSeat, CopilotSeatDay
from chalicelib.copilot.rows import seat_row
from chalicelib.copilot.sync.choice import Rank, choose, rank
from chalicelib.copilot.sync.days import COPILOT
from chalicelib.errors import IncompleteReadError
from chalicelib.ingest import brake
from chalicelib.ingest.context import Context
from chalicelib.ingest.mapping import Mapped, map_records, save_own_rows, save_rows
from chalicelib.store.marks import WHOLE
from chalicelib.store.upsert import Row

SEATS = "copilot.seats"
ACTIVE = timedelta(days=28)
NEVER = datetime.min.replace(tzinfo=UTC)
# List prices in US dollars a month.
# https://docs.github.com/en/copilot/get-started/plans
PRICES = {"business": 19.0, "enterprise": 39.0}


def sync_seats(context: Context, *, keeps_people: bool, price: float | None) -> None:
    """Store the seats as they are now, mark those that were taken back, and count today's seats.

    Without `keeps_people` only the counts are stored. `price` is in US dollars a month; None means the plan's. Raises
    IncompleteReadError when GitHub lists fewer seats than it announced, or none though it bills for some.
    """
    begun = context.now()
    billing = CopilotAPI(context.github).fetch_billing(context.scope.org)
    if billing is None:
        context.note("the organisation has no Copilot")
        return
    seats, unmapped = _fetch_seats(context, keeps_people=keeps_people)
    if not seats and not unmapped and _billed(billing):
        raise IncompleteReadError(f"GitHub bills for {_billed(billing)} seats and lists none")
    if keeps_people and _held_people(context) - seats.keys():
        # The list shifts while it is read: what a second reading doesn't list either is gone.
        again, unmapped = _fetch_seats(context, keeps_people=keeps_people)
        seats |= again
        _check_brake(context, seats, billed=_billed(billing))
    rows = [seat.row for seat in seats.values()]
    if keeps_people:
        # A record that could not be mapped may be anybody's seat.
        save_seats(context, list(seats.values()), price=price, takes_back=not unmapped)
        rows = _held_seats(context)
    day = count_seats(rows, org=context.scope.org, now=context.now(), billed=_billed(billing))
    context.run.stored += save_own_rows(context, CopilotSeatDay, [day])
    if not unmapped:
        context.marks.watermark(SEATS, scope=WHOLE).advance(begun)
    context.checkpoint()


def _check_brake(context: Context, seats: dict[int, Mapped[Row]], *, billed: int | None) -> None:
    """Raise BrakeError when many seats are missing, and GitHub bills for more than it lists."""
    held = _held_people(context)
    missing = len(held - seats.keys())
    if brake.is_too_much(context, SEATS, missing, of=len(held)) and len(seats) < (billed or 0):
        reason = f"it bills for {billed:,}, but lists {len(seats):,}"
        raise brake.stop(f"Copilot seats of {context.scope.org}", missing, of=len(held), reason=reason)


def _fetch_seats(context: Context, *, keeps_people: bool) -> tuple[dict[int, Mapped[Row]], int]:
    """Read all pages, then map them; gives one seat for each person, and how many records could not be mapped.

    Leaves no transaction open.
    """
    pages = list(CopilotAPI(context.github).fetch_seats(context.scope.org))
    listed = [seat for _, seats in pages for seat in seats]
    announced = context.run.expected = pages[-1][0] if pages else 0
    if len(listed) < announced:
        raise IncompleteReadError(f"GitHub announced {announced} seats and listed {len(listed)}")
    context.run.fetched = len(listed)
    to_row = partial(seat_row, org=context.scope.org)
    mapped = list(map_records(context, COPILOT, listed, to_row, is_kept=keeps_people))
    chosen = choose(mapped, itemgetter("assignee_id"), rank_of_seat)
    context.commit()  # what was kept aside
    return chosen, len(listed) - len(mapped)


def _held_people(context: Context) -> set[int]:
    """Read whose seats are stored as held; leaves no transaction open."""
    held = (CopilotSeat.org == context.scope.org, CopilotSeat.removed_at.is_(None))
    people = set(context.session.scalars(select(CopilotSeat.assignee_id).where(*held)))
    context.commit()
    return people


def rank_of_seat(row: Row) -> Rank:
    """Order rows of one person's seat: the one with the later use, then that of the greater record."""
    used = row.get("last_activity_at")
    return used is not None, used or NEVER, *rank(row["seat"])


def save_seats(context: Context, listed: list[Mapped[Row]], *, price: float | None, takes_back: bool = True) -> None:
    """Write seats, and with `takes_back` mark the organisation's stored seats that are not among them as taken back."""
    seats = (CopilotSeat.org == context.scope.org,)
    stored = select(CopilotSeat.assignee_id, CopilotSeat.first_seen_at).where(*seats)
    first_seen = {row.assignee_id: row.first_seen_at for row in context.session.execute(stored)}
    rows = [
        seat.with_columns(
            removed_at=None,
            first_seen_at=first_seen.get(seat.row["assignee_id"], context.now()),
            monthly_price=price_of(seat.row, price),
        )
        for seat in listed
    ]
    save_rows(context, COPILOT, CopilotSeat, rows)
    held = {seat.row["assignee_id"] for seat in listed}
    for person in first_seen.keys() - held if takes_back else ():
        seat = (*seats, CopilotSeat.assignee_id == person, CopilotSeat.removed_at.is_(None))
        marked = context.session.connection().execute(update(CopilotSeat).where(*seat).values(removed_at=context.now()))
        context.run.stored += marked.rowcount


def price_of(row: Row, price: float | None) -> float | None:
    """Give a seat's price in US dollars a month: `price`, else the list price of its plan; None when unknown."""
    return PRICES.get(row["plan_type"] or "") if price is None else price


def _held_seats(context: Context) -> list[Row]:
    """Read the stored seats that people hold; unlike GitHub's list, they keep uses of more than 90 days ago."""
    seats = select(CopilotSeat.last_activity_at, CopilotSeat.pending_cancellation_date).where(
        CopilotSeat.org == context.scope.org, CopilotSeat.removed_at.is_(None)
    )
    return [dict(row) for row in context.session.execute(seats).mappings()]


def count_seats(rows: list[Row], *, org: str, now: datetime, billed: int | None) -> Row:
    """Make today's row of `copilot_seat_days`; `billed` is GitHub's own count."""
    uses = [row.get("last_activity_at") for row in rows]
    return {
        "org": org,
        "day": now.date(),
        "total": len(rows),
        "active": sum(use is not None and now - use <= ACTIVE for use in uses),
        "never_used": sum(use is None for use in uses),
        "pending_cancellation": sum(row.get("pending_cancellation_date") is not None for row in rows),
        "billed": billed,
    }


def _billed(billing: dict[str, Any]) -> int | None:
    breakdown = billing.get("seat_breakdown")
    total = breakdown.get("total") if isinstance(breakdown, dict) else None
    return total if type(total) is int else None
