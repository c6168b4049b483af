"""Where an issue is now: each move is followed, and what is gone is nothing."""

from __future__ import annotations

import pytest

from chalicelib.contributions.api import IssuePlace, TransferAPI
from chalicelib.contributions.api.transfers import MAX_MOVES
from chalicelib.errors import BadAnswerError, ForbiddenError
from chalicelib.github import GitHubAPI
from tests.github.local_server import LocalServer, Reply, reply

FOUND = {"id": 7, "number": 3}
PLACE = IssuePlace("acme", "web", 3)


def moved(server: LocalServer, path: str) -> Reply:
    return reply(301, {"message": "Moved Permanently"}, {"Location": f"{server.url}{path}"})


def test_an_issue_that_stays_is_given(server: LocalServer, github: GitHubAPI) -> None:
    server.replies = [reply(200, FOUND)]
    assert TransferAPI(github).fetch_item(PLACE) == FOUND
    assert [seen.path for seen in server.seen] == ["/repos/acme/web/issues/3"]


def test_each_move_is_followed(server: LocalServer, github: GitHubAPI) -> None:
    places = ["/repos/acme/api/issues/9", "/repositories/5/issues/9"]
    server.replies = [*(moved(server, place) for place in places), reply(200, FOUND)]
    assert TransferAPI(github).fetch_item(PLACE) == FOUND
    assert [seen.path for seen in server.seen] == ["/repos/acme/web/issues/3", *places]


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone_is_nothing_also_after_a_move(server: LocalServer, github: GitHubAPI, status: int) -> None:
    server.replies = [moved(server, "/repos/acme/api/issues/9"), reply(status, {"message": "gone"})]
    assert TransferAPI(github).fetch_item(PLACE) is None


def test_a_refusal_is_not_taken_for_gone(server: LocalServer, github: GitHubAPI) -> None:
    server.replies = [reply(403, {"message": "Resource not accessible"})]
    with pytest.raises(ForbiddenError):
        TransferAPI(github).fetch_item(PLACE)


def test_moves_in_a_circle_end(server: LocalServer, github: GitHubAPI) -> None:
    server.answer = lambda seen: moved(server, "/repos/acme/web/issues/3")
    with pytest.raises(BadAnswerError, match=str(MAX_MOVES)):
        TransferAPI(github).fetch_item(PLACE)
    assert len(server.seen) == MAX_MOVES


@pytest.mark.parametrize("number", [4, True, "3", None, 3.0])
def test_another_issue_than_the_one_asked_for_is_not_taken(
    server: LocalServer, github: GitHubAPI, number: object
) -> None:
    """It was stored as the place where the asked one had moved to."""
    server.replies = [reply(200, {"id": 8, "number": number})]
    with pytest.raises(BadAnswerError, match="issues/3: the answer is not issue 3, and names no move"):
        TransferAPI(github).fetch_item(PLACE)


@pytest.mark.parametrize(
    "body", [[], {"number": 3}, "x", {"id": "7", "number": 3}, {"id": True, "number": 3}], ids=repr
)
def test_what_is_no_issue_is_not_taken(server: LocalServer, github: GitHubAPI, body: object) -> None:
    server.replies = [reply(200, body)]
    with pytest.raises(BadAnswerError, match="the answer is not an issue"):
        TransferAPI(github).fetch_item(PLACE)


@pytest.mark.parametrize(("number", "path"), [(None, "/repos/acme/web/issues/3"), (12, "/repositories/12/issues/3")])
def test_a_repository_is_asked_by_its_id_where_it_is_known(number: int | None, path: str) -> None:
    """A name may be another repository's by now."""
    place = IssuePlace("acme", "web", 3, number)
    assert (place.path, place.name) == (path, "acme/web#3")
