"""The table of what is served: each endpoint's paths, by name and by number."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from werkzeug.routing import Map, Rule

from sandbox.api.call import Call
from sandbox.api.copilot.files import ORGANISATION_1, ORGANISATION_28, TEAMS_1, USERS_1, USERS_28
from sandbox.api.endpoints import accounts, alerts, apps, boards, ci, copilot, hooks, items
from sandbox.api.endpoints.lists import LISTS
from sandbox.api.lists import ITEM, ORGANISATION, PULL, REPOSITORY, Place
from sandbox.api.messages import Answer
from sandbox.api.permissions import (
    ACTIONS,
    CHANGE_HOOKS,
    CODE_ALERTS,
    COPILOT_METRICS,
    COPILOT_SEATS,
    DEPENDABOT_ALERTS,
    HOOKS,
    ISSUES_OR_PULLS,
    MEMBERS,
    METADATA,
    PERMISSIONLESS,
    PROJECTS,
    PULLS,
    RUNNERS,
    SECRET_ALERTS,
)

ATTEMPT = "/actions/runs/<int:run_id>/attempts/<int:attempt_number>"
BOARD = "/projectsV2/<int:project_number>"
DELIVERIES = "/deliveries"
DELIVERY = f"{DELIVERIES}/<int:delivery_id>"
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


def _at(place: Place, path: str, handler: Handler, accepts: str, *, method: str = "GET") -> list[Route]:
    return [Route(base + path, handler, accepts, method=method, for_apps=place.for_apps) for base in place.paths]


def _report(path: str, report: str, handler: Callable[..., Answer]) -> Route:
    return Route(f"/orgs/<org>/copilot/metrics/reports/{path}", partial(handler, report=report), COPILOT_METRICS)


def _app(path: str, handler: Handler, *, method: str = "GET") -> Route:
    return Route(path, handler, method=method, for_apps=True)


ROUTES = (
    *(route for one in LISTS for route in _at(one.place, one.path, one.answer, one.accepts)),
    Route("/search/issues", items.search_issues, resource="search"),
    *_at(REPOSITORY, "", accounts.get_repository, METADATA),
    *_at(REPOSITORY, "/issues", items.list_issues, ISSUES_OR_PULLS),
    *_at(ITEM, "", items.get_issue, ISSUES_OR_PULLS),
    *_at(PULL, "", items.get_pull, PULLS),
    *_at(PULL, "/requested_reviewers", items.get_requested_reviewers, PULLS),
    *_at(ORGANISATION, "", accounts.get_organisation, PERMISSIONLESS),
    *_at(ORGANISATION, "/members/<username>", accounts.check_member, MEMBERS),
    *(_report(name, name, copilot.get_day) for name in (ORGANISATION_1, USERS_1, TEAMS_1)),
    *(_report(f"{name}/latest", name, copilot.get_latest) for name in (ORGANISATION_28, USERS_28)),
    *_at(ORGANISATION, "/copilot/billing", copilot.get_billing, COPILOT_SEATS),
    *_at(ORGANISATION, "/copilot/billing/seats", copilot.list_seats, COPILOT_SEATS),
    *_at(ORGANISATION, "/dependabot/alerts", alerts.list_dependabot_alerts, DEPENDABOT_ALERTS),
    *_at(ORGANISATION, "/secret-scanning/alerts", alerts.list_secret_alerts, SECRET_ALERTS),
    *_at(ORGANISATION, "/code-scanning/alerts", alerts.list_code_alerts, CODE_ALERTS),
    *_at(REPOSITORY, "/dependabot/alerts/<int:number>", alerts.get_dependabot_alert, DEPENDABOT_ALERTS),
    *_at(REPOSITORY, "/secret-scanning/alerts/<int:number>", alerts.get_secret_alert, SECRET_ALERTS),
    *_at(REPOSITORY, "/code-scanning/alerts/<int:number>", alerts.get_code_alert, CODE_ALERTS),
    *_at(REPOSITORY, "/actions/runs", ci.list_runs, ACTIONS),
    *_at(REPOSITORY, "/actions/runs/<int:run_id>", ci.get_run, ACTIONS),
    *_at(REPOSITORY, "/actions/runs/<int:run_id>/jobs", ci.list_jobs, ACTIONS),
    *_at(REPOSITORY, ATTEMPT, ci.get_attempt, ACTIONS),
    *_at(REPOSITORY, f"{ATTEMPT}/jobs", ci.list_jobs_of_attempt, ACTIONS),
    *_at(REPOSITORY, "/actions/jobs/<int:job_id>", ci.get_job, ACTIONS),
    *_at(ORGANISATION, "/actions/runners", ci.list_runners, RUNNERS),
    *_at(ORGANISATION, "/actions/runner-groups", ci.list_runner_groups, RUNNERS),
    *_at(ORGANISATION, "/projectsV2", boards.list_boards, PROJECTS),
    *_at(ORGANISATION, BOARD, boards.get_board, PROJECTS),
    *_at(ORGANISATION, f"{BOARD}/fields", boards.list_fields, PROJECTS),
    *_at(ORGANISATION, f"{BOARD}/items", boards.list_rows, PROJECTS),
    *_at(ORGANISATION, "/hooks", hooks.list_hooks, HOOKS),
    *_at(ORGANISATION, f"/hooks/<int:hook_id>{DELIVERIES}", hooks.list_deliveries, HOOKS),
    *_at(ORGANISATION, f"/hooks/<int:hook_id>{DELIVERY}", hooks.get_delivery, HOOKS),
    *_at(ORGANISATION, f"/hooks/<int:hook_id>{DELIVERY}/attempts", hooks.redeliver, CHANGE_HOOKS, method="POST"),
    Route("/users/<username>", accounts.get_user),
    Route("/users/<username>/orgs", accounts.list_organisations_of_user),
    Route("/user", accounts.get_own_user),
    Route("/graphql", lambda call: call.host.query(call), resource="graphql", method="POST"),
    Route("/rate_limit", accounts.get_rate_limit, resource=None),
    # What an App asks as itself.
    _app("/app", apps.get_app),
    _app("/app/installations/<int:installation_id>", apps.get_installation),
    _app("/app/installations/<int:installation_id>/access_tokens", apps.create_token, method="POST"),
    _app(f"/app/hook{DELIVERIES}", hooks.list_deliveries),
    _app(f"/app/hook{DELIVERY}", hooks.get_delivery),
    _app(f"/app/hook{DELIVERY}/attempts", hooks.redeliver, method="POST"),
    _app("/orgs/<org>/installation", apps.get_organisation_installation),
)

# A trailing slash or a doubled one is a 404, never a redirect.
URL_MAP = Map(
    [Rule(route.path, endpoint=route, methods=[route.method]) for route in ROUTES],
    merge_slashes=False,
    redirect_defaults=False,
)
