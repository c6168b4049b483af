"""Pull requests and issues: recent ones, everything that changed, and whole spans of history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from chalicelib.contributions import rows
from chalicelib.contributions.api import ISSUES, PULL_REQUESTS, SearchAPI, SearchPage, Span, moment_of
from chalicelib.contributions.models import Issue, PullRequest, Transfer
from chalicelib.errors import IncompleteReadError
from chalicelib.ingest.context import Context
from chalicelib.ingest.mapping import Mapped, map_records, save_rows
from chalicelib.ingest.scopes import Scope
from chalicelib.store.upsert import Row
from chalicelib.utils import format_utc

# GitHub's search index lags: what changed is looked for again this long.
OVERLAP = timedelta(minutes=10)
# How often a span is read again when GitHub lists less than it announced.
READS = 3

MODELS: dict[str, type[Issue] | type[PullRequest]] = {PULL_REQUESTS: PullRequest, ISSUES: Issue}
TO_ROW: dict[str, Callable[[Any], Row]] = {PULL_REQUESTS: rows.pull_request_row, ISSUES: rows.issue_row}


def register_new(context: Context, kind: str, *, days: int) -> None:
    """Store what was created within some days, newest change first, up to the first page that brings nothing new."""
    _pass(context, kind, "new", f"created:>={_ago(context, days)}")


def refresh_closed(context: Context, kind: str, *, days: int) -> None:
    """Store what was closed within some days, likewise."""
    _pass(context, kind, "closed", "is:closed", f"closed:>={_ago(context, days)}")


def reconcile_unmerged(context: Context, *, days: int) -> None:
    """Store the pull requests that were closed unmerged within some days, likewise."""
    _pass(context, PULL_REQUESTS, "unmerged", "is:closed", "is:unmerged", f"closed:>={_ago(context, days)}")


def _ago(context: Context, days: int) -> str:
    return format_utc(context.now() - timedelta(days=days))


def _pass(context: Context, kind: str, name: str, *qualifiers: str) -> None:
    interrupted = context.marks.cursor(f"interrupted:{kind}.{name}")
    # Behind the first page of an interrupted pass there may be pages that it never came to.
    goes_through = interrupted.read() is not None
    for page in _fetch(context, kind, Span("updated", newest_first=True), *qualifiers):
        changed = save_items(context, kind, page.items)
        context.run.fetched += len(page.items)
        if changed and page.next_url:
            interrupted.advance(context.now())
        context.checkpoint()
        if not changed and not goes_through:
            break
    interrupted.drop()
    context.checkpoint()


def follow_updates(context: Context, kind: str, *, first_days: int) -> None:
    """Store everything that changed since the watermark, oldest change first, moving the watermark page by page.

    Without a watermark it begins `first_days` ago.
    """
    mark = context.marks.watermark(watermark_name(kind))
    reached = mark.read() or mark.read_oldest()
    since = reached - OVERLAP if reached else context.now() - timedelta(days=first_days)
    context.run.window_start = since
    read_span(context, kind, context.scope.one_search(), Span("updated", since=since), mark.advance)


def in_scope(model: Any, scope: Scope) -> ColumnElement[bool]:
    """Say a scope as a condition on rows; the organisation is spelled as GitHub spells it, repositories may not be."""
    in_org: ColumnElement[bool] = model.org == scope.org
    if not scope.repos:
        return in_org
    return and_(in_org, or_(*(func.lower(model.repo) == repo.split("/")[1].lower() for repo in scope.repos)))


def watermark_name(kind: str) -> str:
    """Name the watermark up to which every change of a kind is stored."""
    return f"updated:{kind}"


def read_span(
    context: Context, kind: str, scope: Scope, span: Span, reached: Callable[[datetime], None] | None = None
) -> set[Any]:
    """Read a span whole, oldest first, and commit page by page; `reached` is told up to where it is complete.

    Gives the ids that GitHub listed. Raises IncompleteReadError when it goes on listing less than it announced.
    """
    count = 0
    for _ in range(READS):
        reading = Reading(span.axis)
        for page in SearchAPI(context.github).fetch_pages(scope, kind, span):
            if reading.has_lost_items(page):
                break
            # What came before this page is complete only now that this page's search accounts for all the rest.
            if page.since and reached:
                reached(page.since)
            save_items(context, kind, page.items)
            reading.add(page)
            context.run.expected, context.run.fetched = reading.announced, len(reading.seen)
            context.checkpoint()
            context.on_page(max(0, len(reading.seen) - count))
            count = max(count, len(reading.seen))
        else:
            if reading.is_complete:
                _reach_the_end(context, span, reading, reached)
                return reading.seen
    raise IncompleteReadError(
        f"GitHub announced {reading.announced} items for {span.qualifier} and listed {len(reading.seen)}"
    )


def _reach_the_end(context: Context, span: Span, reading: Reading, reached: Callable[[datetime], None] | None) -> None:
    # Nothing found is a finding too: without a mark the next run would begin later, and pass over what lies between.
    end = span.until or reading.newest() or span.since
    if end and reached:
        reached(end)
        context.checkpoint()


@dataclass
class Reading:
    """The account of one reading of a span: what GitHub announced, and what it has listed so far."""

    axis: str
    announced: int = 0
    seen: set[Any] = field(default_factory=set)
    last_items: Sequence[Any] = ()

    def has_lost_items(self, page: SearchPage) -> bool:
        """Tell whether a page's search leaves fewer items than are still to come."""
        if page.since is None:
            return False
        standing = {identity_of(item) for item in self.last_items if (self._moment(item) or page.since) >= page.since}
        return len(self.seen) - len(standing) + page.total_count < self.announced

    def add(self, page: SearchPage) -> None:
        """Count a page's items."""
        self.announced = self.announced or page.total_count
        self.seen |= {identity_of(item) for item in page.items}
        self.last_items = page.items

    @property
    def is_complete(self) -> bool:
        """Tell whether everything announced was listed."""
        return len(self.seen) >= self.announced

    def newest(self) -> datetime | None:
        """The newest time among the last page's items."""
        return max(filter(None, map(self._moment, self.last_items)), default=None)

    def _moment(self, item: Any) -> datetime | None:
        return moment_of(item, f"{self.axis}_at")


