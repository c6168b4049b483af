"""Issues and pull requests, from GitHub's search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from chalicelib.errors import BadAnswerError, IncompleteReadError
from chalicelib.github import PER_PAGE, Answer, GitHubAPI
from chalicelib.github.answers import is_count
from chalicelib.github.pages import NextLinks
from chalicelib.ingest.scopes import Scope
from chalicelib.ingest.windows import SECOND, Window
from chalicelib.utils import format_utc, parse_utc, shifted

# When GitHub's search times out, the request is repeated after each of these pauses, in seconds.
INCOMPLETE_PAUSES = (2.0, 5.0, 15.0, 30.0)

PATH = "/search/issues"
MAX_RESULTS = 1_000  # that GitHub lists of a search

PULL_REQUESTS, ISSUES = "pull_requests", "issues"
KIND_QUALIFIER = {PULL_REQUESTS: "is:pr", ISSUES: "is:issue"}


@dataclass(frozen=True)
class SearchPage:
    """One page of a search: its items as GitHub gave them, and how many items the search finds in all.

    `since` is the time at which this search began; None when it began at the span's own beginning. `url` is where the
    page is, `digest` the same for pages of the same content.
    """

    items: list[Any]
    total_count: int
    next_url: str | None
    since: datetime | None = None
    url: str = field(default="", compare=False)
    digest: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Span:
    """A time span on one axis (`created`, `updated` or `closed`), both ends included, and the order to read it in."""

    axis: str
    since: datetime | None = None
    until: datetime | None = None
    newest_first: bool = False

    @classmethod
    def created_in(cls, window: Window) -> Span:
        """Make the span of the items that were created in a window."""
        return cls("created", window.since, window.until)

    @property
    def qualifier(self) -> str:
        """Write the span as a search qualifier; empty when it is open at both ends."""
        if self.since and self.until:
            return f"{self.axis}:{format_utc(self.since)}..{format_utc(self.until)}"
        if self.since:
            return f"{self.axis}:>={format_utc(self.since)}"
        return f"{self.axis}:<={format_utc(self.until)}" if self.until else ""

    @property
    def edge(self) -> datetime | None:
        """The end at which reading begins; None when that end is open."""
        return self.until if self.newest_first else self.since

    def without_edge(self) -> Span | None:
        """Give the span without the second at its edge; None when nothing is left."""
        if self.edge is None:
            return None
        next_edge = shifted(self.edge, -SECOND if self.newest_first else SECOND)
        rest = replace(self, until=next_edge) if self.newest_first else replace(self, since=next_edge)
        is_empty = bool(rest.since and rest.until and rest.since > rest.until)
        return None if is_empty or next_edge == self.edge else rest

    def after(self, items: Sequence[Any]) -> Span | None:
        """Give the span from the last of these items on; None when that is the whole span."""
        moments = [moment for moment in (moment_of(item, f"{self.axis}_at") for item in items) if moment]
        if not moments:
            return None
        if self.newest_first:
            edge = min(moments)
            return replace(self, until=edge) if self.until is None or edge < self.until else None
        edge = max(moments)
        return replace(self, since=edge) if self.since is None or edge > self.since else None


def moment_of(item: Any, name: str) -> datetime | None:
    """Read a time from an unchecked item; None when it has none."""
    try:
        return parse_utc(item[name])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


@dataclass
class SearchAPI:
    """Issues and pull requests, from GitHub's search.

    GitHub lists at most 1,000 results of a search, and pages shift when items change during the read. So only the
    first page of each search is read, and the next search begins at the time of that page's last item. This reads any
    number of items and misses none, and the time of the last item serves as a cursor.

    When all items of a page changed in the same second, the items of that second are searched by creation time
    instead. Second and later pages are read only for items that were created in the same second.

    https://docs.github.com/en/rest/search/search#search-issues-and-pull-requests
    """

    github: GitHubAPI
    pauses: Sequence[float] = field(default=INCOMPLETE_PAUSES)

    def fetch_count(self, scope: Scope, kind: str, *qualifiers: str) -> int:
        """Fetch how many items a search finds, in one request."""
        return self._search(scope, kind, qualifiers, {"per_page": "1"}).total_count

    def fetch_pages(self, scope: Scope, kind: str, span: Span, *qualifiers: str) -> Iterator[SearchPage]:
        """Fetch pages of up to 100 items, in the span's order; an item at the end of a page may come twice.

        Raises IncompleteReadError when GitHub's search keeps timing out, when a page is empty and not the last one, or
        when more than 1,000 items were created in one second and changed in one second. Raises BadAnswerError when the
        links to next pages lead nowhere.
        """
        whole, depth, links = span, 1, _links()
        page = self._first_page(scope, kind, span, qualifiers)
        while True:
            yield page if span is whole else replace(page, since=span.since)
            if page.next_url is None:
                _check_cap(page, depth, span)
                return
            if not page.items:
                raise IncompleteReadError(
                    f"GitHub counts {page.total_count} items for {span.qualifier}, and lists none"
                )
            rest = span.after(page.items)
            if rest is None and span.axis == "updated":
                yield from self._one_second(scope, kind, span, page, qualifiers)
                rest = span.without_edge()
                if rest is None:
                    return
            if rest is None:
                next_url = links.follow(page.url, next_url=page.next_url, digest=page.digest)
                page, depth = self._page({"path": next_url}), depth + 1
            else:
                span, depth, links = rest, 1, _links()
                page = self._first_page(scope, kind, span, qualifiers)

    def _first_page(self, scope: Scope, kind: str, span: Span, qualifiers: Sequence[str]) -> SearchPage:
        order = {"sort": span.axis, "order": "desc" if span.newest_first else "asc", "per_page": str(PER_PAGE)}
        return self._search(scope, kind, (*qualifiers, span.qualifier), order)

    def _one_second(
        self, scope: Scope, kind: str, span: Span, page: SearchPage, qualifiers: Sequence[str]
    ) -> Iterator[SearchPage]:
        """Read the items that changed in the second at the span's edge, by creation time: there may be thousands."""
        second = Span(span.axis, span.edge, span.edge).qualifier
        for part in self.fetch_pages(scope, kind, Span("created"), *qualifiers, second):
            yield replace(part, total_count=page.total_count, since=span.since)

    def _search(self, scope: Scope, kind: str, qualifiers: Sequence[str], order: dict[str, str]) -> SearchPage:
        query = " ".join(filter(None, (KIND_QUALIFIER[kind], scope.qualifier, *qualifiers)))
        return self._page({"path": PATH, "params": {"q": query, **order}})

    def _page(self, request: dict[str, Any]) -> SearchPage:
        """Fetch a page; repeats the request while GitHub's search times out."""
        for pause in (*self.pauses, None):
            answer = self.github.get(request["path"], params=request.get("params"))
            page, incomplete = read_search(answer)
            if not incomplete:
                return page
            if pause is not None:
                self.github.budget.pause(pause, "GitHub's search timed out")
        raise IncompleteReadError("GitHub's search timed out again and again (incomplete_results)")


def _links() -> NextLinks:
    return NextLinks(PATH, limit=MAX_RESULTS // PER_PAGE)


def read_search(answer: Answer) -> tuple[SearchPage, bool]:
    """Check an answer's shape, and give its page and whether it is incomplete; BadAnswerError when it is no search."""
    body = answer.body
    if not (isinstance(body, dict) and isinstance(body.get("items"), list) and is_count(body.get("total_count"))):
        raise BadAnswerError(
            "the answer is not a search result",
            status=answer.status,
            path=PATH,
            request_id=answer.request_id,
        )
    page = SearchPage(body["items"], body["total_count"], answer.next_url, url=answer.url, digest=answer.digest)
    return page, bool(body.get("incomplete_results"))


def _check_cap(page: SearchPage, depth: int, span: Span) -> None:
    if page.total_count > depth * PER_PAGE >= MAX_RESULTS:
        raise IncompleteReadError(
            f"{page.total_count} items were created in one second ({span.qualifier}); GitHub lists only the first 1,000"
        )
