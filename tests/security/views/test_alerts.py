"""open_alerts and open_alerts_by_age, worked by hand, and compared with plain Python on generated alerts."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from chalicelib.security.views import OPEN_ALERTS, OPEN_ALERTS_BY_AGE
from chalicelib.utils import utc_now
from tests.percentiles import percentile
from tests.security.views.rows import Audit, ago
from tests.views.world import World


@pytest.fixture
def audit(world: World) -> Audit:
    audit = Audit(world)
    audit.repository(1)
    return audit


def weekdays(start: datetime, end: datetime) -> int:
    """Mondays to Fridays after a time's day, up to another's."""
    days = [start.date() + timedelta(days=n + 1) for n in range((end.date() - start.date()).days)]
    return sum(day.weekday() < 5 for day in days)


def test_a_row_of_each_kind(audit: Audit) -> None:
    audit.limits()
    opened = ago(20.5)
    for kind in ("dependabot", "secret_scanning", "code_scanning"):
        audit.alert(kind, 7, opened)
    shared = {
        "org": "acme",
        "repo": "r1",
        "number": 7,
        "repository_id": 1,
        "created_at": opened,
        "age_days": 20,
        "age_working_days": weekdays(opened, utc_now()),
        "visibility": "private",
        "is_archived": False,
        "html_url": "https://example.com/7",
    }
    fifteen, five = ({"limit_days": limit, "in_working_days": False} for limit in (15, 5))
    none = {"limit_days": None, "in_working_days": None}
    over = {"is_overdue": True}
    assert audit.world.read(OPEN_ALERTS) == [
        shared
        | none
        | {"kind": "code_scanning", "what": "Unused variable", "severity": "error"}
        # A rule that is not about security has no limit, and so is never overdue.
        | {"days_over": None, "is_overdue": False},
        shared | fifteen | over | {"kind": "dependabot", "what": "lodash", "severity": "high", "days_over": 5},
        shared | five | over | {"kind": "secret_scanning", "what": "AWS key", "severity": None, "days_over": 15},
    ]


def over(audit: Audit) -> list[tuple[Any, ...]]:
    rows = audit.world.read(OPEN_ALERTS)
    return [(row["number"], row["limit_days"], row["days_over"], row["is_overdue"]) for row in rows]


def test_an_alert_is_overdue_when_its_whole_days_are_more_than_the_limit(audit: Audit) -> None:
    audit.limits()
    for number, days in enumerate([4.9, 5.9, 6.1], 1):
        audit.alert("dependabot", number, ago(days), severity="critical")
    assert over(audit) == [(1, 5, -1, False), (2, 5, 0, False), (3, 5, 1, True)]


def test_limits_in_working_days_leave_weekends_out(audit: Audit) -> None:
    """Seven days are five working days, whatever the day of the week."""
    audit.limits(working=True)
    audit.alert("secret_scanning", 1, ago(7))
    audit.alert("secret_scanning", 2, ago(14))
    assert over(audit) == [(1, 5, 0, False), (2, 5, 5, True)]


def test_without_limits_nothing_is_overdue(audit: Audit) -> None:
    audit.alert("dependabot", 1, ago(1000))
    assert over(audit) == [(1, None, None, False)]


def test_a_time_that_has_not_come_yet_is_no_age(audit: Audit) -> None:
    audit.alert("dependabot", 1, ago(-3))
    assert [(row["age_days"], row["age_working_days"]) for row in audit.world.read(OPEN_ALERTS)] == [(0, 0)]


def test_only_what_is_open_and_listed_where_the_repository_is(audit: Audit) -> None:
    """An alert that is not listed any more is neither open nor fixed."""
    audit.repository(2, deleted_at=ago(1))
    audit.repository(3, archived=True)
    audit.repository(4, archived=None, visibility=None)
    audit.alert("dependabot", 1, ago(1), state="fixed")
    audit.alert("dependabot", 2, ago(1), state="auto_dismissed")
    audit.alert("secret_scanning", 3, ago(1), state="resolved")
    audit.alert("code_scanning", 4, ago(1), state="dismissed")
    audit.alert("dependabot", 5, ago(1), unlisted_at=ago(0.5))
    audit.alert("dependabot", 6, ago(1), repository=2)
    audit.alert("dependabot", 7, ago(1), repository=3)
    audit.alert("dependabot", 8, ago(1), repository=4)
    audit.alert("dependabot", 9, ago(1), repository=99)  # the repository was not read yet
    rows = audit.world.read(OPEN_ALERTS)
    found = [(row["number"], row["visibility"], row["is_archived"]) for row in rows]
    assert sorted(found) == [(7, "private", True), (8, None, False), (9, None, False)]


def test_names_that_github_leaves_out(audit: Audit) -> None:
    audit.alert("secret_scanning", 1, ago(1), secret_type_display_name=None)
    audit.alert("code_scanning", 2, ago(1), rule_name=None, severity=None)
    audit.alert("dependabot", 3, ago(1), package=None)
    found = {row["number"]: (row["what"], row["severity"]) for row in audit.world.read(OPEN_ALERTS)}
    assert found == {1: ("aws_access_key_id", None), 2: ("js/unused", None), 3: (None, "high")}


# By age


def test_a_group_by_hand(audit: Audit) -> None:
    audit.limits()
    audit.repository(2, archived=True)
    for number, days in enumerate([1.5, 29.9, 30.1, 60.1, 89.9], 1):
        audit.alert("dependabot", number, ago(days))
    audit.alert("dependabot", 1, ago(90.1), repository=2)
    audit.alert("dependabot", 2, ago(5.1), repository=2, severity="low")
    expected = {"org": "acme", "kind": "dependabot", "severity": "high", "open_alerts": 6, "overdue": 5, "archived": 1}
    expected |= {"days_0_to_29": 2, "days_30_to_59": 1, "days_60_to_89": 2, "days_90_or_more": 1}
    expected |= {"median_age_days": 45, "p90_age_days": 89.5, "oldest_days": 90}  # of 1 29 30 60 89 90
    assert audit.world.row(OPEN_ALERTS_BY_AGE, severity="high") == expected
    assert audit.world.row(OPEN_ALERTS_BY_AGE, severity="low")["open_alerts"] == 1


def test_secrets_are_a_group_without_severity(audit: Audit) -> None:
    for number in (1, 2, 3):
        audit.alert("secret_scanning", number, ago(number + 0.5))
    row = audit.world.row(OPEN_ALERTS_BY_AGE)
    assert (row["severity"], row["open_alerts"], row["median_age_days"]) == (None, 3, 2)


def test_generated_alerts_against_plain_python(audit: Audit) -> None:
    audit.limits(working=True)
    rng, now = Random(3), utc_now()
    alerts: list[dict[str, Any]] = []
    for number in range(200):
        severity = rng.choice(("critical", "high", "medium", "low"))
        # Not near a whole day, so that no age changes while the test runs.
        opened = ago(rng.randrange(120) + 0.25 + rng.random() / 2)
        state = rng.choice(("open", "open", "fixed", "dismissed"))
        audit.alert("dependabot", number, opened, severity=severity, state=state)
        alerts.append({"severity": severity, "opened": opened, "state": state})
    days = {"critical": 5, "high": 15, "medium": 60, "low": 90}
    for row in audit.world.read(OPEN_ALERTS_BY_AGE):
        opened_at = [
            alert["opened"] for alert in alerts if alert["severity"] == row["severity"] and alert["state"] == "open"
        ]
        ages = sorted((now - opened).days for opened in opened_at)
        late = sum(weekdays(opened, now) > days[row["severity"]] for opened in opened_at)
        median, p90 = (percentile(ages, share) for share in (0.5, 0.9))
        found = [row[name] for name in ("open_alerts", "overdue", "median_age_days", "p90_age_days", "oldest_days")]
        assert found == [len(ages), late, median, p90, ages[-1]]
    assert len(audit.world.read(OPEN_ALERTS_BY_AGE)) == len(days)
