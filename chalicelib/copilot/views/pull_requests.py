"""Copilot use and pull requests, month by month, side by side; that they change together proves no cause."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, BigInteger, Date, Double, String, Subquery, and_, column, or_, select, table, union

from chalicelib.copilot.views.days import counted_days, mean_users, weighted_rate
from chalicelib.store.functions import sum_of
from chalicelib.store.views import View, ViewColumn

# The contributions' view; written out and not imported, because domains don't import each other.
_cycle = table(
    "pull_request_cycle_monthly",
    column("level", String),
    column("org", String),
    column("month", Date),
    column("opened", BigInteger),
    column("merged", BigInteger),
    column("median_hours_to_merge", Double),
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
    pull = _cycle.c
    return (
        select(pull.org, pull.month, pull.opened, pull.merged, pull.median_hours_to_merge)
        .where(pull.level == "organisation", or_(pull.opened > 0, pull.merged > 0))
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
