"""Timelines of many items at once, and pull requests' sizes, from GitHub's GraphQL API.

Whatever a query can't have, GitHub leaves out as a null, with or without an error beside it. What is left out is None
here, and means "ask in another way", never "there is nothing".

https://docs.github.com/en/graphql/reference/queries#nodes
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from chalicelib.contributions.api import queries
from chalicelib.contributions.api.queries import BLANKS, Queries, ServerTypes
from chalicelib.errors import (
    BadAnswerError,
    ForbiddenError,
    GitHubError,
    NotFoundError,
    SingleSignOnError,
    UnauthorizedError,
    UnprocessableError,
)
from chalicelib.github import FORBIDDEN, GitHubAPI, QueryAnswer, QueryError
from chalicelib.github.answers import is_count
from chalicelib.github.batches import Ask, Batches, Node, dig, do_nothing, is_node, nodes_by_key
from chalicelib.utils import in_parts

# Further pages of so many timelines are asked for at once: many aliases take GitHub long to check.
MOST_PAGES = 10
# So many ids are named in an alias.
IDS_PER_ALIAS = 50
# So many people are remembered.
MOST_PEOPLE = 2_000
# What a server answers that has no GraphQL for us.
NOT_OFFERED = (NotFoundError, ForbiddenError, UnprocessableError, BadAnswerError)


@dataclass(frozen=True)
class Page:
    """A page of a timeline: its events as GraphQL nodes, how many the whole timeline has, and where it goes on.

    `holes` is how many events GitHub left out. `item` has the other fields of the issue or pull request. `date` is
    GitHub's clock when it answered (aware, UTC).
    """

    nodes: list[Node]
    holes: int
    total: int
    cursor: str | None
    item: Node
    date: datetime | None


@dataclass
class GraphQLAPI:
    """Asks for many things in a query; a query that is too large is halved until it is answered.

    `wanted` are the kinds of event to ask for, by REST's names; all that the server knows when it is empty. Methods
    raise a GitHubError when GitHub can't be asked at all.
    """

    github: GitHubAPI
    wanted: Collection[str] = ()
    _queries: Queries | None = field(default=None, repr=False)
    _batches: Batches = field(default_factory=Batches, repr=False)
    _people: dict[Any, Node] = field(default_factory=dict, repr=False)

    def refusal(self) -> str | None:
        """Say why GraphQL can't be asked; None when it can. Asks what the server knows, if that is not known."""
        try:
            self._ask_server()
        except (SingleSignOnError, UnauthorizedError):
            raise
        except GitHubError as error:
            return error.message
        return None

    @property
    def queries(self) -> Queries:
        """The texts for what the server knows, which is asked once."""
        return self._ask_server()

    def _ask_server(self) -> Queries:
        if self._queries is None:
            data = self.github.query(queries.SERVER, {}).data
            issues, pulls = (_types_of(data.get(name)) for name in ("issues", "pulls"))
            self._queries = Queries(ServerTypes(issues, pulls), self.wanted)
        return self._queries

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of event that a timeline's pages show, by REST's names."""
        return self.queries.kinds

    def fetch_first_pages(
        self, asked: Mapping[str, bool], *, on_halved: Callable[[], object] = do_nothing
    ) -> dict[str, Page | None]:
        """Fetch the first page of each timeline, by the node ids of its items.

        One that is true is an open pull request: its requested reviewers come too. `on_halved` is called whenever the
        query had to be halved.
        """
        return self._fetch(list(asked), partial(self._ask_first_pages, asked), on_halved)

    def fetch_next_pages(self, cursors: Mapping[str, str]) -> dict[str, Page | None]:
        """Fetch a further page of each timeline, by the node ids of its items and the cursors of their last pages."""
        return self._fetch(list(cursors), partial(self._ask_next_pages, cursors))

    def fetch_counts(self, ids: Sequence[str]) -> dict[str, int | None]:
        """Count the events of timelines."""
        found = self._fetch(ids, self._ask_counts)
        counts = {key: dig(node, "timelineItems", "totalCount") for key, node in found.items()}
        return {key: count if is_count(count) else None for key, count in counts.items()}

    def fetch_sizes(self, ids: Sequence[str]) -> dict[str, Node | None]:
        """Fetch the sizes and the reviewers of pull requests."""
        return self._fetch(ids, partial(self._ask_nodes, queries.SIZES))

    def fetch_reactions(self, ids: Sequence[str]) -> dict[str, Sequence[Node] | None]:
        """Count the reactions to comments, by kind."""
        found = self._fetch(ids, partial(self._ask_nodes, queries.REACTIONS))
        return {key: None if node is None else node.get("reactionGroups") or [] for key, node in found.items()}

    def fetch_comments(self, ids: Sequence[str]) -> dict[str, list[Node] | None]:
        """Fetch all comments of review threads."""
        found = self._fetch(ids, partial(self._ask_nodes, queries.THREADS))
        return {key: None if node is None else self._all_comments(key, node) for key, node in found.items()}

    def _all_comments(self, key: str, node: Node) -> list[Node] | None:
        comments: list[Node] = []
        page: Any = node
        while isinstance(page, dict):
            found, total = dig(page, "comments", "nodes"), dig(page, "comments", "totalCount")
            comments += found if isinstance(found, list) else []
            if not found or not all(map(is_node, comments)) or not is_count(total) or len(comments) > total:
                return None
            if not dig(page, "comments", "pageInfo", "hasNextPage"):
                return comments if len(comments) == total else None
            more = {"after": dig(page, "comments", "pageInfo", "endCursor")}
            page = self._fetch([key], partial(self._ask_nodes, queries.THREADS, more=more))[key]
        return None

    def _fetch(self, keys: Sequence[Any], ask: Ask, on_halved: Callable[[], object] = do_nothing) -> dict[Any, Any]:
        """Ask for many things at once, or by halves; None for what can't be had, even alone."""
        if len(self._people) > MOST_PEOPLE:
            self._people.clear()
        return self._batches.fetch(keys, ask, on_halved)

    def _ask_first_pages(self, asked: Mapping[str, bool], keys: Sequence[str], *, is_divisible: bool) -> dict[str, Any]:
        places: dict[str, list[str]] = {}
        for is_open in (False, True):
            ids = [key for key in keys if asked[key] is is_open]
            for number, part in enumerate(in_parts(ids, IDS_PER_ALIAS)):
                places[f"{'open' if is_open else 'items'}{number}"] = list(part)
        aliases = {alias: alias.startswith("open") for alias in places}
        answer = self._ask(lambda texts: texts.timelines(aliases), places, is_divisible=is_divisible)
        nodes = nodes_by_key(answer, {key: (alias, n) for alias, ids in places.items() for n, key in enumerate(ids)})
        return {key: _page_of(node, answer.date, self._people) for key, node in nodes.items()}

    def _ask_next_pages(self, cursors: Mapping[str, str], keys: Sequence[str], *, is_divisible: bool) -> dict[str, Any]:
        variables = {f"id{n}": key for n, key in enumerate(keys)} | {
            f"after{n}": cursors[key] for n, key in enumerate(keys)
        }
        answer = self._ask(lambda texts: texts.pages(len(keys)), variables, is_divisible=is_divisible)
        nodes = nodes_by_key(answer, {key: (f"page{n}",) for n, key in enumerate(keys)})
        return {key: _page_of(node, answer.date, self._people) for key, node in nodes.items()}

    def _ask_counts(self, keys: Sequence[str], *, is_divisible: bool) -> dict[str, Any]:
        answer = self._ask(lambda texts: texts.counts(), {"ids": list(keys)}, is_divisible=is_divisible)
        return nodes_by_key(answer, {key: ("nodes", n) for n, key in enumerate(keys)})

    def _ask_nodes(
        self,
        text: str,
        keys: Sequence[str],
        *,
        is_divisible: bool,
        more: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        answer = self.github.query(text, {"ids": list(keys), **(more or {})}, is_divisible=is_divisible)
        return nodes_by_key(answer, {key: ("nodes", n) for n, key in enumerate(keys)})

    def _ask(
        self, text_of: Callable[[Queries], str], variables: Mapping[str, Any], *, is_divisible: bool
    ) -> QueryAnswer:
        """Ask about timelines; where an organisation's boards are forbidden, without their events."""
        texts = self.queries
        try:
            answer = self.github.query(text_of(texts), {**variables, **texts.item_types}, is_divisible=is_divisible)
        except ForbiddenError:
            if texts.without_boards:
                raise
        else:
            if texts.without_boards or not any(map(_is_about_a_board, answer.errors)):
                return answer
        self._queries = replace(texts, without_boards=True)
        return self._ask(text_of, variables, is_divisible=is_divisible)


def _types_of(union: Any) -> dict[str, frozenset[str]]:
    try:
        return {one["name"]: frozenset(each["name"] for each in one["fields"]) for one in union["possibleTypes"]}
    except (TypeError, KeyError) as error:
        raise BadAnswerError("the server does not say what timelines hold", path="/graphql", method="POST") from error


def _is_about_a_board(error: QueryError) -> bool:
    return error.type == FORBIDDEN and (not error.path or "project" in error.path)


def _event_of(event: Node, people: dict[Any, Node]) -> Node:
    """Give an event all the fields of its type. Whoever did several is kept in memory once."""
    if not is_node(event):
        raise TypeError("an event without an id")
    shared = {
        name: people.setdefault((person["__typename"], person["login"]), person)
        for name in ("actor", "author")
        if (person := event.get(name))
    }
    return {**BLANKS[event["__typename"]], **event, **shared}


def _page_of(node: Node | None, date: datetime | None, people: dict[Any, Node]) -> Page | None:
    """Read a timeline's page; None when it is not what the schema says."""
    try:
        timeline = node["timelineItems"] if node else None
        if not node or not timeline:
            return None
        info, events = timeline["pageInfo"], timeline["nodes"]
        if not is_count(timeline["totalCount"]) or not isinstance(events, list):
            return None
        whole = [_event_of(event, people) for event in events if event is not None]
        return Page(
            nodes=whole,
            holes=len(events) - len(whole),
            total=timeline["totalCount"],
            cursor=info["endCursor"] if info["hasNextPage"] else None,
            item=node,
            date=date,
        )
    except (KeyError, TypeError, AttributeError):
        return None
