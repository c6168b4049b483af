"""Plain lists, declared: each entry makes an endpoint with pages, visibility and permissions as GitHub has them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.api.call import JSON, Call
from sandbox.api.forms import Forms
from sandbox.api.messages import Answer


@dataclass(frozen=True, slots=True)
class Place:
    """What a list can belong to: its paths by name and by number, and how a call finds it (404 if it can't see it).

    `for_apps`: it is asked with an App's JWT, not with a token.
    """

    paths: tuple[str, ...]
    find: Callable[[Call], Any]
    url: Callable[[Any], str]
    for_apps: bool = False


@dataclass(frozen=True, slots=True)
class PlainList:
    """A list of a place: below which path, of what, how each row is shown, the permission needed, and the order.

    `rows` may look at the query's arguments; it sorts by itself where no `sort` is given. `descending` is the newest
    (or the highest) first. Pages, `Link` headers, ETags and refusals come by themselves.
    """

    place: Place
    path: str
    rows: Callable[[Call, Any], Iterable[Any]]
    show: Callable[[Forms, Any], JSON]
    accepts: str
    sort: Callable[[Any], Any] | None = None
    descending: bool = False

    def answer(self, call: Call) -> Answer:
        """Answer with a page of the list."""
        place = self.place.find(call)
        rows = list(self.rows(call, place))
        if self.sort is not None:
            rows.sort(key=self.sort, reverse=self.descending)
        page, headers = call.numbered(rows, self.place.url(place) + self.path)
        return Answer([self.show(call.payloads, row) for row in page], headers=headers)


ORGANISATION = Place(
    ("/orgs/<org>", "/organizations/<int:organization_id>"), Call.organisation, lambda one: f"organizations/{one.id}"
)
TEAM = Place(
    ("/orgs/<org>/teams/<team_slug>", "/organizations/<int:organization_id>/team/<int:team_id>"),
    Call.team,
    lambda one: f"organizations/{one.organisation.id}/team/{one.id}",
)
REPOSITORY = Place(
    ("/repos/<owner>/<repo>", "/repositories/<int:repository_id>"),
    Call.repository,
    lambda one: f"repositories/{one.id}",
)
ITEM = Place(
    tuple(f"{path}/issues/<int:number>" for path in REPOSITORY.paths),
    Call.item,
    lambda one: f"repositories/{one.repository.id}/issues/{one.number}",
)
PULL = Place(
    tuple(f"{path}/pulls/<int:number>" for path in REPOSITORY.paths),
    Call.pull,
    lambda one: f"repositories/{one.repository.id}/pulls/{one.number}",
)
COMMENT = Place(
    tuple(f"{path}/issues/comments/<int:comment_id>" for path in REPOSITORY.paths),
    Call.comment,
    lambda one: f"repositories/{one[0].repository.id}/issues/comments/{one[1].id}",
)
APP = Place(("/app",), Call.integration, lambda _: "app", for_apps=True)
