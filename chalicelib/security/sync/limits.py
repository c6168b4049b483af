"""How long alerts may stay open, from the settings into the database: the views judge by it."""

from __future__ import annotations

from chalicelib.ingest.context import Context
from chalicelib.security.models import CODE_SCANNING, DEPENDABOT, SECRET_SCANNING, AlertLimit
from chalicelib.security.settings import ALERT_DAYS, ALERT_WORKING_DAYS
from chalicelib.store.upsert import upsert

SEVERITIES = ("critical", "high", "medium", "low")
NO_SEVERITY = ""  # of secrets; a key can't be NULL


def save_limits(context: Context) -> None:
    """Write the settings into `alert_limits`; the caller commits."""
    days = context.settings.value(ALERT_DAYS)
    limits = [(DEPENDABOT, severity, getattr(days, severity)) for severity in SEVERITIES]
    limits += [(CODE_SCANNING, severity, getattr(days, severity)) for severity in SEVERITIES]
    limits.append((SECRET_SCANNING, NO_SEVERITY, days.secret))
    working = {"in_working_days": context.settings.value(ALERT_WORKING_DAYS)}
    rows = [{"kind": kind, "severity": severity, "days": limit} | working for kind, severity, limit in limits]
    upsert(context.session, AlertLimit, rows)
