"""security_enablement and rule_trends, by hand and against plain Python."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from chalicelib.security.views import RULE_TRENDS, SECURITY_ENABLEMENT
from chalicelib.utils import utc_now
from tests.security.views.rows import Audit
from tests.views.world import World, may


@pytest.fixture
def audit(world: World) -> Audit:
    audit = Audit(world)
    for key in range(1, 5):
        audit.repository(key)
    return audit


def test_shares_are_of_those_that_are_known(audit: Audit) -> None:
    audit.feature_day(date(2026, 5, 1), "secret_scanning", 3, 1, 6)
    audit.feature_day(date(2026, 5, 2), "secret_scanning", 0, 0, 10)
    first = {"org": "acme", "feature": "secret_scanning", "day": date(2026, 5, 1)}
    first |= {"enabled": 3, "disabled": 1, "unknown": 6, "share": 0.75}
    second = {"day": date(2026, 5, 2), "enabled": 0, "disabled": 0, "unknown": 10, "share": None}
    assert audit.world.read(SECURITY_ENABLEMENT) == [first, first | second]


def trends(audit: Audit, **where: Any) -> list[tuple[Any, ...]]:
    rows = audit.world.read(RULE_TRENDS, **where)
    return [(row["month"], row["passed"], row["failed"]) for row in rows]


def june(day: int) -> datetime:
    return datetime(2026, 6, day, tzinfo=UTC)


def test_months_by_hand(audit: Audit) -> None:
    """One breaks the rule in June, one changes twice within May, one is archived in July; other months stay alike."""
    for key in (1, 2, 3):
        audit.check("readme", "pass", repository=key)
        audit.check_change("readme", may(1), None, "pass", repository=key)
    audit.check_change("readme", june(3), "pass", "fail", repository=1)
    audit.check_change("readme", may(31, 22), "pass", "fail", repository=2)
    audit.check_change("readme", may(31, 23), "fail", "pass", repository=2)
    audit.check_change("readme", datetime(2026, 7, 9, tzinfo=UTC), "pass", "not_applicable", repository=3)
    rows = audit.world.read(RULE_TRENDS)
    shared = {"org": "acme", "rule": "readme"}
    assert rows[:2] == [
        shared | {"month": date(2026, 5, 1), "passed": 3, "failed": 0, "share_passed": 1.0},
        shared | {"month": date(2026, 6, 1), "passed": 2, "failed": 1, "share_passed": 2 / 3},
    ]
    assert {(row["passed"], row["failed"]) for row in rows[2:]} == {(1, 1)}
    assert rows[-1]["month"] == utc_now().date().replace(day=1)


def test_a_repository_that_is_gone_counts_until_then(audit: Audit) -> None:
    audit.repository(9, deleted_at=june(2))
    for key in (1, 9):
        audit.check("readme", "fail", repository=key)
        audit.check_change("readme", may(1), None, "pass", repository=key)
        audit.check_change("readme", may(3), "pass", "fail", repository=key)
    assert trends(audit)[:2] == [(date(2026, 5, 1), 0, 2), (date(2026, 6, 1), 0, 1)]


def test_rules_that_are_checked_no_more_are_left_out(audit: Audit) -> None:
    """Their last results would stand for ever."""
    audit.check_change("readme", may(1), None, "pass")
    assert trends(audit) == []


def test_generated_changes_against_plain_python(audit: Audit) -> None:
    rng, now = Random(2), utc_now()
    history: dict[int, list[tuple[datetime, str]]] = {}
    for key in range(10, 60):
        gone = rng.random() < 0.2
        at, results = now - timedelta(days=600 + rng.randrange(400)), ["pass", "fail", "not_applicable"]
        history[key], before = [], None
        for _ in range(rng.randrange(1, 9)):
            after = rng.choice([result for result in results if result != before])
            audit.check_change("readme", at, before, after, repository=key)
            history[key].append((at, after))
            at, before = at + timedelta(hours=rng.randrange(1, 1500)), after
        audit.repository(key, deleted_at=at if gone else None)
        audit.check("readme", str(before), repository=key)
        history[key] += [(at, "gone")] if gone else []
    month, expected = min(changes[0][0] for changes in history.values()).date().replace(day=1), []
    while month <= now.date():
        following = (month + timedelta(days=31)).replace(day=1)
        ended = [[result for at, result in changes if at.date() < following] for changes in history.values()]
        last = [results[-1] for results in ended if results]
        expected.append((month, last.count("pass"), last.count("fail")))
        month = following
    assert trends(audit) == expected
