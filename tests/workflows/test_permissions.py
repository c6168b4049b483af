"""Whether runs of workflows may be read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.github import Budget, GitHubAPI
from chalicelib.workflows.permissions import RUNS, find_unseen_runs
from tests.organisation import NEEDED, organisation


def lacks(permissions: dict[str, str], *, odd: Any = None) -> list[tuple[str, bool]]:
    with organisation("sqlite://", items=1, repositories=2) as org:
        token = org.sandbox.tokens.add("fine-grained", ["acme"], permissions=permissions)
        if odd is not None:
            org.sandbox.oddities.tell(odd)
        with GitHubAPI(token.value, api_url=org.sandbox.url, budget=Budget(sleep=lambda seconds: None)) as github:
            return [(lack.sentence, lack.certain) for lack in find_unseen_runs(github, "acme")]


def test_what_may_be_read_lacks_nothing() -> None:
    assert lacks({**NEEDED, "actions": "read"}) == []


def test_a_token_without_the_permission_is_told_so() -> None:
    [(sentence, is_certain)] = lacks({name: "read" for name in NEEDED if name != "actions"})
    assert sentence.startswith(f"{RUNS}: Resource not accessible by ")
    assert is_certain


@pytest.mark.parametrize("body", [[], {}, ["x"], [{}], [{"id": "7"}]])
def test_where_there_is_no_repository_nothing_is_known_to_be_lacking(body: Any) -> None:
    assert lacks(NEEDED, odd=lambda request, answer: replace(answer, data=body)) == []
