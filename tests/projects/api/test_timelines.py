"""What timelines tell of boards: all pages, and the rest where boards are forbidden."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib.errors import (
    ForbiddenError,
    QueryTooLargeError,
    SingleSignOnError,
    UnavailableError,
    UnprocessableError,
)
from chalicelib.github import QueryAnswer
from chalicelib.github.graphql import read_errors
from chalicelib.projects.api import ProjectsAPI
from tests.github.local_server import LocalServer
from tests.projects.api.conftest import refused, said
from tests.projects.nodes import PVT, Node, event

ADDED = event("AddedToProjectV2Event", 1, project={"id": PVT}, wasAutomated=False)
CLOSED = event("ClosedEvent", 2)


def timeline(key: str, *events: Any, after: str | None = None) -> Node:
    info = {"hasNextPage": after is not None, "endCursor": after}
    return {"__typename": "Issue", "id": key, "timelineItems": {"pageInfo": info, "nodes": list(events)}}


def both(keys: Iterable[str]) -> dict[str, list[Node]]:
    """What each of these items' timelines tells."""
    return {key: [ADDED, CLOSED] for key in keys}


@dataclass
class FakeGitHub:
    """Each item was added and closed; `refuse` raises, or gives what is answered instead."""

    refuse: Callable[[list[str], bool], Any] = lambda keys, with_boards: None
    asked: list[tuple[int, bool]] = field(default_factory=list)

    def query(self, text: str, variables: Mapping[str, Any], *, is_divisible: bool = False) -> QueryAnswer:
        keys, with_boards = list(variables["ids"]), "AddedToProjectV2Event" in text
        self.asked.append((len(keys), with_boards))
        events = [ADDED, CLOSED] if with_boards else [CLOSED]
        whole = {"nodes": [timeline(key, *events) for key in keys]}
        data, errors = self.refuse(keys, with_boards) or (whole, ())
        return QueryAnswer(data, read_errors({"errors": list(errors)}), None)

    @property
    def api(self) -> ProjectsAPI:
        return ProjectsAPI(self)  # type: ignore[arg-type]


def test_timelines_come_a_hundred_at_once() -> None:
    github = FakeGitHub()
    keys = [f"I_{number}" for number in range(150)]
    assert github.api.timelines([*keys, "I_0"]) == both(keys)
    assert github.asked == [(100, True), (50, True)]
    assert github.api.timelines([]) == {}


def test_all_pages_are_read(server: LocalServer, api: ProjectsAPI, asked: list[Any]) -> None:
    first, second = timeline("I_1", ADDED, after="c1"), timeline("I_1", CLOSED)
    server.replies = [said({"nodes": [first, timeline("I_2")]}), said({"nodes": [second]})]
    assert api.timelines(["I_1", "I_2"]) == {"I_1": [ADDED, CLOSED], "I_2": []}
    assert [variables for _, variables in asked] == [
        {"ids": ["I_1", "I_2"], "after": None},
        {"ids": ["I_1"], "after": "c1"},
    ]


def test_a_page_that_is_missing_makes_the_timeline_unknown(server: LocalServer, api: ProjectsAPI) -> None:
    server.replies = [said({"nodes": [timeline("I_1", ADDED, after="c1")]}), said({"nodes": [None]})]
    assert api.timelines(["I_1"]) == {"I_1": None}


def test_too_many_at_once_are_halved() -> None:
    def refuse(keys: list[str], with_boards: bool) -> None:
        if len(keys) > 2:
            raise QueryTooLargeError("too large")

    keys = [f"I_{number}" for number in range(5)]
    assert FakeGitHub(refuse).api.timelines(keys) == both(keys)


@pytest.mark.parametrize(
    ("node", "errors"),
    [
        (None, []),
        (None, [refused("NOT_FOUND", "nodes", 0)]),
        (timeline("I_other", CLOSED), []),
        (timeline("I_1", ADDED, None), []),
        (timeline("I_1", ADDED, None), [refused("INTERNAL", "nodes", 0, "timelineItems", "nodes", 1)]),
        ({"__typename": "DraftIssue", "id": "I_1"}, []),
    ],
)
def test_what_is_left_out_is_unknown_and_no_other_is(node: Any, errors: list[Any]) -> None:
    answer = {"nodes": [node, timeline("I_2", CLOSED)]}
    found = FakeGitHub(lambda keys, with_boards: (answer, errors)).api.timelines(["I_1", "I_2"])
    assert found == {"I_1": None, "I_2": [CLOSED]}


def test_an_event_of_a_board_that_is_hidden_is_left_out_alone() -> None:
    answer = {"nodes": [timeline("I_1", None, ADDED, CLOSED)]}
    error = refused("FORBIDDEN", "nodes", 0, "timelineItems", "nodes", 0)
    github = FakeGitHub(lambda keys, with_boards: (answer, [error]))
    assert github.api.timelines(["I_1"]) == {"I_1": [ADDED, CLOSED]}
    assert len(github.asked) == 1


def test_an_actor_that_is_hidden_takes_no_event_with_it() -> None:
    closed = {**CLOSED, "actor": None}
    error = refused("FORBIDDEN", "nodes", 0, "timelineItems", "nodes", 0, "actor")
    github = FakeGitHub(lambda keys, with_boards: ({"nodes": [timeline("I_1", closed)]}, [error]))
    assert github.api.timelines(["I_1"]) == {"I_1": [closed]}


def test_an_item_whose_boards_are_forbidden_says_when_it_was_closed() -> None:
    def refuse(keys: list[str], with_boards: bool) -> Any:
        if with_boards and "I_3" in keys:
            raise ForbiddenError("boards are forbidden")

    keys = [f"I_{number}" for number in range(8)]
    api = FakeGitHub(refuse).api
    assert api.timelines(keys) == {**both(keys), "I_3": [CLOSED]}
    assert not api.is_without_boards


def test_a_refusal_within_the_answer_is_asked_around() -> None:
    def refuse(keys: list[str], with_boards: bool) -> Any:
        nodes = [None if key == "I_1" else timeline(key, ADDED) for key in keys]
        return ({"nodes": nodes}, [refused("FORBIDDEN", "nodes", 1, "timelineItems")]) if with_boards else None

    assert FakeGitHub(refuse).api.timelines(["I_0", "I_1"]) == {"I_0": [ADDED], "I_1": [CLOSED]}


def test_where_all_boards_are_forbidden_they_are_soon_left_alone() -> None:
    def refuse(keys: list[str], with_boards: bool) -> Any:
        if with_boards:
            raise ForbiddenError("boards are forbidden")

    github = FakeGitHub(refuse)
    api, keys = github.api, [f"I_{number}" for number in range(200)]
    assert api.timelines(keys) == {key: [CLOSED] for key in keys}
    assert api.is_without_boards
    assert len(github.asked) < 60
    assert github.asked[-1] == (100, False)


@pytest.mark.parametrize("error", [SingleSignOnError, UnprocessableError, UnavailableError])
def test_a_failure_is_no_refusal_of_boards(error: type[Exception]) -> None:
    def refuse(keys: list[str], with_boards: bool) -> None:
        raise error("no")

    with pytest.raises(error):
        FakeGitHub(refuse).api.timelines(["I_1", "I_2"])
