"""Which repositories are read: how a scope is named, searched and cut, and what GitHub says of it."""

from __future__ import annotations

import pytest

from chalicelib.errors import BadAnswerError, NotFoundError, SettingsError
from chalicelib.github import Budget, GitHubAPI
from chalicelib.ingest.scopes import REPOS_A_SEARCH, Resolved, Scope, ScopeAPI
from tests.github.local_server import LocalServer, Reply, reply

MANY = tuple(f"acme/r{number}" for number in range(REPOS_A_SEARCH * 2 + 1))


@pytest.mark.parametrize(
    ("scope", "name", "qualifier"),
    [
        (Scope("acme"), "*", "org:acme"),
        (Scope("acme", ("acme/Web",)), "acme/web", "repo:acme/Web"),
        (Scope("acme", ("acme/web", "Acme/api")), "acme/api,acme/web", "(repo:acme/web OR repo:Acme/api)"),
    ],
    ids=["all", "one", "two"],
)
def test_a_scope_has_a_name_and_a_search(scope: Scope, name: str, qualifier: str) -> None:
    assert (scope.name, scope.qualifier) == (name, qualifier)


def test_the_name_does_not_depend_on_spelling_and_order() -> None:
    """It names watermarks: another name would read everything anew."""
    assert Scope("acme", ("acme/B", "Acme/a")).name == Scope("acme", ("acme/A", "acme/b")).name


def test_a_scope_is_cut_into_what_a_search_takes() -> None:
    parts = Scope("acme", MANY).parts()
    assert [len(part.repos) for part in parts] == [REPOS_A_SEARCH, REPOS_A_SEARCH, 1]
    assert tuple(repo for part in parts for repo in part.repos) == MANY
    assert {part.org for part in parts} == {"acme"}
    assert Scope("acme").parts() == [Scope("acme")]


def test_one_search_takes_a_few_repositories_or_all() -> None:
    few = Scope("acme", MANY[:REPOS_A_SEARCH])
    assert few.one_search() is few
    assert Scope("acme", MANY).one_search() == Scope("acme")


@pytest.mark.parametrize(
    ("scope", "org", "repo", "is_covered"),
    [
        (Scope("acme"), "ACME", "anything", True),
        (Scope("acme"), "umbrella", "anything", False),
        (Scope("acme", ("acme/Web",)), "Acme", "web", True),
        (Scope("acme", ("acme/web",)), "acme", "webs", False),
        (Scope("acme", ("acme/web",)), "umbrella", "web", False),
    ],
)
def test_what_a_scope_covers(scope: Scope, org: str, repo: str, is_covered: bool) -> None:
    assert scope.covers(org, repo) is is_covered


# What GitHub says


DATE = {"Date": "Mon, 15 Jun 2026 12:00:00 GMT"}
ACME = reply(200, {"login": "Acme", "id": 5}, DATE)


def resolve(server: LocalServer, scope: Scope, *replies: Reply) -> Resolved:
    server.replies = list(replies)
    with GitHubAPI("token", api_url=server.url, budget=Budget(sleep=lambda seconds: None)) as github:
        return ScopeAPI(github).resolve(scope)


def test_it_is_given_in_github_s_spelling(server: LocalServer) -> None:
    found = resolve(server, Scope("ACME", ("acme/web",)), ACME, reply(200, {"full_name": "Acme/Web"}))
    assert found == Resolved(Scope("Acme", ("acme/web",)), 5)
    assert [seen.path for seen in server.seen] == ["/orgs/ACME", "/repos/acme/web"]


def test_what_is_not_there_is_named(server: LocalServer) -> None:
    gone = reply(404, {"message": "Not Found"})
    with pytest.raises(NotFoundError, match="there is no organisation acme, or this token can't see it"):
        resolve(server, Scope("acme"), gone)
    with pytest.raises(NotFoundError, match="there is no repository acme/web, or this token can't see it") as caught:
        resolve(server, Scope("acme", ("acme/web",)), ACME, gone)
    assert (caught.value.status, caught.value.path) == (404, "/repos/acme/web")


def test_a_repository_that_was_renamed_is_told_its_new_name(server: LocalServer) -> None:
    with pytest.raises(SettingsError, match=r"^the repository acme/web is called Acme/site now: name it so$"):
        resolve(server, Scope("acme", ("acme/web",)), ACME, reply(200, {"full_name": "Acme/site"}))


@pytest.mark.parametrize("body", [[], {}, {"login": None}, {"login": 7}], ids=repr)
def test_an_answer_without_a_name_is_not_taken(server: LocalServer, body: object) -> None:
    with pytest.raises(BadAnswerError, match="the answer has no login"):
        resolve(server, Scope("acme"), reply(200, body))


def test_another_organisation_than_the_one_asked_for_is_not_taken(server: LocalServer) -> None:
    """Its name went on into searches: all that was read afterwards was another organisation's."""
    with pytest.raises(BadAnswerError, match=r"asked for the organisation acme, GitHub answered about evil$"):
        resolve(server, Scope("acme"), reply(200, {"login": "evil"}))


def test_an_organisation_to_which_github_leads_is_the_same_one(server: LocalServer) -> None:
    moved = reply(301, {}, {"Location": f"{server.url}/organizations/7"})
    found = resolve(server, Scope("acme"), moved, reply(200, {"login": "Umbrella", "id": 7}))
    assert found == Resolved(Scope("Umbrella"), 7)


@pytest.mark.parametrize("name", ["evil\x1b[31m\nname", "x" * 1000])
def test_a_name_is_shown_on_one_short_line(server: LocalServer, name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        resolve(server, Scope("acme", ("acme/web",)), ACME, reply(200, {"full_name": name}))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200
