"""How long pull requests take.

Hours count from when the pull request was ready, without the time it was a draft again. It was ready when it was
opened, or at the last ready_for_review before its first review; when it was opened as a draft and first reviewed as
one, at the next ready_for_review. What happened before it was ready took 0 hours.

A review is one that somebody else than the author, and not a bot, submitted. Those after the merge or the last
closing held nothing up: they are counted apart and are nobody's first. An approval that was dismissed is a review,
and no approval.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, BigInteger, ColumnElement, Subquery, and_, case, func, select, union_all

from chalicelib.contributions.models import Event, PullRequest
from chalicelib.contributions.views.columns import author_columns, place_columns
from chalicelib.contributions.views.people import (
    author_kind,
    by_another,
    happened,
    holds,
    is_bot,
    membership,
    merge_time,
    person_id,
)
from chalicelib.store.base import UTCDateTime
from chalicelib.store.functions import SecondsBetween, any_if, constant, count_if, earlier, hours, later, now, true_if
from chalicelib.store.views import View, ViewColumn

READY, DRAFT = "ready_for_review", "convert_to_draft"


_KEPT = ("id", "org", "repo", "number", "title", "html_url", "created_at", "closed_at", "user", "username")


def _pulls() -> CTE:
    """Pull requests, with when they ended (were merged or last closed) and until when their story is told."""
    belongs, merged_at = membership(), merge_time()
    pull = (
        select(
            *(getattr(PullRequest, name) for name in _KEPT),
            person_id(PullRequest.user).label("author_id"),
            merged_at.label("merged_at"),
            func.coalesce(merged_at, PullRequest.closed_at, type_=UTCDateTime()).label("ended_at"),
            true_if(PullRequest.draft.is_(True)).label("is_draft"),
            _outcome(merged_at).label("outcome"),
        )
        .where(PullRequest.deleted_at.is_(None))
        .subquery("pull")
    )
    author = holds(belongs, org=pull.c.org, person=pull.c.author_id, at=pull.c.created_at)
    told_until = func.coalesce(pull.c.ended_at, now(), type_=UTCDateTime()).label("told_until")
    told = select(*pull.c, told_until, author_kind(pull, belongs))
    return told.select_from(pull.outerjoin(belongs, author)).cte("pulls")


def _outcome(merged_at: ColumnElement[Any]) -> ColumnElement[str]:
    return case(
        (merged_at.is_not(None), "merged"),
        (PullRequest.state == "open", "open"),
        (PullRequest.merged.is_(None), "unknown"),
        else_=constant("unmerged"),
    )


def _each_review(pulls: CTE) -> Subquery:
    """Reviews that count; `late` when after the end, `turn` is their place among the timely or the late ones."""
    late = true_if(Event.created_at > pulls.c.ended_at)
    turn = func.row_number().over(partition_by=[pulls.c.id, late], order_by=[Event.created_at, Event.id])
    return (
        select(
            pulls.c.id,
            Event.created_at.label("at"),
            Event.username,
            true_if(func.lower(Event.state) == "approved").label("approves"),
            late.label("late"),
            turn.label("turn"),
        )
        .join(pulls, pulls.c.id == Event.issue_id)
        .where(happened("reviewed"), by_another(pulls), ~is_bot(Event.user, Event.username))
        .subquery("review")
    )


def _reviewed(pulls: CTE) -> CTE:
    """Pull requests with what their reviews add up to."""
    each = _each_review(pulls)
    timely = each.c.late.is_(False)
    sums = (
        select(
            each.c.id,
            func.min(case((timely, each.c.at))).label("first_review_at"),
            func.min(case((and_(timely, each.c.turn == 1), each.c.username))).label("first_reviewer"),
            func.min(case((and_(timely, each.c.approves.is_(True)), each.c.at))).label("first_approval_at"),
            count_if(timely).label("reviews"),
            func.count(case((timely, each.c.username)).distinct(), type_=BigInteger()).label("reviewers"),
            count_if(each.c.late.is_(True)).label("late_reviews"),
        )
        .group_by(each.c.id)
        .subquery("reviews")
    )
    firsts = (sums.c.first_review_at, sums.c.first_reviewer, sums.c.first_approval_at)
    counts = (func.coalesce(sums.c[name], 0).label(name) for name in ("reviews", "reviewers", "late_reviews"))
    joined = pulls.outerjoin(sums, sums.c.id == pulls.c.id)
    return select(*pulls.c, *firsts, *counts).select_from(joined).cte("reviewed")


def _changes(reviewed: CTE) -> CTE:
    """Each change from or to a draft: `turn` is its place, `until` the time of the next one, or of the end."""
    place: dict[str, Any] = {"partition_by": reviewed.c.id, "order_by": [Event.created_at, Event.id]}
    following = func.lead(Event.created_at, type_=UTCDateTime()).over(**place)
    reached = func.coalesce(reviewed.c.first_review_at, reviewed.c.told_until, type_=UTCDateTime())
    return (
        select(
            reviewed.c.id,
            reviewed.c.created_at.label("opened_at"),
            Event.event,
            Event.created_at.label("at"),
            func.coalesce(following, reviewed.c.told_until, type_=UTCDateTime()).label("until"),
            true_if(Event.created_at <= reached).label("before_review"),
            func.row_number().over(**place).label("turn"),
        )
        .join(reviewed, reviewed.c.id == Event.issue_id)
        .where(happened(READY, DRAFT))
        .cte("changes")
    )


def _readied(reviewed: CTE, changes: CTE) -> CTE:
    """Pull requests with when they were ready: never, as long as one that was opened as a draft stays one."""
    is_ready = changes.c.event == READY
    sums = (
        select(
            changes.c.id,
            func.max(case((and_(is_ready, changes.c.before_review.is_(True)), changes.c.at))).label("last_before"),
            func.min(case((is_ready, changes.c.at))).label("first"),
            any_if(and_(is_ready, changes.c.turn == 1)).label("opened_as_draft"),
        )
        .group_by(changes.c.id)
        .subquery("readiness")
    )
    # No change at all: it is still what it was, or its timeline has not been read.
    unchanged = and_(sums.c.id.is_(None), reviewed.c.is_draft.is_(True))
    opened_ready = and_(~unchanged, ~true_if(sums.c.opened_as_draft))
    ready_at = func.coalesce(
        sums.c.last_before, case((opened_ready, reviewed.c.created_at)), sums.c.first, type_=UTCDateTime()
    )
    joined = reviewed.outerjoin(sums, sums.c.id == reviewed.c.id)
    chosen = select(*reviewed.c, ready_at.label("ready_at"), true_if(unchanged).label("draft_ever_since"))
    return chosen.select_from(joined).cte("readied")


def _drafts(readied: CTE, changes: CTE) -> Subquery:
    """From when to when each pull request was a draft."""
    opened_as_draft = and_(changes.c.event == READY, changes.c.turn == 1)
    return union_all(
        select(changes.c.id, changes.c.opened_at.label("began"), changes.c.at.label("until")).where(opened_as_draft),
        select(changes.c.id, changes.c.at, changes.c.until).where(changes.c.event == DRAFT),
        select(readied.c.id, readied.c.created_at, readied.c.told_until).where(readied.c.draft_ever_since.is_(True)),
    ).subquery("draft")


# What the hours are counted to, and the column that says so.
GOALS = {
    "first_review_at": "hours_to_first_review",
    "first_approval_at": "hours_to_approval",
    "merged_at": "hours_to_merge",
    "closed_at": "hours_to_close",
}


def _timed() -> Subquery:
    """Pull requests with all hours."""
    pulls = _reviewed(_pulls())
    changes = _changes(pulls)
    pull = _readied(pulls, changes)
    draft = _drafts(pull, changes)
    spent = {"draft": _overlap(draft, pull.c.created_at, pull.c.told_until)}
    spent |= {goal: _overlap(draft, pull.c.ready_at, pull.c[goal]) for goal in GOALS}
    sums = (
        select(pull.c.id, *(func.sum(seconds).label(name) for name, seconds in spent.items()))
        .join(draft, draft.c.id == pull.c.id)
        .group_by(pull.c.id)
        .subquery("spent")
    )
    taken = (_hours_to(pull.c[goal], pull.c.ready_at, sums.c[goal]).label(name) for goal, name in GOALS.items())
    draft_hours = hours(func.coalesce(sums.c.draft, 0)).label("draft_hours")
    joined = pull.outerjoin(sums, sums.c.id == pull.c.id)
    return select(*pull.c, draft_hours, *taken).select_from(joined).subquery("timed")


def _overlap(draft: Subquery, start: ColumnElement[Any], end: ColumnElement[Any]) -> ColumnElement[int]:
    """Seconds of a draft's time between two times; 0 where one of them is not known."""
    shared = SecondsBetween(later(draft.c.began, start), earlier(draft.c.until, end))
    return case((and_(draft.c.began < end, draft.c.until > start, start < end), shared), else_=0)