def identity_of(item: Any) -> Any:
    """Tell records of a page apart, also those without an id."""
    own = item.get("id") if isinstance(item, dict) else None
    return own if type(own) is int else repr(item)


def _fetch(context: Context, kind: str, span: Span, *qualifiers: str) -> Iterator[SearchPage]:
    return SearchAPI(context.github).fetch_pages(context.scope.one_search(), kind, span, *qualifiers)


def save_items(context: Context, kind: str, items: Sequence[Any]) -> int:
    """Write a page's items into their table, or into rejected_records; returns how many rows were new or changed."""
    mapped = _map_in_scope(context, kind, items, TO_ROW[kind])
    if kind == PULL_REQUESTS:
        _name_pulls(context.session, [each.row for each in mapped])
    else:
        mapped = _without_moved(context.session, mapped)
    return save_rows(context, kind, MODELS[kind], mapped)


def _map_in_scope(context: Context, kind: str, items: Sequence[Any], to_row: Callable[[Any], Row]) -> list[Mapped[Row]]:
    mapped = map_records(context, kind, items, to_row)
    return [each for each in mapped if context.scope.covers(each.row["org"], each.row["repo"])]


def _without_moved(session: Session, mapped: Sequence[Mapped[Row]]) -> list[Mapped[Row]]:
    """Leave out issues that are known to have moved: a late page, or a lagging search, would bring them back."""
    ids = [each.row["id"] for each in mapped]
    moved = set(session.scalars(select(Transfer.issue_id).where(Transfer.issue_id.in_(ids))))
    return [each for each in mapped if each.row["id"] not in moved]


def save_pulls(context: Context, pulls: Sequence[Any]) -> int:
    """Write pull requests in their own form (`/pulls`) under their issue id, where a search has told it already."""
    mapped = _map_in_scope(context, PULL_REQUESTS, pulls, rows.pull_row)
    pull_ids = [each.row["pull_id"] for each in mapped]
    known = select(PullRequest.pull_id, PullRequest.id).where(PullRequest.pull_id.in_(pull_ids))
    issue_ids = dict(context.session.execute(known).all())
    named = [each.with_columns(id=issue_ids.get(each.row["pull_id"], each.row["id"])) for each in mapped]
    return save_rows(context, PULL_REQUESTS, PullRequest, named)


def _name_pulls(session: Session, mapped: Sequence[Row]) -> None:
    """Give rows that were known by their pull id alone the issue id that a search now tells."""
    issue_ids = {-row["pull_id"]: row["id"] for row in mapped if "pull_id" in row}
    for unnamed in session.scalars(select(PullRequest.id).where(PullRequest.id.in_(issue_ids))).all():
        session.execute(update(PullRequest).where(PullRequest.id == unnamed).values(id=issue_ids[unnamed]))
