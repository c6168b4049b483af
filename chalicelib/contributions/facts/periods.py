"""From when to when items were open.

An item's closings and reopenings count when the latest one agrees with its state. Otherwise they were not read or not
kept, and the item counts as open from its opening to `closed_at`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, BigInteger, Select, Subquery, and_, case, cast, func, literal, or_, select, union_all

from chalicelib.contributions.facts.people import is_shown_event, items
from chalicelib.contributions.models import Event, OpenPeriodFact
from chalicelib.store.base import UTCDateTime
from chalicelib.store.facts import Chosen
from chalicelib.store.functions import constant

OPENED, CLOSED, REOPENED = "opened", "closed", "reopened"
# Stands for an id before those of all events: an opening comes first among what happened in the same second.
FIRST = -(2**63)


def open_period_facts(chosen: Chosen) -> Select[Any]:
    """The periods of chosen items, in the columns of OpenPeriodFact."""
    item = select(items(chosen)).cte()
    change = _history(item, chosen)
    is_closing = change.c.what == CLOSED
    turn = func.row_number().over(
        partition_by=[change.c.item_id, is_closing], order_by=[change.c.at, change.c.event_id]
    )
    each = select(*change.c, cast(turn, BigInteger).label("turn")).subquery("numbered")
    is_closing = each.c.what == CLOSED
    periods = (
        select(
            *(each.c.item_id, each.c.turn),
            func.min(case((~is_closing, each.c.at)), type_=UTCDateTime()).label("opened_at"),
            func.min(case((is_closing, each.c.at)), type_=UTCDateTime()).label("closed_at"),
        )
        .group_by(each.c.item_id, each.c.turn)
        .subquery("period")
    )
    columns: dict[str, Any] = {column.name: column for column in (*item.c, *periods.c)}
    joined = item.join(periods, periods.c.item_id == item.c.id)
    return select(*(columns[each.name].label(each.name) for each in OpenPeriodFact.__table__.c)).select_from(joined)


def _history(item: CTE, chosen: Chosen) -> Subquery:
    """Each opening, closing and reopening of an item, with its time."""
    change = _changes(item, chosen)
    is_closed = item.c.state == "closed"
    agrees = change.c.latest == case((is_closed, CLOSED), else_=REOPENED)
    ends = item.outerjoin(change, and_(change.c.item_id == item.c.id, agrees))
    opening: Select[Any] = select(
        item.c.id.label("item_id"),
        constant(OPENED).label("what"),
        item.c.created_at.label("at"),
        literal(FIRST, BigInteger).label("event_id"),
    )
    later = (
        select(
            item.c.id,
            func.coalesce(change.c.what, CLOSED),
            func.coalesce(change.c.at, item.c.closed_at, type_=UTCDateTime()),
            func.coalesce(change.c.event_id, 0),
        )
        .select_from(ends)
        .where(or_(change.c.item_id.is_not(None), and_(is_closed, item.c.closed_at.is_not(None))))
    )
    return union_all(opening, later).subquery("history")


def _changes(item: CTE, chosen: Chosen) -> Subquery:
    """Closings and reopenings that changed the state, each with the item's latest one."""
    before = func.lag(Event.event).over(partition_by=Event.issue_id, order_by=[Event.created_at, Event.id])
    each = (
        select(
            Event.issue_id.label("item_id"),
            Event.id.label("event_id"),
            Event.event.label("what"),
            Event.created_at.label("at"),
            func.coalesce(before, REOPENED).label("before"),
        )
        .join(item, item.c.id == Event.issue_id)
        .where(is_shown_event(chosen, CLOSED, REOPENED))
        .subquery("each_change")
    )
    latest_first = [each.c.at.desc(), each.c.event_id.desc()]
    latest = func.first_value(each.c.what).over(partition_by=each.c.item_id, order_by=latest_first)
    changed = select(each.c.item_id, each.c.event_id, each.c.what, each.c.at, latest.label("latest"))
    return changed.where(each.c.what != each.c.before).subquery("change")
