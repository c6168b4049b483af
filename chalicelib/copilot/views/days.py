"""An organisation's use of Copilot by day and by month.

The sources count suggestions differently. The two retired APIs counted completions only. Today's reports also count
what chats and agents generate, much of which nobody can accept. So compare rates of one source only.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Subquery, and_, case, func, select

from chalicelib.copilot.models import REPORT, CopilotDay
from chalicelib.store.functions import MonthOfDay, count_if, ratio, rounded, sum_of
from chalicelib.store.views import View, ViewColumn

SOURCE = "Where the figures are from: report (GitHub's API of today), or a retired API, metrics or usage"
ADDED_OR_ACCEPTED = "Lines added to files (report), or lines accepted (usage and metrics)"


def counted_days() -> Subquery:
    """All days, with the views' column names, the month and the acceptance rate."""
    day: Any = CopilotDay
    suggestions, acceptances = day.code_generation_activity_count, day.code_acceptance_activity_count
    return select(
        *(day.org, day.day, day.daily_active_users, day.weekly_active_users, day.monthly_active_users),
        *(day.engaged_users, day.chat_turns, day.source, day.revision, day.pull_requests_created_by_copilot),
        MonthOfDay(day.day).label("month"),
        suggestions.label("suggestions"),
        acceptances.label("acceptances"),
        ratio(acceptances, suggestions).label("acceptance_rate"),
        day.loc_suggested_to_add_sum.label("lines_suggested"),
        day.loc_added_sum.label("lines_added"),
        day.lines_accepted,
        func.coalesce(day.loc_added_sum, day.lines_accepted).label("lines_added_or_accepted"),
        day.user_initiated_interaction_count.label("prompts"),
    ).subquery("counted")


def weighted_rate(counted: Any) -> Any:
    """Acceptances of a group / its suggestions, of days that have both; `counted` are the columns of `counted_days`."""
    both = and_(counted.suggestions.is_not(None), counted.acceptances.is_not(None))
    return ratio(*(func.sum(case((both, value))) for value in (counted.acceptances, counted.suggestions)))


def mean_users(counted: Any) -> Any:
    """The mean of a group's daily active users, of days that have them; a sum of fractions would not be exact."""
    return ratio(func.sum(counted.daily_active_users), func.count(counted.daily_active_users))


_day = counted_days().c

COPILOT_USE_DAILY = View(
    "copilot_use_daily",
    "How an organisation used Copilot on each day, by GitHub's last report of it. A column is NULL when the day's "
    "source does not have it",
    [
        ViewColumn("org", _day.org, "Organisation"),
        ViewColumn("day", _day.day, "Day, UTC"),
        ViewColumn("daily_active_users", _day.daily_active_users, "People who used Copilot on the day"),
        ViewColumn(
            "weekly_active_users", _day.weekly_active_users, "People who used it in the 7 days that end with this one"
        ),
        ViewColumn(
            "monthly_active_users",
            _day.monthly_active_users,
            "People who used it in the 28 days that end with this one",
        ),
        ViewColumn(
            "engaged_users", _day.engaged_users, "People who accepted, prompted or chatted on the day (metrics only)"
        ),
        ViewColumn(
            "suggestions",
            _day.suggestions,
            "Times that code was suggested; in reports also times that chats and agents generated code",
        ),
        ViewColumn("acceptances", _day.acceptances, "Times that a suggestion was accepted"),
        ViewColumn(
            "acceptance_rate", _day.acceptance_rate, "acceptances / suggestions; NULL when there were no suggestions"
        ),
        ViewColumn("lines_suggested", _day.lines_suggested, "Lines suggested to be added"),
        ViewColumn("lines_added", _day.lines_added, "Lines added to files (report only)"),
        ViewColumn("lines_accepted", _day.lines_accepted, "Lines of accepted completions (usage and metrics only)"),
        ViewColumn(
            "lines_added_or_accepted",
            _day.lines_added_or_accepted,
            f"{ADDED_OR_ACCEPTED}: one series over all sources",
        ),
        ViewColumn("chat_turns", _day.chat_turns, "Number of chats (metrics), or of turns in chats (usage)"),
        ViewColumn("prompts", _day.prompts, "Prompts that people sent: chat messages, agent requests"),
        ViewColumn("source", _day.source, SOURCE),
        ViewColumn("revision", _day.revision, "1 at first, and 1 more each time GitHub revised the day"),
    ],
)

COPILOT_ACCEPTANCE_MONTHLY = View(
    "copilot_acceptance_monthly",
    "copilot_use_daily by month, with two acceptance rates: weighted by suggestions, and as the mean of the days. "
    "Reports count more suggestions than the retired APIs did: compare months of one source only",
    [
        ViewColumn("org", _day.org, "Organisation"),
        ViewColumn("month", _day.month, "First day of the month, UTC"),
        ViewColumn("days", func.count(type_=BigInteger()), "Days of the month with data"),
        ViewColumn("report_days", count_if(_day.source == REPORT), "Days from reports, not from the retired APIs"),
        ViewColumn("suggestions", sum_of(_day.suggestions), "Times that code was suggested or generated"),
        ViewColumn("acceptances", sum_of(_day.acceptances), "Times that a suggestion was accepted"),
        ViewColumn(
            "acceptance_rate",
            weighted_rate(_day),
            "acceptances / suggestions, of days that have both. A day with more suggestions counts for more",
        ),
        ViewColumn(
            "mean_daily_acceptance_rate",
            rounded(func.avg(_day.acceptance_rate), 6),
            "Mean of the daily rates, to 6 decimals, without days without suggestions. Each day counts the same. It is "
            "for comparison with dashboards that show such a mean",
        ),
        ViewColumn("lines_suggested", sum_of(_day.lines_suggested), "Lines suggested to be added"),
        ViewColumn("lines_added_or_accepted", sum_of(_day.lines_added_or_accepted), ADDED_OR_ACCEPTED),
        ViewColumn("mean_daily_active_users", mean_users(_day), "Mean of daily_active_users, of days with data"),
        ViewColumn("max_daily_active_users", func.max(_day.daily_active_users), "Most active users on one day"),
    ],
    group_by=[_day.org, _day.month],
)
