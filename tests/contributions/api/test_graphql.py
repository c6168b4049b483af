"""Many things in a query: what is too large is halved, and what is left out is None, never nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib.contributions.api import GraphQLAPI
from chalicelib.errors import (
    BadAnswerError,
    ForbiddenError,
    NotFoundError,
    QueryTooLargeError,
    UnauthorizedError,
    UnavailableError,
)
from chalicelib.github import GitHubAPI, QueryAnswer, QueryError
from chalicelib.github.graphql import read_errors

SERVER = {
    "issues": {"possibleTypes": [{"name": "PinnedEvent", "fields": [{"name": "id"}]}]},
    "pulls": {"possibleTypes": [{"name": "AddedToProjectV2Event", "fields": [{"name": "id"}, {"name": "project"}]}]},
}
Answer = Callable[[str, Mapping[str, Any], bool], Any]


@dataclass
class FakeGitHub:
    """Answers queries as a test says; the answer to what the server knows comes by itself."""

    answer: Answer
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def query(self, text: str, variables: Mapping[str, Any], *, is_divisible: bool = False) -> QueryAnswer:
        if text.startswith("query Server"):
            return QueryAnswer(json.loads(json.dumps(SERVER)), (), None)
        self.asked.append((text, variables))
        data, errors = self.answer(text, variables, is_divisible)
        return QueryAnswer(data, read_errors({"errors": errors}), None)


def api_of(answer: Answer) -> tuple[GraphQLAPI, FakeGitHub]:
    fake = FakeGitHub(answer)
    return GraphQLAPI(fake), fake  # type: ignore[arg-type]


def timeline(key: str, **more: Any) -> dict[str, Any]:
    page = {"totalCount": 1, "pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": [pinned(1)]}
    return {"__typename": "Issue", "id": key, "updatedAt": "2026-05-01T00:00:00Z", "timelineItems": page | more}


def pinned(number: int) -> dict[str, Any]:
    return {"__typename": "PinnedEvent", "id": f"PIE_{number}", "createdAt": "2026-05-01T00:00:00Z", "actor": None}


def nodes_of(variables: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The items of each alias, as they were asked for."""
    aliases = {name: ids for name, ids in variables.items() if not name.endswith("Types")}
    return {name: [timeline(key) for key in ids] for name, ids in aliases.items()}


KEYS = [f"I_{number}" for number in range(8)]


def test_closed_and_open_ones_are_asked_in_aliases_of_their_own() -> None:
    api, fake = api_of(lambda _, variables, __: (nodes_of(variables), ()))
    pages = api.fetch_first_pages({key: number % 2 == 0 for number, key in enumerate(KEYS)})
    assert {key: page and page.total for key, page in pages.items()} == dict.fromkeys(KEYS, 1)
    [(text, variables)] = fake.asked
    assert (variables["open0"], variables["items0"]) == (KEYS[0::2], KEYS[1::2])
    assert text.count("...Requests") == 1
    assert variables["issueTypes"] == ["PINNED_EVENT"]


def test_a_hundred_are_two_aliases_of_fifty() -> None:
    api, fake = api_of(lambda _, variables, __: (nodes_of(variables), ()))
    assert len(api.fetch_first_pages({f"I_{number}": False for number in range(100)})) == 100
    [(_, variables)] = fake.asked
    assert [len(ids) for name, ids in variables.items() if name.startswith("items")] == [50, 50]


def test_a_query_that_is_too_large_is_halved_until_it_is_answered() -> None:
    def answer(_: str, variables: Mapping[str, Any], is_divisible: bool) -> Any:
        if len(variables["ids"]) > 2:
            raise QueryTooLargeError("too large")
        return {"nodes": [timeline(key) for key in variables["ids"]]}, ()

    api, fake = api_of(answer)
    assert api.fetch_counts(KEYS) == dict.fromkeys(KEYS, 1)
    assert [len(variables["ids"]) for _, variables in fake.asked] == [8, 4, 2, 2, 4, 2, 2]


def test_the_caller_learns_of_halving() -> None:
    halved: list[int] = []

    def answer(_: str, variables: Mapping[str, Any], is_divisible: bool) -> Any:
        if len(variables["items0"]) > 4:
            raise QueryTooLargeError("too large")
        return nodes_of(variables), ()

    api, _ = api_of(answer)
    api.fetch_first_pages(dict.fromkeys(KEYS, False), on_halved=lambda: halved.append(1))
    assert halved == [1]


