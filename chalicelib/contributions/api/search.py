"""Issues and pull requests, by search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from chalicelib.errors import BadAnswerError, IncompleteReadError
from chalicelib.github import PER_PAGE, Answer, GitHubAPI
from chalicelib.ingest.scopes import Scope
from chalicelib.ingest.windows import SECOND, Window
from chalicelib.utils import format_utc, parse_utc

# A search that timed out on GitHub's side is asked again, this often and after these pauses in seconds.
INCOMPLETE_PAUSES = (2.0, 5.0, 15.0, 30.0)

PULL_REQUESTS, ISSUES = "pull_requests", "issues"
KIND_QUALIFIER = {PULL_REQUESTS: "is:pr", ISSUES: "is:issue"}


@dataclass(frozen=True)
class SearchPage:
    """One page of a search: its items as GitHub gave them, and how many the search announced.

    `since` is the moment that its search began at, when that is not the span's own beginning.
    """

    items: list[Any]
    total_count: int
    next_url: str | None
    since: datetime | None = None


@dataclass(frozen=True)
class Span:
    """A span of time on one axis (`created`, `updated` or `closed`), inclusive, read from one end to the other."""

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
        """Say the span in a search; empty when it is open at both ends."""
        if self.since and self.until:
            return f"{self.axis}:{format_utc(self.since)}..{format_utc(self.until)}"
        if self.since:
            return f"{self.axis}:>={format_utc(self.since)}"
        return f"{self.axis}:<={format_utc(self.until)}" if self.until else ""

    @property
    def edge(self) -> datetime | None:
        """The moment that reading begins at; None when that end is open."""
        return self.until if self.newest_first else self.since

    def beyond_edge(self) -> Span | None:
        """Give what is left of the span behind the second at its edge; None when that is nothing."""
        if self.edge is None:
            return None
        before, behind = replace(self, until=self.edge - SECOND), replace(self, since=self.edge + SECOND)
        rest = before if self.newest_first else behind
        return None if rest.since and rest.until and rest.since > rest.until else rest

    def after(self, items: Sequence[Any]) -> Span | None:
        """Give what is left of the span after some items; None when they stand at its very beginning."""
        moments = [moment for moment in (moment_of(item, f"{self.axis}_at") for item in items) if moment]
        if not moments:
            return None
        if self.newest_first:
            edge = min(moments)
            return replace(self, until=edge) if self.until is None or edge < self.until else None
        edge = max(moments)
        return replace(self, since=edge) if self.since is None or edge > self.since else None


def moment_of(item: Any, name: str) -> datetime | None:
    """Read a time off an item that was not checked yet; None when it has none."""
    try:
        return parse_utc(item[name])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


@dataclass
class SearchAPI:
    """Issues and pull requests, by search.

    GitHub shows at most 1,000 results of a search, and its pages shift when items change while they are read. So
    only the first page of each search is read, and the next search begins where its last item stands: any number of
    items is read, none is passed over, and the time of the last item is a cursor to go on from. A page that is of one
    second whole is read by the moments that its items were opened in; further pages are read only among items that
    share both.

    https://docs.github.com/en/rest/search/search#search-issues-and-pull-requests
    """

    github: GitHubAPI
    pauses: Sequence[float] = field(default=INCOMPLETE_PAUSES)

    def fetch_count(self, scope: Scope, kind: str, *qualifiers: str) -> int:
        """Fetch how many items a search finds. One request."""
        return self._search(scope, kind, qualifiers, {"per_page": "1"}).total_count

    def fetch_pages(self, scope: Scope, kind: str, span: Span, *qualifiers: str) -> Iterator[SearchPage]:
        """Fetch pages of up to 100 items, in the span's order; items of the edges come twice.

        Raises IncompleteReadError when GitHub keeps answering in part, or when more than 1,000 items share both the
        second that they changed in and the one that they were opened in.
        """
        whole, depth = span, 1
        page = self._first_page(scope, kind, span, qualifiers)
        while True:
            yield page if span is whole else replace(page, since=span.since)
            if page.next_url is None:
                _check_cap(page, depth, span)
                return
            rest = span.after(page.items)
            if rest is None and span.axis == "updated":
                yield from self._one_second(scope, kind, span, page, qualifiers)
                rest = span.beyond_edge()
                if rest is None:
                    return
            if rest is None:
                page, depth = self._page({"path": page.next_url}), depth + 1
            else:
                span, depth = rest, 1
                page = self._first_page(scope, kind, span, qualifiers)

    def _first_page(self, scope: Scope, kind: str, span: Span, qualifiers: Sequence[str]) -> SearchPage:
        order = {"sort": span.axis, "order": "desc" if span.newest_first else "asc", "per_page": str(PER_PAGE)}
        return self._search(scope, kind, (*qualifiers, span.qualifier), order)

    def _one_second(
        self, scope: Scope, kind: str, span: Span, page: SearchPage, qualifiers: Sequence[str]
    ) -> Iterator[SearchPage]:
        """Read what changed in the second at the span's edge: there may be thousands, told apart by their opening."""
        second = Span(span.axis, span.edge, span.edge).qualifier
        for part in self.fetch_pages(scope, kind, Span("created"), *qualifiers, second):
            yield replace(part, total_count=page.total_count, since=span.since)

    def _search(self, scope: Scope, kind: str, qualifiers: Sequence[str], order: dict[str, str]) -> SearchPage:
        query = " ".join(filter(None, (KIND_QUALIFIER[kind], scope.qualifier, *qualifiers)))
        return self._page({"path": "/search/issues", "params": {"q": query, **order}})

    def _page(self, request: dict[str, Any]) -> SearchPage:
        """Fetch a page, asking again while GitHub's search times out."""
        for pause in (*self.pauses, None):
            answer = self.github.get(request["path"], params=request.get("params"))
            page, incomplete = read_search(answer)
            if not incomplete:
                return page
            if pause is not None:
                self.github.budget.pause(pause, "GitHub's search timed out")
        raise IncompleteReadError("GitHub's search timed out again and again (incomplete_results)")


def read_search(answer: Answer) -> tuple[SearchPage, bool]:
    """Check the shape of a search's answer: the page, and whether it is incomplete."""
    body = answer.body
    shape_is_right = (
        isinstance(body, dict) and isinstance(body.get("items"), list) and isinstance(body.get("total_count"), int)
    )
    if not shape_is_right:
        raise BadAnswerError(
            "the answer is not a search result",
            status=answer.status,
            path="/search/issues",
            request_id=answer.request_id,
        )
    return SearchPage(body["items"], body["total_count"], answer.next_url), bool(body.get("incomplete_results"))


def _check_cap(page: SearchPage, depth: int, span: Span) -> None:
    if page.total_count > depth * PER_PAGE:
        raise IncompleteReadError(
            f"{page.total_count} items were opened in one second ({span.qualifier}); GitHub lists only the first 1,000"
        )
