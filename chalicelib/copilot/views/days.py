"""An organisation's use of Copilot by day and by month.

What counts as a suggestion is not the same in every source: the two APIs that are gone counted completions, the reports
of today also what chats and agents generate, much of which nobody can accept. Rates of one source compare.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Subquery, and_, case, func, select

from chalicelib.copilot.models import REPORT, CopilotDay
from chalicelib.store.functions import MonthOfDay, count_if, ratio, rounded, sum_of
from chalicelib.store.views import View, ViewColumn

ADDED_OR_ACCEPTED = "Lines added, or of the APIs that are gone, lines accepted"


def counted_days() -> Subquery:
    """Every day in the names that the views have, with its month and its acceptance rate."""
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
    """Acceptances of a group over its suggestions, of the days that tell both; `counted` is columns."""
    both = and_(counted.suggestions.is_not(None), counted.acceptances.is_not(None))
    return ratio(*(func.sum(case((both, value))) for value in (counted.acceptances, counted.suggestions)))


def mean_users(counted: Any) -> Any:
    """The mean of a group's daily active users, of the days that tell them: exact, unlike a sum of fractions."""
    return ratio(func.sum(counted.daily_active_users), func.count(counted.daily_active_users))


_day = counted_days().c

COPILOT_USE_DAILY = View(
    "copilot_use_daily",
    "How an organisation used Copilot on each day that GitHub reported, as it last reported it. NULL is what the day's "
    "source doesn't tell",
    [
        ViewColumn("org", _day.org, "Organisation"),
        ViewColumn("day", _day.day, "Day, UTC"),
        ViewColumn("daily_active_users", _day.daily_active_users, "People who used Copilot on the day"),
        ViewColumn("weekly_active_users", _day.weekly_active_users, "People who used it within 7 days, this included"),
        ViewColumn("monthly_active_users", _day.monthly_active_users, "People who used it within 28 days, likewise"),
        ViewColumn(
            "engaged_users", _day.engaged_users, "People who accepted, prompted or chatted on the day (metrics only)"
        ),
        ViewColumn(
            "suggestions",
            _day.suggestions,
            "Times that code was suggested; in reports also generated, by chats and agents",
        ),
        ViewColumn("acceptances", _day.acceptances, "Times that a suggestion was accepted"),
        ViewColumn(
            "acceptance_rate", _day.acceptance_rate, "acceptances over suggestions; NULL when there were none of these"
        ),
        ViewColumn("lines_suggested", _day.lines_suggested, "Lines suggested to be added"),
        ViewColumn("lines_added", _day.lines_added, "Lines added to files (report only)"),
        ViewColumn("lines_accepted", _day.lines_accepted, "Lines of accepted completions (usage and metrics only)"),
        ViewColumn(
            "lines_added_or_accepted",
            _day.lines_added_or_accepted,
            "Whichever of the two the source tells: one series over all sources",
        ),
        ViewColumn("chat_turns", _day.chat_turns, "Chats (metrics), or turns of them (usage)"),
        ViewColumn("prompts", _day.prompts, "Prompts that people sent: chat messages, agent requests"),
        ViewColumn("source", _day.source, "report, or of the APIs that are gone: metrics or usage"),
        ViewColumn("revision", _day.revision, "How often what GitHub says of the day has changed, from 1"),
    ],
)

COPILOT_ACCEPTANCE_MONTHLY = View(
    "copilot_acceptance_monthly",
    "copilot_use_daily by month: how much of what Copilot suggested was accepted, weighted and as the mean of days. "
    "Reports count suggestions that the older sources don't: compare months of one source",
    [
        ViewColumn("org", _day.org, "Organisation"),
        ViewColumn("month", _day.month, "First day of the month, UTC"),
        ViewColumn("days", func.count(type_=BigInteger()), "Days of the month with data"),
        ViewColumn("report_days", count_if(_day.source == REPORT), "Those from reports, not from APIs that are gone"),
        ViewColumn("suggestions", sum_of(_day.suggestions), "Times that code was suggested or generated"),
        ViewColumn("acceptances", sum_of(_day.acceptances), "Times that a suggestion was accepted"),
        ViewColumn(
            "acceptance_rate",
            weighted_rate(_day),
            "acceptances over suggestions, of the days that tell both: a day counts by how much was suggested",
        ),
        ViewColumn(
            "mean_daily_acceptance_rate",
            rounded(func.avg(_day.acceptance_rate), 6),
            "Mean of the daily rates, to 6 decimals, days without suggestions left out: each counts alike, however "
            "little was suggested on it; to compare with what older dashboards show",
        ),
        ViewColumn("lines_suggested", sum_of(_day.lines_suggested), "Lines suggested to be added"),
        ViewColumn("lines_added_or_accepted", sum_of(_day.lines_added_or_accepted), ADDED_OR_ACCEPTED),
        ViewColumn("mean_daily_active_users", mean_users(_day), "Mean of the days' active users, of days with data"),
        ViewColumn("max_daily_active_users", func.max(_day.daily_active_users), "Most active users on one day"),
    ],
    group_by=[_day.org, _day.month],
)
