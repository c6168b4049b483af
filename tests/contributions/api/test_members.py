"""Members: lists by role, and whether somebody is one now."""

from __future__ import annotations

import pytest

from chalicelib.contributions.api import MemberAPI
from chalicelib.errors import BadAnswerError, ForbiddenError
from chalicelib.github import GitHubAPI
from tests.github.local_server import LocalServer, reply


def test_the_members_with_a_role_come_page_by_page(server: LocalServer, github: GitHubAPI) -> None:
    following = {"Link": f'<{server.url}/orgs/acme/members?role=admin&per_page=100&page=2>; rel="next"'}
    server.replies = [reply(200, [{"id": 1}], following), reply(200, [{"id": 2}])]
    assert list(MemberAPI(github).fetch_members("acme", "admin")) == [[{"id": 1}], [{"id": 2}]]
    assert server.seen[0].target == "/orgs/acme/members?role=admin&per_page=100"


def test_what_is_no_list_is_not_taken(server: LocalServer, github: GitHubAPI) -> None:
    server.replies = [reply(200, {"members": []})]
    with pytest.raises(BadAnswerError, match="the answer is not a list"):
        list(MemberAPI(github).fetch_members("acme", "member"))


@pytest.mark.parametrize(("status", "is_member"), [(204, True), (404, False)])
def test_somebody_is_a_member_or_not(server: LocalServer, github: GitHubAPI, status: int, is_member: bool) -> None:
    server.replies = [reply(status, {"message": "Not Found"})]
    assert MemberAPI(github).fetch_is_member("acme", "a/b") is is_member
    assert server.seen[0].target == "/orgs/acme/members/a%2Fb"


def test_who_is_no_member_is_not_told_and_nothing_is_concluded(server: LocalServer, github: GitHubAPI) -> None:
    """GitHub leads them to the public members, where the others are missing."""
    server.replies = [reply(302, {}, {"Location": "/orgs/acme/public_members/ada"})]
    with pytest.raises(BadAnswerError, match="acme"):
        MemberAPI(github).fetch_is_member("acme", "ada")
    assert len(server.seen) == 1


def test_a_refusal_is_no_answer(server: LocalServer, github: GitHubAPI) -> None:
    server.replies = [reply(403, {"message": "Must have push access"})]
    with pytest.raises(ForbiddenError):
        MemberAPI(github).fetch_is_member("acme", "ada")