def _hours_to(goal: ColumnElement[Any], ready_at: ColumnElement[Any], drafted: ColumnElement[int]) -> Any:
    """Hours to a time, less what it was a draft; NULL when one of the times is not known, 0 when it was not ready."""
    ready_first = hours(SecondsBetween(ready_at, goal) - func.coalesce(drafted, 0))
    return case((goal > ready_at, ready_first), (goal <= ready_at, 0.0))


_timed_pulls = _timed()
_pull = _timed_pulls.c

PULL_REQUEST_CYCLE = View(
    "pull_request_cycle",
    "A row per pull request: the hours from ready for review to first review, approval, merge and closing, without "
    "the time as a draft. Reviews are those by others than the author and bots, up to the merge or last closing",
    [
        ViewColumn("id", _pull.id, "pull_requests.id"),
        *place_columns(_pull),
        *author_columns(_pull),
        ViewColumn(
            "outcome",
            _pull.outcome,
            "open, merged, unmerged (closed without), or unknown: closed, and GitHub has not said yet whether merged",
        ),
        ViewColumn("is_draft", _pull.is_draft, "True while it is a draft, or when it was closed as one"),
        ViewColumn("created_at", _pull.created_at, "When it was opened"),
        ViewColumn(
            "ready_at",
            _pull.ready_at,
            "From when the hours count: the last ready_for_review before the first review; else the opening, or, when "
            "that was as a draft, the first ready_for_review; NULL while it never was ready",
        ),
        ViewColumn("first_review_at", _pull.first_review_at, "When the first review was submitted; NULL: none"),
        ViewColumn("first_reviewer", _pull.first_reviewer, "Whose review it was; NULL also when the account is gone"),
        ViewColumn("first_approval_at", _pull.first_approval_at, "First approval that was not dismissed; NULL: none"),
        ViewColumn("merged_at", _pull.merged_at, "When it was merged; NULL: it was not"),
        ViewColumn("closed_at", _pull.closed_at, "When it was last closed, merging included; NULL while open"),
        ViewColumn("draft_hours", _pull.draft_hours, "Hours as a draft, from opening to the end or now"),
        ViewColumn(
            "hours_to_first_review",
            _pull.hours_to_first_review,
            "Hours from ready to the first review; 0 when that came before; NULL: none, or never ready",
        ),
        ViewColumn("hours_to_approval", _pull.hours_to_approval, "Hours from ready to the first approval; likewise"),
        ViewColumn("hours_to_merge", _pull.hours_to_merge, "Hours from ready to the merge; likewise"),
        ViewColumn("hours_to_close", _pull.hours_to_close, "Hours from ready to the last closing; likewise"),
        ViewColumn("reviews", _pull.reviews, "How many reviews there were, dismissed ones included"),
        ViewColumn("reviewers", _pull.reviewers, "How many people submitted them, gone accounts left out"),
        ViewColumn("late_reviews", _pull.late_reviews, "Reviews after the merge or last closing, counted nowhere else"),
    ],
)
