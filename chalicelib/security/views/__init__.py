"""The questions about alerts and checks, as views; each module says how it counts."""

from __future__ import annotations

from chalicelib.security.views.alerts import OPEN_ALERTS, OPEN_ALERTS_BY_AGE
from chalicelib.security.views.contacts import REPOSITORY_CONTACTS
from chalicelib.security.views.fixes import (
    ALERT_FIX_TIMES,
    ALERT_FIX_TIMES_BY_ORGANISATION,
    ALERT_FIX_TIMES_BY_REPOSITORY,
    ALERT_FIX_TIMES_MONTHLY,
)
from chalicelib.security.views.flow import ALERT_CLOSE_REASONS, ALERTS_WEEKLY
from chalicelib.security.views.rules import BROKEN_RULES, REPOSITORY_COMPLIANCE, RULES_BROKEN
from chalicelib.security.views.trends import RULE_TRENDS, SECURITY_ENABLEMENT
from chalicelib.store.views import View

__all__ = [
    "ALERTS_WEEKLY",
    "ALERT_CLOSE_REASONS",
    "ALERT_FIX_TIMES",
    "ALERT_FIX_TIMES_BY_ORGANISATION",
    "ALERT_FIX_TIMES_BY_REPOSITORY",
    "ALERT_FIX_TIMES_MONTHLY",
    "BROKEN_RULES",
    "OPEN_ALERTS",
    "OPEN_ALERTS_BY_AGE",
    "REPOSITORY_COMPLIANCE",
    "REPOSITORY_CONTACTS",
    "RULES_BROKEN",
    "RULE_TRENDS",
    "SECURITY_ENABLEMENT",
    "VIEWS",
]

# In the order of creation: those that others read come before them.
VIEWS: tuple[View, ...] = (
    OPEN_ALERTS,
    OPEN_ALERTS_BY_AGE,
    ALERT_FIX_TIMES,
    ALERT_FIX_TIMES_MONTHLY,
    ALERT_FIX_TIMES_BY_REPOSITORY,
    ALERT_FIX_TIMES_BY_ORGANISATION,
    ALERTS_WEEKLY,
    ALERT_CLOSE_REASONS,
    REPOSITORY_CONTACTS,
    BROKEN_RULES,
    REPOSITORY_COMPLIANCE,
    RULES_BROKEN,
    RULE_TRENDS,
    SECURITY_ENABLEMENT,
)
