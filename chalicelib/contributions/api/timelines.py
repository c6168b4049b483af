"""What happened to issues and pull requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from chalicelib.errors import BadAnswerError
from chalicelib.github import PER_PAGE, Answer, GitHubAPI, Pacer


@dataclass(frozen=True)
class PagePoll:
    """What is known of a page of a timeline since it was last read."""

    etag: str | None
    events: int
    next_url: str | None


@dataclass(frozen=True)
class TimelinePage:
    """A page of a timeline, from 1; `events` is None when it is as it was (304). `poll` is what to know of it.

    `date` is GitHub's time when it answered.
    """

    number: int
    events: list[Any] | None
    poll: PagePoll
    date: datetime | None = None


@dataclass
class TimelineAPI:
    """What happened to an issue or pull request.

    https://docs.github.com/en/rest/issues/timeline#list-timeline-events-for-an-issue
    """

    github: GitHubAPI
    pacer: Pacer

    def fetch_timeline(self, org: str, repo: str, number: int, polls: Mapping[int, PagePoll]) -> list[TimelinePage]:
        """Fetch a timeline, page by page, each with the ETag of its last reading.

        Raises NotFoundError and GoneError when the issue is not there any more.
        """
        pages: list[TimelinePage] = []
        url: str | None = f"/repos/{quote(org)}/{quote(repo)}/issues/{number}/timeline"
        while url is not None:
            page = self._fetch_page(url, len(pages) + 1, polls.get(len(pages) + 1))
            pages.append(page)
            url = page.poll.next_url
        return pages

    def _fetch_page(self, url: str, number: int, known: PagePoll | None) -> TimelinePage:
        answer = self._get(url, number, known.etag if known else None)
        if known and answer.not_modified:
            next_url = answer.next_url or known.next_url
            if next_url or known.events < PER_PAGE:
                return TimelinePage(number, None, replace(known, next_url=next_url), answer.date)
            # A full last page may have got a successor, of which a 304 need not tell.
            answer = self._get(url, number, None)
        if not isinstance(answer.body, list):
            raise BadAnswerError(
                "the answer is not a list", status=answer.status, path="timeline", request_id=answer.request_id
            )
        poll = PagePoll(answer.etag, len(answer.body), answer.next_url)
        return TimelinePage(number, answer.body, poll, answer.date)

    def _get(self, url: str, number: int, etag: str | None) -> Answer:
        self.pacer.wait()
        return self.github.get(url, params={"per_page": str(PER_PAGE)} if number == 1 else None, etag=etag)

    def fetch_is_unchanged(self, org: str, repo: str, number: int, pages: Sequence[TimelinePage]) -> bool:
        """Ask whether a timeline is still as it was just read: events may move to another page while pages are read."""
        url: str | None = f"/repos/{quote(org)}/{quote(repo)}/issues/{number}/timeline"
        for page in pages:
            if url is None or page.poll.etag is None:
                return False
            if not self._get(url, page.number, page.poll.etag).not_modified:
                return False
            url = page.poll.next_url
        return True
