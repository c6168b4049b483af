"""Stores pull requests and issues: recent ones, changed ones, and whole time spans."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from chalicelib.contributions import rows
from chalicelib.contributions.api import ISSUES, PULL_REQUESTS, SearchAPI, SearchPage, Span, moment_of
from chalicelib.contributions.models import Issue, PullRequest, Transfer
from chalicelib.errors import IncompleteReadError
from chalicelib.ingest.context import Context
from chalicelib.ingest.mapping import Mapped, map_records, save_rows
from chalicelib.ingest.scopes import Scope
from chalicelib.store.among import among
from chalicelib.store.ledger import first_asked
from chalicelib.store.marks import TOLERANCE
from chalicelib.store.upsert import Row
from chalicelib.utils import format_utc, shifted

# GitHub's search index lags, so each run searches this much of the last run's time again.
OVERLAP = timedelta(minutes=10)
# It may lag for hours. A search once a day follows so much of the past again.
LATE = timedelta(days=2)
# How often to try a span before giving up, when GitHub lists fewer items than it announced.
ATTEMPTS = 3

MODELS: dict[str, type[Issue] | type[PullRequest]] = {PULL_REQUESTS: PullRequest, ISSUES: Issue}
TO_ROW: dict[str, Callable[[Any], Row]] = {PULL_REQUESTS: rows.pull_request_row, ISSUES: rows.issue_row}


def register_new(context: Context, kind: str, *, days: int) -> None:
    """Store items that were created in the last `days` days.

    Reads the newest change first and stops at the first page without a new or changed item.
    """
    _read_recent(context, kind, "new", f"created:>={_ago(context, days)}")


def refresh_closed(context: Context, kind: str, *, days: int) -> None:
    """Store items that were closed in the last `days` days; stops like `register_new`."""
    _read_recent(context, kind, "closed", "is:closed", f"closed:>={_ago(context, days)}")


def reconcile_unmerged(context: Context, *, days: int) -> None:
    """Store pull requests that were closed unmerged in the last `days` days; stops like `register_new`."""
    _read_recent(context, PULL_REQUESTS, "unmerged", "is:closed", "is:unmerged", f"closed:>={_ago(context, days)}")


def _ago(context: Context, days: int) -> str:
    return format_utc(context.now() - timedelta(days=days))


def _read_recent(context: Context, kind: str, name: str, *qualifiers: str) -> None:
    interrupted = context.marks.cursor(f"interrupted:{kind}.{name}")
    # An interrupted run stored its first pages and not the rest, so an unchanged page is no reason to stop.
    reads_all = interrupted.exists
    for page in _fetch(context, kind, Span("updated", newest_first=True), *qualifiers):
        changed = save_items(context, kind, page.items)
        context.run.fetched += len(page.items)
        if changed and page.next_url:
            interrupted.advance(context.now())
        context.checkpoint()
        if not changed and not reads_all:
            break
    interrupted.drop()
    context.checkpoint()


def follow_updates(context: Context, kind: str, *, first_days: int) -> None:
    """Store all items that changed since the watermark, oldest change first; moves the watermark page by page.

    Without a watermark it begins `first_days` ago.
    """
    mark = context.marks.watermark(watermark_name(kind))
    stored_until = mark.read() or mark.read_oldest()
    since = shifted(stored_until, -OVERLAP) if stored_until else context.now() - timedelta(days=first_days)
    if mark.is_from_future:
        since = _follow_all(context, kind, since)
    context.run.window_start = since
    read_span(context, kind, context.scope.one_search(), Span("updated", since=since), mark.advance)


def follow_late(context: Context, kind: str) -> None:
    """Store all items that changed within LATE once more: the search's index may learn of a change hours later."""
    context.run.window_start = since = context.now() - LATE
    read_span(context, kind, context.scope.one_search(), Span("updated", since=since))


def _follow_all(context: Context, kind: str, since: datetime) -> datetime:
    """Give the oldest change that was ever asked for: since then, a mark from the future may have hidden some."""
    steps = (f"{kind}.created", f"{kind}.updated")
    asked = first_asked(context.session, steps=steps, org=context.scope.org)
    since = min(asked or since, since)
    context.note(f"the watermark was in the future: all changes since {format_utc(since)} are read again")
    return since


def in_scope(model: Any, scope: Scope) -> ColumnElement[bool]:
    """Turn a scope into a condition on rows; repositories match in any case, as a user may have typed them."""
    in_org: ColumnElement[bool] = model.org == scope.org
    if not scope.repos:
        return in_org
    return and_(in_org, or_(*(func.lower(model.repo) == repo.split("/")[1].lower() for repo in scope.repos)))


def watermark_name(kind: str) -> str:
    """Name the watermark of a kind: every change up to it is stored."""
    return f"updated:{kind}"


def read_span(
    context: Context, kind: str, scope: Scope, span: Span, advance: Callable[[datetime], None] | None = None
) -> set[Any]:
    """Store a whole span, oldest first, and commit page by page; gives the ids that GitHub listed.

    `advance` is called with each time up to which the span is stored. Raises IncompleteReadError when GitHub lists
    fewer items than it announced, ATTEMPTS times in a row.
    """
    count = 0
    for _ in range(ATTEMPTS):
        reading = Reading(span.axis)
        for page in SearchAPI(context.github).fetch_pages(scope, kind, span):
            if reading.has_lost_items(page):
                break
            # Only now is everything before this page known to be stored: this page's search counts all the rest.
            if page.since and advance:
                advance(page.since)
            save_items(context, kind, page.items)
            reading.add(page)
            context.run.expected, context.run.fetched = reading.announced, len(reading.seen)
            context.checkpoint()
            context.on_page(max(0, len(reading.seen) - count))
            count = max(count, len(reading.seen))
        else:
            if reading.is_complete:
                _advance_to_end(context, span, reading, advance)
                return reading.seen
    raise IncompleteReadError(
        f"GitHub announced {reading.announced} items for {span.qualifier} and listed {len(reading.seen)}"
    )


