"""The API's endpoints: each reads the world and returns an answer."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.access import Token
from sandbox.copilot.downloads import Downloads
from sandbox.copilot.service import Copilot
from sandbox.errors import DOCUMENTATION, ApiError, not_found
from sandbox.integrations import Integration, Integrations
from sandbox.items import Item, Organisation, Repository
from sandbox.limits import RESOURCES, Limits
from sandbox.messages import Answer, Request
from sandbox.pages import DEFAULT_PER_PAGE, Arguments, cursor_page, number_links, read_page
from sandbox.people import Person
from sandbox.search import MAXIMUM_RESULTS, SearchIndex, check_window
from sandbox.timelines import Timelines
from sandbox.world import World

JSON = dict[str, Any]
REDIRECTS = f"{DOCUMENTATION}/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects"


@dataclass(slots=True)
class Call:
    """A routed request: who asks, for what, and where to look."""

    world: World
    payloads: Timelines
    index: SearchIndex
    limits: Limits
    integrations: Integrations
    copilot: Copilot
    downloads: Downloads
    token: Token
    request: Request
    path: dict[str, Any]
    arguments: Arguments
    incomplete: bool = False

    def argument(self, name: str, default: str) -> str:
        """Return a query argument."""
        return dict(self.arguments).get(name) or default

    def organisation(self) -> Organisation:
        """Return the organisation that the path names or numbers."""
        if "organization_id" in self.path:
            wanted = self.path["organization_id"]
            found = next((o for o in self.world.organisations.values() if o.account.id == wanted), None)
        else:
            found = self.world.organisations.get(self.path["org"].lower())
        if found is None or not self.token.sees(found):
            raise not_found()
        return found

    def repository(self) -> Repository:
        """Return the repository that the path names or numbers."""
        if "repository_id" in self.path:
            wanted = self.path["repository_id"]
            found = next((r for r in self.world.repositories.values() if r.id == wanted), None)
        else:
            found = self.world.repositories.get(f"{self.path['owner']}/{self.path['repo']}".lower())
        if found is None or not self.token.reads(found):
            raise not_found()
        return found

    def items(self, repository: Repository) -> list[Item]:
        """Return the repository's issues and pull requests that the token's permissions show."""
        return self.token.shows(repository.items.values())

    def integration(self) -> Integration:
        """Return the App that asks."""
        return self.integrations.get(self.token.app)

    def item(self) -> Item:
        """Return the issue or pull request that the path numbers; raise the API's 403 without its kind's permission."""
        repository, number = self.repository(), self.path["number"]
        if number in repository.deleted:
            raise ApiError(410, "This issue was deleted", documentation=f"{DOCUMENTATION}/issues/issues#get-an-issue")
        if number not in repository.items:
            raise not_found()
        item = repository.items[number]
        if not self.token.reads_kind(pulls=item.is_pull):
            raise self.token.refusal()
        return item

    def since(self) -> int | None:
        """Return the moment from which updates are asked for, if it is; raise the API's 422 for nonsense."""
        if not (text := self.argument("since", "")):
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ApiError(422, "Invalid value for since") from None
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())

    def numbered(
        self, rows: list[Any], url: str, *, length: int = DEFAULT_PER_PAGE
    ) -> tuple[list[Any], dict[str, str]]:
        """Return the rows of the page asked for, by default of this length, and the `Link` header."""
        page = read_page(self.arguments, length=length)
        return rows[page.span], number_links(f"{self.payloads.links}/{url}", self.arguments, page, len(rows))

    def people(self, people: list[Person], url: str) -> Answer:
        """Return a page of accounts, in order of their ids."""
        rows, headers = self.numbered(sorted(people, key=lambda person: person.id), url)
        return Answer([self.payloads.user(person) for person in rows], headers=headers)


def search_issues(call: Call) -> Answer:
    """Answer `GET /search/issues`."""
    if not call.argument("q", ""):
        errors = [{"resource": "Search", "field": "q", "code": "missing"}]
        raise ApiError(422, "Validation Failed", errors=errors, documentation=f"{DOCUMENTATION}/search")
    page = read_page(call.arguments)
    check_window(page.number, page.length)
    sort, order = call.argument("sort", "created"), call.argument("order", "desc")
    found = call.index.find(call.argument("q", ""), sort=sort, order=order, token=call.token)
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
    windows = {name: call.limits.window(call.token.account, name).summary() for name in RESOURCES}
    return Answer({"resources": windows, "rate": windows["core"]})
