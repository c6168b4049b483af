"""Open alerts: how old each is, and whether it has been open for longer than it may."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    SQLColumnExpression,
    String,
    Subquery,
    and_,
    case,
    cast,
    func,
    null,
    select,
    union_all,
)

from chalicelib.inventory.models import Repository
from chalicelib.security.models import (
    CODE_SCANNING,
    DEPENDABOT,
    SECRET_SCANNING,
    AlertLimit,
    CodeScanningAlert,
    DependabotAlert,
    SecretScanningAlert,
)
from chalicelib.security.models.alerts import KIND
from chalicelib.store.functions import (
    constant,
    count_if,
    days_between,
    later,
    now,
    true_if,
    working_days_between,
)
from chalicelib.store.percentiles import MEDIAN, P90, Ranked
from chalicelib.store.views import View, ViewColumn

OPEN = "open"
SEVERITY = (
    "low, medium, high or critical; for a rule of code scanning that is not about security: none, note, warning or "
    "error. NULL for secrets, which have none"
)
AGES = (30, 60, 90)  # days, as in GitHub's own overview


def _alerts_of(
    kind: str, model: Any, what: SQLColumnExpression[Any], severity: Any, reason: SQLColumnExpression[Any]
) -> Select[Any]:
    """A table's alerts that GitHub lists, where the repository is not gone."""
    shared = (model.repository_id, model.number, model.org, model.repo, model.state, model.created_at, model.html_url)
    return (
        select(
            *(constant(kind).label("kind"), *shared, what.label("what"), severity.label("severity")),
            *(reason.label("reason"), Repository.visibility, true_if(Repository.archived.is_(True)).label("archived")),
        )
        .outerjoin(Repository, Repository.id == model.repository_id)
        .where(model.unlisted_at.is_(None), Repository.deleted_at.is_(None))
    )


def alerts(name: str) -> Subquery:
    """All alerts of the three kinds. `reason` says why one that is closed was closed; NULL when nobody said."""
    dependabot, secret, code = DependabotAlert, SecretScanningAlert, CodeScanningAlert
    return union_all(
        _alerts_of(DEPENDABOT, dependabot, dependabot.package, dependabot.severity, _closed_because(dependabot)),
        _alerts_of(
            SECRET_SCANNING,
            secret,
            func.coalesce(secret.secret_type_display_name, secret.secret_type),
            cast(null(), String),
            secret.resolution,
        ),
        _alerts_of(
            CODE_SCANNING, code, func.coalesce(code.rule_name, code.rule_id), code.severity, _closed_because(code)
        ),
    ).subquery(name)


def _closed_because(model: type[DependabotAlert | CodeScanningAlert]) -> ColumnElement[Any]:
    # By the state: other columns keep what was said when the alert was closed before.
    return case((model.state == "dismissed", model.dismissed_reason), (model.state != OPEN, model.state))


def _judged() -> Subquery:
    """Open alerts with their age, and the limit on it."""
    alert = alerts("alert")
    until = later(now(), alert.c.created_at)
    aged = (
        select(
            *alert.c,
            days_between(alert.c.created_at, until).label("age_days"),
            working_days_between(alert.c.created_at, until).label("age_working_days"),
        )
        .where(alert.c.state == OPEN)
        .subquery("aged")
    )
    limit = and_(AlertLimit.kind == aged.c.kind, AlertLimit.severity == func.coalesce(aged.c.severity, ""))
    age = case((AlertLimit.in_working_days, aged.c.age_working_days), else_=aged.c.age_days)
    return (
        select(
            *(*aged.c, AlertLimit.days.label("limit_days"), AlertLimit.in_working_days),
            (age - AlertLimit.days).label("days_over"),
        )
        .outerjoin(AlertLimit, limit)
        .subquery("judged")
    )


_alert = _judged().c

OPEN_ALERTS = View(
    "open_alerts",
    "A row per open alert of Dependabot, secret scanning and code scanning: its age, and by how much it is over the "
    "limit. Alerts that GitHub no longer lists are left out, and so are those of repositories that are gone",
    [
        ViewColumn("kind", _alert.kind, KIND),
        ViewColumn("org", _alert.org, "Owner of the repository"),
        ViewColumn("repo", _alert.repo, "Repository's name, without the owner"),
        ViewColumn("number", _alert.number, "Number; each repository and kind of alert counts apart"),
        ViewColumn("repository_id", _alert.repository_id, "repositories.id"),
        ViewColumn("what", _alert.what, "Package, type of secret, or rule of code scanning"),
        ViewColumn("severity", _alert.severity, SEVERITY),
        ViewColumn("created_at", _alert.created_at, "When it was first opened"),
        ViewColumn("age_days", _alert.age_days, "Days (24 hours, rounded down) since created_at"),
        ViewColumn(
            "age_working_days",
            _alert.age_working_days,
            "Days from Monday to Friday, UTC, that began since created_at; public holidays count",
        ),
        ViewColumn(
            "limit_days", _alert.limit_days, "Days that it may be open, by the setting ALERT_DAYS; NULL: no limit"
        ),
        ViewColumn(
            "in_working_days", _alert.in_working_days, "True when the limit is on age_working_days, false: on age_days"
        ),
        ViewColumn(
            "days_over",
            cast(_alert.days_over, BigInteger),
            "Age minus limit_days: below 0 while there is time; NULL without a limit",
        ),
        ViewColumn("is_overdue", true_if(_alert.days_over > 0), "True when its age is above limit_days"),
        ViewColumn("visibility", _alert.visibility, "Repository's: public, private or internal"),
        ViewColumn("is_archived", _alert.archived, "True when the repository is read-only"),
        ViewColumn("html_url", _alert.html_url, "Web page"),
    ],
)


_all_open = Ranked(OPEN_ALERTS.table, by=("org", "kind", "severity"), values=("age_days",))
_open = _all_open.c
_young, _middle, _old = AGES

OPEN_ALERTS_BY_AGE = View(
    "open_alerts_by_age",
    "open_alerts by organisation, kind and severity: how many, how old, and how many of them are overdue",
    [
        ViewColumn("org", _open.org, "Organisation"),
        ViewColumn("kind", _open.kind, KIND),
        ViewColumn("severity", _open.severity, SEVERITY),
        ViewColumn("open_alerts", func.count(type_=BigInteger()), "Alerts that are open"),
        ViewColumn("overdue", count_if(_open.is_overdue), "How many of them are open for longer than they may be"),
        ViewColumn("archived", count_if(_open.is_archived), "How many of them are in repositories that are read-only"),
        ViewColumn("days_0_to_29", count_if(_open.age_days < _young), "How many are younger than 30 days"),
        ViewColumn(
            "days_30_to_59", count_if(_open.age_days.between(_young, _middle - 1)), "How many are 30 to 59 days old"
        ),
        ViewColumn(
            "days_60_to_89", count_if(_open.age_days.between(_middle, _old - 1)), "How many are 60 to 89 days old"
        ),
        ViewColumn("days_90_or_more", count_if(_open.age_days >= _old), "How many are 90 days old or older"),
        ViewColumn("median_age_days", _all_open.percentile("age_days", MEDIAN), "Median of age_days"),
        ViewColumn("p90_age_days", _all_open.percentile("age_days", P90), "90th percentile of age_days"),
        ViewColumn("oldest_days", func.max(_open.age_days), "Age of the oldest one"),
    ],
    group_by=[_open.org, _open.kind, _open.severity],
)
