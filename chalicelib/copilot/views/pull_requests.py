"""The use of Copilot beside how pull requests fare, month by month: side by side, which proves no cause."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, Double, String, Subquery, and_, column, select, table, union, union_all

from chalicelib.copilot.views.days import counted_days, mean_users, weighted_rate
from chalicelib.store.base import UTCDateTime
from chalicelib.store.functions import MonthOf, constant, count_if, percentile, rank_of, sum_of
from chalicelib.store.views import View, ViewColumn

BOT = "bot"
OPENED, MERGED = "opened", "merged"
MEDIAN = 0.5

# The contributions' view: named and not imported, since domains don't know each other's code.
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
    """By organisation and month, all repositories together: medians of repositories don't add up to one."""
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
    rank = rank_of(each.c.hours_to_merge, each.c.org, each.c.month, each.c.what).label("rank")
    ranked = select(*each.c, rank).subquery("ranked").c
    merged = ranked.what == MERGED
    return (
        select(
            *(ranked.org, ranked.month),
            count_if(ranked.what == OPENED).label("opened"),
            count_if(merged).label("merged"),
            percentile(MEDIAN, ranked.hours_to_merge, ranked.rank, merged).label("median_hours_to_merge"),
        )
        .group_by(ranked.org, ranked.month)
        .cte("pull_request_months")
    )


def _side_by_side() -> Subquery:
    copilot, pulls = _copilot_months(), _pull_request_months()
    keys = union(*(select(side.c.org, side.c.month) for side in (copilot, pulls))).subquery("months")

    def told(side: CTE) -> Any:
        return and_(side.c.org == keys.c.org, side.c.month == keys.c.month)

    values = [value for side in (copilot, pulls) for value in side.c if value.name not in ("org", "month")]
    joined = keys.outerjoin(copilot, told(copilot)).outerjoin(pulls, told(pulls))
    return select(*keys.c, *values).select_from(joined).subquery("side_by_side")


_month = _side_by_side().c

COPILOT_PULL_REQUEST_EFFECT = View(
    "copilot_pull_request_effect",
    "An organisation's use of Copilot and its pull requests, month by month, side by side: what changes together need "
    "not be cause and effect. Months with anything of either; NULL where the other tells nothing",
    [
        ViewColumn("org", _month.org, "Organisation"),
        ViewColumn("month", _month.month, "First day of the month, UTC"),
        ViewColumn("mean_daily_active_users", _month.mean_daily_active_users, "As in copilot_acceptance_monthly"),
        ViewColumn("acceptance_rate", _month.acceptance_rate, "As in copilot_acceptance_monthly, weighted"),
        ViewColumn(
            "pull_requests_created_by_copilot",
            _month.created_by_copilot,
            "Pull requests that Copilot opened, by GitHub's reports; as a bot's they are in none of what follows",
        ),
        ViewColumn(
            "pull_requests_opened", _month.opened, "Pull requests opened in the month, in all repositories, not by bots"
        ),
        ViewColumn(
            "pull_requests_merged", _month.merged, "Pull requests merged in the month, whenever opened, likewise"
        ),
        ViewColumn(
            "median_hours_to_merge",
            _month.median_hours_to_merge,
            "Half of those merged took at most these hours, as in pull_request_cycle",
        ),
    ],
)
