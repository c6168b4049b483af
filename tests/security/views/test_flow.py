"""How many alerts come and go each week, and why they are closed."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from chalicelib.security.views import ALERT_CLOSE_REASONS, ALERTS_WEEKLY
from tests.security.views.rows import Audit
from tests.views.world import World, may

MONDAY = date(2026, 5, 4)


@pytest.fixture
def audit(world: World) -> Audit:
    audit = Audit(world)
    audit.repository(1)
    return audit


def weeks(audit: Audit, **where: Any) -> list[tuple[Any, ...]]:
    names = ("severity", "week", "opened", "reopened", "closed", "net")
    return [tuple(row[name] for name in names) for row in audit.world.read(ALERTS_WEEKLY, **where)]


def test_a_week_from_monday_to_sunday(audit: Audit) -> None:
    audit.alert("dependabot", 1, may(3))
    audit.change("dependabot", 1, may(3, 23, 59), "opened", None, "open")
    audit.change("dependabot", 1, may(4), "auto_dismissed", "open", "auto_dismissed")
    audit.change("dependabot", 1, may(6), "auto_reopened", "auto_dismissed", "open")
    audit.change("dependabot", 1, may(10, 23, 59), "fixed", "open", "fixed")
    audit.change("dependabot", 1, may(11), "reopened", "fixed", "open")
    assert weeks(audit, kind="dependabot", org="acme") == [
        ("high", date(2026, 4, 27), 1, 0, 0, 1),
        ("high", MONDAY, 0, 1, 2, -1),
        ("high", date(2026, 5, 11), 0, 1, 0, 1),
    ]


def test_from_closed_to_closed_closes_nothing(audit: Audit) -> None:
    audit.alert("code_scanning", 1, may(4), state="fixed")
    audit.change("code_scanning", 1, may(4), "opened", None, "open")
    audit.change("code_scanning", 1, may(5), "dismissed", "open", "dismissed")
    audit.change("code_scanning", 1, may(6), "fixed", "dismissed", "fixed")
    assert weeks(audit) == [("error", MONDAY, 1, 0, 1, 0)]


def test_kinds_repositories_and_severities_are_apart(audit: Audit) -> None:
    """Numbers repeat: each kind and each repository counts from 1."""
    audit.alert("dependabot", 1, may(4), severity="low")
    audit.alert("dependabot", 1, may(4), severity="critical", repository=2)
    for kind in ("dependabot", "secret_scanning"):
        audit.change(kind, 1, may(4), "opened", None, "open")
    audit.change("dependabot", 1, may(5), "opened", None, "open", repository_id=2)
    audit.alert("secret_scanning", 1, may(4))
    assert weeks(audit, kind="dependabot") == [("critical", MONDAY, 1, 0, 0, 1), ("low", MONDAY, 1, 0, 0, 1)]
    assert weeks(audit, kind="secret_scanning") == [(None, MONDAY, 1, 0, 0, 1)]


def test_generated_changes_against_plain_python(audit: Audit) -> None:
    """Alerts open and close at random; the net changes add up to those that are open."""
    rng = Random(5)
    counted: Counter[tuple[date, str]] = Counter()
    still_open = 0
    for number in range(120):
        audit.alert("dependabot", number, may(1))
        at, state = may(1) + timedelta(hours=rng.randrange(1000)), "open"
        audit.change("dependabot", number, at, "opened", None, state)
        counted[monday(at.date()), "opened"] += 1
        for _ in range(rng.randrange(5)):
            at += timedelta(hours=rng.randrange(1, 400))
            before, state = state, "open" if state != "open" else rng.choice(("fixed", "dismissed"))
            audit.change("dependabot", number, at, "reopened" if state == "open" else state, before, state)
            counted[monday(at.date()), "reopened" if state == "open" else "closed"] += 1
        still_open += state == "open"
    rows = audit.world.read(ALERTS_WEEKLY)
    found = {(row["week"], what): row[what] for row in rows for what in ("opened", "reopened", "closed")}
    assert {key: count for key, count in found.items() if count} == counted
    assert sum(row["net"] for row in rows) == still_open


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def test_reasons_and_their_shares(audit: Audit) -> None:
    """By the state: an alert that was dismissed before it was fixed is fixed."""
    closed: list[dict[str, Any]] = [
        *({"state": "fixed", "dismissed_reason": "tolerable_risk"}, {"state": "fixed"}, {"state": "auto_dismissed"}),
        *({"state": "dismissed", "dismissed_reason": "tolerable_risk", "fixed_at": may(3)}, {"state": "dismissed"}),
        {"state": "open", "dismissed_reason": "tolerable_risk"},
    ]
    for number, columns in enumerate(closed):
        audit.alert("dependabot", number, may(1), **columns)
    audit.alert("dependabot", 9, may(1), state="fixed", unlisted_at=may(2))
    audit.alert("secret_scanning", 1, may(1), state="resolved", resolution="revoked")
    audit.alert("secret_scanning", 2, may(1), state="open", resolution="revoked")
    audit.alert("code_scanning", 1, may(1), state="dismissed", dismissed_reason="false positive")
    found = [tuple(row.values()) for row in audit.world.read(ALERT_CLOSE_REASONS)]
    assert sorted(found, key=str) == [
        ("acme", "code_scanning", "false positive", 1, 1.0),
        ("acme", "dependabot", "auto_dismissed", 1, 0.2),
        ("acme", "dependabot", "fixed", 2, 0.4),
        ("acme", "dependabot", "tolerable_risk", 1, 0.2),
        ("acme", "dependabot", None, 1, 0.2),
        ("acme", "secret_scanning", "revoked", 1, 1.0),
    ]