def test_one_that_can_not_be_had_even_alone_is_left_out() -> None:
    def answer(_: str, variables: Mapping[str, Any], is_divisible: bool) -> Any:
        if "I_3" in variables["ids"]:
            raise (QueryTooLargeError if is_divisible else UnavailableError)("took too long")
        return {"nodes": [timeline(key) for key in variables["ids"]]}, ()

    api, _ = api_of(answer)
    assert api.fetch_counts(KEYS) == {**dict.fromkeys(KEYS, 1), "I_3": None}


def test_an_outage_is_no_absence() -> None:
    """Each item failed alone: after a few, nothing is asked any more."""

    def answer(_: str, __: Mapping[str, Any], is_divisible: bool) -> Any:
        raise (QueryTooLargeError if is_divisible else UnavailableError)("502")

    api, fake = api_of(answer)
    with pytest.raises(UnavailableError):
        api.fetch_counts(KEYS)
    assert len(fake.asked) < 10


@pytest.mark.parametrize("kind", ["NOT_FOUND", "FORBIDDEN", "SOMETHING_NEW"])
def test_an_error_within_one_leaves_out_that_one(kind: str) -> None:
    def answer(_: str, variables: Mapping[str, Any], __: bool) -> Any:
        nodes = [timeline(key) for key in variables["ids"]]
        return {"nodes": nodes}, [{"type": kind, "message": "no", "path": ["nodes", 2, "timelineItems"]}]

    api, _ = api_of(answer)
    assert api.fetch_counts(KEYS) == {**dict.fromkeys(KEYS, 1), "I_2": None}


def test_an_error_that_belongs_nowhere_is_looked_for_by_halving() -> None:
    def answer(_: str, variables: Mapping[str, Any], __: bool) -> Any:
        errors = [{"message": "something is odd"}] if "I_5" in variables["ids"] else []
        return {"nodes": [timeline(key) for key in variables["ids"]]}, errors

    api, fake = api_of(answer)
    keys = [f"I_{number}" for number in range(100)]
    found = api.fetch_counts(keys)
    assert [key for key in keys if found[key] is None] == keys[:25]
    assert [len(variables["ids"]) for _, variables in fake.asked] == [100, 50, 25, 25, 50]


@pytest.mark.parametrize(
    "odd",
    [
        None,
        {},
        {"id": "I_2"},
        timeline("I_2", nodes=None),
        timeline("I_2", pageInfo=None),
        timeline("I_2", nodes=[{"id": "x"}]),
        timeline("I_2", nodes=[{"__typename": "FromTheFutureEvent", "id": "x"}]),
        {"__typename": "Issue", "id": "I_2", "timelineItems": None},
    ],
)
def test_an_odd_item_is_left_out(odd: Any) -> None:
    def answer(_: str, variables: Mapping[str, Any], __: bool) -> Any:
        nodes = nodes_of(variables)
        nodes["items0"][2] = odd
        return nodes, ()

    api, _ = api_of(answer)
    pages = api.fetch_first_pages(dict.fromkeys(KEYS, False))
    assert [key for key, page in pages.items() if page is None] == ["I_2"]


def test_events_that_are_left_out_are_counted() -> None:
    def answer(_: str, variables: Mapping[str, Any], __: bool) -> Any:
        return {"items0": [timeline("I_0", nodes=[pinned(1), None, pinned(2)], totalCount=3)]}, ()

    api, _ = api_of(answer)
    page = api.fetch_first_pages({"I_0": False})["I_0"]
    assert page is not None
    assert (len(page.nodes), page.holes, page.total) == (2, 1, 3)


@pytest.mark.parametrize("whole_call", [True, False])
def test_where_boards_are_forbidden_their_events_are_not_asked_for(*, whole_call: bool) -> None:
    """One forbidden board voids the whole answer."""

    def answer(_: str, variables: Mapping[str, Any], __: bool) -> Any:
        if "ADDED_TO_PROJECT_V2_EVENT" in variables["pullTypes"]:
            if whole_call:
                raise ForbiddenError("OAuth App access restrictions")
            path = ["items0", 0, "timelineItems", "nodes", 0, "project"]
            return nodes_of(variables), [{"type": "FORBIDDEN", "message": "no", "path": path}]
        return nodes_of(variables), ()

    api, fake = api_of(answer)
    assert all(api.fetch_first_pages(dict.fromkeys(KEYS, False)).values())
    assert all(api.fetch_first_pages(dict.fromkeys(KEYS, False)).values())
    assert [variables["pullTypes"] for _, variables in fake.asked] == [["ADDED_TO_PROJECT_V2_EVENT"], [], []]
    assert "added_to_project_v2" not in api.kinds


