"""What a token may do: permissions of installations' tokens and of fine-grained ones."""

import pytest

from chalicelib.domains import DOMAINS
from sandbox import Kind, RunningSandbox
from sandbox.api.permissions import allows
from sandbox.api.routes import ROUTES
from tests.sandbox.answers import answered, refusal
from tests.sandbox.conftest import AppClient, Client

TOKEN_ROUTES = [route for route in ROUTES if not route.for_apps]
ISSUES, PULLS = {"issues": "read"}, {"pull_requests": "read"}


def places(sandbox: RunningSandbox) -> dict[str, tuple[str, str]]:
    """A path of each endpoint, its method and what it accepts."""
    repository = max(sandbox.world.organisations["acme"].repositories, key=lambda one: len(one.items))
    numbers = {item.is_pull: item.number for item in repository.items.values()}
    organisation = repository.owner
    changes = (change for item in repository.items.values() for change in item.history)
    parts: dict[str, object] = {
        "<owner>/<repo>": repository.full_name,
        "<int:repository_id>": repository.id,
        "<org>": "acme",
        "<int:organization_id>": organisation.account.id,
        "<username>": next(iter(organisation.members)),
        "<team_slug>": organisation.teams[0].slug,
        "<int:team_id>": organisation.teams[0].id,
        "<int:run_id>": 1,
        "<int:attempt_number>": 1,
        "<int:job_id>": 1,
        "<int:project_number>": 1,
        "<int:hook_id>": 1,
        "<int:delivery_id>": 1,
        "<int:comment_id>": next(one.id for one in changes if one.kind is Kind.COMMENTED and not one.deleted),
    }
    found = {}
    for route in TOKEN_ROUTES:
        path = route.path.replace("<int:number>", str(numbers["/pulls" in route.path]))
        for name, value in parts.items():
            path = path.replace(name, str(value))
        found[path + ("?q=org:acme+is:issue" if "search" in path else "")] = route.method, route.accepts
    return found


@pytest.mark.parametrize("granted", [{}, ISSUES, PULLS, {"members": "write"}, ISSUES | PULLS])
def test_each_endpoint_names_what_it_accepts(granted: dict[str, str], timed: RunningSandbox) -> None:
    timed.tokens.add("fine", ["acme"], permissions=granted)
    forbidden = refusal("Resource not accessible by personal access token", 403)
    with Client(timed.url, "fine") as client:
        for path, (method, accepts) in places(timed).items():
            answer = client.request(method, timed.url + path, json={}, timeout=10)
            assert answer.headers["X-Accepted-GitHub-Permissions"] == accepts
            assert {"X-OAuth-Scopes", "X-Accepted-OAuth-Scopes"}.isdisjoint(answer.headers)
            expected = allows({"metadata": "read", **granted}, accepts)
            # An issue's own page needs the permission for issues, although the endpoint accepts either.
            if expected and granted == PULLS and "/issues/" in path and path.split("/issues/")[1][0].isdigit():
                expected = False
            assert (answer.status_code != 403) == expected, path
            if not expected:
                assert answer.json() == forbidden


