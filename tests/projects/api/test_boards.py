"""Boards and their fields: all pages, and what is left out is never taken for gone."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.errors import (
    BadAnswerError,
    ForbiddenError,
    GitHubError,
    IncompleteReadError,
    NotFoundError,
    UnprocessableError,
)
from chalicelib.projects.api import ProjectsAPI
from tests.github.local_server import LocalServer, Reply
from tests.projects.api.conftest import refused, said
from tests.projects.nodes import PVT, board, field

WHERE = ("organization", "projectsV2")


def boards(*nodes: Any, after: str | None = None) -> dict[str, Any]:
    info = {"hasNextPage": after is not None, "endCursor": after}
    return {"organization": {"id": "O_1", "projectsV2": {"totalCount": 3, "pageInfo": info, "nodes": list(nodes)}}}


def fields(*nodes: Any, after: str | None = None) -> dict[str, Any]:
    info = {"hasNextPage": after is not None, "endCursor": after}
    return {"node": {"id": PVT, "fields": {"pageInfo": info, "nodes": list(nodes)}}}


def test_boards_come_page_by_page(server: LocalServer, api: ProjectsAPI, asked: list[Any]) -> None:
    server.replies = [said(boards(board(5), board(6), after="c1")), said(boards(board(7, closed=True)))]
    assert [each["number"] for each in api.projects("acme")] == [5, 6, 7]
    assert [variables for _, variables in asked] == [{"org": "acme", "after": None}, {"org": "acme", "after": "c1"}]


@pytest.mark.parametrize(
    "answer",
    [
        said(boards(board(5), None, board(7))),
        said(boards(board(5), None, board(7)), refused("INTERNAL", *WHERE, "nodes", 1)),
        said(boards(board(5), board(6), board(7)), refused("INTERNAL", *WHERE, "nodes", 1, "items", "totalCount")),
    ],
)
def test_a_board_that_is_left_out_is_said_at_the_end(server: LocalServer, api: ProjectsAPI, answer: Reply) -> None:
    server.replies = [answer]
    found: list[int] = []
    with pytest.raises(IncompleteReadError, match="GitHub left out 1 of the boards of acme"):
        found.extend(each["number"] for each in api.projects("acme"))
    assert found == [5, 7]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (said({"organization": None}, refused("NOT_FOUND", "organization")), NotFoundError),
        (said({"organization": {"projectsV2": None}}, refused("FORBIDDEN", *WHERE)), ForbiddenError),
        (said({"organization": None}), NotFoundError),
        (said(None, refused("FORBIDDEN")), ForbiddenError),
        (said(None, {"message": "Field 'projectsV2' doesn't exist on type 'Organization'"}), UnprocessableError),
        (said(boards(board(5), after="c1")), BadAnswerError),
    ],
)
def test_no_answer_is_no_absence(
    server: LocalServer, api: ProjectsAPI, answer: Reply, error: type[GitHubError]
) -> None:
    server.replies = [answer] * 3
    with pytest.raises(error):
        list(api.projects("acme"))


def test_fields_come_page_by_page(server: LocalServer, api: ProjectsAPI) -> None:
    one, two = field("Status", "SINGLE_SELECT", "Todo"), field("Points", "NUMBER")
    server.replies = [said(fields(one, after="c1")), said(fields(two))]
    assert api.fields(PVT) == [one, two]


def test_a_field_that_is_left_out_is_no_absence(server: LocalServer, api: ProjectsAPI) -> None:
    server.replies = [said(fields(field("Points", "NUMBER"), None))]
    with pytest.raises(IncompleteReadError, match=f"GitHub left out 1 of the fields of board {PVT}"):
        api.fields(PVT)
