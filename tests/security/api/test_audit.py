"""Audits: what GitHub shows of each repository, what it leaves out, and people's e-mails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib.errors import ForbiddenError, QueryTooLargeError, SingleSignOnError, UnavailableError
from chalicelib.github import QueryAnswer
from chalicelib.github.graphql import read_errors
from chalicelib.security.api.audit import AuditAPI, Shown

IDS = [f"R_{number}" for number in range(4)]
Answer = Callable[[Mapping[str, Any]], tuple[Any, Any]]


@dataclass
class FakeGitHub:
    """Answers queries as a test says."""

    answer: Answer
    asked: list[Mapping[str, Any]] = field(default_factory=list)

    def query(self, _text: str, variables: Mapping[str, Any], *, is_divisible: bool = False) -> QueryAnswer:
        self.asked.append(variables)
        data, errors = self.answer({**variables, "is_divisible": is_divisible})
        return QueryAnswer(data, read_errors({"errors": errors}), None)


def api_of(answer: Answer) -> tuple[AuditAPI, FakeGitHub]:
    fake = FakeGitHub(answer)
    return AuditAPI(fake), fake  # type: ignore[arg-type]


def repository(key: str, **more: Any) -> dict[str, Any]:
    return {"id": key, "nameWithOwner": f"Acme/{key}", **more}


def fetch(answer: Answer) -> dict[str, Shown]:
    return api_of(answer)[0].fetch_repositories("acme", IDS, commits=15)


def test_they_are_asked_for_together() -> None:
    api, fake = api_of(lambda sent: ({"nodes": [repository(key) for key in sent["ids"]]}, ()))
    found = api.fetch_repositories("acme", IDS, commits=15)
    assert found == {key: Shown(repository(key)) for key in IDS}
    assert fake.asked == [{"ids": IDS, "commits": 15}]


@pytest.mark.parametrize(
    ("path", "hole"),
    [(["nodes", 1], ()), (["nodes", 1, "refs", "nodes", 0], ("refs", "nodes", 0)), (["nodes", 1, "root"], ("root",))],
)
def test_an_error_is_a_hole_where_it_belongs(path: list[Any], hole: tuple[Any, ...]) -> None:
    nodes = [repository(key) for key in IDS]
    found = fetch(lambda _: ({"nodes": nodes}, [{"type": "FORBIDDEN", "message": "no", "path": path}]))
    assert found["R_1"] == Shown(nodes[1], {hole: "GitHub says: no"})
    assert [found[key].holes for key in ("R_0", "R_2", "R_3")] == [{}, {}, {}]


@pytest.mark.parametrize("path", [None, [], ["nodes"], ["nodes", 9], ["rateLimit"]])
def test_an_error_without_a_place_is_a_hole_in_all(path: Any) -> None:
    found = fetch(lambda _: ({"nodes": [repository(key) for key in IDS]}, [{"message": "odd", "path": path}]))
    assert {key: shown.holes for key, shown in found.items()} == {key: {(): "GitHub says: odd"} for key in IDS}


@pytest.mark.parametrize(
    ("node", "sentence"),
    [
        (None, "GitHub left it out of its answer"),
        ({}, "GitHub left it out of its answer"),
        ("R_1", "GitHub left it out of its answer"),
        (repository("R_2"), "GitHub answered about another repository"),
        ({"id": "R_1"}, "GitHub answered about another repository"),
        ({"id": "R_1", "nameWithOwner": "other/api"}, "GitHub answered about another repository"),
    ],
)
def test_what_is_not_the_very_repository_is_left_out(node: Any, sentence: str) -> None:
    found = fetch(lambda _: ({"nodes": [repository("R_0"), node, *map(repository, IDS[2:])]}, ()))
    assert found["R_1"] == Shown.nothing(sentence)
    assert found["R_0"] == Shown(repository("R_0"))


@pytest.mark.parametrize("data", [{}, {"nodes": None}, {"nodes": []}, {"nodes": {}}])
def test_an_odd_answer_shows_nothing(data: Any) -> None:
    nothing = Shown.nothing("GitHub left it out of its answer")
    assert fetch(lambda _: (data, ())) == dict.fromkeys(IDS, nothing)


def test_one_that_can_not_be_had_even_alone_is_left_out() -> None:
    def answer(sent: Mapping[str, Any]) -> tuple[Any, Any]:
        if "R_3" in sent["ids"]:
            raise (QueryTooLargeError if sent["is_divisible"] else UnavailableError)("took too long")
        return {"nodes": [repository(key) for key in sent["ids"]]}, ()

    found = fetch(answer)
    assert [key for key in IDS if found[key].node is None] == ["R_3"]
    assert found["R_3"] == Shown.nothing("GitHub could not answer about it")


def test_a_forbidden_one_is_found_by_halving() -> None:
    def answer(sent: Mapping[str, Any]) -> tuple[Any, Any]:
        if "R_3" in sent["ids"]:
            raise ForbiddenError("not for you")
        return {"nodes": [repository(key) for key in sent["ids"]]}, ()

    api, fake = api_of(answer)
    found = api.fetch_repositories("acme", IDS, commits=15)
    assert [key for key in IDS if found[key].node is None] == ["R_3"]
    assert found["R_3"] == Shown.nothing("GitHub says: not for you")
    assert [len(sent["ids"]) for sent in fake.asked] == [4, 1, 2, 2, 1, 1]


@pytest.mark.parametrize(("error", "queries"), [(ForbiddenError("no"), 4), (SingleSignOnError("no"), 1)])
def test_what_is_refused_for_all_is_an_error(error: Exception, queries: int) -> None:
    def answer(_: Mapping[str, Any]) -> tuple[Any, Any]:
        raise error

    api, fake = api_of(answer)
    with pytest.raises(type(error)):
        api.fetch_repositories("acme", IDS, commits=15)
    assert len(fake.asked) == queries


def test_when_graphql_is_refused_it_is_not_asked_about_each_repository() -> None:
    """It was asked hundreds of times: by halves, and halves of these, of each 25."""
    answers = iter([True, *[False] * 100])

    def answer(sent: Mapping[str, Any]) -> tuple[Any, Any]:
        if not next(answers):
            raise ForbiddenError("not for you")
        return {"nodes": [repository(key) for key in sent["ids"]]}, ()

    api, fake = api_of(answer)
    ids = [f"R_{number}" for number in range(25)]
    api.fetch_repositories("acme", ids, commits=15)
    for _ in range(12):
        with pytest.raises(ForbiddenError):
            api.fetch_repositories("acme", ids, commits=15)
    assert [len(sent["ids"]) for sent in fake.asked] == [25, *[25, 1, 1, 1] * 2, *[25] * 10]


# E-mails

NOT_FOUND = {"type": "NOT_FOUND", "message": "Could not resolve to a User", "path": ["u1"]}


@pytest.mark.parametrize(
    ("user", "errors", "email"),
    [
        ({"login": "Bob", "email": "bob@acme.example"}, (), {"bob": "bob@acme.example"}),
        ({"login": "bob", "email": ""}, (), {"bob": None}),
        ({"login": "bob", "email": None}, (), {"bob": None}),
        (None, [NOT_FOUND], {"bob": None}),
        (None, (), {}),
        (None, [{**NOT_FOUND, "type": "FORBIDDEN"}], {}),
        (None, [{**NOT_FOUND, "path": ["u1", "email"]}], {}),
        ({"login": "bob", "email": None}, [{"message": "no", "path": ["u1", "email"]}], {}),
        ({"login": "eve", "email": "eve@acme.example"}, (), {}),
        ({"login": "bob", "email": 7}, (), {}),
        ("bob", (), {}),
    ],
)
def test_e_mails_are_looked_up(user: Any, errors: Any, email: dict[str, str | None]) -> None:
    api, fake = api_of(lambda _: ({"u0": {"login": "ann", "email": "ann@acme.example"}, "u1": user}, errors))
    assert api.fetch_emails(["ann", "bob"]) == {"ann": "ann@acme.example", **email}
    assert fake.asked == [{"login0": "ann", "login1": "bob"}]
