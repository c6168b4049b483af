"""The organisation's alerts, the rules that its repositories keep or break, and its security features."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from chalicelib.models import (
    AlertLimit,
    AlertTransition,
    CodeScanningAlert,
    DependabotAlert,
    RepositoryCheck,
    RepositoryCheckChange,
    RepositoryRating,
    SecretScanningAlert,
    SecurityFeatureDay,
)
from docs.world.writer import ORG, Writer, at, place

MODELS: dict[str, Any] = {
    "dependabot": DependabotAlert,
    "secret_scanning": SecretScanningAlert,
    "code_scanning": CodeScanningAlert,
}
LIMITS = {"critical": 5, "high": 15, "medium": 60, "low": 90}


class Alert(NamedTuple):
    """An alert: `days` after its opening it was closed, for a reason."""

    kind: str
    repo: str
    number: int
    what: str
    severity: str | None
    opened: datetime
    days: int | None = None
    reason: str = "fixed"


def alerts(writer: Writer) -> tuple[Alert, ...]:
    """Give the alerts: those that are open, then those of spring."""
    return (
        Alert("dependabot", "shop", 9, "lodash", "high", writer.ago(days=40)),
        Alert("dependabot", "api", 4, "urllib3", "medium", writer.ago(days=20)),
        Alert("code_scanning", "shop", 3, "SQL injection", "critical", writer.ago(days=8)),
        Alert("secret_scanning", "website", 1, "Slack token", None, writer.ago(days=2)),
        Alert("dependabot", "shop", 5, "lodash", "high", at(4, 1, 9), 3),
        Alert("dependabot", "shop", 6, "minimist", "high", at(4, 8, 9), 11),
        Alert("dependabot", "api", 2, "requests", "high", at(4, 9, 9), 4),
        Alert("dependabot", "api", 3, "jinja2", "medium", at(4, 20, 9), 30),
        Alert("dependabot", "shop", 7, "ws", "medium", at(4, 21, 9), 2, "tolerable_risk"),
        Alert("code_scanning", "shop", 2, "Path injection", "high", at(5, 4, 9), 1),
    )


# Repository, rule, result, days since it is so, what it was before, message.
CHECKS = (
    ("shop", "branch_protection", "pass", 400, None, "main is protected"),
    ("shop", "codeowners", "pass", 400, None, "CODEOWNERS names owners"),
    ("api", "branch_protection", "fail", 12, "pass", "main is not protected"),
    ("api", "codeowners", "pass", 400, None, "CODEOWNERS names owners"),
    ("website", "branch_protection", "fail", 90, None, "main is not protected"),
    ("website", "codeowners", "fail", 90, None, "there is no CODEOWNERS"),
)
OWNERS = {"shop": ["@acme/web"], "api": ["@bob"], "website": []}
RATINGS = {"shop": ("gold", 2), "api": ("silver", 1), "website": ("unrated", 0)}
# The rule license, by repository: how it changed in spring.
CHANGES = (
    ("shop", at(1, 10), "fail"),
    ("api", at(1, 10), "fail"),
    ("shop", at(2, 20), "pass"),
    ("api", at(4, 15), "pass"),
)
FEATURE_DAYS = {date(2025, 3, 1): (1, 2), date(2025, 4, 1): (2, 1), date(2025, 5, 1): (3, 0)}


def audit(writer: Writer) -> None:
    """Write alerts with their limits and changes, rules with theirs, ratings, and the features' days."""
    for kind in ("dependabot", "code_scanning"):
        for severity, days in LIMITS.items():
            writer.add(AlertLimit, kind=kind, severity=severity, days=days, in_working_days=False)
    writer.add(AlertLimit, kind="secret_scanning", severity="", days=5, in_working_days=False)
    for alert in alerts(writer):
        _write_alert(writer, alert)
    _write_rules(writer)
    for day, (enabled, disabled) in FEATURE_DAYS.items():
        row = {"day": day, "enabled": enabled, "disabled": disabled, "unknown": 0}
        writer.add(SecurityFeatureDay, row, org=ORG, feature="secret_scanning")


def _write_alert(writer: Writer, alert: Alert) -> None:
    where = place(alert.repo) | {"number": alert.number}
    is_fixed = alert.reason == "fixed"
    closed = "fixed" if is_fixed else "dismissed"
    row = where | {"created_at": alert.opened, "first_seen_at": alert.opened}
    row |= {"state": "open" if alert.days is None else closed}
    particular: dict[str, dict[str, Any]] = {
        "dependabot": {"package": alert.what, "severity": alert.severity},
        "secret_scanning": {"secret_type": "slack_api_token", "secret_type_display_name": alert.what},
        "code_scanning": {"rule_id": "js/injection", "rule_name": alert.what, "severity": alert.severity},
    }
    row |= particular[alert.kind]
    if not is_fixed:
        row |= {"dismissed_reason": alert.reason}
    writer.add(MODELS[alert.kind], row)
    change = where | {"kind": alert.kind, "is_exact": True}
    writer.add(AlertTransition, change, at=alert.opened, action="opened", to_state="open")
    if alert.days is not None:
        when = alert.opened + timedelta(days=alert.days)
        writer.add(AlertTransition, change, at=when, action=closed, from_state="open", to_state=closed)


def _write_rules(writer: Writer) -> None:
    for repo, rule, result, days, before, message in CHECKS:
        since = writer.ago(days=days)
        row = place(repo) | {"rule": rule, "result": result, "known_result": result, "message": message}
        evidence = {"owners": OWNERS[repo]} if rule == "codeowners" else {}
        writer.add(RepositoryCheck, row, since=since, checked_at=writer.ago(hours=2), evidence=evidence)
        change = place(repo) | {"rule": rule, "changed_at": since}
        writer.add(RepositoryCheckChange, change, before=before, after=result)
    known: dict[str, str] = {}
    for repo, when, result in CHANGES:
        row = place(repo) | {"rule": "license", "changed_at": when}
        writer.add(RepositoryCheckChange, row, before=known.get(repo), after=result)
        known[repo] = result
    for repo, result in known.items():
        row = place(repo) | {"rule": "license", "result": result, "known_result": result, "message": "MIT"}
        writer.add(RepositoryCheck, row, since=at(4, 15), checked_at=writer.ago(hours=2), evidence={})
    for repo, (rating, passed) in RATINGS.items():
        row = place(repo) | {"rating": rating, "passed": passed, "counted": 2, "percent": 50.0 * passed}
        writer.add(RepositoryRating, row, since=at(4, 15), criteria={}, rated_at=writer.ago(hours=2))