# https://docs.github.com/rest/authentication/permissions-required-for-github-apps
EITHER, ANYBODY = "issues=read; pull_requests=read", "allows_permissionless_access=true"
COPILOT_METRICS = "organization_copilot_metrics=read"
COPILOT_SEATS = "organization_copilot_seat_management=read; organization_administration=read"
ACTIONS, RUNNERS, HOOKS = "actions=read", "organization_self_hosted_runners=read", "organization_hooks=read"
PROJECTS = "organization_projects=read"
EXPECTED = {
    "/search/issues": ANYBODY,
    "/repos/<owner>/<repo>": "metadata=read",
    "/repos/<owner>/<repo>/issues": EITHER,
    "/repos/<owner>/<repo>/issues/<int:number>": EITHER,
    "/repos/<owner>/<repo>/issues/<int:number>/timeline": EITHER,
    "/repos/<owner>/<repo>/issues/<int:number>/events": EITHER,
    "/repos/<owner>/<repo>/issues/<int:number>/comments": EITHER,
    "/repos/<owner>/<repo>/issues/events": EITHER,
    "/repos/<owner>/<repo>/issues/comments": EITHER,
    "/repos/<owner>/<repo>/pulls/<int:number>/reviews": "pull_requests=read",
    "/repos/<owner>/<repo>/pulls/<int:number>/commits": "pull_requests=read",
    "/repos/<owner>/<repo>/pulls/<int:number>/comments": "pull_requests=read",
    "/repos/<owner>/<repo>/pulls/<int:number>/requested_reviewers": "pull_requests=read",
    "/repos/<owner>/<repo>/pulls/comments": "pull_requests=read",
    "/repos/<owner>/<repo>/issues/comments/<int:comment_id>/reactions": EITHER,
    "/repos/<owner>/<repo>/releases": "contents=read",
    "/repos/<owner>/<repo>/pulls": "pull_requests=read",
    "/repos/<owner>/<repo>/pulls/<int:number>": "pull_requests=read",
    "/orgs/<org>": ANYBODY,
    "/orgs/<org>/repos": "metadata=read",
    "/orgs/<org>/members": "members=read",
    "/orgs/<org>/members/<username>": "members=read",
    "/orgs/<org>/outside_collaborators": "members=read",
    "/orgs/<org>/teams": "members=read",
    "/orgs/<org>/teams/<team_slug>/members": "members=read",
    "/orgs/<org>/copilot/metrics/reports/organization-1-day": COPILOT_METRICS,
    "/orgs/<org>/copilot/metrics/reports/users-1-day": COPILOT_METRICS,
    "/orgs/<org>/copilot/metrics/reports/user-teams-1-day": COPILOT_METRICS,
    "/orgs/<org>/copilot/metrics/reports/organization-28-day/latest": COPILOT_METRICS,
    "/orgs/<org>/copilot/metrics/reports/users-28-day/latest": COPILOT_METRICS,
    "/orgs/<org>/copilot/billing": COPILOT_SEATS,
    "/orgs/<org>/copilot/billing/seats": COPILOT_SEATS,
    "/orgs/<org>/dependabot/alerts": "vulnerability_alerts=read",
    "/orgs/<org>/secret-scanning/alerts": "secret_scanning_alerts=read",
    "/orgs/<org>/code-scanning/alerts": "security_events=read",
    "/repos/<owner>/<repo>/dependabot/alerts/<int:number>": "vulnerability_alerts=read",
    "/repos/<owner>/<repo>/secret-scanning/alerts/<int:number>": "secret_scanning_alerts=read",
    "/repos/<owner>/<repo>/code-scanning/alerts/<int:number>": "security_events=read",
    "/repos/<owner>/<repo>/actions/runs": ACTIONS,
    "/repos/<owner>/<repo>/actions/runs/<int:run_id>": ACTIONS,
    "/repos/<owner>/<repo>/actions/runs/<int:run_id>/jobs": ACTIONS,
    "/repos/<owner>/<repo>/actions/runs/<int:run_id>/attempts/<int:attempt_number>": ACTIONS,
    "/repos/<owner>/<repo>/actions/runs/<int:run_id>/attempts/<int:attempt_number>/jobs": ACTIONS,
    "/repos/<owner>/<repo>/actions/jobs/<int:job_id>": ACTIONS,
    "/orgs/<org>/actions/runners": RUNNERS,
    "/orgs/<org>/actions/runner-groups": RUNNERS,
    "/orgs/<org>/projectsV2": PROJECTS,
    "/orgs/<org>/projectsV2/<int:project_number>": PROJECTS,
    "/orgs/<org>/projectsV2/<int:project_number>/fields": PROJECTS,
    "/orgs/<org>/projectsV2/<int:project_number>/items": PROJECTS,
    "/orgs/<org>/hooks": HOOKS,
    "/orgs/<org>/hooks/<int:hook_id>/deliveries": HOOKS,
    "/orgs/<org>/hooks/<int:hook_id>/deliveries/<int:delivery_id>": HOOKS,
    "/orgs/<org>/hooks/<int:hook_id>/deliveries/<int:delivery_id>/attempts": "organization_hooks=write",
    "/users/<username>": ANYBODY,
    "/users/<username>/orgs": ANYBODY,
    "/user": ANYBODY,
    "/rate_limit": ANYBODY,
    "/graphql": ANYBODY,
}


