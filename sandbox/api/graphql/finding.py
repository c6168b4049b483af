"""Finding things by their node ids, in both forms."""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLError

from sandbox.api.event_kinds import EVENT_KINDS
from sandbox.api.graphql.accounts import JSON
from sandbox.api.graphql.oddities import BROKEN, WHOLE
from sandbox.api.graphql.timelines import Timelines
from sandbox.api.nodeids import decode
from sandbox.api.timelines import Entry, entries
from sandbox.world.items import Item, Kind, Repository
from sandbox.world.people import Person
from sandbox.world.world import World

Found = tuple[Item, Entry]
# What the old form calls things, by the prefixes of the new one.
PREFIXES = {
    "User": "U",
    "Bot": "BOT",
    "Organization": "O",
    "Mannequin": "M",
    "Issue": "I",
    "PullRequest": "PR",
    **{one.type_name: one.prefix for one in EVENT_KINDS.values()},
}
# Comments within threads, which have ids of their own.
INNER = {Kind.LINE_COMMENTED: "PRRC", Kind.COMMIT_COMMENTED: "CC"}


class Index:
    """Which entry of which item an id means, by repository; made anew when the world has changed."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._version = -1
        self._known: dict[int, dict[tuple[str, int], Found]] = {}

    def find(self, prefix: str, number: int, repository: int | None) -> Found | None:
        """Return the entry with this id, in one repository or any."""
        if self._version != self._world.version:
            self._version = self._world.version
            self._known.clear()
        wanted = [one for one in self._world.repositories.values() if repository in (None, one.id)]
        found = (self._of(one).get((prefix, number)) for one in wanted)
        return next((one for one in found if one is not None), None)

    def _of(self, repository: Repository) -> dict[tuple[str, int], Found]:
        if repository.id not in self._known:
            known: dict[tuple[str, int], Found] = {}
            for item in repository.items.values():
                for entry in entries(item):
                    if entry.kind in EVENT_KINDS:
                        known[EVENT_KINDS[entry.kind].prefix, entry.id] = item, entry
                    if entry.kind in INNER:
                        known[INNER[entry.kind], entry.id] = item, entry
            self._known[repository.id] = known
        return self._known[repository.id]


class Finder:
    """Finds what a token may see."""

    def __init__(self, shown: Timelines, index: Index) -> None:
        self._shown, self._index = shown, index
        self._world = shown.world

    def find(self, identifier: str) -> JSON:
        """Return what has this node id; raise the API's error for what isn't there or mustn't be seen."""
        try:
            kind, numbers = decode(identifier)
        except ValueError:
            raise unknown(identifier) from None
        found = self._find(PREFIXES.get(kind, kind), [number for number in numbers if isinstance(number, int)])
        if found is None:
            raise unknown(identifier)
        return found

    def _find(self, prefix: str, numbers: list[int]) -> JSON | None:
        if not numbers:
            return None
        if prefix in ("I", "PR"):
            known = self._world.items if prefix == "I" else self._world.pulls
            item = known.get(numbers[-1])
            return None if item is None or item.is_pull != (prefix == "PR") else self._item(item)
        if prefix in ("U", "BOT", "M", "O"):
            return self._shown.person(self._account(numbers[-1]))
        if prefix in ("PVT", "PVTI"):
            return self._board(numbers)
        if prefix in _PLACES:
            return _PLACES[prefix](self, numbers[-1])
        return self._entry(prefix, numbers)

    def _item(self, item: Item) -> JSON | None:
        """Return an item, unless its repository is hidden; raise the API's error without its kind's permission."""
        if not self._shown.token.reads(item.repository) or item.id not in self._world.items:
            return None
        if not self._shown.token.reads_kind(pulls=item.is_pull):
            message = self._shown.token.refusal().body["message"]
            raise GraphQLError(str(message), extensions={"type": "FORBIDDEN"})
        return self._shown.item(item)

    def _board(self, numbers: list[int]) -> JSON | None:
        """Return a board, or a row of one; raise the API's error without the permission to read boards."""
        visible = self._shown.token.visible(self._world)
        boards = {one.id: one for place in visible for one in place.projects}
        project = boards.get(numbers[1]) if len(numbers) > 1 else None
        if project is None:
            return None
        self._shown.demand_boards()
        row = self._world.board_item(project, numbers[2]) if len(numbers) > 2 else None
        return self._shown.project(project) if len(numbers) == 2 else None if row is None else self._shown.row_of(row)

    def _account(self, number: int) -> Person | None:
        organisations = [one.account for one in self._world.organisations.values()]
        return next((one for one in (*self._world.accounts.values(), *organisations) if one.id == number), None)

    def _entry(self, prefix: str, numbers: list[int]) -> JSON | None:
        found = self._index.find(prefix, numbers[-1], numbers[0] if len(numbers) > 1 else None)
        if found is None or self._item(found[0]) is None:
            return None
        item, entry = found
        if prefix == "PRRC":
            return self._shown.line_comment(item, entry)
        if prefix == "CC":
            return self._shown.commit_comment(item, entry)
        return self._shown.row(item, entry) if self._shown.sees_entry(entry) else None

    def _repository(self, number: int) -> JSON | None:
        """Return a repository, if it is seen; raise the error of one that is broken altogether."""
        found = next((one for one in self._world.repositories.values() if one.id == number), None)
        if found is None or not self._shown.token.reads(found):
            return None
        if self._shown.broken.get(found.full_name.lower()) == WHOLE:
            raise GraphQLError(BROKEN)
        return self._shown.repository(found)

    def _team(self, number: int) -> JSON | None:
        teams = [team for one in self._shown.token.visible(self._world) for team in one.teams]
        found = next((team for team in teams if team.id == number), None)
        return None if found is None else self._shown.team(found)


def unknown(identifier: str) -> GraphQLError:
    """Return the error for an id that leads nowhere."""
    message = f"Could not resolve to a node with the global id of '{identifier}'"
    return GraphQLError(message, extensions={"type": "NOT_FOUND"})


_PLACES: dict[str, Callable[[Any, int], JSON | None]] = {"R": Finder._repository, "T": Finder._team}
