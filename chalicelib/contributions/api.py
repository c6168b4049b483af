"""What to ask GitHub about contributions: searches, single items and member lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from chalicelib.errors import BadAnswerError, GoneError, IncompleteReadError, NotFoundError, SettingsError
from chalicelib.github import Answer, GitHubAPI, Pacer
from chalicelib.utils import format_utc, parse_utc

PER_PAGE = 100
SECOND = timedelta(seconds=1)
# An issue that moves in circles is not followed for ever.
MOST_MOVES = 20
# One search takes five OR operators, so six repositories.
REPOS_A_SEARCH = 6
# A search that timed out on GitHub's side is asked again, this often and after these pauses in seconds.
INCOMPLETE_PAUSES = (2.0, 5.0, 15.0, 30.0)

PULL_REQUESTS, ISSUES, MEMBERS = "pull_requests", "issues", "members"
KIND_QUALIFIER = {PULL_REQUESTS: "is:pr", ISSUES: "is:issue"}


@dataclass(frozen=True)
class Scope:
    """An organisation, or some of its repositories (owner/name)."""

    org: str
    repos: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name the scope in watermarks: `*`, or the repositories in a fixed order."""
        return ",".join(sorted(repo.casefold() for repo in self.repos)) or "*"

    @property
    def qualifier(self) -> str:
        """Say the scope in a search; only for `is_searchable` scopes."""
        if not self.repos:
            return f"org:{self.org}"
        names = " OR ".join(f"repo:{repo}" for repo in self.repos)
        return f"({names})" if len(self.repos) > 1 else names

    def parts(self) -> list[Scope]:
        """Cut the scope into scopes that one search can name."""
        starts = range(0, len(self.repos), REPOS_A_SEARCH)
        return [replace(self, repos=self.repos[start : start + REPOS_A_SEARCH]) for start in starts] or [self]

    def one_search(self) -> Scope:
        """Give the smallest scope around this one that a single search can name."""
        return self if len(self.repos) <= REPOS_A_SEARCH else replace(self, repos=())

    def covers(self, org: str, repo: str) -> bool:
        """Tell whether a repository is in the scope; GitHub's names ignore case."""
        full = f"{org}/{repo}".casefold()
        return full in {name.casefold() for name in self.repos} if self.repos else org.casefold() == self.org.casefold()


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
    items is read, none is passed over, and the time of the last item is a cursor to go on from. Further pages are
    read only among items of one same second.

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


@dataclass
class ScopeAPI:
    """The organisations and repositories that are read."""

    github: GitHubAPI

    def resolve(self, scope: Scope) -> tuple[Scope, datetime | None]:
        """Check that a scope is there: gives it in GitHub's own spelling, and GitHub's time.

        Raises NotFoundError naming the organisation or repository that the token can't see.

        A repository that was renamed is a SettingsError that tells its new name: its items would not match the old one.

        https://docs.github.com/en/rest/orgs/orgs#get-an-organization
        """
        answer = self._check(f"/orgs/{scope.org}", "login", f"there is no organisation {scope.org}")
        for repo in scope.repos:
            name = str(self._check(f"/repos/{repo}", "full_name", f"there is no repository {repo}").body["full_name"])
            if name.casefold() != repo.casefold():
                raise SettingsError(f"the repository {repo} is called {name} now: name it so")
        return replace(scope, org=str(answer.body["login"])), answer.date

    def _check(self, path: str, name: str, sentence: str) -> Answer:
        try:
            answer = self.github.get(path)
            if isinstance(answer.body, dict) and isinstance(answer.body.get(name), str):
                return answer
            raise BadAnswerError(f"the answer has no {name}", status=answer.status, path=path)
        except NotFoundError as error:
            raise NotFoundError(
                f"{sentence}, or this token can't see it", status=error.status, path=path, request_id=error.request_id
            ) from error


@dataclass
class MemberAPI:
    """The members of organisations."""

    github: GitHubAPI

    def fetch_members(self, org: str, role: str) -> Iterator[list[Any]]:
        """Fetch the members with a role (`admin` or `member`), in pages of up to 100 user objects.

        https://docs.github.com/en/rest/orgs/members#list-organization-members
        """
        path = f"/orgs/{org}/members"
        for answer in self.github.pages(path, params={"role": role, "per_page": str(PER_PAGE)}):
            if not isinstance(answer.body, list):
                raise BadAnswerError(
                    "the answer is not a list", status=answer.status, path=path, request_id=answer.request_id
                )
            yield answer.body

    def fetch_is_member(self, org: str, login: str) -> bool:
        """Ask whether a person is a member; the lists shift while they are read, so nobody leaves by one's word alone.

        Raises BadAnswerError when the token's owner is not a member and so may not know.
        https://docs.github.com/en/rest/orgs/members#check-organization-membership-for-a-user
        """
        path = f"/orgs/{org}/members/{quote(login, safe='')}"
        try:
            answer = self.github.get(path, follow_redirects=False)
        except NotFoundError:
            return False
        if answer.status != HTTPStatus.NO_CONTENT:
            raise BadAnswerError(
                f"this token's owner is no member of {org}, so it can't tell who is",
                status=answer.status,
                path=path,
                request_id=answer.request_id,
            )
        return True


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


@dataclass
class TransferAPI:
    """Where issues are now.

    https://docs.github.com/en/rest/issues/issues#get-an-issue
    """

    github: GitHubAPI

    def fetch_place(self, org: str, repo: str, number: int) -> dict[str, Any] | None:
        """Fetch an issue or pull request wherever it has moved to, following each move (301) by itself.

        None when it is deleted (410), or not visible to this token (404).
        """
        url = f"/repos/{quote(org)}/{quote(repo)}/issues/{number}"
        for _ in range(MOST_MOVES):
            try:
                answer = self.github.get(url, follow_redirects=False)
            except (NotFoundError, GoneError):
                return None
            if answer.location is None:
                return _issue_of(answer)
            url = answer.location
        raise BadAnswerError(f"it has moved more than {MOST_MOVES} times", path=f"/repos/{org}/{repo}/issues/{number}")


def _issue_of(answer: Answer) -> dict[str, Any]:
    if not isinstance(answer.body, dict) or "id" not in answer.body:
        raise BadAnswerError("the answer is not an issue", status=answer.status, request_id=answer.request_id)
    return answer.body
