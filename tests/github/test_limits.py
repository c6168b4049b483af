from __future__ import annotations

import pytest

from chalicelib.errors import BadAnswerError
from chalicelib.github import GitHubAPI, RateLimit, fetch_hourly_limits
from tests.github.local_server import LocalServer, reply

CORE = {"limit": 5000, "used": 4988, "remaining": 12, "reset": 1_780_318_800}
GRAPHQL = {"limit": 5000, "used": 1, "remaining": 4999, "reset": 1_780_316_000, "resource": "graphql"}
SEARCH = {"limit": 30, "used": 30, "remaining": 0, "reset": 1_780_315_260}


def test_what_resets_once_an_hour_is_given(server: LocalServer) -> None:
    server.answer = lambda _seen: reply(body={"resources": {"search": SEARCH, "graphql": GRAPHQL, "core": CORE}})
    assert fetch_hourly_limits(GitHubAPI("t", api_url=server.url)) == [
        RateLimit(5000, 12, 4988, 1_780_318_800, "core"),
        RateLimit(5000, 4999, 1, 1_780_316_000, "graphql"),
    ]
    assert [seen.path for seen in server.seen] == ["/rate_limit"]


def test_a_server_without_limits_has_none(server: LocalServer) -> None:
    server.answer = lambda _seen: reply(404, {"message": "Rate limiting is not enabled."})
    assert fetch_hourly_limits(GitHubAPI("t", api_url=server.url)) == []


@pytest.mark.parametrize("body", [[], {}, {"resources": {"core": {"limit": 5000}}}, {"resources": {"core": None}}])
def test_an_answer_of_another_form_is_no_permission(server: LocalServer, body: object) -> None:
    server.answer = lambda _seen: reply(body=body)
    with pytest.raises(BadAnswerError, match="the answer has no rate limits"):
        fetch_hourly_limits(GitHubAPI("t", api_url=server.url))
