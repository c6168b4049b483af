"""The API's endpoints: each reads the world and returns an answer."""

from typing import Any

from sandbox.api.call import Call
from sandbox.api.errors import DOCUMENTATION, ApiError, not_found
from sandbox.api.messages import Answer
from sandbox.api.pages import cursor_page, read_page
from sandbox.api.search import MAXIMUM_RESULTS, check_window
from sandbox.world.items import Item

JSON = dict[str, Any]
REDIRECTS = f"{DOCUMENTATION}/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects"


def search_issues(call: Call) -> Answer:
    """Answer `GET /search/issues`."""
    if not call.argument("q", ""):
        errors = [{"resource": "Search", "field": "q", "code": "missing"}]
        raise ApiError(422, "Validation Failed", errors=errors, documentation=f"{DOCUMENTATION}/search")
    page = read_page(call.arguments)
    check_window(page.number, page.length)
    sort, order = call.argument("sort", "created"), call.argument("order", "desc")
    found = call.host.index.find(call.argument("q", ""), sort=sort, order=order, token=call.token)
    rows, headers = call.numbered(found[:MAXIMUM_RESULTS], "search/issues")
    if call.incomplete:
        # A search that timed out shows what it had by then.
        rows, found = rows[: len(rows) // 2], found[: len(found) // 2]
    items = [call.payloads.found(item) for item in rows]
    answer = {
        "total_count": len(found),
        "incomplete_results": call.incomplete,
        "search_type": "lexical",
        "items": items,
    }
    return Answer(answer, headers={**headers, "Cache-Control": "no-cache"})


def get_repository(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}`."""
    return Answer(call.payloads.full_repository(call.repository()))


def _sort_keys(call: Call, items: list[Item]) -> tuple[list[tuple[int, int]], bool]:
    """Return each item's place in the order asked for, sorted, and whether it is a descending one."""
    sort = call.argument("sort", "created")
    if sort not in ("created", "updated", "comments"):
        raise ApiError(422, "Validation Failed", errors=[{"resource": "Issue", "field": "sort", "code": "invalid"}])
    field = {"created": "created_at", "updated": "updated_at", "comments": "comments"}[sort]
    descending = call.argument("direction", "desc") != "asc"
    return sorted(((getattr(item, field), item.id) for item in items), reverse=descending), descending


def _has_labels(item: Item, wanted: set[str]) -> bool:
    return wanted <= {label.name.lower() for label in item.labels}


def list_issues(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}/issues`: pull requests too, open ones unless asked otherwise, by cursor."""
    repository = call.repository()
    items = call.items(repository)
    state = call.argument("state", "open")
    if state != "all":
        items = [item for item in items if item.state == state]
    if (first := call.since()) is not None:
        items = [item for item in items if item.updated_at >= first]
    if wanted := {name.strip().lower() for name in call.argument("labels", "").split(",") if name.strip()}:
        items = [item for item in items if _has_labels(item, wanted)]
    keys, descending = _sort_keys(call, items)
    url = f"{call.payloads.links}/repositories/{repository.id}/issues"
    span, headers = cursor_page(keys, call.arguments, url, descending=descending)
    rows = [call.payloads.issue(call.world.items[number]) for _, number in keys[span]]
    return Answer(rows, headers=headers)


def get_issue(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}/issues/{number}`: a transferred one leads on, if the token reads the target."""
    moved = call.repository().moved.get(call.path["number"])
    if moved is not None and call.token.reads(moved.repository):
        return _moved_to(f"{call.payloads.links}/repositories/{moved.repository.id}/issues/{moved.number}")
    return Answer(call.payloads.single_issue(call.item()))


def _moved_to(url: str) -> Answer:
    body = {"message": "Moved Permanently", "url": url, "documentation_url": REDIRECTS}
    return Answer(body, 301, headers={"Location": url})


def list_pulls(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}/pulls`: open ones unless asked otherwise, by page number, without `since`."""
    repository = call.repository()
    state = call.argument("state", "open")
    items = [item for item in repository.items.values() if item.is_pull and state in ("all", item.state)]
    sort = "updated_at" if call.argument("sort", "created") == "updated" else "created_at"
    # GitHub's default: newest first, unless another order than by creation is asked for.
    direction = call.argument("direction", "asc" if "sort" in dict(call.arguments) and sort == "updated_at" else "desc")
    items.sort(key=lambda item: (getattr(item, sort), item.id), reverse=direction == "desc")
    rows, headers = call.numbered(items, f"repositories/{repository.id}/pulls")
    return Answer([call.payloads.pull(item) for item in rows], headers=headers)


def get_pull(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}/pulls/{number}`."""
    item = call.item()
    if not item.is_pull:
        raise not_found()
    return Answer(call.payloads.single_pull(item))


def get_organisation(call: Call) -> Answer:
    """Answer `GET /orgs/{org}`."""
    return Answer(call.payloads.organisation(call.organisation()))


def list_repositories(call: Call) -> Answer:
    """Answer `GET /orgs/{org}/repos`: newest first unless sorted by name or activity."""
    organisation = call.organisation()
    kind, sort = call.argument("type", "all"), call.argument("sort", "created")
    repositories = [repository for repository in organisation.repositories if call.token.reads(repository)]
    if kind in ("public", "private"):
        repositories = [repository for repository in repositories if repository.private == (kind == "private")]
    direction = call.argument("direction", "asc" if sort == "full_name" else "desc")
    field = {"full_name": "name", "updated": "pushed_at", "pushed": "pushed_at"}.get(sort, "created_at")
    repositories.sort(key=lambda repository: (getattr(repository, field), repository.id), reverse=direction == "desc")
    rows, headers = call.numbered(repositories, f"organizations/{organisation.account.id}/repos")
    return Answer([call.payloads.repository(repository) for repository in rows], headers=headers)


def list_members(call: Call) -> Answer:
    """Answer `GET /orgs/{org}/members`: rows say nothing about roles, so `role=` filters."""
    organisation, wanted = call.organisation(), call.argument("role", "all")
    people = [person for person, role in organisation.members.values() if wanted in ("all", role)]
    return call.people(people, f"organizations/{organisation.account.id}/members")


def check_member(call: Call) -> Answer:
    """Answer `GET /orgs/{org}/members/{username}`: 204 for a member."""
    members = {login.lower() for login in call.organisation().members}
    if call.path["username"].lower() not in members:
        raise ApiError(404, "User does not exist or is not a member of the organization")
    return Answer(status=204)


def list_outside_collaborators(call: Call) -> Answer:
    """Answer `GET /orgs/{org}/outside_collaborators`."""
    organisation = call.organisation()
    people = list(organisation.collaborators.values())
    return call.people(people, f"organizations/{organisation.account.id}/outside_collaborators")


def list_teams(call: Call) -> Answer:
    """Answer `GET /orgs/{org}/teams`."""
    organisation = call.organisation()
    rows, headers = call.numbered(organisation.teams, f"organizations/{organisation.account.id}/teams")
    return Answer([call.payloads.team(team, organisation) for team in rows], headers=headers)


def list_team_members(call: Call) -> Answer:
    """Answer `GET /orgs/{org}/teams/{team_slug}/members`, or by the team's number."""
    organisation, wanted = call.organisation(), call.path
    for team in organisation.teams:
        if wanted.get("team_slug") == team.slug or wanted.get("team_id") == team.id:
            return call.people(team.members, f"organizations/{organisation.account.id}/team/{team.id}/members")
    raise not_found()


def get_user(call: Call) -> Answer:
    """Answer `GET /users/{username}`."""
    person = call.world.accounts.get(call.path["username"].lower())
    if person is None:
        raise not_found()
    return Answer(call.payloads.public_user(person))


def get_own_user(call: Call) -> Answer:
    """Answer `GET /user`: the first admin whom the token can see; an installation is nobody."""
    visible = call.token.visible(call.world)
    if not visible or call.token.installation is not None:
        raise call.token.refusal()
    return Answer(call.payloads.private_user(call.world.first_admin(visible[0])))


def get_rate_limit(call: Call) -> Answer:
    """Answer `GET /rate_limit`, which is free."""
    limits = call.host.rate_limits(call.token)
    return Answer({"resources": limits, "rate": limits["core"]})
