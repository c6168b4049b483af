"""How many issues and pull requests were open at the end of each day."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, BigInteger, ColumnElement, Select, Subquery, and_, case, cast, func, or_, select, union_all

from chalicelib.contributions.models import Event
from chalicelib.contributions.views.people import is_shown_event, items
from chalicelib.store.functions import DayOf, NextDay, constant, count_if, now
from chalicelib.store.views import View, ViewColumn

OPENED, CLOSED, REOPENED = "opened", "closed", "reopened"


def _changes() -> Subquery:
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
        .where(is_shown_event(CLOSED, REOPENED))
        .subquery("each_change")
    )
    latest_first = [each.c.at.desc(), each.c.event_id.desc()]
    latest = func.first_value(each.c.what).over(partition_by=each.c.item_id, order_by=latest_first)
    changed = select(each.c.item_id, each.c.what, each.c.at, latest.label("latest"))
    return changed.where(each.c.what != each.c.before).subquery("change")


def _history(item: CTE) -> tuple[Select[Any], Select[Any]]:
    """Each opening, closing and reopening with its day.

    An item's events count when the latest one agrees with its state. Otherwise they were not read or not kept, and
    the item counts as open from its opening to `closed_at`.
    """
    change = _changes()
    is_closed = item.c.state == "closed"
    agrees = change.c.latest == case((is_closed, CLOSED), else_=REOPENED)
    ends = item.outerjoin(change, and_(change.c.item_id == item.c.id, agrees))
    return (
        _entry(item, item.c.created_at, constant(OPENED)),
        _entry(item, func.coalesce(change.c.at, item.c.closed_at), func.coalesce(change.c.what, CLOSED))
        .select_from(ends)
        .where(or_(change.c.item_id.is_not(None), and_(is_closed, item.c.closed_at.is_not(None)))),
    )


def _entry(item: CTE, at: ColumnElement[Any], what: ColumnElement[Any]) -> Select[Any]:
    return select(item.c.org, item.c.repo, item.c.kind, DayOf(at).label("day"), what.label("what"))


def _days(item: CTE) -> Select[Any]:
    """A row for each day from a repository's first one to today, so that days without any event count too."""
    firsts = (
        select(item.c.org, item.c.repo, item.c.kind, DayOf(func.min(item.c.created_at)).label("day"))
        .group_by(item.c.org, item.c.repo, item.c.kind)
        .cte("firsts")
    )
    calendar = select(func.min(firsts.c.day).label("day")).cte("calendar", recursive=True)
    calendar = calendar.union_all(select(NextDay(calendar.c.day)).where(calendar.c.day < DayOf(now())))
    joined = firsts.join(calendar, calendar.c.day >= firsts.c.day)
    nothing = constant("")
    chosen = select(firsts.c.org, firsts.c.repo, firsts.c.kind, calendar.c.day, nothing.label("what"))
    return chosen.select_from(joined)


def _daily() -> Subquery:
    """What happened on each day of each repository and kind."""
    item = select(items()).cte("items")
    entry = union_all(*_history(item), _days(item)).subquery("entry")
    keys = (entry.c.org, entry.c.repo, entry.c.kind, entry.c.day)
    counts = (count_if(entry.c.what == what).label(what) for what in (OPENED, REOPENED, CLOSED))
    return select(*keys, *counts).group_by(*keys).subquery("daily")


_daily_counts = _daily()
_day = _daily_counts.c
_open_items = func.sum(_day.opened + _day.reopened - _day.closed).over(
    partition_by=[_day.org, _day.repo, _day.kind], order_by=_day.day
)

OPEN_BACKLOG_DAILY = View(
    "open_backlog_daily",
    "How many issues and pull requests were open at the end of each day (UTC), from a repository's first one to today. "
    "Closings and reopenings come from the timeline when it agrees with the item's state, else from closed_at. "
    "Deleted and moved items are left out of all days",
    [
        ViewColumn("org", _day.org, "Owner of the repository"),
        ViewColumn("repo", _day.repo, "Repository's name, without the owner"),
        ViewColumn("kind", _day.kind, "issue or pull_request"),
        ViewColumn("day", _day.day, "Day, UTC; today's numbers are not final"),
        ViewColumn("opened", _day.opened, "How many were opened on that day"),
        ViewColumn("reopened", _day.reopened, "How many were reopened on that day"),
        ViewColumn("closed", _day.closed, "How many were closed on that day, merged ones included"),
        ViewColumn(
            "open_items",
            cast(_open_items, BigInteger),
            "How many were open at the end of the day: those of the day before + opened + reopened - closed",
        ),
    ],
)
