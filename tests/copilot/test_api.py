"""Copilot's answers from a small server: what is odd is refused with one sentence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.copilot.api import CopilotAPI
from chalicelib.errors import SingleSignOnError
from chalicelib.github import Budget, GitHubAPI
from tests.github.local_server import LocalServer, reply


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = LocalServer()
    yield server
    server.close()


@pytest.fixture
def copilot(server: LocalServer) -> Iterator[CopilotAPI]:
    with GitHubAPI("token", api_url=server.url, budget=Budget(sleep=lambda seconds: None)) as github:
        yield CopilotAPI(github)


def test_single_sign_on_is_no_policy_that_is_off(server: LocalServer, copilot: CopilotAPI) -> None:
    sso = {"X-GitHub-SSO": "required; url=https://github.com/orgs/acme/sso?authorization_request=SeCrEt"}
    server.replies = [reply(403, {"message": "Resource protected by organization SAML enforcement"}, sso)]
    with pytest.raises(SingleSignOnError) as raised:
        copilot.fetch_billing("acme")
    assert raised.value.message == (
        "Resource protected by organization SAML enforcement: authorise the token for the organisation's single "
        "sign-on (SSO)"
    )
