"""How long items stayed in a sprint: each day of each item, with the days before and after on which it was in it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Date, Subquery, and_, func, or_, select

from chalicelib.projects.views.columns import last_seen_day
from chalicelib.projects.views.knowledge import SPRINT_ITEM_DAYS
from chalicelib.store.functions import NextDay, true_if

KEYS = ("project_id", "iteration_id")


def stays() -> Subquery:
    """The rows of sprint_item_days, each with what the days around it make of it.

    - `came`: it was not in the sprint on the day before, and this is not day one.
    - `leaves`: it is not in it on the next day, of which something is known.
    - `is_committed`, `is_first`, `is_last`: of its days in the sprint, this one is day one, the first, the last.
    - `is_end`: this is the last day of the sprint, or today.
    """
    row = SPRINT_ITEM_DAYS.table.alias("item_day").c
    order: dict[str, Any] = {"partition_by": [*(row[key] for key in KEYS), row.item_id], "order_by": row.day}
    before = func.lag(row.day, type_=Date()).over(**order).label("before")
    after = func.lead(row.day, type_=Date()).over(**order).label("after")
    day = select(*(row[name] for name in NAMES), before, after).subquery("neighboured").c
    end = last_seen_day(day.end_date)
    came = and_(day.day > day.start_date, or_(day.before.is_(None), NextDay(day.before) < day.day))
    leaves = and_(day.day < end, or_(day.after.is_(None), NextDay(day.day) < day.after))
    return select(
        *(day[name] for name in NAMES),
        true_if(came).label("came"),
        true_if(leaves).label("leaves"),
        true_if(day.day == day.start_date).label("is_committed"),
        true_if(day.before.is_(None)).label("is_first"),
        true_if(day.after.is_(None)).label("is_last"),
        true_if(day.day >= end).label("is_end"),
    ).subquery("stay")


NAMES = (*KEYS, "start_date", "end_date", "day", "item_id", "points", "status", "is_done", "strength")
