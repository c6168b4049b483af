"""The table of what is served: each endpoint's paths, by name and by number."""

from collections.abc import Callable
from dataclasses import dataclass

from werkzeug.routing import Map, Rule

from sandbox.api.call import Call
from sandbox.api.endpoints import apps, copilot, handlers, subresources
from sandbox.api.messages import Answer
from sandbox.api.permissions import (
    COPILOT_METRICS,
    COPILOT_SEATS,
    ISSUES_OR_PULLS,
    MEMBERS,
    METADATA,
    PERMISSIONLESS,
    PULLS,
)

Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint: its path, who answers, the permissions that it accepts and the rate limit it draws on (None: free).

    `for_apps`: it is called with an App's JWT, not with a token.
    """

    path: str
    handler: Handler
    accepts: str = PERMISSIONLESS
    resource: str | None = "core"
    method: str = "GET"
    for_apps: bool = False


REPOSITORY_NAME, REPOSITORY_NUMBER = "/repos/<owner>/<repo>", "/repositories/<int:repository_id>"
ORGANISATION_NAME, ORGANISATION_NUMBER = "/orgs/<org>", "/organizations/<int:organization_id>"


def _repository(path: str, handler: Handler, accepts: str) -> list[Route]:
    return [Route(base + path, handler, accepts) for base in (REPOSITORY_NAME, REPOSITORY_NUMBER)]


def _organisation(path: str, handler: Handler, accepts: str) -> list[Route]:
    return [Route(base + path, handler, accepts) for base in (ORGANISATION_NAME, ORGANISATION_NUMBER)]


def _report(path: str, handler: Handler) -> Route:
    return Route(f"/orgs/<org>/copilot/metrics/reports/{path}", handler, COPILOT_METRICS)


def _app(path: str, handler: Handler, *, method: str = "GET") -> Route:
    return Route(path, handler, method=method, for_apps=True)


ROUTES = (
    Route("/search/issues", handlers.search_issues, resource="search"),
    *_repository("", handlers.get_repository, METADATA),
    *_repository("/issues", handlers.list_issues, ISSUES_OR_PULLS),
    *_repository("/issues/<int:number>", handlers.get_issue, ISSUES_OR_PULLS),
    *_repository("/issues/<int:number>/timeline", subresources.list_timeline, ISSUES_OR_PULLS),
    *_repository("/issues/<int:number>/events", subresources.list_events, ISSUES_OR_PULLS),
    *_repository("/issues/<int:number>/comments", subresources.list_comments, ISSUES_OR_PULLS),
    *_repository("/issues/events", subresources.list_repository_events, ISSUES_OR_PULLS),
    *_repository("/issues/comments", subresources.list_repository_comments, ISSUES_OR_PULLS),
    *_repository("/pulls/<int:number>/reviews", subresources.list_reviews, PULLS),
    *_repository("/pulls", handlers.list_pulls, PULLS),
    *_repository("/pulls/<int:number>", handlers.get_pull, PULLS),
    *_organisation("", handlers.get_organisation, PERMISSIONLESS),
    *_organisation("/repos", handlers.list_repositories, METADATA),
    *_organisation("/members", handlers.list_members, MEMBERS),
    *_organisation("/members/<username>", handlers.check_member, MEMBERS),
    *_organisation("/outside_collaborators", handlers.list_outside_collaborators, MEMBERS),
    *_organisation("/teams", handlers.list_teams, MEMBERS),
    Route("/orgs/<org>/teams/<team_slug>/members", handlers.list_team_members, MEMBERS),
    Route("/organizations/<int:organization_id>/team/<int:team_id>/members", handlers.list_team_members, MEMBERS),
    _report("organization-1-day", copilot.get_organisation_day),
    _report("users-1-day", copilot.get_users_day),
    _report("user-teams-1-day", copilot.get_user_teams_day),
    _report("organization-28-day/latest", copilot.get_organisation_latest),
    _report("users-28-day/latest", copilot.get_users_latest),
    *_organisation("/copilot/billing", copilot.get_billing, COPILOT_SEATS),
    *_organisation("/copilot/billing/seats", copilot.list_seats, COPILOT_SEATS),
    Route("/users/<username>", handlers.get_user),
    Route("/user", handlers.get_own_user),
    Route("/rate_limit", handlers.get_rate_limit, resource=None),
)

# What an App asks as itself.
APP_ROUTES = (
    _app("/app", apps.get_app),
    _app("/app/installations", apps.list_installations),
    _app("/app/installations/<int:installation_id>", apps.get_installation),
    _app("/app/installations/<int:installation_id>/access_tokens", apps.create_token, method="POST"),
    _app("/orgs/<org>/installation", apps.get_organisation_installation),
)

# A trailing slash or a doubled one is a 404, never a redirect.
URL_MAP = Map(
    [Rule(route.path, endpoint=route, methods=[route.method]) for route in (*ROUTES, *APP_ROUTES)],
    merge_slashes=False,
    redirect_defaults=False,
)
