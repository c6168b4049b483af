"""Writes timelines' events and how far they were read, and marks events that were removed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import and_, delete, func, select, update

from chalicelib.contributions.models import Event, EventPoll
from chalicelib.contributions.rows import event_row, is_private_draft
from chalicelib.contributions.rows.events import derived_id
from chalicelib.contributions.sync.due import DueItem
from chalicelib.contributions.sync.items import MODELS
from chalicelib.contributions.sync.node_ids import check_node_ids
from chalicelib.errors import RejectedError
from chalicelib.github import ListPage
from chalicelib.ingest import brake
from chalicelib.ingest.context import Context, Saving
from chalicelib.ingest.fields import Row
from chalicelib.ingest.mapping import Mapped, map_records, save_own_rows, save_rows
from chalicelib.store.among import among
from chalicelib.store.locks import lock_rows
from chalicelib.store.marks import WHOLE

EVENTS = "events"
# A timeline that was read this soon after its item changed is read once more.
JUST_NOW = timedelta(seconds=10)
# Begins the name of the cursor of a timeline that is to be read once more, before its item's kind and id.
AGAIN = "again:"
# The page of an event that a webhook told of, and no reading has found on a page yet.
TOLD = 0
# The cursor that says since when timelines have lacked too many events.
DOUBT = "doubt:events"


@dataclass(frozen=True)
class Reading:
    """A timeline as it was read, in pages of REST's form.

    `kinds` are the kinds of event that the reading shows (None: every kind); of others nothing is concluded. `total` is
    how many events GraphQL counts. With `has_holes` some of them were left out.
    """

    item: DueItem
    pages: Sequence[ListPage]
    kinds: Collection[str] | None = None
    total: int | None = None
    has_holes: bool = False

    @property
    def names(self) -> list[tuple[Any, Any]]:
        """What tells the events apart, in their order."""
        return [(record.get("node_id"), record.get("event")) for page in self.pages for record in page.items or ()]


@dataclass(frozen=True)
class _Found:
    """A reading's rows: all of them, and those that are kept; and the keys of the stored ones that are gone.

    `is_unsure`: it shows less than webhooks told, or may have left something out.
    """

    reading: Reading
    every: list[Mapped[Row]]
    kept: list[Mapped[Row]]
    removed: list[tuple[int, str]]
    is_rejected: bool
    is_unsure: bool


def save_timelines(
    context: Context, readings: Sequence[Reading], *, types: Collection[str], confirm: Callable[[Reading], bool]
) -> list[Reading]:
    """Write timelines' events and the state of their pages, and mark events that were removed.

    Where events are missing, `confirm` asks whether the timeline is still what was read: when a comment is deleted
    during the read, the later events shift by one, and one of them may seem to be missing. Gives the readings of which
    nothing is written: those that it does not confirm, and those of GraphQL that can't be understood.
    """
    stored = _stored_events(context, readings)
    found = [_look(context, reading, stored.get(reading.item.id, []), types) for reading in readings]
    unclear = [
        each
        for each in found
        if (each.is_rejected and each.reading.kinds is not None) or (each.removed and not confirm(each.reading))
    ]
    whole = _still_shown(context, [each for each in found if each not in unclear])
    _check_brake(context, sum(len(each.removed) for each in whole))
    context.run.fetched += sum(len(page.items) for each in whole for page in each.reading.pages if page.items)
    save_rows(context, EVENTS, Event, _with_known_details(context, whole))
    for each in whole:
        context.run.stored += _mark_as_removed(context, each.reading.item, each.removed)
        if each.is_unsure:
            ask_again(context, each.reading.item.kind, each.reading.item.id)
        if each.reading.kinds is None:
            check_node_ids(context, (record for page in each.reading.pages for record in page.items or ()))
    save_polls(context, [each.reading for each in whole])
    return [each.reading for each in unclear]


def _still_shown(context: Context, found: Sequence[_Found]) -> list[_Found]:
    """Leave out timelines of items that were deleted or moved while these were read, and let no other one do so now."""
    shown: set[int] = set()
    for kind in sorted({each.reading.item.kind for each in found}):
        model: Any = MODELS[kind]
        ids = [each.reading.item.id for each in found if each.reading.item.kind == kind]
        there = and_(among(model.id, ids), model.deleted_at.is_(None))
        shown |= set(lock_rows(context.session.connection(), model.id, there))
    return [each for each in found if each.reading.item.id in shown]


def _look(context: Context, reading: Reading, stored: Sequence[tuple[int, str, int]], types: Collection[str]) -> _Found:
    try:
        every = _map_events(context, reading)
    except RejectedError:
        return _Found(reading, [], [], [], is_rejected=True, is_unsure=True)
    kept = [each for each in every if not types or each.row["event"] in types]
    is_rejected = len(every) < sum(len(list(_public(page))) for page in reading.pages)
    # One that can't be understood now may be any of those that are stored.
    is_whole = not (is_rejected or reading.has_holes)
    removed = _find_removed(reading, stored, kept, types) if is_whole else []
    seen = {(each.row["id"], each.row["event"]) for each in kept} | set(removed)
    lacks_told = any(page_no == TOLD and (key, kind) not in seen for key, kind, page_no in stored)
    is_unsure = bool(removed) or not is_whole or lacks_told
    return _Found(reading, every, kept, removed, is_rejected, is_unsure)


def _stored_events(context: Context, readings: Sequence[Reading]) -> dict[int, list[tuple[int, str, int]]]:
    """Give the key, the kind and the page of the events that are stored of some items."""
    columns = select(Event.issue_id, Event.id, Event.event, Event.page_no)
    there = columns.where(among(Event.issue_id, [each.item.id for each in readings]), Event.removed_at.is_(None))
    found: dict[int, list[tuple[int, str, int]]] = {}
    for issue_id, key, kind, page_no in context.session.execute(there):
        found.setdefault(issue_id, []).append((key, kind, page_no))
    return found


def _map_events(context: Context, reading: Reading) -> list[Mapped[Row]]:
    item = reading.item
    to_row = partial(event_row, issue_id=item.id, org=item.org, repo=item.repo)
    mapped = [
        each.with_columns(page_no=page.number)
        for page in reading.pages
        for each in _mapped(context, reading, page, to_row)
    ]
    return _told_apart(mapped)


def _mapped(context: Context, reading: Reading, page: ListPage, to_row: Callable[[Any], Row]) -> Iterator[Mapped[Row]]:
    """Map a page's events; raises RejectedError for one of GraphQL, which REST may tell better."""
    if reading.kinds is None:
        return map_records(context, EVENTS, _public(page), to_row)
    return (Mapped(to_row(record), record) for record in _public(page))


