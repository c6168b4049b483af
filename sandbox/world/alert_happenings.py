"""What can happen to security alerts; only worlds with alerts let it happen by itself."""

from collections.abc import Callable
from random import Random
from typing import Any, TypeVar

from sandbox.world import words
from sandbox.world.alert_words import (
    DEPENDABOT_SEVERITIES,
    PATHS,
    RULES,
    SECRET_PATHS,
    SECRET_TYPES,
    VULNERABILITIES,
)
from sandbox.world.alerts import RESOLUTIONS, Alert, CodeAlert, DependabotAlert, Dismissible, SecretAlert
from sandbox.world.population import Happen, Happening, Population

JSON = dict[str, Any]
Kind = TypeVar("Kind", bound=Alert)
ATTEMPTS = 30
SILENT_SHARE, OTHER_BRANCH_SHARE, QUOTING_SHARE = 0.3, 0.06, 0.2


def _report(kind: str, alert: Alert) -> list[Happening]:
    place = alert.repository.full_name
    return [{"kind": kind, "repository": place, "feature": alert.feature, "number": alert.number, "id": alert.id}]


def _vulnerability(rng: Random) -> JSON:
    ecosystem, package, manifest, versions, patched, summary = rng.choice(VULNERABILITIES)
    severity = rng.choices(list(DEPENDABOT_SEVERITIES), weights=list(DEPENDABOT_SEVERITIES.values()))[0]
    parts = ("".join(rng.choice("23456789cfghjmpqrvwx") for _ in range(4)) for _ in range(3))
    return {
        "severity": severity,
        "ecosystem": ecosystem,
        "package": package,
        "manifest_path": manifest,
        "scope": rng.choice(("runtime", "runtime", "development")),
        "relationship": rng.choice(("direct", "transitive", "transitive", "unknown", "inconclusive")),
        "ghsa_id": f"GHSA-{'-'.join(parts)}",
        "cve_id": f"CVE-2026-{rng.randrange(1_000, 60_000)}" if rng.random() < 0.9 else None,
        "summary": f"{package}: {summary}",
        "vulnerable_range": versions,
        "patched_version": patched,
        "epss": round(rng.random() ** 6, 5),
    }


def _finding(rng: Random) -> JSON:
    rule, description, severity, security_severity, tags = rng.choice(RULES)
    return {
        "rule": rule,
        "rule_description": description,
        "severity": severity,
        "security_severity": security_severity,
        "tags": tags,
        "branch": "next" if rng.random() < OTHER_BRANCH_SHARE else "main",
        "path": rng.choice(PATHS),
        "line": rng.randrange(1, 900),
        "message": f"{description}.",
    }


def _leak(rng: Random) -> JSON:
    secret = f"planted-secret-{rng.randrange(16**10):010x}"
    # Who asks for something may quote what it is about.
    comment = f"{secret} was needed for a moment" if rng.random() < QUOTING_SHARE else None
    return {
        "secret_type": rng.choice(SECRET_TYPES),
        "secret": secret,
        "path": rng.choice(SECRET_PATHS),
        "validity": rng.choice(("active", "inactive", "unknown")),
        "publicly_leaked": rng.random() < 0.05,
        "multi_repo": rng.random() < 0.1,
        "push_protection_bypass_request_comment": comment,
    }


def _open(kind: type[Alert], name: str, about: Callable[[Random], JSON]) -> Happen:
    """Return the opening of an alert in a repository in use that has the feature."""

    def run(world: Population, rng: Random) -> list[Happening]:
        if not world.has_active:
            return []
        repository = world.draw_repository(rng)
        if not getattr(repository.security, kind.feature):
            return []
        return _report(name, world.open_alert(repository, kind, **about(rng)))

    return run


def _drawn(world: Population, rng: Random, kind: type[Kind], *states: str) -> Kind | None:
    """Draw an alert of a kind that is in one of these states: by luck, which mostly is enough, or from all of them."""
    opened = world.opened_alerts
    for _ in range(ATTEMPTS if opened else 0):
        one = rng.choice(opened)
        there = one.repository.full_name.lower() in world.repositories
        if isinstance(one, kind) and one.state in states and there:
            return one
    found = [one for one in world.alerts(kind) if one.state in states]
    return rng.choice(found) if found else None


def _fix(world: Population, rng: Random) -> list[Happening]:
    alert = _drawn(world, rng, Dismissible, "open")
    if alert is None:
        return []
    world.fix_alert(alert, silently=isinstance(alert, CodeAlert) and rng.random() < SILENT_SHARE)
    return _report("alert_fixed", alert)


def _dismiss(world: Population, rng: Random) -> list[Happening]:
    alert = _drawn(world, rng, Dismissible, "open")
    if alert is None:
        return []
    actor = world.draw_insider(rng, alert.repository)
    comment = rng.choice(words.SENTENCES) if rng.random() < 0.5 else None
    world.dismiss_alert(alert, rng.choice(alert.reasons), actor=actor, comment=comment)
    return _report("alert_dismissed", alert)


def _resolve(world: Population, rng: Random) -> list[Happening]:
    alert = _drawn(world, rng, SecretAlert, "open")
    if alert is None:
        return []
    actor = world.draw_insider(rng, alert.repository)
    comment = f"{alert.secret} is no longer valid" if rng.random() < QUOTING_SHARE else None
    world.resolve_alert(alert, rng.choice(RESOLUTIONS[:4]), actor=actor, comment=comment)
    return _report("alert_resolved", alert)


def _reopen(world: Population, rng: Random) -> list[Happening]:
    alert = _drawn(world, rng, Alert, "fixed", "dismissed", "resolved")
    if alert is None:
        return []
    world.reopen_alert(alert)
    return _report("alert_reopened", alert)


def _auto_dismiss(world: Population, rng: Random) -> list[Happening]:
    alert = _drawn(world, rng, DependabotAlert, "open")
    if alert is None:
        return []
    world.auto_dismiss_alert(alert)
    return _report("alert_auto_dismissed", alert)


def _auto_reopen(world: Population, rng: Random) -> list[Happening]:
    alert = _drawn(world, rng, DependabotAlert, "auto_dismissed")
    if alert is None:
        return []
    world.auto_reopen_alert(alert)
    return _report("alert_auto_reopened", alert)


OPENINGS: dict[str, tuple[int, Happen]] = {
    "dependabot_alert_opened": (1, _open(DependabotAlert, "dependabot_alert_opened", _vulnerability)),
    "secret_alert_opened": (1, _open(SecretAlert, "secret_alert_opened", _leak)),
    "code_alert_opened": (1, _open(CodeAlert, "code_alert_opened", _finding)),
}
CHANGES: dict[str, tuple[int, Happen]] = {
    "alert_fixed": (8, _fix),
    "alert_dismissed": (3, _dismiss),
    "alert_resolved": (4, _resolve),
    "alert_reopened": (2, _reopen),
    "alert_auto_dismissed": (2, _auto_dismiss),
    "alert_auto_reopened": (1, _auto_reopen),
}
ALERT_HAPPENINGS = OPENINGS | CHANGES
# How many alerts change on a day on which a hundred are opened.
CHANGES_SHARE = 0.8
