"""Each rule: what passes, what fails, to what it doesn't apply, and what GitHub didn't show, which is never missing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.security.rules import ERROR, FAIL, NOT_APPLICABLE, PASS, RULES, Facts
from tests.security.rules.facts import (
    EMPTY,
    blob,
    branch,
    check,
    commit,
    connection,
    facts,
    node,
    nothing,
    protection,
    pull,
    root,
    ruleset,
)

PRIVATE: dict[str, Any] = {"visibility": "PRIVATE"}
INTERNAL: dict[str, Any] = {"visibility": "INTERNAL"}
NO_CONTACT: dict[str, Any] = {"custom_properties": None}
MAIN = "defaultBranchRef"


CASES: list[tuple[str, Facts, str, dict[str, Any]]] = [
    ("active", facts(), PASS, {"pushed_at": "2026-06-01T00:00:00+00:00", "years": 1}),
    ("active", facts(node(pushedAt="2025-06-15T12:00:00Z")), PASS, {"pushed_at": "2025-06-15T12:00:00+00:00"}),
    ("active", facts(node(pushedAt="2025-06-15T11:59:59Z")), FAIL, {"pushed_at": "2025-06-15T11:59:59+00:00"}),
    ("active", facts(node(pushedAt="2099-01-01T00:00:00Z")), PASS, {}),
    ("active", facts(node(**EMPTY), pushed_at=None), FAIL, {"pushed_at": None}),
    ("active", facts(node(**EMPTY), pushed_at=None, created_at=datetime(2026, 6, 1, tzinfo=UTC)), PASS, {}),
    ("active", facts(node(pushedAt=None), pushed_at=None), ERROR, {}),
    ("active", facts(node(pushedAt="soon")), ERROR, {}),
    ("active", nothing(), PASS, {"pushed_at": "2026-06-01T00:00:00+00:00"}),
    ("active", nothing(pushed_at=None), ERROR, {"error": "it took too long"}),
    ("protected_branches", facts(), PASS, {"unprotected": [], "looked_at": 2, "branches": 2}),
    (
        "protected_branches",
        facts(node(refs=connection(branch("main"), branch("next", protected=False), total=40))),
        FAIL,
        {"unprotected": ["next"], "looked_at": 2, "branches": 40},
    ),
    (
        "protected_branches",
        facts(node(refs=connection({**branch("main", protected=False), "refUpdateRule": {"pattern": "main"}}))),
        PASS,
        {},
    ),
    (
        "protected_branches",
        facts(
            node(
                refs=connection(branch("main", protected=False), branch("next", protected=False)),
                defaultBranchRef__rules=connection(ruleset("DELETION")),
            )
        ),
        FAIL,
        {"unprotected": ["next"]},
    ),
    ("protected_branches", facts(node(**EMPTY)), NOT_APPLICABLE, {"unprotected": [], "looked_at": 0, "branches": 0}),
    ("protected_branches", facts(node(refs=connection(total=3))), ERROR, {}),
    ("protected_branches", facts(node(refs=None)), ERROR, {}),
    ("protected_branches", facts(node(refs=connection({"name": "main"}))), ERROR, {}),
    ("protected_branches", facts(node(defaultBranchRef__rules=None)), ERROR, {}),
    ("signed_commits", facts(), PASS, {"commits": 2, "unsigned": [], "invalid": 0}),
    (
        "signed_commits",
        facts(
            node(
                defaultBranchRef__target__history__nodes=[
                    commit("a", signed=False),
                    commit("b", valid=False),
                    commit("c"),
                ]
            )
        ),
        FAIL,
        {"commits": 3, "unsigned": ["a"], "invalid": 1},
    ),
    (
        "signed_commits",
        facts(node(defaultBranchRef__target__history__nodes=[commit("b", valid=False)])),
        PASS,
        {"invalid": 1},
    ),
    ("signed_commits", facts(node(**EMPTY)), NOT_APPLICABLE, {"commits": 0}),
    ("signed_commits", facts(node(defaultBranchRef=None)), ERROR, {"error": "GitHub shows no default branch"}),
    ("signed_commits", facts(node(defaultBranchRef__target=None)), ERROR, {}),
    ("signed_commits", facts(node(defaultBranchRef__target__history__nodes=[])), ERROR, {}),
    ("signed_commits", facts(node(defaultBranchRef__target__history__nodes=[None, commit("a")])), ERROR, {}),
    ("signed_commits", facts(node(defaultBranchRef__target__history__nodes=[{"oid": "a"}])), ERROR, {}),
    ("readme", facts(), PASS, {"file": "README.md"}),
    ("readme", facts(node(root=root("readme.MD", "README"))), PASS, {"file": "readme.MD"}),
    ("readme", facts(node(root=root("readme.md", "README.md"))), PASS, {"file": "README.md"}),
    ("readme", facts(node(root=root("README", "README.rst", folders=("README.md",)))), FAIL, {"file": None}),
    ("readme", facts(node(**EMPTY)), FAIL, {"file": None}),
    ("readme", facts(node(root=None)), ERROR, {}),
    ("readme", facts(node(root={"entries": None})), ERROR, {}),
    ("readme", facts(node(root={"entries": [None]})), ERROR, {}),
    ("readme", facts(node(root={})), ERROR, {}),
    ("license", facts(), PASS, {"file": "LICENSE"}),
    ("license", facts(node(root=root("LICENSE.md", "LICENSE"))), PASS, {"file": "LICENSE"}),
    ("license", facts(node(root=root("licence", "license.TXT"))), PASS, {"file": "license.TXT"}),
    ("license", facts(node(root=root("COPYING"))), FAIL, {"file": None}),
    ("license", facts(node(**PRIVATE, root=None)), NOT_APPLICABLE, {"visibility": "private"}),
    ("license", facts(node(visibility=None), visibility=None), ERROR, {}),
    ("pirr", facts(node(**PRIVATE, root=root("pirr.md"))), PASS, {"file": "pirr.md"}),
    ("pirr", facts(node(**INTERNAL)), FAIL, {"file": None}),
    ("pirr", facts(), NOT_APPLICABLE, {"visibility": "public"}),
    ("gitignore", facts(), PASS, {"file": ".gitignore"}),
    ("gitignore", facts(node(root=root("README.md"))), FAIL, {"file": None}),
    ("external_pull_requests", facts(), PASS, {"authors": [], "apps": [], "looked_at": 1, "open": 1}),
    (
        "external_pull_requests",
        facts(
            node(
                pullRequests=connection(
                    pull("eve", "NONE"),
                    pull("mallory", "CONTRIBUTOR"),
                    pull("eve", "NONE"),
                    pull("dependabot", "NONE", "Bot"),
                    pull("Bob", "COLLABORATOR"),
                    pull(None, "NONE"),
                    pull("old-eve", "NONE", "Mannequin"),
                    total=90,
                )
            ),
            members=("bob",),
        ),
        FAIL,
        {"authors": ["eve", "mallory"], "apps": ["dependabot"], "looked_at": 7, "open": 90},
    ),
    (
        "external_pull_requests",
        facts(node(pullRequests=connection(pull("renovate", "NONE", "Bot")))),
        PASS,
        {"apps": ["renovate"]},
    ),
    ("external_pull_requests", facts(node(pullRequests=connection(total=2))), ERROR, {}),
    ("external_pull_requests", facts(node(pullRequests=connection(None))), ERROR, {}),
    ("external_pull_requests", facts(node(pullRequests=connection({**pull("eve"), "author": {}}))), PASS, {}),
    ("external_pull_requests", facts(node(pullRequests=connection({"author": {"login": "eve"}}))), ERROR, {}),
    ("name", facts(), PASS, {"pattern": "[a-z0-9_-]+"}),
    ("name", facts(name="API.docs"), FAIL, {}),
    ("name", nothing(name="api"), PASS, {}),
    ("secret_scanning", facts(), PASS, {"status": "enabled"}),
    ("secret_scanning", nothing(secret_scanning="disabled"), FAIL, {"status": "disabled"}),
    ("secret_scanning", facts(secret_scanning=None), ERROR, {}),
    ("secret_scanning", facts(secret_scanning="paused"), ERROR, {}),
    ("secret_scanning", facts(node(**PRIVATE), secret_scanning=None), NOT_APPLICABLE, {"status": None}),
    ("push_protection", facts(), PASS, {"status": "enabled"}),
    ("push_protection", facts(push_protection="disabled"), FAIL, {"status": "disabled"}),
    ("push_protection", facts(node(**INTERNAL)), NOT_APPLICABLE, {"status": "enabled"}),
    ("dependabot_alerts", facts(), PASS, {"enabled": True}),
    ("dependabot_alerts", facts(node(hasVulnerabilityAlertsEnabled=False)), FAIL, {"enabled": False}),
    ("dependabot_alerts", facts(node(hasVulnerabilityAlertsEnabled=None)), ERROR, {}),
    ("dependabot_alerts", facts(node(hasVulnerabilityAlertsEnabled="yes")), ERROR, {}),
    (
        "codeowners",
        facts(),
        PASS,
        {
            "path": ".github/CODEOWNERS",
            "paths": [".github/CODEOWNERS"],
            "owners": ["@acme/platform", "@ann"],
            "errors": [],
        },
    ),
    (
        "codeowners",
        facts(
            node(
                codeownersInGithub=None,
                codeownersInRoot=blob("* ann@acme.example"),
                codeownersInDocs=blob("* @bob"),
                root=root("CODEOWNERS"),
                codeowners__errors=[{"kind": "Unknown owner", "path": "CODEOWNERS", "line": 1}],
            )
        ),
        PASS,
        {
            "path": "CODEOWNERS",
            "paths": ["CODEOWNERS", "docs/CODEOWNERS"],
            "owners": ["ann@acme.example"],
            "errors": ["Unknown owner"],
        },
    ),
    (
        "codeowners",
        facts(node(codeownersInGithub=blob("# nobody\n*\n"), codeownersInDocs=blob("* @bob"))),
        FAIL,
        {"path": ".github/CODEOWNERS", "paths": [".github/CODEOWNERS", "docs/CODEOWNERS"], "owners": []},
    ),
    (
        "codeowners",
        facts(node(codeownersInGithub=None, codeowners=None)),
        FAIL,
        {"path": None, "paths": [], "owners": [], "errors": []},
    ),
    ("codeowners", facts(node(codeownersInGithub={})), FAIL, {"path": None}),
    ("codeowners", facts(node(**EMPTY)), FAIL, {"path": None}),
    ("codeowners", facts(node(root=None)), ERROR, {}),
    ("codeowners", facts(node(root=root("CODEOWNERS"))), ERROR, {}),
    ("codeowners", facts(node(codeownersInGithub=blob(None))), ERROR, {}),
    ("codeowners", facts(node(codeownersInGithub={"isTruncated": True, "text": "# a"})), ERROR, {}),
    ("codeowners", facts(holes={("codeowners",): "it took too long"}), PASS, {"errors": None}),
    (
        "point_of_contact",
        facts(),
        PASS,
        {"contact": "team-api@acme.example", "source": "custom_property", "emails": None},
    ),
    ("point_of_contact", nothing(), PASS, {"source": "custom_property"}),
    (
        "point_of_contact",
        facts(custom_properties={"contact": ["Ann", " ", "Bob"]}),
        PASS,
        {"contact": "Ann, Bob", "source": "custom_property"},
    ),
    (
        "point_of_contact",
        facts(node(codeownersInGithub=blob("* @ann a@acme.example")), **NO_CONTACT),
        PASS,
        {"contact": "a@acme.example", "source": "codeowners", "emails": None},
    ),
    (
        "point_of_contact",
        facts(
            node(codeownersInGithub=blob("* @bob @Ann")), emails={"bob": None, "ann": "ann@acme.example"}, **NO_CONTACT
        ),
        PASS,
        {"contact": "ann@acme.example", "source": "owner", "emails": ["ann@acme.example"]},
    ),
    (
        "point_of_contact",
        facts(emails={"ann": None}, custom_properties={"contact": " ", "team": "x"}),
        FAIL,
        {"contact": None, "source": None, "emails": []},
    ),
    (
        "point_of_contact",
        facts(node(codeownersInGithub=None), custom_properties={}),
        FAIL,
        {"contact": None, "emails": []},
    ),
    (
        "point_of_contact",
        facts(node(codeownersInGithub=None), **NO_CONTACT),
        ERROR,
        {"error": "GitHub does not tell these credentials the custom properties"},
    ),
    ("point_of_contact", facts(**NO_CONTACT), ERROR, {}),
    ("point_of_contact", nothing(**NO_CONTACT), ERROR, {"error": "it took too long"}),
    (
        "branch_protection",
        facts(),
        PASS,
        {"source": "protection", "approvals": 2, "deletions": "restricted", "rulesets": []},
    ),
    (
        "branch_protection",
        facts(node(defaultBranchRef__branchProtectionRule=protection(1))),
        FAIL,
        {"source": "protection", "approvals": 1},
    ),
    (
        "branch_protection",
        facts(node(defaultBranchRef__branchProtectionRule=protection(reviews=False))),
        FAIL,
        {"source": "protection", "approvals": 0, "deletions": "restricted"},
    ),
    (
        "branch_protection",
        facts(node(defaultBranchRef__branchProtectionRule=protection(3, deletions=True))),
        FAIL,
        {"source": "protection", "approvals": 3, "deletions": "allowed"},
    ),
    (
        "branch_protection",
        facts(
            node(
                defaultBranchRef__branchProtectionRule=None,
                defaultBranchRef__rules=connection(
                    ruleset("DELETION", "base"),
                    ruleset("PULL_REQUEST", "reviews", requiredApprovingReviewCount=1),
                    ruleset("PULL_REQUEST", "base", requiredApprovingReviewCount=2),
                ),
            )
        ),
        PASS,
        {"source": "rulesets", "approvals": 2, "deletions": "restricted", "rulesets": ["base", "reviews"]},
    ),
    (
        "branch_protection",
        facts(
            node(
                defaultBranchRef__branchProtectionRule=protection(deletions=True),
                defaultBranchRef__rules=connection(ruleset("DELETION", "base")),
            )
        ),
        PASS,
        {"source": "both", "approvals": 2, "deletions": "restricted", "rulesets": ["base"]},
    ),
    (
        "branch_protection",
        facts(
            node(
                defaultBranchRef__branchProtectionRule=None,
                defaultBranchRef__rules=connection(ruleset("NON_FAST_FORWARD")),
            )
        ),
        FAIL,
        {"source": "rulesets", "approvals": 0, "deletions": "allowed", "rulesets": ["org"]},
    ),
    (
        "branch_protection",
        facts(node(defaultBranchRef__branchProtectionRule=None, refs=connection(branch("next")))),
        FAIL,
        {"source": None, "approvals": 0, "deletions": "allowed", "rulesets": []},
    ),
    (
        "branch_protection",
        facts(
            node(
                defaultBranchRef__branchProtectionRule=None,
                refs=connection({**branch("main", protected=False), "refUpdateRule": {"pattern": "main"}}),
            )
        ),
        ERROR,
        {},
    ),
    (
        "branch_protection",
        facts(
            node(
                defaultBranchRef__branchProtectionRule=None,
                defaultBranchRef__rules=connection(ruleset("UPDATE"), total=60),
            )
        ),
        ERROR,
        {},
    ),
    ("branch_protection", facts(node(defaultBranchRef__rules=connection(ruleset("PULL_REQUEST")))), ERROR, {}),
    ("branch_protection", facts(node(**EMPTY)), NOT_APPLICABLE, {"source": None}),
    ("repository_access", facts(), PASS, {"collaborators": [], "count": 0}),
    (
        "repository_access",
        facts(node(collaborators=connection({"login": "zoe"}, {"login": "eve"}, total=60))),
        FAIL,
        {"collaborators": ["eve", "zoe"], "count": 60},
    ),
    ("repository_access", facts(node(collaborators=None)), ERROR, {}),
    ("repository_access", facts(node(collaborators=connection(total=2))), FAIL, {"collaborators": [], "count": 2}),
    ("security_policy", facts(), PASS, {"enabled": True}),
    ("security_policy", facts(node(isSecurityPolicyEnabled=False)), FAIL, {"enabled": False}),
    ("security_policy", facts(node(isSecurityPolicyEnabled=None)), ERROR, {}),
]


@pytest.mark.parametrize(
    ("rule", "about", "result", "evidence"), CASES, ids=[f"{number}-{case[0]}" for number, case in enumerate(CASES)]
)
def test_a_rule(rule: str, about: Facts, result: str, evidence: dict[str, Any]) -> None:
    found, shown = check(rule, about)
    assert found == result, shown
    assert {name: shown[name] for name in evidence} == evidence
    assert (found == ERROR) == (shown.keys() == {"error"})


def test_every_rule_has_cases_of_what_can_be() -> None:
    seen = {rule.name: {result for name, _, result, _ in CASES if name == rule.name} for rule in RULES}
    assert [name for name, results in seen.items() if not results >= {PASS, FAIL}] == []
    applies_to_some = {rule.name for rule in RULES if rule.about != "all"}
    assert {name for name, results in seen.items() if NOT_APPLICABLE in results} == applies_to_some


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_an_archived_repository_need_keep_none(rule: Any) -> None:
    for about in (facts(node(isArchived=True)), nothing(archived=True)):
        assert check(rule.name, about) == (NOT_APPLICABLE, {"archived": True})
