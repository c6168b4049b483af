"""How long pull requests take.

Hours count from the time a pull request was ready for review. Later time as a draft does not count. It was ready at:

1. the last ready_for_review, not counting those after its first review;
2. if there is none, its opening;
3. if it was opened as a draft and reviewed as one, the first ready_for_review.

A review, approval, merge or closing before that took 0 hours.

A review counts when neither the author nor a bot submitted it. Reviews after the merge or the last closing delayed
nothing: they are counted apart, as `late_reviews`. A dismissed approval counts as a review and not as an approval.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, BigInteger, ColumnElement, Subquery, and_, case, func, select, union_all

from chalicelib.contributions.models import Event, PullRequest
from chalicelib.contributions.views.columns import author_columns, place_columns
from chalicelib.contributions.views.people import (
    author_kind,
    by_another,
    is_bot,
    is_membership_of,
    is_shown_event,
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
    """Pull requests; `ended_at` is the merge or last closing, `observed_until` the same, or now while it is open."""
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
    author = is_membership_of(belongs, org=pull.c.org, person=pull.c.author_id, at=pull.c.created_at)
    observed_until = func.coalesce(pull.c.ended_at, now(), type_=UTCDateTime()).label("observed_until")
    chosen = select(*pull.c, observed_until, author_kind(pull, belongs))
    return chosen.select_from(pull.outerjoin(belongs, author)).cte("pulls")


def _outcome(merged_at: ColumnElement[Any]) -> ColumnElement[str]:
    return case(
        (merged_at.is_not(None), "merged"),
        (PullRequest.state == "open", "open"),
        (PullRequest.merged.is_(None), "unknown"),
        else_=constant("unmerged"),
    )


def _each_review(pulls: CTE) -> Subquery:
    """Reviews that count: `late` is true after the end, `turn` is the place among the timely or the late ones."""
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
        .where(is_shown_event("reviewed"), by_another(pulls), ~is_bot(Event.user, Event.username))
        .subquery("review")
    )


def _reviewed(pulls: CTE) -> CTE:
    """Pull requests with the first times and the counts of their reviews."""
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
    """Each change to or from a draft: `turn` is its place, `until` the time of the next change or of the end."""
    place: dict[str, Any] = {"partition_by": reviewed.c.id, "order_by": [Event.created_at, Event.id]}
    following = func.lead(Event.created_at, type_=UTCDateTime()).over(**place)
    first_review = func.coalesce(reviewed.c.first_review_at, reviewed.c.observed_until, type_=UTCDateTime())
    return (
        select(
            reviewed.c.id,
            reviewed.c.created_at.label("opened_at"),
            Event.event,
            Event.created_at.label("at"),
            func.coalesce(following, reviewed.c.observed_until, type_=UTCDateTime()).label("until"),
            true_if(Event.created_at <= first_review).label("before_review"),
            func.row_number().over(**place).label("turn"),
        )
        .join(reviewed, reviewed.c.id == Event.issue_id)
        .where(is_shown_event(READY, DRAFT))
        .cte("changes")
    )


def _with_ready_time(reviewed: CTE, changes: CTE) -> CTE:
    """Pull requests with `ready_at`; NULL for one that was opened as a draft and still is one."""
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
    # A draft without any change was opened as one, or its timeline has not been read.
    unchanged = and_(sums.c.id.is_(None), reviewed.c.is_draft.is_(True))
    opened_ready = and_(~unchanged, ~true_if(sums.c.opened_as_draft))
    ready_at = func.coalesce(
        sums.c.last_before, case((opened_ready, reviewed.c.created_at)), sums.c.first, type_=UTCDateTime()
    )
    joined = reviewed.outerjoin(sums, sums.c.id == reviewed.c.id)
    chosen = select(*reviewed.c, ready_at.label("ready_at"), true_if(unchanged).label("always_draft"))
    return chosen.select_from(joined).cte("with_ready_time")


def _drafts(pull: CTE, changes: CTE) -> Subquery:
    """The times during which each pull request was a draft: `began` and `until`."""
    opened_as_draft = and_(changes.c.event == READY, changes.c.turn == 1)
    return union_all(
        select(changes.c.id, changes.c.opened_at.label("began"), changes.c.at.label("until")).where(opened_as_draft),
        select(changes.c.id, changes.c.at, changes.c.until).where(changes.c.event == DRAFT),
        select(pull.c.id, pull.c.created_at, pull.c.observed_until).where(pull.c.always_draft.is_(True)),
    ).subquery("draft")


# The time to which hours are counted, and the column of these hours.
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
    pull = _with_ready_time(pulls, changes)
    draft = _drafts(pull, changes)
    as_draft = {"draft": _overlap(draft, pull.c.created_at, pull.c.observed_until)}
    as_draft |= {goal: _overlap(draft, pull.c.ready_at, pull.c[goal]) for goal in GOALS}
    sums = (
        select(pull.c.id, *(func.sum(seconds).label(name) for name, seconds in as_draft.items()))
        .join(draft, draft.c.id == pull.c.id)
        .group_by(pull.c.id)
        .subquery("as_draft")
    )
    goals = (_hours_to(pull.c[goal], pull.c.ready_at, sums.c[goal]).label(name) for goal, name in GOALS.items())
    draft_hours = hours(func.coalesce(sums.c.draft, 0)).label("draft_hours")
    joined = pull.outerjoin(sums, sums.c.id == pull.c.id)
    return select(*pull.c, draft_hours, *goals).select_from(joined).subquery("timed")


def _overlap(draft: Subquery, start: ColumnElement[Any], end: ColumnElement[Any]) -> ColumnElement[int]:
    """Seconds as a draft between two times; 0 when one of them is not known."""
    shared = SecondsBetween(later(draft.c.began, start), earlier(draft.c.until, end))
    return case((and_(draft.c.began < end, draft.c.until > start, start < end), shared), else_=0)


def _hours_to(goal: ColumnElement[Any], ready_at: ColumnElement[Any], as_draft: ColumnElement[int]) -> Any:
    """Hours from ready to a time, without those as a draft; 0 when that time came first, NULL when one is unknown."""
    ready_first = hours(SecondsBetween(ready_at, goal) - func.coalesce(as_draft, 0))
    return case((goal > ready_at, ready_first), (goal <= ready_at, 0.0))


_timed_pulls = _timed()
_pull = _timed_pulls.c

PULL_REQUEST_CYCLE = View(
    "pull_request_cycle",
    "A row per pull request: the hours from ready for review to the first review, first approval, merge and closing. "
    "Time as a draft does not count. Reviews by the author, by bots, and after the merge or last closing do not count",
    [
        ViewColumn("id", _pull.id, "pull_requests.id"),
        *place_columns(_pull),
        *author_columns(_pull),
        ViewColumn(
            "outcome",
            _pull.outcome,
            "open, merged, unmerged (closed without a merge), or unknown (closed; GitHub has not said yet if merged)",
        ),
        ViewColumn("is_draft", _pull.is_draft, "True while it is a draft, and when it was closed as one"),
        ViewColumn("created_at", _pull.created_at, "When it was opened"),
        ViewColumn(
            "ready_at",
            _pull.ready_at,
            "When the hours begin: the last ready_for_review before the first review; if there is none, the opening, "
            "or, when it was opened as a draft, the first ready_for_review. NULL when it was never ready",
        ),
        ViewColumn("first_review_at", _pull.first_review_at, "When the first review was submitted; NULL: none"),
        ViewColumn(
            "first_reviewer", _pull.first_reviewer, "Login of that reviewer; NULL also when the account is gone"
        ),
        ViewColumn("first_approval_at", _pull.first_approval_at, "First approval that was not dismissed; NULL: none"),
        ViewColumn("merged_at", _pull.merged_at, "When it was merged; NULL: it was not"),
        ViewColumn("closed_at", _pull.closed_at, "When it was last closed, merging included; NULL while open"),
        ViewColumn("draft_hours", _pull.draft_hours, "Hours as a draft, until the merge or last closing, or until now"),
        ViewColumn(
            "hours_to_first_review",
            _pull.hours_to_first_review,
            "Hours from ready_at to the first review; 0 when it came before; NULL: none, or never ready",
        ),
        ViewColumn(
            "hours_to_approval",
            _pull.hours_to_approval,
            "Hours from ready_at to the first approval; 0 when it came before; NULL: none, or never ready",
        ),
        ViewColumn(
            "hours_to_merge",
            _pull.hours_to_merge,
            "Hours from ready_at to the merge; 0 when it came before; NULL: not merged, or never ready",
        ),
        ViewColumn(
            "hours_to_close",
            _pull.hours_to_close,
            "Hours from ready_at to the last closing; 0 when it came before; NULL: open, or never ready",
        ),
        ViewColumn("reviews", _pull.reviews, "How many reviews there were, dismissed ones included"),
        ViewColumn("reviewers", _pull.reviewers, "How many people submitted them; accounts that are gone don't count"),
        ViewColumn("late_reviews", _pull.late_reviews, "Reviews after the merge or last closing; in no other column"),
    ],
)
