"""Counts timelines' events against GitHub's own counts, 100 timelines a point, and reads again those that differ.

Cross-references, and labels moved by a change of the label itself, don't touch an item's `updated_at`: only the count
of its events tells of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from chalicelib.contributions.api import MOST_IDS, GraphQLAPI, TransferAPI
from chalicelib.contributions.models import Event, EventPoll
from chalicelib.contributions.sync.due import DueItem, columns_of, item_of, states_of
from chalicelib.contributions.sync.items import MODELS, in_scope, save_items
from chalicelib.contributions.sync.places import is_listed
from chalicelib.contributions.sync.timelines import GRAPHQL, read_timelines
from chalicelib.ingest.context import Context
from chalicelib.ingest.windows import Window
from chalicelib.store.among import among
from chalicelib.store.transactions import end_reading
from chalicelib.utils import in_parts

# So many timelines of each kind of item are counted in a day, a hundred a point; of more, another part each day.
COUNTED_A_DAY = 5_000


@dataclass(frozen=True)
class Recount:
    """An item's timeline: how many events GitHub counts (None: it doesn't say), and how many rows there are.

    `last` is what GitHub counted when the timeline was last read through GraphQL.
    """

    item: DueItem
    github: int | None
    stored: int
    last: int | None

    @property
    def is_lost(self) -> bool:
        """Whether rows are missing that were there when the timeline was last read.

        Where GitHub counts otherwise than then, the timeline has changed since, and was right.
        """
        listed = sum(state.items for state in self.item.polls.values())
        return self.github == self.last if self.last is not None else self.stored < listed


def recount(context: Context, api: GraphQLAPI, items: Sequence[DueItem]) -> Iterator[Recount]:
    """Count the events of items whose timelines were read."""
    for part in in_parts([item for item in items if item.node_id], MOST_IDS):
        ids = [item.id for item in part]
        stored, last = _stored_counts(context, ids, api.kinds), _last_totals(context, ids)
        end_reading(context.session)
        counts = api.fetch_counts([item.node_id or "" for item in part])
        for item in part:
            yield Recount(item, counts[item.node_id or ""], stored.get(item.id, 0), last.get(item.id))


def sweep_events(context: Context, *, types: Collection[str]) -> None:
    """Count a part of all timelines, another one each day, and read those again that differ, and their items."""
    api, differing = GraphQLAPI(context.github, types), []
    items = [item for kind in MODELS for item in _todays_part(context, kind)]
    if items and (refusal := api.refusal()):
        context.note(f"no events were counted, for GraphQL is refused: {refusal}")
        return
    for each in recount(context, api, items):
        context.run.fetched += 1
        known = each.stored if each.last is None else each.last
        if each.github is not None and each.github != known:
            differing.append(each.item)
    for item in differing:
        _refresh_item(context, item)
    read_timelines(context, iter(differing), types=types, via=GRAPHQL)
    context.checkpoint()


def _refresh_item(context: Context, item: DueItem) -> None:
    shown = TransferAPI(context.github).fetch_item(item.place)
    if shown is not None and shown["id"] == item.id:
        save_items(context, item.kind, [shown])
    context.checkpoint()


def _todays_part(context: Context, kind: str) -> list[DueItem]:
    model: Any = MODELS[kind]
    there = _read_items(context, kind)
    parts = 1 + (context.session.scalar(select(func.count()).select_from(model).where(there)) or 0) // COUNTED_A_DAY
    today = context.now().date().toordinal()
    return items_of(context, kind, and_(there, func.abs(model.id) % parts == today % parts))


def _read_items(context: Context, kind: str) -> ColumnElement[bool]:
    """Match the items whose timelines were read."""
    model: Any = MODELS[kind]
    was_read = select(EventPoll.id).where(EventPoll.id == model.id, EventPoll.page_no == 1).exists()
    return and_(in_scope(model, context.scope), model.deleted_at.is_(None), is_listed(model), was_read)


def items_of(context: Context, kind: str, condition: ColumnElement[bool]) -> list[DueItem]:
    """Give items as those whose timelines are read whole."""
    model: Any = MODELS[kind]
    found = context.session.execute(select(*columns_of(model)).where(condition).order_by(model.id)).all()
    states = states_of(context, [row.id for row in found])
    return [item_of(kind, row, states[row.id]) for row in found]


def items_in(context: Context, kind: str, window: Window) -> list[DueItem]:
    """Give the items that were created in a window and whose timelines were read."""
    model: Any = MODELS[kind]
    created = model.created_at.between(window.since, window.until)
    return items_of(context, kind, and_(_read_items(context, kind), created))


def read_differing(context: Context, differing: Sequence[Recount], *, types: Collection[str]) -> list[Recount]:
    """Read timelines again, whole; gives them as they are counted then."""
    if not differing:
        return []
    read_timelines(context, iter([each.item for each in differing]), types=types, via=GRAPHQL)
    kinds = GraphQLAPI(context.github, types).kinds
    stored = _stored_counts(context, [each.item.id for each in differing], kinds)
    last = _last_totals(context, [each.item.id for each in differing])
    return [
        replace(each, stored=stored.get(each.item.id, 0), last=last.get(each.item.id), github=last.get(each.item.id))
        for each in differing
    ]


def _stored_counts(context: Context, ids: Sequence[int], kinds: Collection[str]) -> dict[int, int]:
    shown = (Event.removed_at.is_(None), among(Event.event, kinds))
    counts = select(Event.issue_id, func.count()).where(among(Event.issue_id, ids), *shown).group_by(Event.issue_id)
    return dict(context.session.execute(counts).all())


def _last_totals(context: Context, ids: Sequence[int]) -> dict[int, int | None]:
    totals = select(EventPoll.id, EventPoll.total).where(among(EventPoll.id, ids), EventPoll.page_no == 1)
    return dict(context.session.execute(totals).all())
