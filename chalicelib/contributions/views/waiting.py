"""Open issues and pull requests, and for whom they wait: for us (the members) or for the author."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, Subquery, and_, case, func, or_, select, union_all

from chalicelib.contributions.models import Event
from chalicelib.contributions.views.columns import author_columns, place_columns
from chalicelib.contributions.views.people import (
    PULL_REQUEST,
    author_kind,
    by_another,
    is_bot,
    is_membership_of,
    is_shown_event,
    items,
    membership,
    person_id,
)
from chalicelib.store.base import UTCDateTime
from chalicelib.store.functions import constant, hours_between, later, now, true_if
from chalicelib.store.views import View, ViewColumn

REPLIES = ("commented", "reviewed")
READY = "ready_for_review"
# These make a pull request wait for us again, whoever did them: GitHub doesn't say who pushed.
PUSHED = (READY, "review_requested", "committed", "head_ref_force_pushed")
AUTHOR, US = "author", "us"


def _open_items() -> CTE:
    belongs, item = membership(), items()
    author = is_membership_of(belongs, org=item.c.org, person=item.c.author_id, at=item.c.created_at)
    chosen = select(*item.c, author_kind(item, belongs)).select_from(item.outerjoin(belongs, author))
    return chosen.where(item.c.state == "open", item.c.is_draft.is_(False)).cte("open_items")


def _messages(item: CTE) -> Subquery:
    """The messages of both sides, from `us` or from `author`; those of bots and third parties are left out."""
    belongs = membership()
    member = is_membership_of(belongs, org=item.c.org, person=person_id(Event.user), at=Event.created_at)
    other = by_another(item)
    side = case(
        (and_(item.c.kind == PULL_REQUEST, Event.event.in_(PUSHED)), AUTHOR),
        (and_(~other, Event.event.in_((*REPLIES, "reopened"))), AUTHOR),
        (
            and_(
                other,
                Event.event.in_(REPLIES),
                belongs.c.member_id.is_not(None),
                ~is_bot(Event.user, Event.username),
            ),
            US,
        ),
    )
    events = (
        select(item.c.id, Event.created_at.label("at"), Event.event.label("what"), side.label("side"))
        .join(item, item.c.id == Event.issue_id)
        .outerjoin(belongs, member)
        .where(is_shown_event(*REPLIES, *PUSHED, "reopened"))
        # A commit's time is by its author's clock, which may be wrong.
        .where(Event.created_at >= item.c.created_at, Event.created_at <= now())
        .subquery("events_of_item")
    )
    opening: Select[Any] = select(
        item.c.id, item.c.created_at.label("at"), constant("opened").label("what"), constant(AUTHOR).label("side")
    )
    return union_all(opening, select(events).where(events.c.side.is_not(None))).subquery("message")


def _turns(item: CTE) -> Subquery:
    """Per item: the last message of each side, and the first message of each that is still unanswered."""
    message = _messages(item)

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


def _pending() -> Subquery:
    item = _open_items()
    turn = _turns(item)
    waits_for_us = or_(turn.c.our_last.is_(None), turn.c.their_last > turn.c.our_last)
    # A draft waits for nobody: the wait begins when it is made ready.
    asked_since = later(turn.c.asked_since, func.coalesce(turn.c.ready_at, turn.c.asked_since, type_=UTCDateTime()))
    return (
        select(
            *item.c,
            case((waits_for_us, US), else_=constant(AUTHOR)).label("waiting_for"),
            case((waits_for_us, asked_since), else_=turn.c.replied_since).label("waiting_since"),
            true_if(turn.c.our_last.is_not(None)).label("answered"),
            turn.c.their_last,
            turn.c.our_last,
        )
        .join(turn, turn.c.id == item.c.id)
        .subquery("pending")
    )


_item = _pending().c

FIRST_RESPONSES_PENDING = View(
    "first_responses_pending",
    "Open issues and pull requests, and for whom each waits: for us when no member has commented or reviewed since the "
    "author's last message, else for the author. Drafts are left out. Messages of bots and third parties don't count",
    [
        ViewColumn("id", _item.id, "issues.id or pull_requests.id"),
        ViewColumn("kind", _item.kind, "issue or pull_request"),
        *place_columns(_item),
        *author_columns(_item),
        ViewColumn("created_at", _item.created_at, "When it was opened"),
        ViewColumn(
            "waiting_for",
            _item.waiting_for,
            "us: a member other than the author should respond; author: a member responded last",
        ),
        ViewColumn(
            "waiting_since",
            _item.waiting_since,
            "us: the author's first unanswered message; author: the first response since the author's last message. "
            "For a pull request that was a draft, not before ready_for_review",
        ),
        ViewColumn(
            "hours_waiting",
            hours_between(_item.waiting_since, later(now(), _item.waiting_since)),
            "Hours from waiting_since to now",
        ),
        ViewColumn("answered", _item.answered, "True when a member has responded; false: the first response is due"),
        ViewColumn(
            "author_last_at",
            _item.their_last,
            "The author's last message: opening, comment, review or reopening. On a pull request also a commit (when "
            "it was committed, not pushed), force-push, review request or ready_for_review, by anybody",
        ),
        ViewColumn("member_last_at", _item.our_last, "The last comment or review by a member who is not the author"),
    ],
)
