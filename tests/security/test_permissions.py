"""Whether security may be read; protection is not refused without the permission, but shown less of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.github import Budget, GitHubAPI
from chalicelib.ingest.permissions import Need
from chalicelib.security.permissions import NEEDS, find_hidden
from tests.github.local_server import LocalServer, Reply, reply
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


def certainties(server: LocalServer, answer: Reply) -> list[bool]:
    server.replies = [answer]
    with GitHubAPI("token", api_url=server.url, budget=Budget(sleep=lambda seconds: None)) as github:
        found = list(find_hidden(github, "acme"))
    assert all(lack.sentence.startswith("security features, protection and collaborators") for lack in found)
    return [lack.certain for lack in found]


SHOWN = [{"security_and_analysis": {"secret_scanning": {"status": "enabled"}}}]


@pytest.mark.parametrize(
    ("answer", "certain"),
    [
        (reply(200, SHOWN), []),
        (reply(200, []), []),
        (reply(200, {}), []),
        (reply(200, [{"name": "api"}]), [False]),
        (reply(200, [{"security_and_analysis": None}]), [False]),
        (reply(403, {"message": "no"}), [True]),
    ],
)
def test_what_is_not_shown_may_need_a_permission(server: LocalServer, answer: Reply, certain: Any) -> None:
    assert certainties(server, answer) == certain


def test_each_permission_is_declared() -> None:
    assert {need.permission for need in NEEDS} >= {"administration", "contents"}
