"""The views of contributions; each module says how it counts."""

from __future__ import annotations

from chalicelib.contributions.views.absence import ABSENCE_FACTOR_QUARTERLY
from chalicelib.contributions.views.backlog import OPEN_BACKLOG_DAILY
from chalicelib.contributions.views.business_hours import (
    ISSUE_BUSINESS_HOURS,
    ISSUE_BUSINESS_HOURS_MONTHLY,
    PULL_REQUEST_BUSINESS_HOURS,
    PULL_REQUEST_BUSINESS_HOURS_MONTHLY,
)
from chalicelib.contributions.views.community import COMMUNITY_SHARE, CONTRIBUTOR_ACTIVITY_DAILY, TRENDING_ISSUES
from chalicelib.contributions.views.contributors import CONTRIBUTORS
from chalicelib.contributions.views.issues import ISSUE_CYCLE
from chalicelib.contributions.views.labels import BUG_RATIO_MONTHLY, LABEL_MONTHLY
from chalicelib.contributions.views.lists import ITEM_ASSIGNEES, ITEM_LABELS
from chalicelib.contributions.views.monthly import (
    ISSUE_CYCLE_MONTHLY,
    ISSUE_CYCLE_WEEKLY,
    PULL_REQUEST_CYCLE_MONTHLY,
    PULL_REQUEST_CYCLE_WEEKLY,
)
from chalicelib.contributions.views.newcomers import CONTRIBUTORS_MONTHLY
from chalicelib.contributions.views.pull_requests import PULL_REQUEST_CYCLE
from chalicelib.contributions.views.requests import REVIEW_REQUESTS
from chalicelib.contributions.views.reviewers import REVIEW_LOAD_WEEKLY
from chalicelib.contributions.views.reviewing import PULL_REQUEST_SIZES_MONTHLY, REVIEW_QUALITY_MONTHLY
from chalicelib.contributions.views.stale import STALE_PULL_REQUESTS
from chalicelib.contributions.views.told import ACTIVITY, OPEN_PERIODS
from chalicelib.contributions.views.waiting import FIRST_RESPONSES_PENDING
from chalicelib.store.views import View

__all__ = [
    "ABSENCE_FACTOR_QUARTERLY",
    "ACTIVITY",
    "BUG_RATIO_MONTHLY",
    "COMMUNITY_SHARE",
    "CONTRIBUTORS",
    "CONTRIBUTORS_MONTHLY",
    "CONTRIBUTOR_ACTIVITY_DAILY",
    "FIRST_RESPONSES_PENDING",
    "ISSUE_BUSINESS_HOURS",
    "ISSUE_BUSINESS_HOURS_MONTHLY",
    "ISSUE_CYCLE",
    "ISSUE_CYCLE_MONTHLY",
    "ISSUE_CYCLE_WEEKLY",
    "ITEM_ASSIGNEES",
    "ITEM_LABELS",
    "LABEL_MONTHLY",
    "OPEN_BACKLOG_DAILY",
    "OPEN_PERIODS",
    "PULL_REQUEST_BUSINESS_HOURS",
    "PULL_REQUEST_BUSINESS_HOURS_MONTHLY",
    "PULL_REQUEST_CYCLE",
    "PULL_REQUEST_CYCLE_MONTHLY",
    "PULL_REQUEST_CYCLE_WEEKLY",
    "PULL_REQUEST_SIZES_MONTHLY",
    "REVIEW_LOAD_WEEKLY",
    "REVIEW_QUALITY_MONTHLY",
    "REVIEW_REQUESTS",
    "STALE_PULL_REQUESTS",
    "TRENDING_ISSUES",
    "VIEWS",
]

# In the order of creation: a view may read those before it.
VIEWS: tuple[View, ...] = (
    ACTIVITY,
    OPEN_PERIODS,
    PULL_REQUEST_CYCLE,
    PULL_REQUEST_CYCLE_MONTHLY,
    PULL_REQUEST_CYCLE_WEEKLY,
    ISSUE_CYCLE,
    ISSUE_CYCLE_MONTHLY,
    ISSUE_CYCLE_WEEKLY,
    CONTRIBUTOR_ACTIVITY_DAILY,
    OPEN_BACKLOG_DAILY,
    FIRST_RESPONSES_PENDING,
    TRENDING_ISSUES,
    COMMUNITY_SHARE,
    ITEM_LABELS,
    ITEM_ASSIGNEES,
    CONTRIBUTORS,
    CONTRIBUTORS_MONTHLY,
    ABSENCE_FACTOR_QUARTERLY,
    REVIEW_REQUESTS,
    REVIEW_LOAD_WEEKLY,
    REVIEW_QUALITY_MONTHLY,
    PULL_REQUEST_SIZES_MONTHLY,
    STALE_PULL_REQUESTS,
    PULL_REQUEST_BUSINESS_HOURS,
    PULL_REQUEST_BUSINESS_HOURS_MONTHLY,
    ISSUE_BUSINESS_HOURS,
    ISSUE_BUSINESS_HOURS_MONTHLY,
    LABEL_MONTHLY,
    BUG_RATIO_MONTHLY,
)