def test_the_endpoints_permissions() -> None:
    """As https://docs.github.com/rest/authentication/permissions-required-for-github-apps has them."""
    named = {route.path: route.accepts for route in TOKEN_ROUTES if "<int:repository_id>" not in route.path}
    found = {path: accepts for path, accepts in named.items() if "<int:organization_id>" not in path}
    assert EXPECTED.items() <= found.items()
    # One more list that the app declares needs there what it asks for.
    streams = {stream.path.rpartition("/")[2]: stream for domain in DOMAINS for stream in domain.streams}
    for path in found.keys() - EXPECTED.keys():
        assert found[path] == f"{streams[path.rpartition('/')[2]].permission}=read"


def test_a_classic_token_keeps_its_scopes(owner: AppClient) -> None:
    headers = owner.get("/orgs/acme/members").headers
    assert (headers["X-OAuth-Scopes"], headers["X-Accepted-OAuth-Scopes"]) == ("read:org, repo", "")
    assert "X-Accepted-GitHub-Permissions" not in headers


@pytest.mark.parametrize(
    ("granted", "kinds"), [(ISSUES, {False}), (PULLS, {True}), ({}, set()), (ISSUES | PULLS, None)]
)
def test_lists_and_search_leave_out_what_is_not_permitted(
    granted: dict[str, str], kinds: set[bool] | None, owner: AppClient
) -> None:
    kinds = {False, True} if kinds is None else kinds
    organisation = owner.sandbox.world.organisations["acme"]
    repository = max(organisation.repositories, key=lambda one: len(one.items))
    token = owner.token(permissions=granted)
    for word, is_pull in (("issue", False), ("pr", True)):
        found = owner.ask(f"/search/issues?q=org:acme+is:{word}", token).json()
        there = [one for place in organisation.repositories for one in place.items.values() if one.is_pull == is_pull]
        assert there
        assert found["total_count"] == (len(there) if is_pull in kinds else 0)
    for path, kind in (("issues", "id"), ("issues/events", "issue")):
        rows = owner.ask(f"/repos/{repository.full_name}/{path}?state=all&per_page=100", token)
        if granted:
            assert {"pull_request" in (row if kind == "id" else row["issue"]) for row in rows.json()} == kinds
        else:
            assert rows.status_code == 403


def test_what_is_granted_and_taken_away(owner: AppClient) -> None:
    tokens = owner.sandbox.tokens
    assert tokens.add("fine", ["acme"], permissions=ISSUES).permissions == {"metadata": "read", "issues": "read"}
    assert owner.ask("/user", "fine").status_code == 200
    assert owner.ask("/orgs/acme/members", "fine").status_code == 403
    tokens.add("fine", ["acme"], permissions={"members": "write"})
    assert owner.ask("/orgs/acme/members", "fine").status_code == 200
    tokens.add("fine", ["acme"])
    assert "X-OAuth-Scopes" in owner.ask("/orgs/acme/members", "fine").headers
    token = owner.token()
    assert owner.ask("/orgs/acme/members", token).status_code == 200
    owner.sandbox.integrations.change(owner.app.id, permissions=ISSUES)
    refused = owner.ask("/orgs/acme/members", token)
    assert answered(refused) == (403, refusal("Resource not accessible by integration", 403))
    assert refused.headers["X-Accepted-GitHub-Permissions"] == "members=read"
