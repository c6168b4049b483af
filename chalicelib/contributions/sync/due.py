"""Finds the items whose timelines must be read: those that changed since their last reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from chalicelib.contributions.api import ISSUES, PULL_REQUESTS, IssuePlace
from chalicelib.contributions.models import EventPoll
from chalicelib.contributions.sync.items import MODELS, in_scope
from chalicelib.contributions.sync.places import is_listed
from chalicelib.github import PageState
from chalicelib.ingest.context import Context
from chalicelib.store.among import among
from chalicelib.store.marks import TOLERANCE

CHUNK = 500


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
    node_id: str | None
    repository_url: str | None
    state: str
    polls: dict[int, PageState]

    @property
    def base_url(self) -> str | None:
        """The URL that REST's paths stand below, as GitHub writes it in what it shows."""
        return self.repository_url.partition("/repos/")[0] if self.repository_url else None

    @property
    def is_open_pull(self) -> bool:
        """Whether it is a pull request that may still wait for a review."""
        return self.kind == PULL_REQUESTS and self.state == "open"

    @property
    def place(self) -> IssuePlace:
        """Where GitHub is asked for it."""
        return IssuePlace(self.org, self.repo, self.number, self.repository_id)


def find_due_items(
    context: Context, *, since: datetime, until: datetime | None, axis: str = "updated_at"
) -> Iterator[DueItem]:
    """Find items of a time span that changed since their timeline was last read; `axis` is updated_at or created_at."""
    for kind in (PULL_REQUESTS, ISSUES):
        last_id = 0
        while chunk := _due_chunk(context, kind, axis=axis, since=since, until=until, after=last_id):
            last_id = chunk[-1].id
            yield from chunk


def count_due_items(context: Context, kind: str, *, since: datetime, until: datetime) -> int:
    """Count the items of a kind, created in a time span, whose timelines must be read."""
    due = _due(context, kind, axis="created_at", since=since, until=until)
    return context.session.scalar(select(func.count()).select_from(due.subquery())) or 0


def _due_chunk(
    context: Context, kind: str, *, axis: str, since: datetime, until: datetime | None, after: int
) -> list[DueItem]:
    item: Any = MODELS[kind]
    due = _due(context, kind, axis=axis, since=since, until=until).where(item.id > after)
    chunk = due.order_by(item.id).limit(CHUNK)
    found = context.session.execute(select(*columns_of(item)).where(item.id.in_(chunk)).order_by(item.id)).all()
    polls = _polls_of(context, [row.id for row in found])
    return [item_of(kind, row, polls.get(row.id, {})) for row in found]


def _due(context: Context, kind: str, *, axis: str, since: datetime, until: datetime | None) -> Select[int]:
    """Select the ids alone: indexes hold all that decides, and nothing else is read of what is not due."""
    item: Any = MODELS[kind]
    moment = getattr(item, axis)
    first = and_(EventPoll.id == item.id, EventPoll.page_no == 1)
    due = (
        select(item.id)
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


def states_of(context: Context, ids: Sequence[int]) -> dict[int, dict[int, PageState]]:
    """Give how far timelines were read, without ETags: an unchanged page may hold what could not be stored."""
    polls = _polls_of(context, ids)
    return {key: {number: replace(state, etag=None) for number, state in polls.get(key, {}).items()} for key in ids}


def columns_of(item: Any) -> tuple[Any, ...]:
    """Give the columns of an item's table that a DueItem is made of."""
    place = (item.org, item.repo, item.number, item.repository_id, item.repository_url)
    return item.id, *place, item.updated_at, item.node_id, item.state


def item_of(kind: str, row: Any, polls: dict[int, PageState]) -> DueItem:
    """Make a DueItem of a row of these columns."""
    return DueItem(
        kind=kind,
        id=row.id,
        org=row.org,
        repo=row.repo,
        number=row.number,
        repository_id=row.repository_id,
        updated_at=row.updated_at,
        node_id=row.node_id,
        repository_url=row.repository_url,
        state=row.state,
        polls=polls,
    )


def find_again(context: Context, kind: str, key: int) -> DueItem | None:
    """Find an item whose timeline is to be read once more, whole; None when it is not there any more."""
    item: Any = MODELS[kind]
    found = context.session.execute(
        select(*columns_of(item)).where(
            item.id == key, in_scope(item, context.scope), item.deleted_at.is_(None), is_listed(item)
        )
    ).first()
    return None if found is None else item_of(kind, found, states_of(context, [key])[key])
