"""The cycle views by month and by week: how many were opened and finished, and how long that took."""

from __future__ import annotations

from chalicelib.contributions.views.by_period import Figure, Moment, Period, by_period, hours_figures
from chalicelib.contributions.views.issues import ISSUE_CYCLE
from chalicelib.contributions.views.pull_requests import PULL_REQUEST_CYCLE
from chalicelib.store.functions import MonthOf, WeekOf
from chalicelib.store.percentiles import MEDIAN

MONTH = Period("month", "First day of the month, UTC", MonthOf)
WEEK = Period("week", "Monday of the week, UTC", WeekOf)
OPENED = "those opened in the period"


def _survivors(items: str) -> list[Figure]:
    """What the hours of finished items leave out."""
    return [
        Figure("still_open", "age_hours", f"How many of {OPENED} are open now: what other columns' hours leave out"),
        Figure(
            "median_age_hours_open",
            "age_hours",
            f"Median of the hours since the opening of these {items}, until now; n is still_open",
            MEDIAN,
        ),
    ]


_PULLS = [
    Moment(
        "created_at",
        [
            Figure("opened", "created_at", "Pull requests opened in the period"),
            Figure("answered", "first_response_at", f"How many of {OPENED} have a response by now, drafts included"),
            Figure("answered_by_us", "our_first_response_at", f"How many of {OPENED} have a response by one of us"),
            Figure("reviewed", "first_review_at", f"How many of {OPENED} have a review by now; drafts count"),
            Figure("approved", "first_approval_at", f"How many of {OPENED} have an approval by now; drafts count"),
            *_survivors("pull requests"),
            *hours_figures("hours_to_first_response", f"first responses to {OPENED}"),
            *hours_figures("hours_to_our_first_response", f"first responses by one of us to {OPENED}"),
            *hours_figures("hours_to_first_review", f"first reviews of {OPENED}"),
            *hours_figures("hours_to_approval", f"first approvals of {OPENED}"),
        ],
    ),
    Moment(
        "merged_at",
        [
            Figure("merged", "merged_at", "Pull requests merged in the period, whenever they were opened"),
            *hours_figures("hours_to_merge", "the merges in the period"),
            *hours_figures("lead_time_hours", "the merges in the period, from when the first commit was written"),
        ],
    ),
    Moment(
        "closed_at",
        [
            Figure("closed", "closed_at", "Pull requests last closed in the period, merged ones included"),
            *hours_figures("hours_to_close", "the last closings in the period"),
        ],
    ),
]
_PULLS_SAY = (
    "without pull requests by bots, for each repository, team and organisation. Responses, reviews and approvals count "
    "in the period when the pull request was opened, merges and closings in the period when they happened"
)
PULL_REQUEST_CYCLE_MONTHLY = by_period(
    "pull_request_cycle_monthly",
    f"pull_request_cycle by month, {_PULLS_SAY}",
    PULL_REQUEST_CYCLE.table,
    _PULLS,
    MONTH,
)
PULL_REQUEST_CYCLE_WEEKLY = by_period(
    "pull_request_cycle_weekly",
    f"pull_request_cycle by week, {_PULLS_SAY}",
    PULL_REQUEST_CYCLE.table,
    _PULLS,
    WEEK,
)

_ISSUES = [
    Moment(
        "created_at",
        [
            Figure("opened", "created_at", "Issues opened in the period"),
            Figure("answered", "first_response_at", f"How many of {OPENED} have a response by now"),
            Figure("answered_by_us", "our_first_response_at", f"How many of {OPENED} have a response by one of us"),
            *_survivors("issues"),
            *hours_figures("hours_to_first_response", f"first responses to {OPENED}"),
            *hours_figures("hours_to_our_first_response", f"first responses by one of us to {OPENED}"),
        ],
    ),
    Moment(
        "closed_at",
        [
            Figure("closed", "closed_at", "Issues last closed in the period, whenever they were opened"),
            *hours_figures("hours_to_close", "the last closings in the period"),
        ],
    ),
]
_ISSUES_SAY = (
    "without issues by bots, for each repository, team and organisation. Responses count in the period when the issue "
    "was opened, closings in the period when they happened"
)
ISSUE_CYCLE_MONTHLY = by_period(
    "issue_cycle_monthly",
    f"issue_cycle by month, {_ISSUES_SAY}",
    ISSUE_CYCLE.table,
    _ISSUES,
    MONTH,
)
ISSUE_CYCLE_WEEKLY = by_period(
    "issue_cycle_weekly",
    f"issue_cycle by week, {_ISSUES_SAY}",
    ISSUE_CYCLE.table,
    _ISSUES,
    WEEK,
)
