"""Whether boards may be read."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.github import Budget, GitHubAPI
from chalicelib.projects.permissions import DATA, find_lacks
from tests.github.local_server import LocalServer
from tests.projects.api.conftest import refused, said
from tests.projects.api.test_boards import WHERE, boards
from tests.projects.nodes import board

SCOPE = {"type": "INSUFFICIENT_SCOPES", "message": "it requires one of the following scopes: ['read:project']"}


@pytest.mark.parametrize(
    ("answer", "lacks"),
    [
        (said(boards(board(5))), []),
        (said(boards()), []),
        (said({"organization": {"projectsV2": None}}, refused("FORBIDDEN", *WHERE)), ["FORBIDDEN says GitHub"]),
        (said({"organization": None}, refused("NOT_FOUND", "organization")), ["NOT_FOUND says GitHub"]),
        (said(None, SCOPE), ["it requires one of the following scopes: ['read:project']"]),
        # A server without boards
        (said(None, {"message": "Field 'projectsV2' doesn't exist on type 'Organization'"}), []),
    ],
)
def test_a_lack_is_said_with_githubs_words(server: LocalServer, answer: Any, lacks: list[str]) -> None:
    server.replies = [answer]
    with GitHubAPI("token", api_url=server.url, budget=Budget(sleep=lambda seconds: None)) as github:
        found = list(find_lacks(github, "acme"))
    assert [(lack.sentence.startswith(DATA), lack.certain) for lack in found] == [(True, True)] * len(lacks)
    assert all(lack.sentence.endswith(words) for lack, words in zip(found, lacks, strict=True))