def _advance_to_end(context: Context, span: Span, reading: Reading, advance: Callable[[datetime], None] | None) -> None:
    # Also when nothing was found: without a mark, the next run would begin later and miss the time between.
    end = span.until or reading.newest(context.now()) or span.since
    if end and advance:
        advance(end)
        context.checkpoint()


@dataclass
class Reading:
    """One reading of a span: how many items GitHub announced, and which it has listed so far."""

    axis: str
    announced: int = 0
    seen: set[Any] = field(default_factory=set)
    last_items: Sequence[Any] = ()

    def has_lost_items(self, page: SearchPage) -> bool:
        """Tell whether a page's search counts fewer items than were still missing."""
        if page.since is None:
            return False
        # The last page's items that this search counts once more.
        repeated = {identity_of(item) for item in self.last_items if (self._moment(item) or page.since) >= page.since}
        return len(self.seen) - len(repeated) + page.total_count < self.announced

    def add(self, page: SearchPage) -> None:
        """Count a page's items."""
        self.announced = self.announced or page.total_count
        self.seen |= {identity_of(item) for item in page.items}
        self.last_items = page.items

    @property
    def is_complete(self) -> bool:
        """Tell whether GitHub has listed as many items as it announced."""
        return len(self.seen) >= self.announced

    def newest(self, now: datetime) -> datetime | None:
        """The newest time among the last page's items, of those that have come."""
        moments = filter(None, map(self._moment, self.last_items))
        return max((moment for moment in moments if moment <= now), default=None)

    def _moment(self, item: Any) -> datetime | None:
        return moment_of(item, f"{self.axis}_at")


def identity_of(item: Any) -> Any:
    """Give what tells a page's records apart: the id, or the whole record when it has none."""
    github_id = item.get("id") if isinstance(item, dict) else None
    return github_id if type(github_id) is int else repr(item)


def _fetch(context: Context, kind: str, span: Span, *qualifiers: str) -> Iterator[SearchPage]:
    return SearchAPI(context.github).fetch_pages(context.scope.one_search(), kind, span, *qualifiers)


def save_items(context: Context, kind: str, items: Sequence[Any]) -> int:
    """Write items, as searches give them, to their table or to rejected_records; gives how many were new or changed."""
    mapped = _map_in_scope(context, kind, items, TO_ROW[kind])
    _note_future(context, mapped)
    _leave_other_table(context.session, kind, [each.row["id"] for each in mapped])
    if kind == PULL_REQUESTS:
        _set_issue_ids(context.session, [each.row for each in mapped])
    else:
        mapped = _without_moved(context.session, mapped)
    return save_rows(context, kind, MODELS[kind], mapped)


def _note_future(context: Context, mapped: Sequence[Mapped[Row]]) -> None:
    """Name items whose times have not come yet: they are stored as they are, and move no mark."""
    latest = context.now() + TOLERANCE
    for each in mapped:
        times = (each.row["created_at"], each.row["updated_at"], each.row.get("closed_at"))
        if any(moment is not None and moment > latest for moment in times):
            context.note(f"a time of {each.row.get('html_url') or each.row['id']} is in the future")


def _leave_other_table(session: Session, kind: str, ids: Sequence[int]) -> None:
    """Delete the rows of items that are of the other kind now: an issue can become a pull request, under its id."""
    (other,) = (model for name, model in MODELS.items() if name != kind)
    if changed := session.scalars(select(other.id).where(among(other.id, ids))).all():
        session.execute(delete(other).where(among(other.id, changed)))


def _map_in_scope(context: Context, kind: str, items: Sequence[Any], to_row: Callable[[Any], Row]) -> list[Mapped[Row]]:
    mapped = map_records(context, kind, items, to_row)
    return [each for each in mapped if context.scope.covers(each.row["org"], each.row["repo"])]


def _without_moved(session: Session, mapped: Sequence[Mapped[Row]]) -> list[Mapped[Row]]:
    """Leave out issues that have moved: a late page, or a lagging search, would bring the old ones back."""
    ids = [each.row["id"] for each in mapped]
    moved = set(session.scalars(select(Transfer.issue_id).where(among(Transfer.issue_id, ids))))
    return [each for each in mapped if each.row["id"] not in moved]


def save_pulls(context: Context, pulls: Sequence[Any]) -> int:
    """Write pull requests, as `/pulls` gives them, under their issue id where a search has given it already."""
    mapped = _map_in_scope(context, PULL_REQUESTS, pulls, rows.pull_row)
    pull_ids = [each.row["pull_id"] for each in mapped]
    known = select(PullRequest.pull_id, PullRequest.id).where(among(PullRequest.pull_id, pull_ids))
    issue_ids = dict(context.session.execute(known).all())
    with_ids = [each.with_columns(id=issue_ids.get(each.row["pull_id"], each.row["id"])) for each in mapped]
    return save_rows(context, PULL_REQUESTS, PullRequest, with_ids)


def _set_issue_ids(session: Session, rows_of_search: Sequence[Row]) -> None:
    """Give stored rows that have only a pull id their issue id, which a search now gives."""
    issue_ids = {-row["pull_id"]: row["id"] for row in rows_of_search if "pull_id" in row}
    for negative_id in session.scalars(select(PullRequest.id).where(among(PullRequest.id, issue_ids))).all():
        session.execute(update(PullRequest).where(PullRequest.id == negative_id).values(id=issue_ids[negative_id]))
