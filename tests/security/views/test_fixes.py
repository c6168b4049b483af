"""How long fixes took: each alert, by month, repository and organisation, by hand and against plain Python."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from chalicelib.security.views import (
    ALERT_FIX_TIMES,
    ALERT_FIX_TIMES_BY_ORGANISATION,
    ALERT_FIX_TIMES_BY_REPOSITORY,
    ALERT_FIX_TIMES_MONTHLY,
)
from tests.percentiles import percentile
from tests.security.views.rows import Audit
from tests.views.world import World, may

JUNE = 32  # the first of June, as a day in May
MAY = date(2026, 5, 1)


@pytest.fixture
def audit(world: World) -> Audit:
    audit = Audit(world)
    audit.repository(1)
    return audit


def fix(audit: Audit, number: int, days: float, kind: str = "dependabot", **columns: Any) -> None:
    """An alert that was opened on the first of May, and fixed so many days later."""
    state = "resolved" if kind == "secret_scanning" else "fixed"
    audit.alert(kind, number, may(1), **({"state": state} | columns))
    audit.change(kind, number, may(1), "opened", None, "open")
    audit.change(kind, number, may(1) + timedelta(days=days), state, "open", state)


def test_a_row_of_an_alert_by_hand(audit: Audit) -> None:
    """Fixed, reopened, and fixed again: from the first opening to the last fix."""
    fix(audit, 1, 2)
    audit.change("dependabot", 1, may(4), "reopened", "fixed", "open")
    audit.change("dependabot", 1, may(8, 12), "fixed", "open", "fixed", is_exact=False)
    assert audit.world.row(ALERT_FIX_TIMES) == {
        "kind": "dependabot",
        "org": "acme",
        "repo": "r1",
        "number": 1,
        "repository_id": 1,
        "what": "lodash",
        "severity": "high",
        "created_at": may(1),
        "fixed_at": may(8, 12),
        "days": 7.5,
        "html_url": "https://example.com/1",
    }


def test_only_what_is_fixed_now(audit: Audit) -> None:
    audit.repository(2, deleted_at=may(20))
    fix(audit, 1, 2)
    fix(audit, 2, 2, state="open")  # reopened since
    fix(audit, 3, 2, state="dismissed")  # though it was fixed before
    fix(audit, 4, 2, unlisted_at=may(9))
    audit.alert("dependabot", 5, may(1), state="dismissed", fixed_at=may(3))
    audit.alert("dependabot", 6, may(1), state="fixed", fixed_at=may(3), repository=2)
    # The same number elsewhere, and of another kind: neither is the fix of the one above.
    audit.alert("code_scanning", 1, may(1), state="fixed")
    audit.alert("dependabot", 1, may(1), state="open", repository=2)
    assert [(row["kind"], row["number"]) for row in audit.world.read(ALERT_FIX_TIMES)] == [("dependabot", 1)]


def test_a_secret_is_done_with_any_resolution(audit: Audit) -> None:
    fix(audit, 1, 3, "secret_scanning", resolution="wont_fix")
    row = audit.world.row(ALERT_FIX_TIMES)
    assert (row["kind"], row["severity"], row["days"]) == ("secret_scanning", None, 3)


def test_months_are_those_of_the_fix(audit: Audit) -> None:
    """The 90th percentile of 1 2 3 4 30.5 is at 3.6: 0.6 of the way from 4 to 30.5."""
    for number, days in enumerate([1, 2, 3, 4, 30.5, JUNE], 1):
        fix(audit, number, days)
    fix(audit, 9, 10, severity="low")
    fix(audit, 1, 5, "secret_scanning")
    shared = {"org": "acme", "kind": "dependabot", "severity": "high"}
    assert audit.world.read(ALERT_FIX_TIMES_MONTHLY) == [
        shared | {"month": MAY, "fixed": 5, "median_days": 3, "p90_days": pytest.approx(19.9)},
        shared | {"month": date(2026, 6, 1), "fixed": 1, "median_days": 32, "p90_days": 32},
        shared | {"severity": "low", "month": MAY, "fixed": 1, "median_days": 10, "p90_days": 10},
        {"org": "acme", "kind": "secret_scanning", "severity": None}
        | {"month": MAY, "fixed": 1, "median_days": 5, "p90_days": 5},
    ]


def test_by_repository_and_by_organisation(audit: Audit) -> None:
    for number, days in enumerate([1, 2, 6], 1):
        fix(audit, number, days, severity="low" if number == 3 else "high")
    found = {"fixed": 3, "median_days": 2, "p90_days": pytest.approx(5.2)}
    assert audit.world.read(ALERT_FIX_TIMES_BY_REPOSITORY) == [
        {"org": "acme", "repo": "r1", "kind": "dependabot"} | found
    ]
    high, low = audit.world.read(ALERT_FIX_TIMES_BY_ORGANISATION)
    assert high == {"org": "acme", "kind": "dependabot", "severity": "high"} | found | {
        "fixed": 2,
        "median_days": 1.5,
        "p90_days": 1.9,
    }
    assert (low["severity"], low["fixed"]) == ("low", 1)


def test_generated_fixes_against_plain_python(audit: Audit) -> None:
    rng = Random(11)
    days_by_month: dict[tuple[str, date], list[float]] = defaultdict(list)
    for number in range(150):
        severity, days = rng.choice(("high", "low")), float(rng.randrange(120))
        fix(audit, number, days, severity=severity)
        fixed_on = (may(1) + timedelta(days=days)).date()
        days_by_month[severity, fixed_on.replace(day=1)].append(days)
    expected = []
    for (severity, month), found in sorted(days_by_month.items()):
        median, p90 = (percentile(found, share) for share in (0.5, 0.9))
        expected.append((severity, month, len(found), median, p90))
    rows = audit.world.read(ALERT_FIX_TIMES_MONTHLY)
    names = ("severity", "month", "fixed", "median_days", "p90_days")
    assert [tuple(row[name] for name in names) for row in rows] == expected
