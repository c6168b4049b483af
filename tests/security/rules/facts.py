"""A repository that keeps every rule, as GitHub shows it; tests change what they are about."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from chalicelib.security.rules import RULES, Tuning
from chalicelib.security.rules.facts import Facts, Known

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
OWNERS = "* @acme/platform @ann"

KNOWN = Known(
    name="api",
    visibility="public",
    archived=False,
    created_at=datetime(2020, 1, 1, tzinfo=UTC),
    pushed_at=datetime(2026, 6, 1, tzinfo=UTC),
    secret_scanning="enabled",
    push_protection="enabled",
    custom_properties={"contact": "team-api@acme.example"},
)


def blob(text: str | None) -> dict[str, Any]:
    return {"byteSize": len(text or ""), "isTruncated": False, "text": text}


def commit(oid: str, *, signed: bool = True, valid: bool = True) -> dict[str, Any]:
    return {"oid": oid, "signature": {"isValid": valid, "state": "VALID"} if signed else None}


def branch(name: str, *, protected: bool = True) -> dict[str, Any]:
    return {"name": name, "branchProtectionRule": {"pattern": name} if protected else None, "refUpdateRule": None}


def protection(approvals: int = 2, *, deletions: bool = False, reviews: bool = True) -> dict[str, Any]:
    return {
        "pattern": "main",
        "allowsDeletions": deletions,
        "allowsForcePushes": False,
        "isAdminEnforced": True,
        "requiresApprovingReviews": reviews,
        "requiredApprovingReviewCount": approvals if reviews else None,
        "requiresCommitSignatures": False,
    }


def ruleset(kind: str, name: str = "org", **parameters: Any) -> dict[str, Any]:
    return {"type": kind, "parameters": parameters or None, "repositoryRuleset": {"name": name}}


def pull(login: str | None, association: str = "MEMBER", kind: str = "User") -> dict[str, Any]:
    author = {"__typename": kind, "login": login} if login else None
    return {"authorAssociation": association, "author": author}


def connection(*nodes: Any, total: int | None = None) -> dict[str, Any]:
    return {"totalCount": len(nodes) if total is None else total, "nodes": list(nodes)}


def root(*files: str, folders: tuple[str, ...] = (".github",)) -> dict[str, Any]:
    entries = [{"name": name, "type": "blob"} for name in files]
    return {"entries": entries + [{"name": name, "type": "tree"} for name in folders]}


NODE: dict[str, Any] = {
    "id": "R_1",
    "nameWithOwner": "acme/api",
    "isArchived": False,
    "visibility": "PUBLIC",
    "pushedAt": "2026-06-01T00:00:00Z",
    "hasVulnerabilityAlertsEnabled": True,
    "isSecurityPolicyEnabled": True,
    "licenseInfo": {"spdxId": "MIT"},
    "defaultBranchRef": {
        "name": "main",
        "branchProtectionRule": protection(),
        "rules": connection(),
        "target": {"history": {"nodes": [commit("a"), commit("b")]}},
    },
    "refs": connection(branch("main"), branch("next")),
    "root": root("README.md", "LICENSE", ".gitignore"),
    "codeownersInRoot": None,
    "codeownersInGithub": blob(OWNERS),
    "codeownersInDocs": None,
    "codeowners": {"errors": []},
    "pullRequests": connection(pull("ann")),
    "collaborators": connection(),
}
EMPTY: dict[str, Any] = {
    "defaultBranchRef": None,
    "refs": connection(),
    "root": None,
    "codeownersInGithub": None,
    "codeowners": None,
    "pullRequests": connection(),
    "pushedAt": None,
}


def node(**changes: Any) -> dict[str, Any]:
    """A repository's node; `defaultBranchRef__name` changes the name within `defaultBranchRef`."""
    made = copy.deepcopy(NODE)
    for path, value in changes.items():
        *parents, last = path.split("__")
        part = made
        for parent in parents:
            part = part[parent]
        part[last] = value
    return made


def facts(
    answer: Mapping[str, Any] | None = None,
    *,
    holes: Mapping[Any, str] | None = None,
    members: tuple[str, ...] = (),
    emails: Mapping[str, str | None] | None = None,
    **known: Any,
) -> Facts:
    """All that is known of a repository; its row is changed by keywords."""
    return Facts(
        known=replace(KNOWN, **known),
        node=NODE if answer is None else answer,
        now=NOW,
        holes=holes or {},
        members=frozenset(members),
        emails=emails or {},
    )


def nothing(**known: Any) -> Facts:
    """A repository about which GitHub did not answer."""
    return Facts(replace(KNOWN, **known), None, NOW, holes={(): "it took too long"})


OF = {rule.name: rule for rule in RULES}


def check(rule: str, about: Facts, **tuning: Any) -> tuple[str, dict[str, Any]]:
    verdict = OF[rule].check(about, Tuning(**tuning))
    assert verdict.message
    return verdict.result, verdict.evidence
