"""How long pull requests take.

Hours count from the time a pull request was ready for review. Later time as a draft does not count. It was ready at:

1. the last ready_for_review, not counting those after its first review;
2. if there is none, its opening;
3. if it was opened as a draft and reviewed as one, the first ready_for_review.

A response, review, approval, merge or closing before that took 0 hours.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, Subquery, and_, case, false, func, select, union_all

from chalicelib.contributions.facts.moves import last_moves
from chalicelib.contributions.facts.people import Roles, author_kind, is_shown_event, join_author, merge_time
from chalicelib.contributions.facts.responses import FIRST, OURS, first_responses
from chalicelib.contributions.facts.reviews import reviewed
from chalicelib.contributions.models import Event, PullRequest, PullRequestFact
from chalicelib.store.base import UTCDateTime
from chalicelib.store.facts import Chosen
from chalicelib.store.functions import SecondsBetween, any_if, constant, earlier, hours, later, now, sum_of, true_if

READY, DRAFT = "ready_for_review", "convert_to_draft"
# The time to which hours are counted, and the column of these hours.
GOALS = {
    "first_response_at": "hours_to_first_response",
    "our_first_response_at": "hours_to_our_first_response",
    "first_review_at": "hours_to_first_review",
    "first_approval_at": "hours_to_approval",
    "merged_at": "hours_to_merge",
    "closed_at": "hours_to_close",
}
_KEPT = ("id", "org", "repo", "number", "created_at", "closed_at", "author_id", "user", "username")


def pull_request_facts(chosen: Chosen) -> Select[Any]:
    """What follows for chosen pull requests, in the columns of PullRequestFact."""
    pulls = _with_responses(reviewed(_pulls(chosen), chosen), chosen)
    changes = _changes(pulls, chosen)
    pull = _with_ready_time(pulls, changes)
    draft = _drafts(pull, changes)
    sums = _draft_sums(pull, draft)
    columns: dict[str, Any] = {column.name: column for column in pull.c}
    columns |= {name: _hours_to(pull.c[goal], pull.c.ready_at, sums.c[goal]) for goal, name in GOALS.items()}
    columns["draft_seconds"] = func.coalesce(sums.c.draft, 0)
    columns["draft_since"] = sums.c.draft_since
    joined = pull.outerjoin(sums, sums.c.id == pull.c.id)
    return select(*(columns[each.name].label(each.name) for each in PullRequestFact.__table__.c)).select_from(joined)


def _pulls(chosen: Chosen) -> CTE:
    """Pull requests; `ended_at` is the merge or last closing, `observed_until` the same, or now while it is open."""
    roles, merged_at = Roles(), merge_time()
    pull = (
        select(
            *(getattr(PullRequest, name) for name in _KEPT),
            merged_at.label("merged_at"),
            func.coalesce(merged_at, PullRequest.closed_at, type_=UTCDateTime()).label("ended_at"),
            true_if(PullRequest.draft.is_(True)).label("is_draft"),
            _outcome(merged_at).label("outcome"),
        )
        .where(PullRequest.deleted_at.is_(None), chosen(PullRequest.id))
        .subquery("pull")
    )
    observed_until = func.coalesce(pull.c.ended_at, now(), type_=UTCDateTime()).label("observed_until")
    columns = select(*pull.c, observed_until, author_kind(pull, roles))
    return columns.select_from(join_author(pull, roles)).cte()


def _outcome(merged_at: ColumnElement[Any]) -> ColumnElement[str]:
    return case(
        (merged_at.is_not(None), "merged"),
        (PullRequest.state == "open", "open"),
        (PullRequest.merged.is_(None), "unknown"),
        else_=constant("unmerged"),
    )


def _with_responses(pulls: CTE, chosen: Chosen) -> CTE:
    response, move = first_responses(pulls, chosen, until=pulls.c.ended_at), last_moves(pulls, chosen)
    joined = pulls.outerjoin(response, response.c.id == pulls.c.id).outerjoin(move, move.c.id == pulls.c.id)
    return select(*pulls.c, *(response.c[name] for name in (*FIRST, *OURS)), move.c.moved_at).select_from(joined).cte()


def _changes(pulls: CTE, chosen: Chosen) -> CTE:
    """Each change to or from a draft: `turn` is its place, `until` the time of the next change or of the end.

    `is_last` says that there is no next one.
    """
    place: dict[str, Any] = {"partition_by": pulls.c.id, "order_by": [Event.created_at, Event.id]}
    following = func.lead(Event.created_at, type_=UTCDateTime()).over(**place)
    first_review = func.coalesce(pulls.c.first_review_at, pulls.c.observed_until, type_=UTCDateTime())
    return (
        select(
            pulls.c.id,
            pulls.c.created_at.label("opened_at"),
            Event.event,
            Event.created_at.label("at"),
            func.coalesce(following, pulls.c.observed_until, type_=UTCDateTime()).label("until"),
            true_if(following.is_(None)).label("is_last"),
            true_if(Event.created_at <= first_review).label("before_review"),
            func.row_number().over(**place).label("turn"),
        )
        .join(pulls, pulls.c.id == Event.issue_id)
        .where(is_shown_event(chosen, READY, DRAFT))
        .cte()
    )


def _with_ready_time(pulls: CTE, changes: CTE) -> CTE:
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
    unchanged = and_(sums.c.id.is_(None), pulls.c.is_draft.is_(True))
    opened_ready = and_(~unchanged, ~true_if(sums.c.opened_as_draft))
    ready_at = func.coalesce(
        sums.c.last_before, case((opened_ready, pulls.c.created_at)), sums.c.first, type_=UTCDateTime()
    )
    joined = pulls.outerjoin(sums, sums.c.id == pulls.c.id)
    chosen = select(*pulls.c, ready_at.label("ready_at"), true_if(unchanged).label("always_draft"))
    return chosen.select_from(joined).cte()


def _drafts(pull: CTE, changes: CTE) -> Subquery:
    """The times during which each pull request was a draft: `began` and `until`, and whether it is one still."""
    opened_as_draft = and_(changes.c.event == READY, changes.c.turn == 1)
    is_open = pull.c.ended_at.is_(None)
    converted = changes.join(pull, pull.c.id == changes.c.id)
    goes_on = and_(changes.c.is_last.is_(True), is_open)
    return union_all(
        select(
            changes.c.id,
            changes.c.opened_at.label("began"),
            changes.c.at.label("until"),
            true_if(false()).label("goes_on"),
        ).where(opened_as_draft),
        select(changes.c.id, changes.c.at, changes.c.until, true_if(goes_on))
        .select_from(converted)
        .where(changes.c.event == DRAFT),
        select(pull.c.id, pull.c.created_at, pull.c.observed_until, true_if(is_open)).where(
            pull.c.always_draft.is_(True)
        ),
    ).subquery("draft")


def _draft_sums(pull: CTE, draft: Subquery) -> Subquery:
    """Seconds as a draft: in all, without the time that goes on; and from ready to each goal."""
    over = case((draft.c.goes_on.is_(True), pull.c.created_at), else_=pull.c.observed_until)
    sums = {"draft": _overlap(draft, pull.c.created_at, over)}
    sums |= {goal: _overlap(draft, pull.c.ready_at, pull.c[goal]) for goal in GOALS}
    since = func.min(case((draft.c.goes_on.is_(True), later(draft.c.began, pull.c.created_at))))
    return (
        select(pull.c.id, *(sum_of(seconds).label(name) for name, seconds in sums.items()), since.label("draft_since"))
        .join(draft, draft.c.id == pull.c.id)
        .group_by(pull.c.id)
        .subquery("as_draft")
    )


def _overlap(draft: Subquery, start: ColumnElement[Any], end: ColumnElement[Any]) -> ColumnElement[int]:
    """Seconds as a draft between two times; 0 when one of them is not known."""
    shared = SecondsBetween(later(draft.c.began, start), earlier(draft.c.until, end))
    return case((and_(draft.c.began < end, draft.c.until > start, start < end), shared), else_=0)


def _hours_to(goal: ColumnElement[Any], ready_at: ColumnElement[Any], as_draft: ColumnElement[int]) -> Any:
    """Hours from ready to a time, without those as a draft; 0 when that time came first, NULL when one is unknown."""
    ready_first = hours(SecondsBetween(ready_at, goal) - func.coalesce(as_draft, 0))
    return case((goal > ready_at, ready_first), (goal <= ready_at, 0.0))
