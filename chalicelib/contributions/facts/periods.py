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
# A closing of which only the item tells.
AT_CLOSED_AT = "closed_at"
# Stands for an id before those of all events: an opening comes first among what happened in the same second.
FIRST = -(2**63)
_PLACE = ("org", "repo", "kind")


def open_period_facts(chosen: Chosen) -> Select[Any]:
    """The periods of chosen items, in the columns of OpenPeriodFact."""
    change = _history(select(items(chosen)).cte(), chosen)
    is_closing = change.c.what.in_((CLOSED, AT_CLOSED_AT))
    order = [change.c.at, change.c.event_id]
    turn = func.row_number().over(partition_by=[change.c.item_id, is_closing], order_by=order)
    numbered = select(*change.c, cast(turn, BigInteger).label("turn")).subquery("numbered").c
    is_closing = numbered.what.in_((CLOSED, AT_CLOSED_AT))
    columns: dict[str, Any] = {column.name: column for column in numbered}
    columns["opened_at"] = func.min(case((~is_closing, numbered.at)), type_=UTCDateTime())
    columns["closed_at"] = func.min(case((is_closing, numbered.at)), type_=UTCDateTime())
    keys = (numbered.item_id, numbered.turn, *(numbered[name] for name in _PLACE))
    return select(*(columns[each.name].label(each.name) for each in OpenPeriodFact.__table__.c)).group_by(*keys)


def _history(item: CTE, chosen: Chosen) -> Subquery:
    """Each opening, closing and reopening of an item, with its time."""
    change = _changes(item, chosen)
    is_closed = and_(item.c.state == "closed", item.c.closed_at.is_not(None))
    each = union_all(
        _told_by_item(item, OPENED, item.c.created_at, FIRST),
        _told_by_item(item, AT_CLOSED_AT, item.c.closed_at, 0).where(is_closed),
        select(change).where(change.c.latest == case((change.c.state == "closed", CLOSED), else_=REOPENED)),
    ).subquery("told")
    is_event = each.c.what.in_((CLOSED, REOPENED))
    has_events = func.max(case((is_event, 1), else_=0)).over(partition_by=each.c.item_id)
    marked = select(*each.c, has_events.label("has_events")).subquery("marked")
    # Where events tell, the item's own time tells the last of them once more.
    return select(marked).where(or_(marked.c.what != AT_CLOSED_AT, marked.c.has_events == 0)).subquery("history")


def _told_by_item(item: CTE, what: str, at: Any, order: int) -> Select[Any]:
    place = (item.c.id.label("item_id"), *(item.c[name] for name in _PLACE), item.c.state)
    told = (constant(what).label("what"), at.label("at"), literal(order, BigInteger).label("event_id"))
    return select(*place, *told, constant(what).label("latest"))


def _changes(item: CTE, chosen: Chosen) -> Subquery:
    """Closings and reopenings that changed the state, each with the item's latest one."""
    place: dict[str, Any] = {"partition_by": Event.issue_id, "order_by": [Event.created_at, Event.id]}
    before = func.lag(Event.event).over(**place)
    each = (
        select(
            *(item.c.id.label("item_id"), *(item.c[name] for name in _PLACE), item.c.state),
            *(Event.event.label("what"), Event.created_at.label("at"), Event.id.label("event_id")),
            func.coalesce(before, REOPENED).label("before"),
        )
        .join(item, item.c.id == Event.issue_id)
        .where(is_shown_event(chosen, CLOSED, REOPENED))
        .subquery("each_change")
    )
    latest_first = [each.c.at.desc(), each.c.event_id.desc()]
    latest = func.first_value(each.c.what).over(partition_by=each.c.item_id, order_by=latest_first)
    kept = (column for column in each.c if column.name != "before")
    return select(*kept, latest.label("latest")).where(each.c.what != each.c.before).subquery("change")
