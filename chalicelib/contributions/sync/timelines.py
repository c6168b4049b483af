"""Reads the timelines of items that changed since their last reading: several threads fetch, one writes."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update

from chalicelib.contributions.api import ISSUES, PULL_REQUESTS, IssuePlace, TimelineAPI, TransferAPI
from chalicelib.contributions.models import Event, EventPoll
from chalicelib.contributions.rows import event_row, is_private_draft
from chalicelib.contributions.sync.items import LATE, MODELS, in_scope, watermark_name
from chalicelib.contributions.sync.places import is_listed
from chalicelib.contributions.sync.transfers import follow_item
from chalicelib.errors import (
    BlockedError,
    GitHubError,
    GoneError,
    IncompleteReadError,
    NotFoundError,
    UnauthorizedError,
)
from chalicelib.github import ListPage, Pacer, PageState
from chalicelib.ingest import brake
from chalicelib.ingest.context import Context, counted
from chalicelib.ingest.fields import Row
from chalicelib.ingest.mapping import Mapped, map_records, save_own_rows, save_rows
from chalicelib.store.among import among
from chalicelib.store.ledger import first_asked
from chalicelib.store.marks import TOLERANCE, WHOLE
from chalicelib.store.transactions import end_reading

EVENTS = "events"
# Eight threads keep up 14 requests a second even when an answer takes half a second.
THREADS = 8
CHUNK = 500
# A timeline that was read this soon after its item changed is read once more.
JUST_NOW = timedelta(seconds=10)
# Begins the name of the cursor of a timeline that is to be read once more, before its item's kind and id.
AGAIN = "again:"
# The cursor that says since when timelines have lacked too many events.
DOUBT = "doubt:events"


@dataclass(frozen=True)
class DueItem:
    """An item whose timeline must be read, and the state of each page at the last reading."""

    kind: str
    id: int
    org: str
    repo: str
    number: int
    repository_id: int | None
    updated_at: datetime
    polls: dict[int, PageState]

    @property
    def place(self) -> IssuePlace:
        """Where GitHub is asked for it."""
        return IssuePlace(self.org, self.repo, self.number, self.repository_id)


def poll_timelines(context: Context, *, days: int, types: Collection[str]) -> None:
    """Read the timelines of items that changed in the last `days` days, or since the last complete run if earlier.

    It looks back two days at least: a search may show an item that late. Stores only events of `types`, or all events
    when it is empty.
    """
    started_at = context.now()
    mark = context.marks.watermark(EVENTS)
    last = mark.read()
    recent = started_at - max(timedelta(days=days), LATE)
    since = min(last, recent) if last else recent
    if mark.is_from_future:
        asked = first_asked(context.session, steps=(EVENTS, f"{EVENTS}.created"), org=context.scope.org)
        since = min(asked or since, since)
    context.run.window_start = since
    read_timelines(context, find_due_items(context, since=since, until=None), types=types)
    # No further than the items' own watermarks: items that are stored later must not be missed.
    mark.advance(min(started_at, *_item_watermarks(context)))
    context.checkpoint()


def _item_watermarks(context: Context) -> list[datetime]:
    marks = [context.marks.watermark(watermark_name(kind)).read() for kind in MODELS]
    return [moment for moment in marks if moment] or [context.now()]


def find_due_items(
    context: Context, *, since: datetime, until: datetime | None, axis: str = "updated_at"
) -> Iterator[DueItem]:
    """Find items of a time span that changed since their timeline was last read; `axis` is updated_at or created_at."""
    for kind in (PULL_REQUESTS, ISSUES):
        last_id = 0
        while chunk := _due_chunk(context, kind, axis=axis, since=since, until=until, after=last_id):
            last_id = chunk[-1].id
            yield from chunk


def count_due_items(context: Context, *, since: datetime, until: datetime) -> int:
    """Count the items created in a time span whose timelines must be read."""
    due = [_due(context, kind, axis="created_at", since=since, until=until) for kind in MODELS]
    counts = [select(func.count()).select_from(each.subquery()) for each in due]
    return sum(context.session.scalar(count) or 0 for count in counts)


def _due_chunk(
    context: Context, kind: str, *, axis: str, since: datetime, until: datetime | None, after: int
) -> list[DueItem]:
    item: Any = MODELS[kind]
    due = _due(context, kind, axis=axis, since=since, until=until).where(item.id > after)
    found = context.session.execute(due.order_by(item.id).limit(CHUNK)).all()
    polls = _polls_of(context, [row.id for row in found])
    # The caller waits for other threads, which ask GitHub.
    end_reading(context.session)
    return [DueItem(kind, *row, polls.get(row.id, {})) for row in found]


def _due(
    context: Context, kind: str, *, axis: str, since: datetime, until: datetime | None
) -> Select[int, str, str, int, int | None, datetime]:
    item: Any = MODELS[kind]
    moment = getattr(item, axis)
    first = and_(EventPoll.id == item.id, EventPoll.page_no == 1)
    due = (
        select(item.id, item.org, item.repo, item.number, item.repository_id, item.updated_at)
        .outerjoin(EventPoll, first)
        .where(in_scope(item, context.scope), item.deleted_at.is_(None), is_listed(item))
        .where(or_(and_(EventPoll.id.is_(None), moment >= since), _is_stale(context, item, axis, since)))
    )
    return due if until is None else due.where(moment <= until)


def _is_stale(context: Context, model: Any, axis: str, since: datetime) -> ColumnElement[bool]:
    """Match items that changed after their last reading: at any time, or for a backfill, those created in its span."""
    # A reading as of a time that has not come yet says nothing.
    ahead = EventPoll.issue_updated_at > context.now() + TOLERANCE
    stale = or_(EventPoll.issue_updated_at < model.updated_at, ahead)
    return stale if axis == "updated_at" else and_(stale, getattr(model, axis) >= since)


def _polls_of(context: Context, ids: Sequence[int]) -> dict[int, dict[int, PageState]]:
    polls: dict[int, dict[int, PageState]] = {}
    columns = select(EventPoll.id, EventPoll.page_no, EventPoll.etag, EventPoll.events, EventPoll.next_url)
    for issue_id, page_no, etag, events, next_url in context.session.execute(columns.where(among(EventPoll.id, ids))):
        polls.setdefault(issue_id, {})[page_no] = PageState(etag, events, next_url)
    return polls


def read_timelines(context: Context, due: Iterator[DueItem], *, types: Collection[str]) -> None:
    """Fetch timelines with several threads and write them with this one, each in a transaction of its own.

    Raises IncompleteReadError at the end when some could not be read; the others are stored. Raises UnauthorizedError
    at once when GitHub refuses the credentials.
    """
    budget = context.github.budget
    api = TimelineAPI(context.github, Pacer(now=budget.now, sleep=budget.sleep))
    failures: list[str] = []
    for item, reading in fetch_timelines(api, due):
        try:
            save_timeline(context, api, item, reading.result(), types=types)
        except UnauthorizedError:
            raise
        except (NotFoundError, GoneError, BlockedError) as error:
            failures += _follow_item(context, item, error)
        except (GitHubError, IncompleteReadError) as error:
            context.session.rollback()
            failures.append(f"{item.place.name}: {error}")
        # Not a checkpoint: timelines fetched before the deadline are kept; the first one after it raises OutOfTimeError
        context.commit()
        context.on_page(1)
    context.marks.cursor(DOUBT).drop()
    context.commit()
    if failures:
        raise IncompleteReadError(f"could not read {counted(failures, 'timeline')}; the first: {failures[0]}")


def _follow_item(context: Context, item: DueItem, refusal: GitHubError) -> list[str]:
    try:
        follow_item(context, item.kind, item.id)
    except UnauthorizedError:
        raise
    except GitHubError as error:
        context.session.rollback()
        return [f"{item.place.name}: {error}"]
    _note_refused(context, item, refusal)
    return []


def _note_refused(context: Context, item: DueItem, refusal: GitHubError) -> None:
    """Ask no more for a timeline that GitHub refuses to show until its item changes, if the item is still there."""
    model: Any = MODELS[item.kind]
    there = select(model.id).where(model.id == item.id, model.deleted_at.is_(None))
    if context.session.scalar(there) is None:
        return
    context.note(f"the timeline of {item.org}/{item.repo}#{item.number} can't be read: {refusal.message}")
    known = item.polls.get(1, PageState(None, 0, None))
    _save_polls(context, item, [ListPage(1, None, known)], keeps_others=True)
    _ask_again(context, item)


def fetch_timelines(api: TimelineAPI, due: Iterator[DueItem]) -> Iterator[tuple[DueItem, Future[list[ListPage]]]]:
    """Fetch timelines in the given order, a few ahead of the one that is being written."""
    with ThreadPoolExecutor(THREADS, thread_name_prefix="timeline") as pool:
        waiting: deque[tuple[DueItem, Future[list[ListPage]]]] = deque()
        try:
            for item in due:
                waiting.append((item, pool.submit(_fetch, api, item)))
                if len(waiting) >= 2 * THREADS:
                    yield waiting.popleft()
            while waiting:
                yield waiting.popleft()
        finally:
            pool.shutdown(cancel_futures=True)


def _fetch(api: TimelineAPI, item: DueItem) -> list[ListPage]:
    """Fetch a timeline; where only a name leads to it, GitHub must show the very item there."""
    if item.repository_id is None:
        api.pacer.wait()
        found = TransferAPI(api.github).fetch_item(item.place)
        if found is not None and found["id"] != item.id:
            raise IncompleteReadError("GitHub shows another item there, and its repository's id is not known")
    return api.fetch_timeline(item.place, item.polls)


def save_timeline(
    context: Context, api: TimelineAPI, item: DueItem, pages: Sequence[ListPage], *, types: Collection[str]
) -> None:
    """Write a timeline's events and the state of its pages, and mark events that were removed.

    Raises IncompleteReadError when events are missing, and the timeline changed during the read.
    """
    every = _map_events(context, item, pages)
    mapped = [each for each in every if not types or each.row["event"] in types]
    removed = _find_removed(context, item, pages, mapped, types)
    # When a comment is deleted during the read, the later events shift by one: one of them may seem to be missing.
    if removed and not api.fetch_is_unchanged(item.place, pages):
        raise IncompleteReadError("it changed while it was read")
    _check_brake(context, len(removed))
    context.run.fetched += sum(len(page.items) for page in pages if page.items is not None)
    save_rows(context, EVENTS, Event, mapped)
    context.run.stored += _mark_as_removed(context, item, removed)
    _save_polls(context, item, pages)
    if removed or len(every) < sum(len(list(_public(page))) for page in pages):
        _ask_again(context, item)


def _check_brake(context: Context, removed: int) -> None:
    """Raise BrakeError when the run would mark too many events as removed; a day later it is believed."""
    if context.gone[EVENTS] + removed > brake.ALWAYS_ALLOWED:
        there = (
            select(func.count()).select_from(Event).where(Event.org == context.scope.org, Event.removed_at.is_(None))
        )
        stored = context.session.scalar(there) or 0
        is_too_much = brake.is_too_much(context, EVENTS, removed, of=stored)
        if is_too_much and not brake.is_believed(context, context.marks.cursor(DOUBT)):
            context.commit()
            gone = context.gone[EVENTS]
            raise brake.stop("events", gone + removed, of=stored + gone, reason=brake.WAITING)
    context.gone[EVENTS] += removed


def _ask_again(context: Context, item: DueItem) -> None:
    """Let the daily job read a timeline once more: what it showed may have been wrong, or not to be understood yet."""
    context.marks.cursor(f"{AGAIN}{item.kind}:{item.id}", scope=WHOLE).advance(context.now())


def read_again(context: Context, *, types: Collection[str]) -> None:
    """Read the timelines once more that were refused, that had rejected events, or from which events were removed."""
    asked = [name.removeprefix(AGAIN).partition(":") for name in context.marks.cursors(AGAIN)]
    due = [item for kind, _, key in asked if (item := _due_again(context, kind, int(key))) is not None]
    begun = context.now()
    read_timelines(context, iter(due), types=types)
    for kind, _, key in asked:
        cursor = context.marks.cursor(f"{AGAIN}{kind}:{key}", scope=WHOLE)
        # One that was written again meanwhile is for the next time.
        if (cursor.read() or begun) < begun or key not in {str(item.id) for item in due}:
            cursor.drop()
    context.checkpoint()


def _due_again(context: Context, kind: str, key: int) -> DueItem | None:
    item: Any = MODELS[kind]
    columns = (item.id, item.org, item.repo, item.number, item.repository_id, item.updated_at)
    found = context.session.execute(
        select(*columns).where(
            item.id == key, in_scope(item, context.scope), item.deleted_at.is_(None), is_listed(item)
        )
    ).first()
    # Without ETags: an unchanged page may hold what could not be stored.
    return None if found is None else DueItem(kind, *found, {})


def _map_events(context: Context, item: DueItem, pages: Sequence[ListPage]) -> list[Mapped[Row]]:
    to_row = partial(event_row, issue_id=item.id, org=item.org, repo=item.repo)
    return [
        each.with_columns(page_no=page.number)
        for page in pages
        for each in map_records(context, EVENTS, _public(page), to_row)
    ]


def _public(page: ListPage) -> Iterator[Any]:
    return (record for record in page.items or () if not is_private_draft(record))


def _find_removed(
    context: Context, item: DueItem, pages: Sequence[ListPage], mapped: Sequence[Mapped[Row]], types: Collection[str]
) -> list[tuple[int, str]]:
    """Find stored events that were on a page which has changed, and are on no changed page now."""
    unchanged = {page.number for page in pages if page.items is None}
    listed = {(each.row["id"], each.row["event"]) for each in mapped}
    stored = select(Event.id, Event.event, Event.page_no).where(Event.issue_id == item.id, Event.removed_at.is_(None))
    return [
        (key, kind)
        for key, kind, page_no in context.session.execute(stored)
        if page_no not in unchanged and (key, kind) not in listed and (not types or kind in types)
    ]


def _mark_as_removed(context: Context, item: DueItem, removed: Sequence[tuple[int, str]]) -> int:
    for key, kind in removed:
        event = (Event.issue_id == item.id, Event.id == key, Event.event == kind)
        context.session.execute(update(Event).where(*event).values(removed_at=context.now()))
    return len(removed)


def _save_polls(context: Context, item: DueItem, pages: Sequence[ListPage], *, keeps_others: bool = False) -> None:
    polls = [
        {
            "id": item.id,
            "page_no": page.number,
            "issue_updated_at": _as_of(item, pages[0], context.now()),
            "etag": page.state.etag,
            "events": page.state.items,
            "next_url": page.state.next_url,
        }
        for page in pages
    ]
    save_own_rows(context, EventPoll, polls)
    if not keeps_others:
        context.session.execute(delete(EventPoll).where(EventPoll.id == item.id, EventPoll.page_no > len(pages)))


def _as_of(item: DueItem, first: ListPage, now: datetime) -> datetime:
    """Give the time up to which the timeline is complete; no later than now, whatever the item's own time says.

    An item that changed just now may change again in the same second, and GitHub's times are whole seconds.
    """
    just_now = first.date is not None and abs(first.date - item.updated_at) < JUST_NOW
    return min(item.updated_at - timedelta(seconds=1) if just_now else item.updated_at, now)