def test_what_is_forbidden_for_another_reason_is_an_error() -> None:
    def answer(*_: Any) -> Any:
        raise ForbiddenError("no")

    api, _ = api_of(answer)
    with pytest.raises(ForbiddenError):
        api.fetch_first_pages({"I_0": False})


@pytest.mark.parametrize("error", [NotFoundError("no"), ForbiddenError("no"), BadAnswerError("no")])
def test_a_server_without_it_says_so(error: Exception) -> None:
    class Without:
        def query(self, *_: Any, **__: Any) -> QueryAnswer:
            raise error

    github: Any = Without()
    assert GraphQLAPI(github).refusal() == "no"


@pytest.mark.parametrize("data", [{}, {"issues": None, "pulls": None}, {"issues": {"possibleTypes": [{}]}}])
def test_a_server_that_does_not_say_what_it_knows_is_not_asked(data: Any) -> None:
    class Odd:
        def query(self, *_: Any, **__: Any) -> QueryAnswer:
            return QueryAnswer(data, (), None)

    github: Any = Odd()
    assert GraphQLAPI(github).refusal() == "the server does not say what timelines hold"


def test_wrong_credentials_are_an_error() -> None:
    class Refusing:
        def query(self, *_: Any, **__: Any) -> QueryAnswer:
            raise UnauthorizedError("Bad credentials")

    github: Any = Refusing()
    with pytest.raises(UnauthorizedError):
        GraphQLAPI(github).refusal()


# The comments of threads


def comments(numbers: Sequence[int], *, total: int, cursor: str | None = None) -> dict[str, Any]:
    info = {"hasNextPage": cursor is not None, "endCursor": cursor}
    nodes = [{"id": f"PRRC_{number}"} for number in numbers]
    return {"id": "PRRT_1", "comments": {"totalCount": total, "pageInfo": info, "nodes": nodes}}


def test_a_long_thread_is_read_to_its_end() -> None:
    def answer(_: str, variables: Mapping[str, Any], __: bool) -> Any:
        first = comments([1, 2], total=3, cursor="c")
        return {"nodes": [comments([3], total=3) if variables.get("after") == "c" else first]}, ()

    api, _ = api_of(answer)
    found = api.fetch_comments(["PRRT_1"])["PRRT_1"]
    assert [comment["id"] for comment in found or ()] == ["PRRC_1", "PRRC_2", "PRRC_3"]


@pytest.mark.parametrize(
    "thread",
    [
        comments([1], total=2),
        comments([1, 2, 3], total=2, cursor="c"),
        comments([], total=2, cursor="c"),
        {"id": "PRRT_1", "comments": None},
        {"id": "PRRT_1", "comments": {"totalCount": 1, "pageInfo": None, "nodes": [None]}},
    ],
)
def test_a_thread_that_is_not_whole_is_left_out(thread: Any) -> None:
    api, _ = api_of(lambda *_: ({"nodes": [thread]}, ()))
    assert api.fetch_comments(["PRRT_1"]) == {"PRRT_1": None}


def test_the_fake_is_asked_as_the_client_is() -> None:
    """So that these tests say something of the real one."""
    assert QueryError.__dataclass_fields__.keys() >= {"type", "message", "path"}
    assert set(GitHubAPI.query.__annotations__) >= {"text", "variables", "is_divisible"}


def test_an_answer_about_other_things_is_left_out() -> None:
    """Pages and reactions that came in another order were stored with the wrong issue."""

    def answer(_: str, variables: Mapping[str, Any], __: bool) -> Any:
        return {
            "nodes": [timeline(key) for key in [variables["ids"][1], variables["ids"][0], *variables["ids"][2:]]]
        }, ()

    api, _ = api_of(answer)
    found = api.fetch_counts(KEYS)
    assert [key for key, number in found.items() if number is None] == KEYS[:2]
