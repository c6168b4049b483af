"""Whether issues and pull requests may be read: a search without the permission finds nothing, and says nothing."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.contributions.permissions import find_unseen
from chalicelib.github import Budget, GitHubAPI
from tests.github.local_server import LocalServer, Reply, Seen, reply


def certainties(server: LocalServer, counts: dict[str, int], repositories: Any, *, kind: str = "issues") -> list[bool]:
    """Whether each lack that is found is certain, where searches find so many items."""

    def answer(seen: Seen) -> Reply:
        if seen.path == "/orgs/acme/repos":
            return reply(200, repositories)
        words = parse_qs(urlsplit(seen.target).query)["q"][0].split()
        name = words[0] + (" is:open" if "is:open" in words else "")
        assert "org:acme" in words
        return reply(200, {"total_count": counts[name], "incomplete_results": False, "items": []})

    server.answer = answer
    with GitHubAPI("token", api_url=server.url, budget=Budget(sleep=lambda seconds: None)) as github:
        found = list(find_unseen(github, "acme", kind=kind))
    assert all(f"{kind}=read" in lack.sentence for lack in found)
    return [lack.certain for lack in found]


def test_what_is_found_may_be_read(server: LocalServer) -> None:
    assert certainties(server, {"is:issue": 1}, []) == []
    assert len(server.seen) == 1


@pytest.mark.parametrize("kind", ["issues", "pull_requests"])
def test_open_items_that_no_search_shows_prove_that_it_is_missing(server: LocalServer, kind: str) -> None:
    counts = {"issues": {"is:issue": 0, "is:pr is:open": 2}, "pull_requests": {"is:pr": 0, "is:issue is:open": 2}}[kind]
    repositories = [{"open_issues_count": 2}, {"open_issues_count": 1}]
    assert certainties(server, counts, repositories, kind=kind) == [True]


@pytest.mark.parametrize(
    "repositories",
    [[{"open_issues_count": 2}], [], None, [{}, {"open_issues_count": None}, "x"]],
    ids=["all are the others", "no repository", "nothing", "odd ones"],
)
def test_without_a_proof_there_may_just_be_none(server: LocalServer, repositories: Any) -> None:
    assert certainties(server, {"is:issue": 0, "is:pr is:open": 2}, repositories) == [False]
