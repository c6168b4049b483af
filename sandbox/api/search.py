"""Searching: sorted lists kept between requests, narrowed by time bounds before each item is tested."""

from bisect import bisect_left, bisect_right
from operator import attrgetter

from sandbox.api.access import Token
from sandbox.api.errors import ApiError, search_invalid
from sandbox.api.query import Parser, Query
from sandbox.world.items import Item
from sandbox.world.world import World

FIELDS = {"created": "created_at", "updated": "updated_at", "comments": "comments"}
# The id breaks ties, so that pages don't overlap.
SORTS = {name: attrgetter(field, "id") for name, field in FIELDS.items()}
MAXIMUM_RESULTS = 1_000
REMEMBERED = 32
HIDDEN = (
    "The listed users and repositories cannot be searched either because the resources do not exist "
    "or you do not have permission to view them."
)


class SearchIndex:
    """The world's items in order, and the last searches' results for their further pages."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._version = -1
        self._sorted: dict[str, list[Item]] = {}
        self._results: dict[tuple[object, ...], list[Item]] = {}

    def find(self, text: str, *, sort: str, order: str, token: Token) -> list[Item]:
        """Return all matches in order; raise the API's 422 for a query that GitHub refuses."""
        items = self._world.searchable()
        if self._version != self._world.version:
            self._version = self._world.version
            self._sorted.clear()
            self._results.clear()
        kinds = (token.reads_kind(pulls=False), token.reads_kind(pulls=True))
        key = (text, sort, order, token.organisations, token.hidden, *kinds)
        if key not in self._results:
            if len(self._results) >= REMEMBERED:
                self._results.clear()
            self._results[key] = self._find(items, text, sort, order, token)
        return self._results[key]

    def _find(self, items: dict[int, Item], text: str, sort: str, order: str, token: Token) -> list[Item]:
        query = Parser(text).parse()
        self._check_scopes(query, token)
        if query.sort is not None:
            sort, _, order = query.sort.partition("-")
        sort = sort if sort in SORTS else "created"
        base = next((name for name in ("updated", "created") if name in query.bounds), sort)
        allowed = {id(repository) for repository in self._world.repositories.values() if token.reads(repository)}
        test = query.test
        found = [item for item in self._between(items, base, query) if test(item)]
        if len(allowed) < len(self._world.repositories):
            found = [item for item in found if id(item.repository) in allowed]
        if token.permissions is not None:
            found = token.shows(found)
        if base != sort:
            found.sort(key=SORTS[sort])
        if order != "asc":
            found.reverse()
        return found

    def _between(self, items: dict[int, Item], base: str, query: Query) -> list[Item]:
        if base not in self._sorted:
            self._sorted[base] = sorted(items.values(), key=SORTS[base])
        ordered = self._sorted[base]
        if base not in query.bounds:
            return ordered
        low, high = query.bounds[base]
        moment = attrgetter(FIELDS[base])
        return ordered[bisect_left(ordered, low, key=moment) : bisect_right(ordered, high, key=moment)]

    def _check_scopes(self, query: Query, token: Token) -> None:
        """Refuse a search all of whose scopes are hidden; some hidden among others just find nothing."""
        logins = {organisation.login.lower() for organisation in token.visible(self._world)}
        named = query.organisations | query.repositories
        seen = query.organisations & logins
        seen |= {name for name in query.repositories if self._is_visible(name, token)}
        if named and not seen:
            raise search_invalid(HIDDEN)

    def _is_visible(self, full_name: str, token: Token) -> bool:
        repository = self._world.repositories.get(full_name)
        return repository is not None and token.reads(repository)


def check_window(page: int, per_page: int) -> None:
    """Raise the 422 for a page that begins beyond the thousand results a search gives."""
    if (page - 1) * per_page >= MAXIMUM_RESULTS:
        raise ApiError(422, "Only the first 1000 search results are available")
