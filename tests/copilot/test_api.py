"""Copilot's answers from a small server: what is odd is refused with one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from chalicelib.copilot import api
from chalicelib.copilot.api import MAX_LINKS, ORGANIZATION_DAY, CopilotAPI
from chalicelib.errors import BadAnswerError, SingleSignOnError
from chalicelib.github import Budget, GitHubAPI
from tests.github.local_server import LocalServer, reply


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


@pytest.mark.parametrize("total", [-1, True, 1.5, "1", None, 10**30])
def test_a_number_of_seats_beyond_belief_is_not_taken(server: LocalServer, copilot: CopilotAPI, total: object) -> None:
    server.replies = [reply(200, {"total_seats": total, "seats": []})]
    with pytest.raises(BadAnswerError, match="the answer is not a list of seats"):
        list(copilot.fetch_seats("acme"))


def test_more_links_than_a_report_has_files_are_not_followed(server: LocalServer, copilot: CopilotAPI) -> None:
    links = [f"{server.url}/{number}" for number in range(MAX_LINKS + 1)]
    server.replies = [reply(200, {"download_links": links, "report_day": "2026-05-01"})]
    with (
        pytest.raises(BadAnswerError, match="the answer holds no download links"),
        copilot.open_report("acme", ORGANIZATION_DAY),
    ):
        pass
    assert len(server.seen) == 1


def test_another_day_than_the_one_asked_for_is_not_taken(server: LocalServer, copilot: CopilotAPI) -> None:
    server.replies = [reply(200, {"download_links": [f"{server.url}/1"], "report_day": "2026-05-02"})]
    with (
        pytest.raises(BadAnswerError, match=r"the report is not of 2026-05-01, which was asked for"),
        copilot.open_report("acme", ORGANIZATION_DAY, date(2026, 5, 1)),
    ):
        pass


def deep(levels: int) -> bytes:
    return b'{"a": ' * levels + b"7" + b"}" * levels


def records(server: LocalServer, copilot: CopilotAPI, content: bytes) -> list[Any]:
    links = {"download_links": [f"{server.url}/report"], "report_day": "2026-05-01"}
    server.replies = [reply(200, links), reply(200, content)]
    with copilot.open_report("acme", ORGANIZATION_DAY) as report:
        assert report is not None
        return list(report.records())


@pytest.mark.parametrize(
    "content",
    [deep(100_000), b'{"a": 1}\n' + deep(100_000), b'{"day_totals":\n' + deep(100_000) + b"}"],
    ids=["one text", "a line", "many lines"],
)
def test_a_report_that_is_nested_too_deeply_is_named(server: LocalServer, copilot: CopilotAPI, content: bytes) -> None:
    with pytest.raises(BadAnswerError, match="a report is not JSON"):
        records(server, copilot, content)


@pytest.mark.parametrize("content", [b'{"a": 1}\n%b', b"%b", b'{"a":\n%b}'], ids=["a line", "first", "many lines"])
def test_a_text_that_is_too_large_for_the_memory_is_left(
    server: LocalServer, copilot: CopilotAPI, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file may have 2 GB, on disk; one of its lines, or one JSON text, went into memory whole."""
    monkeypatch.setattr(api, "LARGEST_TEXT", 1_000)
    with pytest.raises(BadAnswerError, match="in one JSON text"):
        records(server, copilot, content % (b'"' + b"x" * 2_000 + b'"'))
    many = b'{"a": 1}\n' * 1_000
    assert records(server, copilot, many) == [{"a": 1}] * 1_000
