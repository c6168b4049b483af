"""Copilot use and pull requests, month by month, side by side; that they change together proves no cause."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, Double, String, Subquery, and_, column, select, table, union, union_all

from chalicelib.copilot.views.days import counted_days, mean_users, weighted_rate
from chalicelib.store.base import UTCDateTime
from chalicelib.store.functions import MonthOf, constant, count_if, sum_of
from chalicelib.store.percentiles import MEDIAN, Ranked
from chalicelib.store.views import View, ViewColumn

BOT = "bot"
OPENED, MERGED = "opened", "merged"

# The contributions' view; written out and not imported, because domains don't import each other.
_pull_request_cycle = table(
    "pull_request_cycle",
    column("org", String),
    column("author_kind", String),
    column("created_at", UTCDateTime),
    column("merged_at", UTCDateTime),
    column("hours_to_merge", Double),
)


def _copilot_months() -> CTE:
    day = counted_days().c
    return (
        select(
            *(day.org, day.month),
            mean_users(day).label("mean_daily_active_users"),
            weighted_rate(day).label("acceptance_rate"),
            sum_of(day.pull_requests_created_by_copilot).label("created_by_copilot"),
        )
        .group_by(day.org, day.month)
        .cte("copilot_months")
    )


def _pull_request_months() -> CTE:
    """By organisation and month over all repositories, since medians of repositories can't be combined."""
    cycle = _pull_request_cycle.c
    people = select(_pull_request_cycle).where(cycle.author_kind != BOT).cte("people").c
    each = union_all(
        *(
            select(people.org, MonthOf(at).label("month"), constant(what).label("what"), people.hours_to_merge).where(
                at.is_not(None)
            )
            for what, at in ((OPENED, people.created_at), (MERGED, people.merged_at))
        )
    ).subquery("each_time")
    ranked = Ranked(each, by=("org", "month", "what"), values=("hours_to_merge",))
    pull = ranked.c
    return (
        select(
            *(pull.org, pull.month),
            count_if(pull.what == OPENED).label("opened"),
            count_if(pull.what == MERGED).label("merged"),
            ranked.percentile("hours_to_merge", MEDIAN, what=MERGED).label("median_hours_to_merge"),
        )
        .group_by(pull.org, pull.month)
        .cte("pull_request_months")
    )


def _side_by_side() -> Subquery:
    copilot, pulls = _copilot_months(), _pull_request_months()
    keys = union(*(select(side.c.org, side.c.month) for side in (copilot, pulls))).subquery("months")

    def same_month(side: CTE) -> Any:
        return and_(side.c.org == keys.c.org, side.c.month == keys.c.month)

    values = [value for side in (copilot, pulls) for value in side.c if value.name not in ("org", "month")]
    joined = keys.outerjoin(copilot, same_month(copilot)).outerjoin(pulls, same_month(pulls))
    return select(*keys.c, *values).select_from(joined).subquery("side_by_side")


_month = _side_by_side().c

COPILOT_PULL_REQUEST_EFFECT = View(
    "copilot_pull_request_effect",
    "An organisation's Copilot use and its pull requests, month by month, side by side. That both change together does "
    "not prove that one causes the other. A month needs data of one side; columns of the other are NULL then",
    [
        ViewColumn("org", _month.org, "Organisation"),
        ViewColumn("month", _month.month, "First day of the month, UTC"),
        ViewColumn("mean_daily_active_users", _month.mean_daily_active_users, "As in copilot_acceptance_monthly"),
        ViewColumn("acceptance_rate", _month.acceptance_rate, "As in copilot_acceptance_monthly, weighted"),
        ViewColumn(
            "pull_requests_created_by_copilot",
            _month.created_by_copilot,
            "Pull requests that Copilot opened, by GitHub's reports. The other columns leave them out, as a bot's",
        ),
        ViewColumn(
            "pull_requests_opened", _month.opened, "Pull requests opened in the month, in all repositories, not by bots"
        ),
        ViewColumn(
            "pull_requests_merged",
            _month.merged,
            "Pull requests merged in the month, in all repositories, not by bots; they may have been opened earlier",
        ),
        ViewColumn(
            "median_hours_to_merge",
            _month.median_hours_to_merge,
            "Median of the hours to merge of pull_requests_merged (hours_to_merge of pull_request_cycle)",
        ),
    ],
)
