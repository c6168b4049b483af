"""Lists that are read page by page, each page with the ETag from its last read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chalicelib.errors import BadAnswerError
from chalicelib.github.answers import Answer
from chalicelib.github.client import PER_PAGE, GitHubAPI
from chalicelib.github.origin import path_of
from chalicelib.github.pages import NextLinks


@dataclass(frozen=True)
class PageState:
    """What the last read of a page found: its ETag, how many items it had, and GitHub's link to the next page."""

    etag: str | None
    items: int
    next_url: str | None


@dataclass(frozen=True)
class ListPage:
    """A page of a list; `number` counts from 1, and `items` is None when the page is unchanged (304).

    `state` is what to keep for the next read. `date` is GitHub's clock when it answered (aware, UTC). `total` is how
    many items the whole list has, where GitHub says that.
    """

    number: int
    items: list[Any] | None
    state: PageState
    date: datetime | None = None
    total: int | None = None


def do_not_wait() -> None:
    """Send the next request at once."""


@dataclass
class ListAPI:
    """Lists of GitHub's REST API, 100 items a page; `wait` is called before each request.

    `is_confidential`: no error quotes what a page holds. `always` are parameters that every page is asked for with,
    also when GitHub's link to it leaves them out. `within` is the field of each page that holds its items, where a page
    is an object and not the list itself.

    https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate
    """

    github: GitHubAPI
    wait: Callable[[], None] = do_not_wait
    is_confidential: bool = False
    always: Mapping[str, str] = field(default_factory=dict)
    within: str = ""

    def fetch_pages(
        self,
        path: str,
        known: Mapping[int, PageState],
        params: Mapping[str, str] | None = None,
        *,
        after: ListPage | None = None,
    ) -> Iterator[ListPage]:
        """Fetch a list page by page; a page in `known` (by its number) is requested with its ETag.

        With `after`, a page of an earlier reading, it goes on behind that one. Raises NotFoundError and GoneError when
        the list no longer exists, BadAnswerError when its next links lead nowhere.
        """
        url: str | None = after.state.next_url if after else path
        number = after.number + 1 if after else 1
        links = NextLinks(path)
        while url is not None:
            page, digest = self._fetch_page(url, number, known.get(number), params)
            yield page
            url, number = links.follow(url, next_url=page.state.next_url, digest=digest), number + 1

    def _fetch_page(
        self, url: str, number: int, known: PageState | None, params: Mapping[str, str] | None
    ) -> tuple[ListPage, int | None]:
        """Fetch a page, and give its content's digest too, None when it is unchanged."""
        answer = self._get(url, number, known.etag if known else None, params)
        if known and answer.not_modified:
            next_url = answer.next_url or known.next_url
            if next_url or known.items < PER_PAGE:
                return ListPage(number, None, replace(known, next_url=next_url), answer.date), None
            # A full last page may have a next page by now, which a 304 need not name.
            answer = self._get(url, number, None, params)
            if answer.etag is not None and answer.etag == known.etag:
                return ListPage(number, None, replace(known, next_url=answer.next_url), answer.date), None
        items, total = self._items_of(answer, url)
        state = PageState(answer.etag, len(items), answer.next_url)
        return ListPage(number, items, state, answer.date, total), answer.digest

    def _items_of(self, answer: Answer, url: str) -> tuple[list[Any], int | None]:
        """Give a page's items, and how many the whole list has; BadAnswerError when it is no page of this list."""
        body = answer.body
        envelope = body if self.within and isinstance(body, dict) else {}
        items, total = envelope.get(self.within) if self.within else body, envelope.get("total_count")
        if not isinstance(items, list):
            what = f"the answer has no list {self.within}" if self.within else "the answer is not a list"
            raise BadAnswerError(what, status=answer.status, path=path_of(url), request_id=answer.request_id)
        return items, total if type(total) is int else None

    def _get(self, url: str, number: int, etag: str | None, params: Mapping[str, str] | None) -> Answer:
        self.wait()
        # GitHub's links to the next pages already have the parameters.
        named = {"per_page": str(PER_PAGE), **(params or {})} if number == 1 else {}
        said = parse_qs(urlsplit(url).query)
        parameters = {**{name: value for name, value in self.always.items() if said.get(name) != [value]}, **named}
        return self.github.get(url, params=parameters, etag=etag, is_confidential=self.is_confidential)

    def is_unchanged(self, path: str, pages: Sequence[ListPage], params: Mapping[str, str] | None = None) -> bool:
        """Ask GitHub whether a list is still what was just read: items may move between pages during a read."""
        url: str | None = path
        for page in pages:
            if url is None or page.state.etag is None:
                return False
            if not self._get(url, page.number, page.state.etag, params).not_modified:
                return False
            url = page.state.next_url
        return True
