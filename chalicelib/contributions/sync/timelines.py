"""Reads the timelines of items that changed since their last reading: of few through REST, of many through GraphQL.

REST takes a request for each timeline, but none of the rate limit for an unchanged page. GraphQL takes a point for a
hundred timelines, changed or not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice
from typing import Any

from sqlalchemy import select

from chalicelib.contributions.api import GraphQLAPI, TimelineAPI, TransferAPI
from chalicelib.contributions.sync.due import DueItem, find_again, find_due_items
from chalicelib.contributions.sync.events import (
    AGAIN,
    DOUBT,
    EVENTS,
    Reading,
    ask_again,
    save_polls,
    save_timelines,
)
from chalicelib.contributions.sync.histories import HistoryReader, Outcome
from chalicelib.contributions.sync.items import LATE, MODELS, watermark_name
from chalicelib.contributions.sync.node_ids import is_distrusted, must_check, note_check
from chalicelib.contributions.sync.sizes import save_sizes
from chalicelib.contributions.sync.transfers import follow_item
from chalicelib.errors import (
    BlockedError,
    GitHubError,
    GoneError,
    IncompleteReadError,
    NotFoundError,
    SingleSignOnError,
    UnauthorizedError,
)
from chalicelib.github import ListPage, Pacer, PageState
from chalicelib.ingest.ahead import fetch_ahead
from chalicelib.ingest.context import Context, counted
from chalicelib.store.ledger import first_asked
from chalicelib.store.marks import WHOLE

# Eight threads keep up 14 requests a second even when an answer takes half a second.
THREADS = 8
# Of more items than this the timelines are read through GraphQL.
MANY = 20
# Of so many items the node ids are checked through REST first, once a day.
SAMPLE = 3
GRAPHQL, REST = "graphql", "rest"


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


def read_again(context: Context, *, types: Collection[str]) -> None:
    """Read the timelines once more that were refused, that had rejected events, or from which events were removed.

    It asks in REST: what GraphQL showed may have been wrong.
    """
    asked = [name.removeprefix(AGAIN).partition(":") for name in context.marks.cursors(AGAIN)]
    due = [item for kind, _, key in asked if (item := find_again(context, kind, int(key))) is not None]
    begun = context.now()
    read_timelines(context, iter(due), types=types, via=REST)
    for kind, _, key in asked:
        cursor = context.marks.cursor(f"{AGAIN}{kind}:{key}", scope=WHOLE)
        # One that was written again meanwhile is for the next time.
        if (cursor.read() or begun) < begun or key not in {str(item.id) for item in due}:
            cursor.drop()
    context.checkpoint()


def read_timelines(context: Context, due: Iterator[DueItem], *, types: Collection[str], via: str = "") -> None:
    """Fetch timelines and write them: those of many items through GraphQL, unless `via` names the API.

    Raises IncompleteReadError at the end when some could not be read; the others are stored. Raises UnauthorizedError
    at once when GitHub refuses the credentials.
    """
    first, failures = list(islice(due, MANY + 1 + SAMPLE)), list[str]()
    is_many = len(first) > MANY if not via else via == GRAPHQL
    if first and is_many and must_check(context):
        _read_by_rest(context, iter(first[:SAMPLE]), failures, types=types)
        first = first[SAMPLE:]
        note_check(context)
    due = chain(first, due)
    if first and is_many and not is_distrusted(context):
        due = _read_by_graphql(context, due, types=types)
    _read_by_rest(context, due, failures, types=types)
    context.marks.cursor(DOUBT).drop()
    context.commit()
    if failures:
        raise IncompleteReadError(f"could not read {counted(failures, 'timeline')}; the first: {failures[0]}")


def _read_by_graphql(context: Context, due: Iterator[DueItem], *, types: Collection[str]) -> Iterator[DueItem]:
    """Read timelines through GraphQL; gives the items that have to be asked for in REST."""
    api = GraphQLAPI(context.github, types)
    if refusal := api.refusal() or _unknown_kinds(types, api.kinds):
        context.note(f"timelines were read through REST, for GraphQL is refused: {refusal}")
        yield from due
        return
    reader, asked = HistoryReader(context, api), dict[int, DueItem]()
    try:
        for outcomes in reader.read(_remembered(due, asked)):
            yield from _save_outcomes(context, reader, outcomes, types=types)
            for outcome in outcomes:
                asked.pop((outcome.item if isinstance(outcome, Reading) else outcome).id, None)
    except (UnauthorizedError, SingleSignOnError):
        raise
    except GitHubError as error:
        context.session.rollback()
        context.note(f"some timelines were read through REST, for GraphQL failed: {error.message}")
        yield from list(asked.values())
        yield from due
    if api.queries.without_boards:
        context.note("the organisation forbids its boards to these credentials: their events were not read")


def _unknown_kinds(types: Collection[str], known: Collection[str]) -> str:
    unknown = sorted(set(types) - set(known))
    return f"it does not tell {', '.join(unknown)}" if unknown else ""


def _remembered(due: Iterator[DueItem], asked: dict[int, DueItem]) -> Iterator[DueItem]:
    for item in due:
        asked[item.id] = item
        yield item


def _save_outcomes(
    context: Context,
    reader: HistoryReader,
    outcomes: Sequence[Outcome],
    *,
    types: Collection[str],
) -> Iterator[DueItem]:
    """Write the timelines that were read; gives the items that have to be asked for in REST."""
    readings = [outcome for outcome in outcomes if isinstance(outcome, Reading)]
    unclear = save_timelines(context, readings, types=types, confirm=reader.confirm)
    save_sizes(context, reader.take_sizes())
    # Not a checkpoint: what was fetched before the deadline is kept.
    context.commit()
    context.on_page(len(readings) - len(unclear))
    yield from (reading.item for reading in unclear)
    yield from (outcome for outcome in outcomes if isinstance(outcome, DueItem))


def _read_by_rest(context: Context, due: Iterator[DueItem], failures: list[str], *, types: Collection[str]) -> None:
    """Fetch timelines with several threads and write them with this one, each in a transaction of its own."""
    budget = context.github.budget
    api = TimelineAPI(context.github, Pacer(now=budget.now, sleep=budget.sleep))
    ahead = fetch_ahead(due, partial(_fetch, api), threads=THREADS, name="timeline", session=context.session)
    for item, pages in ahead:
        try:
            _save_one(context, api, Reading(item, pages.result()), types=types)
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


def _save_one(context: Context, api: TimelineAPI, reading: Reading, *, types: Collection[str]) -> None:
    """Write a timeline; raises IncompleteReadError when events are missing, and it changed during the read."""
    confirm = partial(_is_unchanged, api)
    if save_timelines(context, [reading], types=types, confirm=confirm):
        raise IncompleteReadError("it changed while it was read")


def _is_unchanged(api: TimelineAPI, reading: Reading) -> bool:
    return api.fetch_is_unchanged(reading.item.place, reading.pages)


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
    save_polls(context, [Reading(item, [ListPage(1, None, known)])], keeps_others=True)
    ask_again(context, item.kind, item.id)


def _fetch(api: TimelineAPI, item: DueItem) -> list[ListPage]:
    """Fetch a timeline; where only a name leads to it, GitHub must show the very item there."""
    if item.repository_id is None:
        api.pacer.wait()
        found = TransferAPI(api.github).fetch_item(item.place)
        if found is not None and found["id"] != item.id:
            raise IncompleteReadError("GitHub shows another item there, and its repository's id is not known")
    return api.fetch_timeline(item.place, item.polls)
