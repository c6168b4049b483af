"""Reviews of pull requests: which count, how many, in how many rounds.

A review counts when neither the author nor a bot submitted it. Reviews after the merge or the last closing delayed
nothing: they are counted apart, as `late_reviews`. A dismissed approval counts as a review and not as an approval.

An empty review has neither a verdict (approval, request for changes) nor a text of its own: only comments on lines, or
an answer to one. White space is no text.

The first review begins a round. So does the first review after a push (a commit, by its date, or a force-push) that
came after a review. Two reviewers without a push between them share a round. A merge of the base branch is a push, too.
A commit that a later force-push took away still was one, if this app had seen it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, BigInteger, Subquery, and_, case, func, or_, select

from chalicelib.contributions.facts.people import by_another, is_bot, is_shown_event
from chalicelib.contributions.models import Event
from chalicelib.store.facts import Chosen
from chalicelib.store.functions import count_if, true_if

COMMIT = "committed"
PUSHES = (COMMIT, "head_ref_force_pushed")
VERDICTS = ("approved", "changes_requested", "dismissed")
WHITE_SPACE = " \t\r\n"


def _each_review(pulls: CTE, chosen: Chosen) -> Subquery:
    """Reviews that count: `late` is true after the end, `turn` is the place among the timely or the late ones."""
    late = true_if(Event.created_at > pulls.c.ended_at)
    turn = func.row_number().over(partition_by=[pulls.c.id, late], order_by=[Event.created_at, Event.id])
    state = func.lower(func.coalesce(Event.state, ""))
    has_text = func.length(func.trim(func.coalesce(Event.body, ""), WHITE_SPACE)) > 0
    return (
        select(
            pulls.c.id,
            Event.created_at.label("at"),
            *(Event.username, Event.user_id),
            true_if(state == "approved").label("approves"),
            true_if(and_(state.not_in(VERDICTS), ~has_text)).label("is_empty"),
            late.label("late"),
            turn.label("turn"),
        )
        .join(pulls, pulls.c.id == Event.issue_id)
        .where(is_shown_event(chosen, "reviewed"), by_another(pulls), ~is_bot(Event.user, Event.username))
        .subquery("review")
    )


def _sums(pulls: CTE, chosen: Chosen) -> Subquery:
    each = _each_review(pulls, chosen)
    timely = each.c.late.is_(False)
    return (
        select(
            each.c.id,
            func.min(case((timely, each.c.at))).label("first_review_at"),
            func.min(case((and_(timely, each.c.turn == 1), each.c.username))).label("first_reviewer"),
            func.min(case((and_(timely, each.c.approves.is_(True)), each.c.at))).label("first_approval_at"),
            count_if(timely).label("reviews"),
            count_if(and_(timely, each.c.is_empty.is_(True))).label("empty_reviews"),
            func.count(case((timely, each.c.user_id)).distinct(), type_=BigInteger()).label("reviewers"),
            count_if(each.c.late.is_(True)).label("late_reviews"),
        )
        .group_by(each.c.id)
        .subquery("reviews")
    )


def _rounds(pulls: CTE, chosen: Chosen) -> Subquery:
    """How many rounds each pull request had; none for one without a timely review."""
    is_review = true_if(Event.event == "reviewed")
    counts = and_(is_shown_event(chosen, "reviewed"), by_another(pulls), ~is_bot(Event.user, Event.username))
    is_push = and_(Event.event.in_(PUSHES), or_(Event.event == COMMIT, Event.removed_at.is_(None)))
    timely = or_(pulls.c.ended_at.is_(None), Event.created_at <= pulls.c.ended_at)
    before = func.lag(is_review).over(partition_by=pulls.c.id, order_by=[Event.created_at, Event.id])
    each = (
        select(pulls.c.id, is_review.label("is_review"), before.label("after_review"))
        .join(pulls, pulls.c.id == Event.issue_id)
        .where(Event.event.in_(("reviewed", *PUSHES)), Event.created_at.is_not(None), or_(is_push, counts), timely)
        .where(chosen(Event.issue_id))
        .subquery("review_or_push")
    )
    begins = and_(each.c.is_review.is_(True), ~true_if(each.c.after_review.is_(True)))
    return select(each.c.id, count_if(begins).label("review_rounds")).group_by(each.c.id).subquery("rounds")


FIRSTS = ("first_review_at", "first_reviewer", "first_approval_at")
COUNTS = ("reviews", "empty_reviews", "reviewers", "late_reviews")


def reviewed(pulls: CTE, chosen: Chosen) -> CTE:
    """Pull requests with the first times and the counts of their reviews."""
    sums, rounds = _sums(pulls, chosen), _rounds(pulls, chosen)
    columns: list[Any] = [sums.c[name] for name in FIRSTS]
    columns += [func.coalesce(sums.c[name], 0).label(name) for name in COUNTS]
    columns.append(func.coalesce(rounds.c.review_rounds, 0).label("review_rounds"))
    joined = pulls.outerjoin(sums, sums.c.id == pulls.c.id).outerjoin(rounds, rounds.c.id == pulls.c.id)
    return select(*pulls.c, *columns).select_from(joined).cte()
