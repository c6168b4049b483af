"""Reads many timelines at once through GraphQL: 100 items a query, and what a query can't nest asked for in company.

Further pages of long timelines, the comments of review threads, and reactions wait until there are enough of them for
a query of their own. What GitHub left out is given back, to be asked for in REST.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from chalicelib.contributions.api import ISSUES, MOST_IDS, MOST_PAGES, GraphQLAPI, Page
from chalicelib.contributions.api.queries import KINDS
from chalicelib.contributions.rows.graphql import Timeline, has_reactions, rest_event
from chalicelib.contributions.sync.due import DueItem
from chalicelib.contributions.sync.events import Reading
from chalicelib.contributions.sync.sizes import Size
from chalicelib.errors import RejectedError
from chalicelib.github import PER_PAGE, ListPage, PageState, numeric_id
from chalicelib.ingest.ahead import fetch_ahead
from chalicelib.ingest.context import Context
from chalicelib.utils import gathered, in_parts, parse_utc

# A query costs a point for each 100 connections, rounded to the nearest: up to 149 cost one, a few of
# which are the lists of ids.
CONNECTIONS = 145
# A timeline is one; the reviewers of an open pull request, and the commits where the timeline doesn't show them, too.
TIMELINE, REVIEWERS, COMMITS = 1, 1, 1
# After so many answers in a row that came within seconds, more is asked for at once.
FAST_ANSWERS, FAST = 5, 4.0
# So many timelines are written at once.
AT_ONCE = 25
# So many events may wait in memory for the company of others.
MOST_WAITING = 3_000
# So many people are remembered.
MOST_PEOPLE = 2_000
THREADS = {"line-commented", "commit-commented"}


@dataclass
class Pace:
    """How many items to ask for at once, by repository: half of it when GitHub took too long, more when it is fast."""

    sizes: dict[int | None, int] = field(default_factory=dict)
    fast: int = 0

    def size_of(self, repository_id: int | None) -> int:
        """Give how many items of a repository may be in a query."""
        return self.sizes.get(repository_id, MOST_IDS)

    def slow_down(self, items: Sequence[DueItem]) -> None:
        """Ask for less of these items' repositories from now on."""
        self.fast = 0
        for repository_id in {item.repository_id for item in items}:
            self.sizes[repository_id] = max(1, min(self.size_of(repository_id), len(items)) // 2)

    def note(self, seconds: float) -> None:
        """Remember how long an answer took."""
        self.fast = self.fast + 1 if seconds < FAST else 0
        if self.fast >= FAST_ANSWERS:
            self.fast = 0
            self.sizes = {each: size * 2 for each, size in self.sizes.items() if size * 2 < MOST_IDS}


@dataclass
class History:
    """A timeline that is being read, and what is still to be asked for."""

    item: DueItem
    node_id: str
    nodes: list[Any]
    holes: int
    total: int
    cursor: str | None
    size: Size | None
    date: datetime | None
    comments: dict[str, Sequence[Any]] = field(default_factory=dict)
    reactions: dict[str, Sequence[Any]] = field(default_factory=dict)
    threads: list[str] = field(default_factory=list)
    reacted: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether nothing more is to be asked for."""
        return not (self.cursor or self.threads or self.reacted)

    def find_rest(self) -> None:
        """Find what has to be asked for apart, once all pages are read."""
        kinds = [(KINDS[node["__typename"]], node) for node in self.nodes]
        self.threads = [node["id"] for kind, node in kinds if kind in THREADS]
        self.reacted = [node["id"] for _, node in kinds if has_reactions(node)]


Outcome = Reading | DueItem


@dataclass
class HistoryReader:
    """Reads timelines through GraphQL; one query is under way while the answer to another is written."""

    context: Context
    api: GraphQLAPI
    pace: Pace = field(default_factory=Pace)
    paging: list[History] = field(default_factory=list)
    waiting: list[History] = field(default_factory=list)
    sizes: list[Size] = field(default_factory=list)
    people: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def read(self, due: Iterator[DueItem]) -> Iterator[list[Outcome]]:
        """Read timelines; gives each as a Reading, or as the item that has to be asked for in REST."""
        # One query at a time: more at once would take GitHub's time for queries from each other.
        session = self.context.session
        ahead = fetch_ahead(self._chunks(due), self._fetch_first_pages, threads=1, name="graphql", session=session)
        for chunk, pages in ahead:
            yield from gathered(self._begin(chunk, pages.result()), AT_ONCE)
            yield from gathered(self._go_on(is_last=False), AT_ONCE)
        yield from gathered(self._go_on(is_last=True), AT_ONCE)

    def _chunks(self, due: Iterator[DueItem]) -> Iterator[list[DueItem]]:
        chunk: list[DueItem] = []
        for item in due:
            if chunk and self._is_full([*chunk, item]):
                yield chunk
                chunk = []
            chunk.append(item)
        if chunk:
            yield chunk

    def _is_full(self, items: Sequence[DueItem]) -> bool:
        weight = sum(self._connections(item) for item in items)
        return weight > CONNECTIONS or len(items) > min(self.pace.size_of(item.repository_id) for item in items)

    def _connections(self, item: DueItem) -> int:
        commits = 0 if item.kind == ISSUES or "committed" in self.api.kinds else COMMITS
        return TIMELINE + commits + (REVIEWERS if item.is_open_pull else 0)

    def _fetch_first_pages(self, chunk: Sequence[DueItem]) -> dict[str, Page | None]:
        now = self.context.github.budget.now
        began = now()
        asked = {item.node_id: item.is_open_pull for item in chunk if item.node_id}
        found = self.api.fetch_first_pages(asked, on_halved=partial(self.pace.slow_down, chunk))
        self.pace.note(now() - began)
        return found

    def _begin(self, chunk: Sequence[DueItem], pages: dict[str, Page | None]) -> Iterator[Outcome]:
        for item in chunk:
            # Taken out, so that memory holds no event longer than it is needed.
            page = pages.pop(item.node_id or "", None)
            if page is None or not _is_of(page, item):
                yield item
                continue
            size = Size.of(item, page.item)
            history = History(
                item, page.item["id"], list(page.nodes), page.holes, page.total, page.cursor, size, page.date
            )
            yield from self._file(history)

    def _file(self, history: History) -> Iterator[Outcome]:
        """Put a history where it waits for what it still lacks; give it when it lacks nothing."""
        if history.cursor:
            self.paging.append(history)
            return
        history.find_rest()
        if history.is_complete:
            yield self._end(history)
        else:
            self.waiting.append(history)

    def _go_on(self, *, is_last: bool) -> Iterator[Outcome]:
        """Ask for what waits, as soon as there is enough of it for a query."""
        while len(self.paging) >= MOST_PAGES or (self.paging and (is_last or self._is_crowded)):
            yield from self._turn_pages()
        self._add_comments(is_last=is_last)
        self._add_reactions(is_last=is_last)
        complete = [history for history in self.waiting if history.is_complete]
        self.waiting = [history for history in self.waiting if not history.is_complete]
        yield from map(self._end, complete)

    @property
    def _is_crowded(self) -> bool:
        return sum(len(history.nodes) for history in (*self.paging, *self.waiting)) > MOST_WAITING

    def _turn_pages(self) -> Iterator[Outcome]:
        turned, self.paging = self.paging[:MOST_PAGES], self.paging[MOST_PAGES:]
        pages = self.api.fetch_next_pages({history.node_id: history.cursor or "" for history in turned})
        for history in turned:
            page = pages[history.node_id]
            is_progress = page is not None and page.nodes and page.cursor != history.cursor
            if page is None or not is_progress or len(history.nodes) > page.total:
                yield history.item
                continue
            history.nodes += page.nodes
            history.holes, history.total, history.cursor = history.holes + page.holes, page.total, page.cursor
            yield from self._file(history)

    def _add_comments(self, *, is_last: bool) -> None:
        found = self._ask(self.api.fetch_comments, [history.threads for history in self.waiting], is_last=is_last)
        for history in self.waiting if found else ():
            comments = {key: found[key] for key in history.threads if key in found}
            history.threads = [key for key in history.threads if key not in comments]
            history.holes += sum(each is None for each in comments.values())
            history.comments |= {key: each or () for key, each in comments.items()}
            history.reacted += [each["id"] for some in comments.values() for each in some or () if has_reactions(each)]

    def _add_reactions(self, *, is_last: bool) -> None:
        found = self._ask(self.api.fetch_reactions, [history.reacted for history in self.waiting], is_last=is_last)
        for history in self.waiting if found else ():
            reactions = {key: found[key] for key in history.reacted if key in found}
            history.reacted = [key for key in history.reacted if key not in reactions]
            history.holes += sum(each is None for each in reactions.values())
            history.reactions |= {key: each or () for key, each in reactions.items()}

    def _ask(
        self, fetch: Callable[[Sequence[str]], Mapping[str, Any]], wanted: Sequence[Sequence[str]], *, is_last: bool
    ) -> dict[str, Any]:
        """Ask for what is wanted, as much as fills whole queries; for all of it when nothing more will come."""
        keys = [key for some in wanted for key in some]
        number = len(keys) if is_last or self._is_crowded else len(keys) // MOST_IDS * MOST_IDS
        found: dict[str, Any] = {}
        for some in in_parts(keys[:number], MOST_IDS):
            found |= fetch(some)
        return found

    def _end(self, history: History) -> Outcome:
        """Turn a whole history into REST's form; what is not whole, or not to be understood, is asked in REST."""
        if len(self.people) > MOST_PEOPLE:
            self.people.clear()
        ids = {node["id"] for node in history.nodes}
        if history.holes or len(history.nodes) != history.total or len(ids) != len(history.nodes):
            return history.item
        try:
            records = list(self._records(history))
        except RejectedError:
            return history.item
        pages = [list(page) for page in in_parts(records, PER_PAGE)] or [[]]
        if history.size and (size := history.size.with_commits(history.nodes)):
            self.sizes.append(size)
        return Reading(
            history.item,
            [
                ListPage(number, page, PageState(None, len(page), None), history.date)
                for number, page in enumerate(pages, start=1)
            ],
            kinds=self.api.kinds,
            total=history.total,
        )

    def _records(self, history: History) -> Iterator[Any]:
        item = history.item
        base_url = item.base_url or self.context.github.base_url
        timeline = Timeline(base_url, item.org, item.repo, history.comments, history.reactions, self.people)
        for node in history.nodes:
            yield rest_event(node, timeline, kind=KINDS[node["__typename"]])

    def confirm(self, reading: Reading) -> bool:
        """Ask whether a timeline still has the events that were just read."""
        again = HistoryReader(self.context, self.api)
        outcomes = [outcome for batch in again.read(iter([reading.item])) for outcome in batch]
        return any(isinstance(outcome, Reading) and outcome.names == reading.names for outcome in outcomes)

    def take_sizes(self) -> list[Size]:
        """Give the sizes of the pull requests that were read since they were last taken."""
        taken, self.sizes = self.sizes, []
        return taken


def _is_of(page: Page, item: DueItem) -> bool:
    """Tell whether a page shows this very item, no older than it is known to be."""
    is_same = numeric_id(page.item["id"]) == numeric_id(item.node_id or "")
    try:
        return is_same and parse_utc(page.item["updatedAt"]) >= item.updated_at
    except (ValueError, KeyError, TypeError):
        return False
