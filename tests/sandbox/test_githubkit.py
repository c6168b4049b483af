"""An independent client, generated from GitHub's own description, reads every endpoint that the sandbox serves."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from githubkit import GitHub
from githubkit_schemas.latest.models import (
    FullRepository,
    Issue,
    MinimalRepository,
    OrganizationFull,
    PullRequest,
    PullRequestSimple,
    SimpleUser,
    Team,
)

from sandbox.items import Item, Repository
from sandbox.routes import ROUTES
from sandbox.server import RunningSandbox

Kit = GitHub[Any]
ORG = "octo-sandbox"
REPO, NUMBERED_REPO = "/repos/<owner>/<repo>", "/repositories/<int:repository_id>"
NUMBERED_ORG = "/organizations/<int:organization_id>"


class Target:
    """What the calls ask about."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        world = sandbox.world
        self.repository: Repository = next(iter(world.repositories.values()))
        self.name = self.repository.name
        self.organisation = world.organisations[ORG]
        self.member = next(iter(self.organisation.members))
        self.team = self.organisation.teams[0]
        items = self.repository.items.values()
        self.pull: Item = next(item for item in items if item.is_pull and item.assignees and item.merged_at)
        self.issue: Item = next(item for item in items if not item.is_pull and item.closed_at and item.labels)


Call = Callable[[Kit, Target], Any]


def numbered(kit: Kit, path: str, model: Any, **arguments: str) -> Any:
    return kit.request("GET", path, params=arguments, response_model=model)


def by_repository_id(path: str, model: Any) -> Call:
    def call(kit: Kit, target: Target) -> Any:
        number = target.pull.number if "/pulls" in path else target.issue.number
        return numbered(kit, f"/repositories/{target.repository.id}{path.format(number=number)}", model, state="all")

    return call


def by_organisation_id(path: str, model: Any) -> Call:
    def call(kit: Kit, target: Target) -> Any:
        parts = path.format(member=target.member, team=target.team.id)
        return numbered(kit, f"/organizations/{target.organisation.account.id}{parts}", model)

    return call


CALLS: dict[str, Call] = {
    "/search/issues": lambda kit, _: kit.rest.search.issues_and_pull_requests(q=f"org:{ORG} is:pr", per_page=100),
    REPO: lambda kit, target: kit.rest.repos.get(ORG, target.name),
    f"{REPO}/issues": lambda kit, target: kit.rest.issues.list_for_repo(ORG, target.name, state="all", per_page=100),
    f"{REPO}/issues/<int:number>": lambda kit, target: kit.rest.issues.get(ORG, target.name, target.issue.number),
    f"{REPO}/pulls": lambda kit, target: kit.rest.pulls.list(ORG, target.name, state="all", per_page=100),
    f"{REPO}/pulls/<int:number>": lambda kit, target: kit.rest.pulls.get(ORG, target.name, target.pull.number),
    NUMBERED_REPO: by_repository_id("", FullRepository),
    f"{NUMBERED_REPO}/issues": by_repository_id("/issues", list[Issue]),
    f"{NUMBERED_REPO}/issues/<int:number>": by_repository_id("/issues/{number}", Issue),
    f"{NUMBERED_REPO}/pulls": by_repository_id("/pulls", list[PullRequestSimple]),
    f"{NUMBERED_REPO}/pulls/<int:number>": by_repository_id("/pulls/{number}", PullRequest),
    "/orgs/<org>": lambda kit, _: kit.rest.orgs.get(ORG),
    "/orgs/<org>/repos": lambda kit, _: kit.rest.repos.list_for_org(ORG),
    "/orgs/<org>/members": lambda kit, _: kit.rest.orgs.list_members(ORG, role="admin"),
    "/orgs/<org>/members/<username>": lambda kit, t: kit.rest.orgs.check_membership_for_user(ORG, t.member),
    "/orgs/<org>/outside_collaborators": lambda kit, _: kit.rest.orgs.list_outside_collaborators(ORG),
    "/orgs/<org>/teams": lambda kit, _: kit.rest.teams.list(ORG),
    "/orgs/<org>/teams/<team_slug>/members": lambda kit, t: kit.rest.teams.list_members_in_org(ORG, t.team.slug),
    NUMBERED_ORG: by_organisation_id("", OrganizationFull),
    f"{NUMBERED_ORG}/repos": by_organisation_id("/repos", list[MinimalRepository]),
    f"{NUMBERED_ORG}/members": by_organisation_id("/members", list[SimpleUser]),
    f"{NUMBERED_ORG}/members/<username>": by_organisation_id("/members/{member}", object),
    f"{NUMBERED_ORG}/outside_collaborators": by_organisation_id("/outside_collaborators", list[SimpleUser]),
    f"{NUMBERED_ORG}/teams": by_organisation_id("/teams", list[Team]),
    f"{NUMBERED_ORG}/team/<int:team_id>/members": by_organisation_id("/team/{team}/members", list[SimpleUser]),
    "/users/<username>": lambda kit, target: kit.rest.users.get_by_username(target.member),
    "/user": lambda kit, _: kit.rest.users.get_authenticated(),
    "/rate_limit": lambda kit, _: kit.rest.rate_limit.get(),
}


@pytest.fixture(params=["2022-11-28", "2026-03-10"])
def kit(reading: RunningSandbox, request: pytest.FixtureRequest) -> Iterator[Kit]:
    def ask_for_version(asked: httpx.Request) -> None:
        asked.headers["X-GitHub-Api-Version"] = request.param

    options: dict[str, Any] = {"auto_retry": False, "http_cache": False, "trust_env": False}
    options["event_hooks"] = {"request": [ask_for_version], "response": []}
    with GitHub(reading.token, base_url=f"{reading.url}/", **options) as github:
        yield github


def test_every_route_is_called() -> None:
    assert set(CALLS) == {route.path for route in ROUTES}


@pytest.mark.parametrize("path", CALLS)
def test_answers_parse(path: str, kit: Kit, reading: RunningSandbox) -> None:
    before = reading.stats.by_route[path]
    response = CALLS[path](kit, Target(reading))
    assert reading.stats.by_route[path] == before + 1
    assert response.headers["x-github-api-version-selected"] in ("2022-11-28", "2026-03-10")
    if response.status_code == 204:
        return
    parsed = response.parsed_data
    rows = getattr(parsed, "items", parsed)
    assert rows


def test_pages_through_a_repositorys_issues(kit: Kit, reading: RunningSandbox) -> None:
    repository = Target(reading).repository
    found: Any = kit.rest.paginate(
        kit.rest.issues.list_for_repo, owner=ORG, repo=repository.name, state="all", per_page=100
    )
    assert sorted(issue.number for issue in found) == sorted(repository.items)


def test_pages_through_a_repositorys_pull_requests(kit: Kit, reading: RunningSandbox) -> None:
    repository = Target(reading).repository
    found: Any = kit.rest.paginate(kit.rest.pulls.list, owner=ORG, repo=repository.name, state="all", per_page=50)
    assert {pull.id for pull in found} == {item.pull_id for item in repository.items.values() if item.is_pull}


def test_pages_through_a_search(kit: Kit, reading: RunningSandbox) -> None:
    query = f"org:{ORG} is:issue state:open"
    search = kit.rest.search.issues_and_pull_requests
    found: Any = kit.rest.paginate(search, map_func=lambda response: response.parsed_data.items, q=query, per_page=40)
    expected = {item.id for item in reading.world.items.values() if not item.is_pull and item.state == "open"}
    assert {issue.id for issue in found} == expected
    assert len(expected) > 80
