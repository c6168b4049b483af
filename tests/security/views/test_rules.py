"""broken_rules, repository_compliance and rules_broken, worked by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.security.views import BROKEN_RULES, REPOSITORY_COMPLIANCE, RULES_BROKEN
from chalicelib.utils import utc_now
from tests.security.views.rows import Audit, ago
from tests.views.world import FIRST_LOOK, World


@pytest.fixture
def audit(world: World) -> Audit:
    audit = Audit(world)
    audit.repository(1)
    return audit


def broken(audit: Audit) -> list[tuple[str, str]]:
    return [(row["repo"], row["rule"]) for row in audit.world.read(BROKEN_RULES)]


def test_a_broken_rule_by_hand(audit: Audit) -> None:
    audit.member("amy")
    audit.check("readme", "fail", since=ago(40.5))
    audit.check_change("readme", ago(40.5), "pass", "fail")
    assert audit.world.read(BROKEN_RULES) == [
        {
            "org": "acme",
            "repo": "r1",
            "rule": "readme",
            "repository_id": 1,
            "since": pytest.approx(ago(40.5), abs=timedelta(minutes=1)),
            "days": 40,
            "result": "fail",
            "message": "readme: fail",
            "visibility": "private",
            "contact": "@amy",
            "contact_source": "admins",
        }
    ]


def test_only_failures_of_repositories_that_are_in_use(audit: Audit) -> None:
    audit.repository(2, archived=True)
    audit.repository(3, deleted_at=ago(1))
    audit.repository(4, archived=None)
    for result in ("pass", "fail", "error", "not_applicable"):
        audit.check(f"of_{result}", result)
    for key in (2, 3, 4):
        audit.check("readme", "fail", repository=key)
    assert broken(audit) == [("r1", "of_fail"), ("r4", "readme")]


def test_a_failed_call_mends_nothing_and_breaks_nothing(audit: Audit) -> None:
    """`since` is when it was seen broken, though the check has failed since then."""
    audit.check("readme", "error", known_result="fail", since=ago(1))
    audit.check("license", "error", known_result="pass", since=ago(1))
    audit.check("name", "error", known_result=None, since=ago(1))
    audit.check_change("readme", ago(30.5), None, "fail")
    (row,) = audit.world.read(BROKEN_RULES)
    assert (row["rule"], row["result"], row["days"]) == ("readme", "error", 30)
    (row,) = audit.world.read(REPOSITORY_COMPLIANCE)
    assert [row[name] for name in ("rules", "passed", "broken", "errors", "excepted")] == [3, 1, 1, 3, 0]


def test_an_exception_holds_to_the_end_of_its_last_day(audit: Audit) -> None:
    today = utc_now().date()
    for rule, until in (
        ("ended", today - timedelta(days=1)),
        ("last_day", today),
        ("far", today + timedelta(days=9)),
        ("for_ever", None),
    ):
        audit.check(rule, "fail", exception_reason="agreed", exception_until=until)
    audit.check("kept", "pass", exception_reason="agreed", exception_until=today)
    assert broken(audit) == [("r1", "ended")]
    (row,) = audit.world.read(REPOSITORY_COMPLIANCE)
    assert [row[name] for name in ("rules", "passed", "broken", "errors", "excepted")] == [5, 1, 1, 0, 3]


def test_a_repository_by_hand(audit: Audit) -> None:
    audit.member("amy")
    audit.repository(2, visibility="public")
    audit.repository(3, archived=True)
    audit.check("readme", "fail")
    audit.check("license", "not_applicable")
    audit.check("active", "pass")
    audit.check("readme", "pass", repository=2)
    audit.check("readme", "not_applicable", repository=3)
    audit.rating("gold")
    whom = {"contact": "@amy", "contact_source": "admins"}
    first = {"repo": "r1", "repository_id": 1, "visibility": "private", "rules": 2, "passed": 1, "broken": 1}
    second = {"repo": "r2", "repository_id": 2, "visibility": "public", "rules": 1, "passed": 1, "broken": 0}
    others = {"org": "acme", "errors": 0, "excepted": 0} | whom
    assert audit.world.read(REPOSITORY_COMPLIANCE) == [
        others | first | {"rating": "gold"},
        others | second | {"rating": None},
    ]


def test_a_rule_by_hand(audit: Audit) -> None:
    results: list[tuple[str, dict[str, Any]]] = [
        ("pass", {}),
        ("fail", {}),
        ("fail", {}),
        ("fail", {"exception_reason": "agreed"}),
        ("error", {"known_result": "fail"}),
        ("error", {}),
        ("not_applicable", {}),
    ]
    for key, (result, columns) in enumerate(results, 1):
        if key > 1:
            audit.repository(key)
        audit.check("readme", result, repository=key, **columns)
    assert audit.world.read(RULES_BROKEN) == [
        {
            "org": "acme",
            "rule": "readme",
            "repositories": 6,
            "passed": 1,
            "broken": 3,
            "share_broken": 0.5,
            "errors": 2,
            "excepted": 1,
            "newly_broken": 0,
        }
    ]


@pytest.mark.parametrize(
    ("changes", "new"),
    [
        ([(29, "pass", "fail")], 1),
        ([(29, "not_applicable", "fail")], 1),
        ([(31, "pass", "fail")], 0),
        ([(29, None, "fail")], 0),  # the first look: nobody knows for how long it has been so
        ([(400, None, "pass"), (29, "pass", "fail")], 1),
        ([(29, None, "pass"), (3, "pass", "fail")], 1),
        ([], 0),
    ],
)
def test_what_is_newly_broken(audit: Audit, changes: list[tuple[int, str | None, str]], new: int) -> None:
    audit.check("readme", "fail", since=FIRST_LOOK)
    for days, before, after in changes:
        audit.check_change("readme", ago(days), before, after)
    assert audit.world.row(RULES_BROKEN)["newly_broken"] == new
