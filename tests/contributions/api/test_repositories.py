"""What repositories' own lists show: which are asked for, and what counts as an answer."""

from __future__ import annotations

import pytest

from chalicelib.contributions.api import ISSUES, PULL_REQUESTS, RepositoryAPI
from chalicelib.errors import BadAnswerError, ForbiddenError
from chalicelib.github import GitHubAPI
from tests.github.local_server import LocalServer, reply


def test_repositories_with_open_items_come_first(server: LocalServer, github: GitHubAPI) -> None:
    counts = {"acme/a": 0, "acme/b": 3, "acme/c": None, "acme/d": 1}
    server.replies = [reply(200, [*({"full_name": name, "open_issues_count": n} for name, n in counts.items()), "?"])]
    assert RepositoryAPI(github).fetch_names("acme") == ["acme/b", "acme/d", "acme/a", "acme/c"]
    assert server.seen[0].target == "/orgs/acme/repos?per_page=100&sort=pushed&direction=desc"


def test_the_list_of_issues_has_pull_requests_too(server: LocalServer, github: GitHubAPI) -> None:
    server.replies = [reply(200, [{"id": 1}, {"id": 2, "pull_request": {}}]), reply(200, [{"id": 3}])]
    api = RepositoryAPI(github)
    assert api.fetch_newest("acme/a", ISSUES, by="created") == [{"id": 1}]
    assert api.fetch_newest("acme/a", PULL_REQUESTS, by="updated") == [{"id": 3}]
    assert [seen.target for seen in server.seen] == [
        "/repos/acme/a/issues?per_page=100&state=all&sort=created&direction=desc",
        "/repos/acme/a/pulls?per_page=100&state=all&sort=updated&direction=desc",
    ]


@pytest.mark.parametrize("status", [404, 410])
def test_a_list_that_cannot_be_seen_shows_nothing(server: LocalServer, github: GitHubAPI, status: int) -> None:
    server.replies = [reply(status, {"message": "Issues are disabled for this repo"})]
    assert RepositoryAPI(github).fetch_newest("acme/a", ISSUES, by="created") == []


def test_a_list_that_is_refused_is_no_absence(server: LocalServer, github: GitHubAPI) -> None:
    server.replies = [reply(403, {"message": "Resource not accessible by integration"}), reply(200, {"a": 1})]
    for error in (ForbiddenError, BadAnswerError):
        with pytest.raises(error):
            RepositoryAPI(github).fetch_newest("acme/a", PULL_REQUESTS, by="created")
