"""Whether credentials may read what a domain needs: asked of GitHub, and never guessed."""

from __future__ import annotations

import pytest

from chalicelib.errors import UnauthorizedError
from chalicelib.github import Budget, GitHubAPI
from chalicelib.ingest.permissions import Lack, need_path
from tests.github.local_server import LocalServer, Reply, reply

NO_SEATS = reply(404, {"message": "Not Found"})
REFUSED = reply(
    403, {"message": "Resource not accessible"}, {"X-Accepted-GitHub-Permissions": "organization_copilot_seats=read"}
)


def lacks(server: LocalServer, answer: Reply, *, may_be_absent: bool = False) -> list[Lack]:
    server.replies = [answer]
    need = need_path("copilot", "Copilot's seats", "/orgs/{org}/copilot/billing", may_be_absent=may_be_absent)
    assert (need.permission, need.data) == ("copilot", "Copilot's seats")
    with GitHubAPI("token", api_url=server.url, budget=Budget(sleep=lambda seconds: None)) as github:
        return list(need.find_lacks(github, "acme"))


@pytest.mark.parametrize("answer", [reply(200, {"seats": 3}), reply(200, []), reply(204)], ids=["data", "[]", "204"])
def test_what_is_answered_is_allowed(server: LocalServer, answer: Reply) -> None:
    assert lacks(server, answer) == []
    assert [seen.path for seen in server.seen] == ["/orgs/acme/copilot/billing"]


def test_a_refusal_is_github_s_own_sentence_with_the_permission(server: LocalServer) -> None:
    words = "Copilot's seats: Resource not accessible (needs the permission organization_copilot_seats=read)"
    assert lacks(server, REFUSED) == lacks(server, REFUSED, may_be_absent=True) == [Lack(words, certain=True)]


def test_what_is_not_there_is_a_lack_unless_not_everybody_has_it(server: LocalServer) -> None:
    assert lacks(server, NO_SEATS) == [Lack("Copilot's seats: Not Found")]
    assert lacks(server, NO_SEATS, may_be_absent=True) == []


def test_a_token_that_is_refused_is_no_lack_of_a_permission(server: LocalServer) -> None:
    with pytest.raises(UnauthorizedError):
        lacks(server, reply(401, {"message": "Bad credentials"}))
