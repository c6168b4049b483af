"""Open issues and pull requests, and on whom they wait."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, Subquery, and_, case, func, or_, select, union_all

from chalicelib.contributions.models import Event
from chalicelib.contributions.views.columns import author_columns, place_columns
from chalicelib.contributions.views.people import (
    PULL_REQUEST,
    author_kind,
    by_another,
    happened,
    holds,
    is_bot,
    items,
    membership,
    person_id,
)
from chalicelib.store.base import UTCDateTime
from chalicelib.store.functions import constant, hours_between, later, now, true_if
from chalicelib.store.views import View, ViewColumn

SAID = ("commented", "reviewed")
READY = "ready_for_review"
# What puts a pull request back on our desk, whoever did it: pushing has no author that GitHub knows.
PUSHED = (READY, "review_requested", "committed", "head_ref_force_pushed")
AUTHOR, US = "author", "us"


def _open_items() -> CTE:
    belongs, item = membership(), items()
    author = holds(belongs, org=item.c.org, person=item.c.author_id, at=item.c.created_at)
    chosen = select(*item.c, author_kind(item, belongs)).select_from(item.outerjoin(belongs, author))
    return chosen.where(item.c.state == "open", item.c.is_draft.is_(False)).cte("open_items")


def _words(item: CTE) -> Subquery:
    """Who had the word when: `us` or `author`; what others said is in neither."""
    belongs = membership()
    member = holds(belongs, org=item.c.org, person=person_id(Event.user), at=Event.created_at)
    other = by_another(item)
    speaker = case(
        (and_(item.c.kind == PULL_REQUEST, Event.event.in_(PUSHED)), AUTHOR),
        (and_(~other, Event.event.in_((*SAID, "reopened"))), AUTHOR),
        (
            and_(
                other,
                Event.event.in_(SAID),
                belongs.c.member_id.is_not(None),
                ~is_bot(Event.user, Event.username),
            ),
            US,
        ),
    )
    said = (
        select(item.c.id, Event.created_at.label("at"), Event.event.label("what"), speaker.label("speaker"))
        .join(item, item.c.id == Event.issue_id)
        .outerjoin(belongs, member)
        .where(happened(*SAID, *PUSHED, "reopened"))
        # A commit's time is what the author's clock said.
        .where(Event.created_at >= item.c.created_at, Event.created_at <= now())
        .subquery("said")
    )
    opening: Select[Any] = select(
        item.c.id, item.c.created_at.label("at"), constant("opened").label("what"), constant(AUTHOR).label("speaker")
    )
    return union_all(opening, select(said).where(said.c.speaker.is_not(None))).subquery("word")


def _turns(item: CTE) -> Subquery:
    """Per item: the last word of each side, and since when the words of each stand unanswered."""
    word = _words(item)

    def last(condition: ColumnElement[bool]) -> ColumnElement[Any]:
        return func.max(case((condition, word.c.at))).over(partition_by=word.c.id)

    marked = select(
        *word.c,
        last(word.c.speaker == US).label("our_last"),
        last(word.c.speaker == AUTHOR).label("their_last"),
        last(word.c.what == READY).label("ready_at"),
    ).subquery("marked")
    asked = and_(marked.c.speaker == AUTHOR, or_(marked.c.our_last.is_(None), marked.c.at > marked.c.our_last))
    replied = and_(marked.c.speaker == US, marked.c.at >= marked.c.their_last)
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
    # Opened as a draft, it asked for nothing until it was ready.
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
    "Open issues and pull requests, and on whom each waits: us, when no member has commented or reviewed since the "
    "author's last word, else the author. Drafts are left out; bots and third parties don't count as either",
    [
        ViewColumn("id", _item.id, "issues.id or pull_requests.id"),
        ViewColumn("kind", _item.kind, "issue or pull_request"),
        *place_columns(_item),
        *author_columns(_item),
        ViewColumn("created_at", _item.created_at, "When it was opened"),
        ViewColumn(
            "waiting_for",
            _item.waiting_for,
            "us: a member other than the author is to respond; author: a member spoke last",
        ),
        ViewColumn(
            "waiting_since",
            _item.waiting_since,
            "The author's first word that is not answered, or the first of our words since the author's last one; of a "
            "pull request that was made ready for review, not before that",
        ),
        ViewColumn(
            "hours_waiting",
            hours_between(_item.waiting_since, later(now(), _item.waiting_since)),
            "Hours since then, until now",
        ),
        ViewColumn("answered", _item.answered, "True when a member has ever responded; false: a first response is due"),
        ViewColumn(
            "author_last_at",
            _item.their_last,
            "The author's last word: opening, comment, review, reopening, and on a pull request, by whomever, commits, "
            "force-pushes, review requests and ready_for_review; of a commit, when it was committed, not pushed",
        ),
        ViewColumn("member_last_at", _item.our_last, "The last comment or review by a member who is not the author"),
    ],
)
