"""How many alerts are opened and closed, and why they are closed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Subquery, and_, case, cast, func, select, union_all

from chalicelib.security.models import (
    CODE_SCANNING,
    DEPENDABOT,
    AlertTransition,
    CodeScanningAlert,
    DependabotAlert,
)
from chalicelib.security.models.alerts import KIND
from chalicelib.security.views.alerts import OPEN, SEVERITY, alerts
from chalicelib.store.functions import WeekOf, constant, count_if, ratio
from chalicelib.store.views import View, ViewColumn

OPENED, REOPENED, CLOSED = "opened", "reopened", "closed"


def _changes() -> Subquery:
    """Changes of alerts between open and closed, each with its week and the alert's severity."""
    change = AlertTransition
    severities = union_all(
        *(
            select(constant(kind).label("kind"), model.repository_id, model.number, model.severity)
            for kind, model in ((DEPENDABOT, DependabotAlert), (CODE_SCANNING, CodeScanningAlert))
        )
    ).subquery("severities")
    same = and_(*(severities.c[name] == getattr(change, name) for name in ("kind", "repository_id", "number")))
    # From one closed state to another, such as from dismissed to fixed, nothing is closed.
    what = case(
        (change.action == OPENED, OPENED),
        (change.to_state == OPEN, REOPENED),
        (func.coalesce(change.from_state, OPEN) == OPEN, constant(CLOSED)),
    )
    return (
        select(change.org, change.kind, severities.c.severity, WeekOf(change.at).label("week"), what.label("what"))
        .outerjoin(severities, same)
        .where(what.is_not(None))
        .subquery("changed")
    )


def _weekly() -> Subquery:
    change = _changes().c
    keys = (change.org, change.kind, change.severity, change.week)
    counts = (count_if(change.what == what).label(what) for what in (OPENED, REOPENED, CLOSED))
    return select(*keys, *counts).group_by(*keys).subquery("weekly")


_week = _weekly().c

ALERTS_WEEKLY = View(
    "alerts_weekly",
    "How many alerts were opened, closed and reopened in each week in which something happened, by alert_transitions. "
    "Those that GitHub no longer lists count too, in the weeks in which their state was seen to change",
    [
        ViewColumn("org", _week.org, "Organisation"),
        ViewColumn("kind", _week.kind, KIND),
        ViewColumn("severity", _week.severity, f"The alert's severity now: {SEVERITY}"),
        ViewColumn("week", _week.week, "Monday of the week, UTC"),
        ViewColumn("opened", _week.opened, "Alerts that were opened for the first time"),
        ViewColumn("reopened", _week.reopened, "How often one was opened again, by a person or by GitHub"),
        ViewColumn("closed", _week.closed, "How often one was fixed, resolved or dismissed, by a person or by GitHub"),
        ViewColumn(
            "net",
            cast(_week.opened + _week.reopened - _week.closed, BigInteger),
            "By how many the open ones grew: opened + reopened - closed",
        ),
    ],
)


def _reasons() -> Subquery:
    alert = alerts("alert").c
    keys = (alert.org, alert.kind, alert.reason)
    count = func.count(type_=BigInteger()).label("alerts")
    return select(*keys, count).where(alert.state != OPEN).group_by(*keys).subquery("reasons")


_reason = _reasons().c

ALERT_CLOSE_REASONS = View(
    "alert_close_reasons",
    "Why the alerts that are closed now were closed. Those that GitHub no longer lists are left out",
    [
        ViewColumn("org", _reason.org, "Organisation"),
        ViewColumn("kind", _reason.kind, KIND),
        ViewColumn(
            "reason",
            _reason.reason,
            "fixed, auto_dismissed, or what was chosen: GitHub's reason for a dismissal, or resolution of a secret. "
            "NULL: none was chosen",
        ),
        ViewColumn("alerts", _reason.alerts, "Alerts that were closed so"),
        ViewColumn(
            "share",
            ratio(_reason.alerts, func.sum(_reason.alerts).over(partition_by=[_reason.org, _reason.kind])),
            "Share of the organisation's closed alerts of this kind, 0 to 1",
        ),
    ],
)
