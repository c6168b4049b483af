"""A server on localhost that answers queries as a test says, and what asks it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from chalicelib.github import Budget, GitHubAPI
from chalicelib.projects.api import ProjectsAPI
from tests.github.local_server import LocalServer, Reply, reply

Errors = Sequence[dict[str, Any]]


def said(data: Any, *errors: dict[str, Any]) -> Reply:
    """An answer of GraphQL: what it has, and the errors beside it."""
    return reply(200, {"data": data, **({"errors": list(errors)} if errors else {})})


def refused(kind: str, *path: str | int) -> dict[str, Any]:
    return {"type": kind, "message": f"{kind} says GitHub", **({"path": list(path)} if path else {})}


@pytest.fixture
def api(server: LocalServer) -> Iterator[ProjectsAPI]:
    with GitHubAPI("token", api_url=server.url, budget=Budget(sleep=lambda seconds: None)) as github:
        yield ProjectsAPI(github)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """The texts and variables of the queries, as they are sent."""
    found: list[tuple[str, dict[str, Any]]] = []
    query: Callable[..., Any] = GitHubAPI.query

    def noted(self: GitHubAPI, text: str, variables: dict[str, Any], **options: Any) -> Any:
        found.append((text, json.loads(json.dumps(variables))))
        return query(self, text, variables, **options)

    monkeypatch.setattr(GitHubAPI, "query", noted)
    return found
