"""Follows a list's links from page to page, and ends a chain that leads nowhere."""

from __future__ import annotations

from chalicelib.errors import BadAnswerError

MAX_PAGES = 2_000  # with 200,000 records: no list that is read here is as long
MAX_REPEATS = 10  # pages of a list that bring nothing new; GitHub may filter a page until nothing is left of it


class NextLinks:
    """The next links of one reading of a list.

    A link may repeat, or each one may be new and bring an empty page, or the same page, or no end. Without this a
    reading would go on, and what it collects would grow, until the memory is full. `path` is for errors, `limit` is
    how many pages the list may have, when it may have fewer than others.
    """

    def __init__(self, path: str, *, limit: int | None = None) -> None:
        self._path = path
        self._limit = limit or MAX_PAGES
        self._urls: set[str] = set()
        self._digests: set[int] = set()
        self._pages = self._repeats = 0

    def follow(self, *urls: str, next_url: str | None, digest: int | None) -> str | None:
        """Take down a page that was read, by its URLs, and give the next one's, None when it was the last.

        `digest` is the same for pages of the same content; None for a page that was not sent again (304). Raises
        BadAnswerError when the links lead nowhere.
        """
        self._urls.update(urls)
        self._pages += 1
        self._repeats += digest in self._digests
        if digest is not None:
            self._digests.add(digest)
        if next_url is not None:
            self._check(next_url)
        return next_url

    def _check(self, next_url: str) -> None:
        if next_url in self._urls:
            raise BadAnswerError("the next page is one already read", path=self._path)
        if self._repeats >= MAX_REPEATS:
            raise BadAnswerError(f"{self._repeats} pages bring nothing new, and name a next one", path=self._path)
        if self._pages >= self._limit:
            raise BadAnswerError(f"the list has more than {self._limit:,} pages", path=self._path)
