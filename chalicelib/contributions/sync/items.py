"""Stores pull requests and issues: recent ones, changed ones, and whole time spans."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from chalicelib.contributions import rows
from chalicelib.contributions.api import ISSUES, PULL_REQUESTS, SearchAPI, SearchPage, Span
from chalicelib.contributions.models import Issue, PullRequest, Transfer
from chalicelib.contributions.sync.absence import check_nothing
from chalicelib.contributions.sync.places import place_rows
from chalicelib.contributions.sync.readings import Reading, tolerance
from chalicelib.errors import IncompleteReadError
from chalicelib.ingest.context import Context, Saving
from chalicelib.ingest.mapping import Mapped, map_records, save_rows
from chalicelib.ingest.scopes import Scope
from chalicelib.inventory.models import Repository
from chalicelib.inventory.sync.repositories import RETURNED
from chalicelib.store.among import among
from chalicelib.store.ledger import first_asked
from chalicelib.store.locks import take_turn
from chalicelib.store.marks import TOLERANCE, WHOLE
from chalicelib.store.upsert import Row
from chalicelib.utils import format_utc, shifted

# GitHub's search index lags, so each run searches this much of the last run's time again.
OVERLAP = timedelta(minutes=10)
# It may lag for hours. A search once a day follows so much of the past again.
LATE = timedelta(days=2)
# Where GitHub lists fewer items than it counts, this many seconds pass before the second look.
GAP_PAUSE = 5.0

# Whose turn it is to store pull requests that have no row yet: searches know them by one id, webhooks by another.
NEW_PULLS = "new pull requests"

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
    first = None if stored_until else 0
    read_span(context, kind, context.scope.one_search(), Span("updated", since=since), mark.advance, planned=first)


def follow_returned(context: Context) -> None:
    """Store what changed in repositories while GitHub did not list them, once it lists them again."""
    for name in context.marks.cursors(RETURNED):
        repository = context.session.get(Repository, int(name.removeprefix(RETURNED)), populate_existing=True)
        if repository is not None and context.scope.covers(repository.org, repository.name):
            scope = Scope(repository.org, (f"{repository.org}/{repository.name}",))
            for kind, model in MODELS.items():
                newest = select(func.max(model.updated_at)).where(model.repository_id == repository.id)
                known = context.session.scalar(newest.where(model.updated_at <= context.now()))
                read_span(context, kind, scope, Span("updated", since=known and shifted(known, -OVERLAP)))
        context.marks.cursor(name, scope=WHOLE).drop()
        context.checkpoint()


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
    context: Context,
    kind: str,
    scope: Scope,
    span: Span,
    advance: Callable[[datetime], None] | None = None,
    *,
    planned: int | None = None,
) -> Reading:
    """Store a whole span, oldest first, and commit page by page; gives what GitHub listed.

    `advance` is called with each time up to which the span is stored. `planned` is for a first reading: how many items
    are expected, 0 when nobody knows. Where GitHub lists fewer items than it counts, the place is read again. When two
    readings agree on a few, the ledger's note names them. Otherwise it is an IncompleteReadError, and so is finding
    far less than what is planned, or nothing where a repository's own list has something.
    """
    reading = Reading(span, context.now())
    while not reading.is_done:
        _read_on(context, kind, scope, reading, advance, planned)
    if planned is not None and not reading.seen:
        check_nothing(context, kind, scope, span)
    # Also when nothing was found: without a mark, the next run would begin later and miss the time between.
    end = span.until or reading.newest or span.since
    if end and advance:
        advance(end)
        context.checkpoint()
    return reading


def _read_on(
    context: Context,
    kind: str,
    scope: Scope,
    reading: Reading,
    advance: Callable[[datetime], None] | None,
    planned: int | None,
) -> None:
    """Read from the last confirmed moment to the end, or to a place that must be read again."""
    for page in SearchAPI(context.github).fetch_pages(scope, kind, reading.left):
        if reading.announced is None:
            _check_planned(kind, page, planned or 0)
        if reading.begins_search(page):
            if not _is_settled(context, kind, reading, page):
                return
            # Only now is everything before this page known to be stored: this page's search counts all the rest.
            if page.since and advance:
                advance(page.since)
        save_items(context, kind, page.items)
        before = len(reading.seen)
        reading.add(page)
        context.run.expected, context.run.fetched = reading.announced, len(reading.seen)
        context.checkpoint()
        context.on_page(len(reading.seen) - before)
    _is_settled(context, kind, reading, None)


def _check_planned(kind: str, page: SearchPage, planned: int) -> None:
    found = page.total_count
    if planned - found > tolerance(planned) or (planned and not found):
        raise IncompleteReadError(f"GitHub counted {in_words(kind, planned)} when asked first, and {found} when read")


def _is_settled(context: Context, kind: str, reading: Reading, page: SearchPage | None) -> bool:
    """Go on to a page, or to the end, when what was listed before it is what GitHub counted, or what it lists for good.

    Otherwise waits a moment and gives False: the place is to be read again.
    """
    gap = reading.gap_before(page)
    if gap and not reading.accepts(gap):
        context.github.budget.pause(GAP_PAUSE, "GitHub counted more than it listed")
        return False
    if gap:
        context.note(f"GitHub counts {in_words(kind, gap.count)} more than it lists for {gap.place.qualifier}")
    reading.go_on(page)
    return True


def in_words(kind: str, number: int) -> str:
    """Say how many there are of a kind: 1 issue, 2 pull requests."""
    return f"{number:,} {(kind.removesuffix('s') if number == 1 else kind).replace('_', ' ')}"


def _fetch(context: Context, kind: str, span: Span, *qualifiers: str) -> Iterator[SearchPage]:
    return SearchAPI(context.github).fetch_pages(context.scope.one_search(), kind, span, *qualifiers)


def save_items(context: Saving, kind: str, items: Sequence[Any]) -> int:
    """Write items, as searches give them, to their table or to rejected_records; gives how many were new or changed."""
    mapped = _map_in_scope(context, kind, items, TO_ROW[kind])
    _note_future(context, mapped)
    _leave_other_table(context.session, kind, [each.row["id"] for each in mapped])
    if kind == PULL_REQUESTS:
        _set_issue_ids(context.session, [each.row for each in mapped])
    else:
        mapped = _without_moved(context.session, mapped)
    return save_rows(context, kind, MODELS[kind], mapped)


def _note_future(context: Saving, mapped: Sequence[Mapped[Row]]) -> None:
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


def _map_in_scope(context: Saving, kind: str, items: Sequence[Any], to_row: Callable[[Any], Row]) -> list[Mapped[Row]]:
    mapped = map_records(context, kind, items, to_row)
    covered = [each for each in mapped if context.scope.covers(each.row["org"], each.row["repo"])]
    return place_rows(context.session, context.scope.org, MODELS[kind], covered)


def _without_moved(session: Session, mapped: Sequence[Mapped[Row]]) -> list[Mapped[Row]]:
    """Leave out issues that have moved: a late page, or a lagging search, would bring the old ones back."""
    ids = [each.row["id"] for each in mapped]
    moved = set(session.scalars(select(Transfer.issue_id).where(among(Transfer.issue_id, ids))))
    return [each for each in mapped if each.row["id"] not in moved]


def save_pulls(context: Saving, pulls: Sequence[Any]) -> int:
    """Write pull requests, as `/pulls` gives them, under their issue id where a search has given it already."""
    mapped = _map_in_scope(context, PULL_REQUESTS, pulls, rows.pull_row)
    issue_ids = _issue_ids(context.session, [each.row["pull_id"] for each in mapped])
    with_ids = [each.with_columns(id=issue_ids.get(each.row["pull_id"], each.row["id"])) for each in mapped]
    return save_rows(context, PULL_REQUESTS, PullRequest, with_ids)


def _issue_ids(session: Session, pull_ids: Sequence[int]) -> dict[int, int]:
    """Give the ids of the rows that stand for pull requests, by pull ids.

    Of one that has no row yet, another session may be making one under the other id: it has its turn first.
    """
    known = select(PullRequest.pull_id, PullRequest.id).where(among(PullRequest.pull_id, pull_ids))
    found = session.execute(known).all()
    if len(found) < len(set(pull_ids)):
        take_turn(session.connection(), NEW_PULLS)
        found = session.execute(known).all()
    return {pull_id: key for pull_id, key in found if pull_id is not None}


def _set_issue_ids(session: Session, rows_of_search: Sequence[Row]) -> None:
    """Give stored rows that have only a pull id their issue id, which a search now gives."""
    ids = {row["id"] for row in rows_of_search}
    if len(session.scalars(select(PullRequest.id).where(among(PullRequest.id, ids))).all()) == len(ids):
        return
    take_turn(session.connection(), NEW_PULLS)
    issue_ids = {-row["pull_id"]: row["id"] for row in rows_of_search if "pull_id" in row}
    for negative_id in session.scalars(select(PullRequest.id).where(among(PullRequest.id, issue_ids))).all():
        session.execute(update(PullRequest).where(PullRequest.id == negative_id).values(id=issue_ids[negative_id]))
