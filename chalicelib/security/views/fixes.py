"""How long it took to fix alerts: each one, by month, by repository and by organisation."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BigInteger, Subquery, and_, func, select

from chalicelib.security.models import AlertTransition
from chalicelib.security.models.alerts import KIND
from chalicelib.security.views.alerts import SEVERITY, alerts
from chalicelib.store.functions import MonthOf, hours_between
from chalicelib.store.percentiles import MEDIAN, P90, Ranked
from chalicelib.store.views import View, ViewColumn

FIXED = ("fixed", "resolved")
HOURS_A_DAY = 24.0
WHICH = (
    "Only alerts that are fixed now count, and secrets that are resolved, whatever the resolution. Dismissed ones and "
    "those that GitHub no longer lists don't"
)


def _fixed() -> Subquery:
    """Alerts that are fixed now, each with the last time at which it became so."""
    alert, change = alerts("alert"), AlertTransition
    last = (
        select(change.kind, change.repository_id, change.number, func.max(change.at).label("at"))
        .where(change.to_state.in_(FIXED))
        .group_by(change.kind, change.repository_id, change.number)
        .subquery("last")
    )
    same = and_(
        *(last.c[name] == alert.c[name] for name in ("kind", "repository_id", "number")), alert.c.state.in_(FIXED)
    )
    days = (hours_between(alert.c.created_at, last.c.at) / HOURS_A_DAY).label("days")
    return select(*alert.c, last.c.at.label("fixed_at"), days).join(last, same).subquery("fixed")


_fix = _fixed().c

ALERT_FIX_TIMES = View(
    "alert_fix_times",
    f"A row per alert that was fixed: the days from its first opening to the last fix. {WHICH}",
    [
        ViewColumn("kind", _fix.kind, KIND),
        ViewColumn("org", _fix.org, "Owner of the repository"),
        ViewColumn("repo", _fix.repo, "Repository's name, without the owner"),
        ViewColumn("number", _fix.number, "Number; each repository and kind of alert counts apart"),
        ViewColumn("repository_id", _fix.repository_id, "repositories.id"),
        ViewColumn("what", _fix.what, "Package, type of secret, or rule of code scanning"),
        ViewColumn("severity", _fix.severity, SEVERITY),
        ViewColumn("created_at", _fix.created_at, "When it was first opened"),
        ViewColumn(
            "fixed_at",
            _fix.fixed_at,
            "When it was last fixed or resolved, by alert_transitions; the latest possible time where is_exact is "
            "false there",
        ),
        ViewColumn(
            "days",
            _fix.days,
            "Days from created_at to fixed_at; the time between a fix and a reopening counts too",
        ),
        ViewColumn("html_url", _fix.html_url, "Web page"),
    ],
)


DESCRIBED = {
    "org": "Owner of the repository",
    "repo": "Repository's name, without the owner",
    "kind": KIND,
    "severity": SEVERITY,
    "month": "First day of the month of the last fix, UTC",
}


def _by(name: str, comment: str, keys: Sequence[str]) -> View:
    """The view of fixes with the same keys."""
    alert = ALERT_FIX_TIMES.table
    each = select(alert, MonthOf(alert.c.fixed_at).label("month")).subquery("each_fix")
    fixes = Ranked(each, by=keys, values=("days",))
    fix = fixes.c
    return View(
        name,
        comment,
        [
            *(ViewColumn(key, fix[key], DESCRIBED[key]) for key in keys),
            ViewColumn("fixed", func.count(type_=BigInteger()), "Alerts that were fixed"),
            ViewColumn("median_days", fixes.percentile("days", MEDIAN), "Median of the days to the fix"),
            ViewColumn("p90_days", fixes.percentile("days", P90), "90th percentile of the days to the fix"),
        ],
        group_by=[fix[key] for key in keys],
    )


ALERT_FIX_TIMES_MONTHLY = _by(
    "alert_fix_times_monthly",
    f"alert_fix_times by organisation, kind, severity and the month of the last fix. {WHICH}",
    ("org", "kind", "severity", "month"),
)
ALERT_FIX_TIMES_BY_REPOSITORY = _by(
    "alert_fix_times_by_repository",
    f"alert_fix_times by repository and kind, over all time. {WHICH}",
    ("org", "repo", "kind"),
)
ALERT_FIX_TIMES_BY_ORGANISATION = _by(
    "alert_fix_times_by_organisation",
    f"alert_fix_times by organisation, kind and severity, over all time. {WHICH}",
    ("org", "kind", "severity"),
)
