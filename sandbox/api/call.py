"""What an endpoint works with: the call, and the server behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sandbox.api.access import Token
from sandbox.api.copilot.service import Copilot
from sandbox.api.errors import DOCUMENTATION, ApiError, moved_to, not_found
from sandbox.api.forms import Forms
from sandbox.api.hooks import Hooks
from sandbox.api.messages import Answer, Request
from sandbox.api.pages import DEFAULT_PER_PAGE, Arguments, number_links, read_page
from sandbox.api.permissions import Permissions
from sandbox.api.search import SearchIndex
from sandbox.api.times import parse_moment
from sandbox.world.apps import Installation, Integration
from sandbox.world.copilot.usage import Usage
from sandbox.world.items import Change, Item, Kind, Organisation, Repository, Team
from sandbox.world.world import World

JSON = dict[str, Any]
Place = TypeVar("Place", Organisation, Repository, Team)


class Host(Protocol):
    """What endpoints need of the server that runs them."""

    world: World
    payloads: Forms
    new_payloads: Forms  # with node ids of the new form alone
    index: SearchIndex
    copilot: Copilot
    hooks: Hooks

    def query(self, call: "Call") -> Answer:
        """Answer a GraphQL query."""

    def charge_points(self, token: Token, points: int) -> JSON | None:
        """Take a query's points from a token's limit; return what there is, None if nothing was left."""

    def rate_limits(self, token: Token) -> dict[str, JSON]:
        """Return a token's limits by resource."""

    def links(self, usage: Usage, report: str, day: int) -> list[str]:
        """Return the links to a report's files."""

    def integration(self, token: Token) -> Integration:
        """Return the App that signed a JWT; raise the API's 401 if it is gone."""

    def issue(self, integration: Integration, installation: Installation, permissions: Permissions | None) -> Token:
        """Make an installation's token; raise the API's 422."""


@dataclass(slots=True)
class Call:
    """A routed request: who asks, for what, and where to look."""

    host: Host
    token: Token
    request: Request
    path: dict[str, Any]
    incomplete: bool = False
    fault: str | None = None  # what is to go wrong, where the endpoint itself sees to it

    @property
    def world(self) -> World:
        """The world."""
        return self.host.world

    @property
    def payloads(self) -> Forms:
        """The forms in which it is shown."""
        # https://docs.github.com/en/graphql/guides/migrating-graphql-global-node-ids
        new = self.request.headers.get("x-github-next-global-id") == "1"
        return self.host.new_payloads if new else self.host.payloads

    @property
    def arguments(self) -> Arguments:
        """The query's names and values in order."""
        return self.request.arguments

    def argument(self, name: str, default: str) -> str:
        """Return a query argument."""
        return dict(self.arguments).get(name) or default

    def organisation(self) -> Organisation:
        """Return the organisation that the path names or numbers; raise the API's 404, as all of these do."""
        found = _find(self.world.organisations, self.path.get("org"), self.path.get("organization_id"))
        if found is None or not self.token.sees(found):
            raise not_found()
        return found

    def team(self) -> Team:
        """Return the team that the path names or numbers."""
        teams = {team.slug: team for team in self.organisation().teams}
        found = _find(teams, self.path.get("team_slug"), self.path.get("team_id"))
        if found is None:
            raise not_found()
        return found

    def repository(self) -> Repository:
        """Return the repository that the path names or numbers."""
        name = "{owner}/{repo}".format(**self.path) if "repo" in self.path else None
        found = _find(self.world.repositories, name, self.path.get("repository_id"))
        if found is None and name is not None:
            self._lead_on(name)
        if found is None or not self.token.reads(found):
            raise not_found()
        return found

    def _lead_on(self, name: str) -> None:
        """Raise the API's 301 for a name that a repository had before, if the token reads it."""
        renamed = self.world.former_names.get(name.lower())
        if renamed is not None and self.token.reads(renamed):
            rest = self.request.target.removeprefix("/repos/").split("/", 2)[2:]
            raise moved_to("/".join([f"{self.payloads.links}/repositories/{renamed.id}", *rest]))

    def items(self, repository: Repository) -> list[Item]:
        """Return the repository's issues and pull requests that the token's permissions show."""
        return self.token.shows(repository.items.values())

    def integration(self) -> Integration:
        """Return the App that asks."""
        return self.host.integration(self.token)

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

    def pull(self) -> Item:
        """Return the pull request that the path numbers."""
        item = self.item()
        if not item.is_pull:
            raise not_found()
        return item

    def comment(self) -> tuple[Item, Change]:
        """Return the comment that the path numbers, with the item that it is on."""
        number = self.path["comment_id"]
        for item in self.items(self.repository()):
            for change in item.history:
                if change.kind is Kind.COMMENTED and change.id == number and not change.deleted:
                    return item, change
        raise not_found()

    def since(self) -> int | None:
        """Return the moment from which updates are asked for, if it is; raise the API's 422 for nonsense."""
        if not (text := self.argument("since", "")):
            return None
        try:
            return parse_moment(text)
        except ValueError:
            raise ApiError(422, "Invalid value for since") from None

    def numbered(
        self, rows: list[Any], url: str, *, length: int = DEFAULT_PER_PAGE
    ) -> tuple[list[Any], dict[str, str]]:
        """Return the rows of the page asked for, by default of this length, and the `Link` header."""
        page = read_page(self.arguments, length=length)
        return rows[page.span], number_links(f"{self.payloads.links}/{url}", self.arguments, page, len(rows))


def _find(known: Mapping[str, Place], name: str | None, number: int | None) -> Place | None:
    """Return what has this name, in any case, or else this number."""
    if name is not None:
        return known.get(name.lower())
    return next((one for one in known.values() if one.id == number), None)
