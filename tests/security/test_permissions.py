from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.github import GitHubAPI
from chalicelib.ingest.permissions import Need
from chalicelib.security.permissions import NEEDS
from tests.organisation import ORG, Organisation, organisation

ALERTS = [
    need for need in NEEDS if need.permission in {"vulnerability_alerts", "secret_scanning_alerts", "security_events"}
]


@pytest.fixture
def org(sqlite_url: str) -> Iterator[Organisation]:
    with organisation(sqlite_url, items=10, days=10, repositories=1) as running:
        yield running


def lacks(org: Organisation, permission: str, **granted: str) -> list[str]:
    org.sandbox.tokens.add("narrow", [ORG], permissions={"metadata": "read", **granted})
    need = next(need for need in NEEDS if need.permission == permission)
    with GitHubAPI("narrow", api_url=org.sandbox.url) as github:
        return [lack.sentence for lack in need.find_lacks(github, ORG)]


@pytest.mark.parametrize("need", ALERTS, ids=lambda need: need.permission)
def test_a_missing_permission_is_found(org: Organisation, need: Need) -> None:
    permission = need.permission
    assert len(lacks(org, permission)) == 1
    assert lacks(org, permission, **{permission: "read"}) == []


def test_a_feature_that_is_off_needs_no_permission(org: Organisation) -> None:
    security = org.sandbox.world.organisations[ORG].security
    security.dependabot = security.secret_scanning = security.code_scanning = False
    for need in ALERTS:
        assert lacks(org, need.permission, **{need.permission: "read"}) == []