def _public(page: ListPage) -> Iterator[Any]:
    return (record for record in page.items or () if not is_private_draft(record))


def _told_apart(mapped: Sequence[Mapped[Row]]) -> list[Mapped[Row]]:
    """Tell apart references in the same second from two repositories' items of the same number."""
    counts = Counter((each.row["id"], each.row["event"]) for each in mapped if each.row["id"] < 0)
    twins = [each for each in mapped if counts[each.row["id"], each.row["event"]] > 1]
    if not twins:
        return list(mapped)
    sources = {id(each): _source_of(each.row) for each in twins}
    firsts = {each.row["id"]: "" for each in twins}
    for key in firsts:
        firsts[key] = min(sources[id(each)] for each in twins if each.row["id"] == key)
    return [
        each.with_columns(id=derived_id(each.row["id"], sources[id(each)]))
        if sources.get(id(each), "") > firsts.get(each.row["id"], "")
        else each
        for each in mapped
    ]


def _source_of(row: Row) -> str:
    details: Any = row.get("details") or {}
    return str(((details.get("source") or {}).get("issue") or {}).get("repository_url") or "")


def _find_removed(
    reading: Reading,
    stored: Sequence[tuple[int, str, int]],
    mapped: Sequence[Mapped[Row]],
    types: Collection[str],
) -> list[tuple[int, str]]:
    """Find stored events that were on a page which has changed, and are on no changed page now.

    One that only a webhook told of was on no page, or on any: it is missing when every page was read anew.
    """
    unchanged = {page.number for page in reading.pages if page.items is None}
    listed = {(each.row["id"], each.row["event"]) for each in mapped}
    return [
        (key, kind)
        for key, kind, page_no in stored
        if (page_no not in unchanged if page_no != TOLD else not unchanged)
        and (key, kind) not in listed
        and (not types or kind in types)
        and (reading.kinds is None or kind in reading.kinds)
    ]


