"""Who holds a seat without using it, and what seats cost."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    String,
    Subquery,
    and_,
    case,
    cast,
    column,
    false,
    func,
    null,
    select,
    table,
    true,
)

from chalicelib.copilot.models import CopilotSeat
from chalicelib.store.base import UTCDateTime
from chalicelib.store.functions import SecondsBetween, count_if, later, now, rounded, true_if
from chalicelib.store.views import View, ViewColumn

IDLE_DAYS = 28
DAY = 86_400

# The contributions' table; written out and not imported, because domains don't import each other.
_memberships = table("memberships", column("org", String), column("member_id", BigInteger), column("inactive", Boolean))


def _is_member(belongs: Any, known: Any) -> ColumnElement[Any]:
    """Whether a person is a member now; NULL when the members were never read."""
    return case((belongs.c.member_id.is_not(None), true()), (known.c.org.is_not(None), false()), else_=null())


def _held() -> Subquery:
    """The seats that people hold, each with the time since which it is idle."""
    seat: Any = CopilotSeat
    belongs = select(_memberships).where(_memberships.c.inactive.is_(False)).subquery("belongs")
    known = select(_memberships.c.org).distinct().subquery("known")
    member = and_(belongs.c.org == seat.org, belongs.c.member_id == seat.assignee_id)
    since = func.coalesce(seat.last_activity_at, seat.created_at, seat.first_seen_at, type_=UTCDateTime())
    return (
        select(
            *(seat.org, seat.login, seat.assignee_id, seat.assigning_team, seat.plan_type, seat.created_at),
            *(seat.last_activity_at, seat.pending_cancellation_date, seat.monthly_price),
            since.label("idle_since"),
            _is_member(belongs, known).label("is_member"),
        )
        .outerjoin(belongs, member)
        .outerjoin(known, known.c.org == seat.org)
        .where(seat.removed_at.is_(None))
        .subquery("held")
    )


_seat = _held().c

COPILOT_SEATS_IDLE = View(
    "copilot_seats_idle",
    "All seats that people hold, and for how many days each was not used. Filter it, for example by idle_days >= 30, "
    "by never_used, or by NOT is_member",
    [
        ViewColumn("org", _seat.org, "Organisation"),
        ViewColumn("login", _seat.login, "User name"),
        ViewColumn("assignee_id", _seat.assignee_id, "GitHub's user id"),
        ViewColumn("assigning_team", _seat.assigning_team, "Slug of the team through which it was given"),
        ViewColumn("plan_type", _seat.plan_type, "business, enterprise or unknown"),
        ViewColumn("created_at", _seat.created_at, "When it was given"),
        ViewColumn("last_activity_at", _seat.last_activity_at, "Last use; NULL: none is known"),
        ViewColumn(
            "idle_days",
            cast(SecondsBetween(_seat.idle_since, later(now(), _seat.idle_since)) // DAY, BigInteger),
            "Days (24 hours, rounded down) since the last use, or since the seat was given when no use is known",
        ),
        ViewColumn(
            "never_used",
            true_if(_seat.last_activity_at.is_(None)),
            "True when no use is known. GitHub forgets uses after 90 days, so older ones from before this app's first "
            "run are not known",
        ),
        ViewColumn(
            "is_member",
            _seat.is_member,
            "True while the person is a member of the organisation, false for a person who left or never was one, NULL "
            "when this app has never read the members",
        ),
        ViewColumn(
            "pending_cancellation_date", _seat.pending_cancellation_date, "When it will be taken back; NULL: it won't"
        ),
        ViewColumn("monthly_price", _seat.monthly_price, "US dollars a month; NULL: not known"),
    ],
)

_held_seat = COPILOT_SEATS_IDLE.table.c
_is_idle = _held_seat.idle_days >= IDLE_DAYS
_of_idle = case((_is_idle, _held_seat.monthly_price), (_held_seat.monthly_price.is_not(None), 0.0))

COPILOT_SEAT_COST = View(
    "copilot_seat_cost",
    "What an organisation's seats cost a month, and how much of it is for seats not used for 28 days or more. "
    "Seats without a known price count as seats, and add nothing to the cost",
    [
        ViewColumn("org", _held_seat.org, "Organisation"),
        ViewColumn("seats", func.count(type_=BigInteger()), "Seats that people hold, those to be taken back included"),
        ViewColumn("idle_seats", count_if(_is_idle), "Seats not used for 28 days or more, as in copilot_seats_idle"),
        ViewColumn("never_used", count_if(_held_seat.never_used), "Seats without any known use, new seats included"),
        ViewColumn(
            "held_by_non_members",
            count_if(_held_seat.is_member.is_(False)),
            "Seats of people who left the organisation or never were members",
        ),
        ViewColumn(
            "seats_without_price", count_if(_held_seat.monthly_price.is_(None)), "Seats whose price is not known"
        ),
        ViewColumn(
            "monthly_cost",
            rounded(func.sum(_held_seat.monthly_price), 2),
            "US dollars a month for all seats; NULL when no price is known",
        ),
        ViewColumn("idle_monthly_cost", rounded(func.sum(_of_idle), 2), "US dollars a month for the idle seats"),
    ],
    group_by=[_held_seat.org],
)
