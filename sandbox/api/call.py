"""What an endpoint works with: the call, and the server behind it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from sandbox.api.access import Token
from sandbox.api.copilot.service import Copilot
from sandbox.api.errors import DOCUMENTATION, ApiError, not_found
from sandbox.api.messages import Answer, Request
from sandbox.api.pages import DEFAULT_PER_PAGE, Arguments, number_links, read_page
from sandbox.api.permissions import Permissions
from sandbox.api.search import SearchIndex
from sandbox.api.timelines import Timelines
from sandbox.world.apps import Installation, Integration
from sandbox.world.copilot.usage import Usage
from sandbox.world.items import Item, Organisation, Repository
from sandbox.world.people import Person
from sandbox.world.world import World

JSON = dict[str, Any]


class Host(Protocol):
    """What endpoints need of the server that runs them."""

    world: World
    payloads: Timelines
    index: SearchIndex
    copilot: Copilot

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

    @property
    def world(self) -> World:
        """The world."""
        return self.host.world

    @property
    def payloads(self) -> Timelines:
        """The forms in which it is shown."""
        return self.host.payloads

    @property
    def arguments(self) -> Arguments:
        """The query's names and values in order."""
        return self.request.arguments

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