def _with_known_details(context: Context, found: Sequence[_Found]) -> list[Mapped[Row]]:
    """Give the rows to write; to those of GraphQL, the details that only REST tells, where REST was asked before."""
    mapped = [each for one in found for each in one.kept]
    again = [one.reading.item.id for one in found if one.reading.kinds is not None and one.reading.item.polls]
    if not again:
        return mapped
    columns = select(Event.issue_id, Event.id, Event.event, Event.details)
    known = {
        (issue_id, key, kind): details
        for issue_id, key, kind, details in context.session.execute(
            columns.where(among(Event.issue_id, again), Event.details.is_not(None))
        )
    }
    keys = [(each.row["issue_id"], each.row["id"], each.row["event"]) for each in mapped]
    return [
        each.with_columns(details=merge_details(known.get(key), each.row["details"]))
        for key, each in zip(keys, mapped, strict=True)
    ]


def merge_details(known: Any, new: Any) -> Any:
    """Put details together: what the new ones say nothing about is kept of the known ones."""
    if isinstance(known, dict) and isinstance(new, dict):
        return {**known, **{key: merge_details(known.get(key), value) for key, value in new.items()}}
    if isinstance(known, list) and isinstance(new, list):
        by_id = {each["id"]: each for each in known if isinstance(each, dict) and "id" in each}
        return [merge_details(by_id.get(each.get("id")), each) if isinstance(each, dict) else each for each in new]
    return known if new is None else new


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


def _mark_as_removed(context: Context, item: DueItem, removed: Sequence[tuple[int, str]]) -> int:
    for key, kind in removed:
        event = (Event.issue_id == item.id, Event.id == key, Event.event == kind)
        context.session.execute(update(Event).where(*event).values(removed_at=context.now()))
    return len(removed)


def ask_again(context: Saving, kind: str, key: int) -> None:
    """Let the daily job read a timeline once more: what it showed may have been wrong, or not to be understood yet."""
    context.marks.cursor(f"{AGAIN}{kind}:{key}", scope=WHOLE).advance(context.now())


def save_polls(context: Context, readings: Sequence[Reading], *, keeps_others: bool = False) -> None:
    """Write how far timelines were read, page by page; the pages that are no more go, unless `keeps_others`."""
    polls = [
        {
            "id": reading.item.id,
            "page_no": page.number,
            "issue_updated_at": _as_of(reading.item, reading.pages[0], context.now()),
            "etag": page.state.etag,
            "events": page.state.items,
            "next_url": page.state.next_url,
            "total": reading.total if page.number == 1 else None,
        }
        for reading in readings
        for page in reading.pages
    ]
    save_own_rows(context, EventPoll, polls)
    for reading in () if keeps_others else readings:
        if len(reading.item.polls) > len(reading.pages):
            beyond = (EventPoll.id == reading.item.id, EventPoll.page_no > len(reading.pages))
            context.session.execute(delete(EventPoll).where(*beyond))


def _as_of(item: DueItem, first: ListPage, now: datetime) -> datetime:
    """Give the time up to which the timeline is complete; no later than now, whatever the item's own time says.

    An item that changed just now may change again in the same second, and GitHub's times are whole seconds.
    """
    just_now = first.date is not None and abs(first.date - item.updated_at) < JUST_NOW
    return min(item.updated_at - timedelta(seconds=1) if just_now else item.updated_at, now)
