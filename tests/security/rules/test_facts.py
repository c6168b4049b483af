"""What GitHub did not show of a repository, or showed oddly, is never missing."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.security.rules import ERROR, FAIL, PASS, RULES
from tests.security.rules.facts import NODE, branch, check, connection, facts, node, nothing

# What stands on the list alone is known even when the query failed.
BY_LIST = {"active", "name", "secret_scanning", "push_protection", "point_of_contact"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_failed_call_is_no_absence(rule: Any) -> None:
    """The Data Logger turned each failed call into a missing file, a missing protection and so on."""
    result, evidence = check(rule.name, nothing(visibility="private" if rule.name == "pirr" else "public"))
    assert (result == PASS) == (rule.name in BY_LIST)
    assert rule.name in BY_LIST or evidence == {"error": "it took too long"}


@pytest.mark.parametrize(
    ("hole", "broken"),
    [
        (("collaborators",), {"repository_access"}),
        (("defaultBranchRef", "branchProtectionRule"), {"branch_protection"}),
        (("defaultBranchRef", "target", "history"), {"signed_commits"}),
        (("refs", "nodes", 1, "refUpdateRule"), {"protected_branches"}),
        (("pullRequests", "nodes", 0, "author"), {"external_pull_requests"}),
        (("root",), {"readme", "license", "gitignore", "codeowners"}),
        (("codeownersInDocs",), {"codeowners"}),
        (("codeowners",), set()),
        (("hasVulnerabilityAlertsEnabled",), {"dependabot_alerts"}),
    ],
)
def test_only_the_rules_that_need_a_part_miss_it(hole: tuple[Any, ...], broken: set[str]) -> None:
    answer = node()
    part = answer
    for name in hole[:-1]:
        part = part[name]
    part[hole[-1]] = None
    about = facts(answer, holes={hole: "GitHub gave up"})
    errors = {rule.name for rule in RULES if check(rule.name, about) == (ERROR, {"error": "GitHub gave up"})}
    assert errors == broken


@pytest.mark.parametrize("null", [("refs",), ("pullRequests",), ("root",), ("defaultBranchRef", "target")])
def test_an_error_below_what_it_made_null_counts(null: tuple[str, ...]) -> None:
    """GraphQL makes null of the next part that may be null; the error's path leads further down."""
    answer = node(**{"__".join(null): None})
    about = facts(answer, holes={(*null, "nodes", 3, "name"): "GitHub gave up"})
    assert {check(rule.name, about)[0] for rule in RULES if check(rule.name, facts(answer))[0] == ERROR} == {ERROR}


@pytest.mark.parametrize("name", [name for name in NODE if name not in {"id", "nameWithOwner", "licenseInfo"}])
@pytest.mark.parametrize("odd", [None, "odd", 7, [], {}, [None], {"nodes": [7], "totalCount": True, "entries": [7]}])
def test_no_odd_answer_breaks_a_rule(name: str, odd: Any) -> None:
    """Nor does it make a rule broken, but for what GitHub does say with a null, and an odd form of such."""
    about = facts(node(**{name: odd}), custom_properties={}, emails={"ann": "ann@acme.example"})
    results = {rule.name: check(rule.name, about)[0] for rule in RULES}
    broken = {rule for rule, result in results.items() if result == FAIL}
    says_absent = name == "codeownersInGithub" and odd in (None, {})
    assert broken <= ({"codeowners", "point_of_contact"} if says_absent else set())


@pytest.mark.parametrize("is_hole", [False, True])
def test_to_who_is_no_administrator_a_no_is_no_answer(*, is_hole: bool) -> None:
    """Without the permission, GitHub shows protection as null and alerts as switched off, as if there were none."""
    answer = node(
        collaborators=None,
        hasVulnerabilityAlertsEnabled=False,
        refs=connection(branch("main", protected=False)),
        defaultBranchRef__branchProtectionRule=None,
    )
    about = facts(answer, holes={("collaborators",): "Resource not accessible"} if is_hole else None)
    rules = ("dependabot_alerts", "protected_branches", "branch_protection")
    assert {rule: check(rule, about)[0] for rule in rules} == dict.fromkeys(rules, ERROR)
    seen = facts({**answer, "collaborators": connection()})
    assert {rule: check(rule, seen)[0] for rule in rules} == dict.fromkeys(rules, FAIL)
