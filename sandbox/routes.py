"""The table of what is served: each endpoint's paths, by name and by number."""

from collections.abc import Callable
from dataclasses import dataclass

from werkzeug.routing import Map, Rule

from sandbox import handlers, subresources
from sandbox.handlers import Call
from sandbox.messages import Answer

Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint: its path, who answers, and the rate limit it draws on (None: free)."""

    path: str
    handler: Handler
    resource: str | None = "core"


REPOSITORY_NAME, REPOSITORY_NUMBER = "/repos/<owner>/<repo>", "/repositories/<int:repository_id>"
ORGANISATION_NAME, ORGANISATION_NUMBER = "/orgs/<org>", "/organizations/<int:organization_id>"


def _repository(path: str, handler: Handler) -> list[Route]:
    return [Route(REPOSITORY_NAME + path, handler), Route(REPOSITORY_NUMBER + path, handler)]


def _organisation(path: str, handler: Handler) -> list[Route]:
    return [Route(ORGANISATION_NAME + path, handler), Route(ORGANISATION_NUMBER + path, handler)]


ROUTES = (
    Route("/search/issues", handlers.search_issues, "search"),
    *_repository("", handlers.get_repository),
    *_repository("/issues", handlers.list_issues),
    *_repository("/issues/<int:number>", handlers.get_issue),
    *_repository("/issues/<int:number>/timeline", subresources.list_timeline),
    *_repository("/issues/<int:number>/events", subresources.list_events),
    *_repository("/issues/<int:number>/comments", subresources.list_comments),
    *_repository("/issues/events", subresources.list_repository_events),
    *_repository("/issues/comments", subresources.list_repository_comments),
    *_repository("/pulls/<int:number>/reviews", subresources.list_reviews),
    *_repository("/pulls", handlers.list_pulls),
    *_repository("/pulls/<int:number>", handlers.get_pull),
    *_organisation("", handlers.get_organisation),
    *_organisation("/repos", handlers.list_repositories),
    *_organisation("/members", handlers.list_members),
    *_organisation("/members/<username>", handlers.check_member),
    *_organisation("/outside_collaborators", handlers.list_outside_collaborators),
    *_organisation("/teams", handlers.list_teams),
    Route("/orgs/<org>/teams/<team_slug>/members", handlers.list_team_members),
    Route("/organizations/<int:organization_id>/team/<int:team_id>/members", handlers.list_team_members),
    Route("/users/<username>", handlers.get_user),
    Route("/user", handlers.get_own_user),
    Route("/rate_limit", handlers.get_rate_limit, None),
)

# A trailing slash or a doubled one is a 404, never a redirect.
URL_MAP = Map(
    [Rule(route.path, endpoint=route, methods=["GET"]) for route in ROUTES],
    merge_slashes=False,
    redirect_defaults=False,
)
