"""How many issues and pull requests were open at the end of each day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, BigInteger, Select, Subquery, case, cast, func, select, union_all

from chalicelib.contributions.models import Issue, PullRequest
from chalicelib.contributions.views.told import OPEN_PERIODS
from chalicelib.store.functions import DayOf, NextDay, constant, count_if, now
from chalicelib.store.levels import ORGANISATION, REPOSITORY, level_column, no_text
from chalicelib.store.views import View, ViewColumn

OPENED, CLOSED, REOPENED, NOTHING = "opened", "closed", "reopened", ""


def _entries(keys: Sequence[str]) -> list[Select[Any]]:
    """Each opening, reopening and closing with its day; and every day, so that those without any of it count too."""
    # The table is asked three times, not once for all: so a condition on the view reaches it each time.
    opening, closing, every = (OPEN_PERIODS.table.alias().c for _ in range(3))
    what = case((opening.turn == 1, constant(OPENED)), else_=constant(REOPENED))
    since = [every[key] for key in keys]
    first = select(*since, DayOf(func.min(every.opened_at)).label("day")).group_by(*since).subquery("first")
    calendar = _calendar()
    days = select(*(first.c[key] for key in keys), calendar.c.day, constant(NOTHING))
    return [
        select(*(opening[key] for key in keys), DayOf(opening.opened_at).label("day"), what.label("what")),
        select(*(closing[key] for key in keys), DayOf(closing.closed_at), constant(CLOSED)).where(
            closing.closed_at.is_not(None)
        ),
        days.select_from(first.join(calendar, calendar.c.day >= first.c.day)),
    ]


def _calendar() -> CTE:
    """Every day from the first opening to today."""
    firsts = union_all(*(select(func.min(model.created_at).label("at")) for model in (Issue, PullRequest))).subquery()
    calendar = select(DayOf(func.min(firsts.c.at)).label("day")).cte(recursive=True)
    return calendar.union_all(select(NextDay(calendar.c.day)).where(calendar.c.day < DayOf(now())))


def _level(level: str, keys: Sequence[str]) -> Select[Any]:
    """The days of a level, with how many were open at their ends."""
    entry = union_all(*_entries(keys)).subquery("entry")
    by = [entry.c[key] for key in keys]
    counts = (count_if(entry.c.what == what).label(what) for what in (OPENED, REOPENED, CLOSED))
    day = select(*by, entry.c.day, *counts).group_by(*by, entry.c.day).subquery("daily").c
    open_items = func.sum(day.opened + day.reopened - day.closed).over(
        partition_by=[day[key] for key in keys], order_by=day.day
    )
    counted = select(*(day[key] for key in keys), day.day, day.opened, day.reopened, day.closed)
    each = counted.add_columns(cast(open_items, BigInteger).label("open_items")).subquery("counted").c
    # The level is named outside: a condition on it then spares the database the other level's sums.
    return select(
        *(constant(level).label("level"), each.org, (each.repo if "repo" in keys else no_text()).label("repo")),
        *(each.kind, each.day, each.opened, each.reopened, each.closed, each.open_items),
    )


def _levels() -> Subquery:
    levels = (_level(REPOSITORY, ("org", "repo", "kind")), _level(ORGANISATION, ("org", "kind")))
    return union_all(*levels).subquery("level")


_day = _levels().c

OPEN_BACKLOG_DAILY = View(
    "open_backlog_daily",
    "How many issues and pull requests were open at the end of each day (UTC), from the first one to today. "
    "Closings and reopenings come from the timeline when it agrees with the item's state, else from closed_at. "
    "Deleted and moved items are left out of all days",
    [
        level_column(_day.level, "a repository, or the organisation as a whole"),
        ViewColumn("org", _day.org, "Owner of the repositories"),
        ViewColumn("repo", _day.repo, "Repository's name, without the owner; NULL for the organisation"),
        ViewColumn("kind", _day.kind, "issue or pull_request"),
        ViewColumn("day", _day.day, "Day, UTC; today's numbers are not final"),
        ViewColumn("opened", _day.opened, "How many were opened on that day"),
        ViewColumn("reopened", _day.reopened, "How many were reopened on that day"),
        ViewColumn("closed", _day.closed, "How many were closed on that day, merged ones included"),
        ViewColumn(
            "open_items",
            _day.open_items,
            "How many were open at the end of the day: those of the day before + opened + reopened - closed",
        ),
    ],
)
