"""Open issues and pull requests, and for whom they wait: for us or for the author."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, Subquery, and_, case, func, or_, select, union_all

from chalicelib.contributions.facts.people import (
    PULL_REQUEST,
    Roles,
    author_kind,
    by_another,
    is_bot,
    is_shown_event,
    items,
    join_author,
)
from chalicelib.contributions.facts.responses import RESPONSES
from chalicelib.contributions.models import Event, WaitFact
from chalicelib.store.base import UTCDateTime
from chalicelib.store.facts import Chosen
from chalicelib.store.functions import constant, later, now, true_if

READY = "ready_for_review"
# These make a pull request wait for us again, whoever did them: GitHub doesn't say who pushed.
PUSHED = (READY, "review_requested", "committed", "head_ref_force_pushed")
AUTHOR, US = "author", "us"


def wait_facts(chosen: Chosen) -> Select[Any]:
    """For whom chosen items wait that are open and no drafts, in the columns of WaitFact."""
    item = _open_items(chosen)
    turn = _turns(item, chosen)
    waits_for_us = or_(turn.c.our_last.is_(None), turn.c.their_last > turn.c.our_last)
    # A draft waits for nobody: the wait begins when it is made ready.
    asked_since = later(turn.c.asked_since, func.coalesce(turn.c.ready_at, turn.c.asked_since, type_=UTCDateTime()))
    columns: dict[str, Any] = {column.name: column for column in item.c}
    columns |= {
        "waiting_for": case((waits_for_us, US), else_=constant(AUTHOR)),
        "waiting_since": case((waits_for_us, asked_since), else_=turn.c.replied_since),
        "answered": true_if(turn.c.our_last.is_not(None)),
        "author_last_at": turn.c.their_last,
        "our_last_at": turn.c.our_last,
    }
    joined = item.join(turn, turn.c.id == item.c.id)
    return select(*(columns[each.name].label(each.name) for each in WaitFact.__table__.c)).select_from(joined)


def _open_items(chosen: Chosen) -> CTE:
    roles, item = Roles(), items(chosen)
    columns = select(*item.c, author_kind(item, roles)).select_from(join_author(item, roles))
    return columns.where(item.c.state == "open", item.c.is_draft.is_(False)).cte()


def _messages(item: CTE, chosen: Chosen) -> Subquery:
    """The messages of both sides, from `us` or from `author`; those of bots and third parties are left out."""
    roles, other = Roles(), by_another(item)
    is_ours = and_(roles.is_us(Event.username), ~is_bot(Event.user, Event.username))
    side = case(
        (and_(item.c.kind == PULL_REQUEST, Event.event.in_(PUSHED)), AUTHOR),
        (and_(~other, Event.event.in_((*RESPONSES, "reopened"))), AUTHOR),
        (and_(other, Event.event.in_(RESPONSES), is_ours), US),
    )
    event = Event.__table__.join(item, item.c.id == Event.issue_id)
    events = (
        select(item.c.id, Event.created_at.label("at"), Event.event.label("what"), side.label("side"))
        .select_from(roles.join(event, org=item.c.org, person=Event.user_id, at=Event.created_at))
        .where(is_shown_event(chosen, *RESPONSES, *PUSHED, "reopened"))
        # A commit's time is by its author's clock, which may be wrong.
        .where(Event.created_at >= item.c.created_at, Event.created_at <= now())
        .subquery("events_of_item")
    )
    opening: Select[Any] = select(
        item.c.id, item.c.created_at.label("at"), constant("opened").label("what"), constant(AUTHOR).label("side")
    )
    return union_all(opening, select(events).where(events.c.side.is_not(None))).subquery("message")


def _turns(item: CTE, chosen: Chosen) -> Subquery:
    """Per item: the last message of each side, and the first message of each that is still unanswered."""
    message = _messages(item, chosen)

    def last(condition: ColumnElement[bool]) -> ColumnElement[Any]:
        return func.max(case((condition, message.c.at))).over(partition_by=message.c.id)

    marked = select(
        *message.c,
        last(message.c.side == US).label("our_last"),
        last(message.c.side == AUTHOR).label("their_last"),
        last(message.c.what == READY).label("ready_at"),
    ).subquery("marked")
    asked = and_(marked.c.side == AUTHOR, or_(marked.c.our_last.is_(None), marked.c.at > marked.c.our_last))
    replied = and_(marked.c.side == US, marked.c.at >= marked.c.their_last)
    return (
        select(
            marked.c.id,
            func.max(marked.c.our_last).label("our_last"),
            func.max(marked.c.their_last).label("their_last"),
            func.max(marked.c.ready_at).label("ready_at"),
            func.min(case((asked, marked.c.at))).label("asked_since"),
            func.min(case((replied, marked.c.at))).label("replied_since"),
        )
        .group_by(marked.c.id)
        .subquery("turn")
    )
