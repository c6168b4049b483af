"""How long issues take to be answered and closed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Subquery, func, select

from chalicelib.contributions.models import Event, Issue
from chalicelib.contributions.views.columns import author_columns, place_columns
from chalicelib.contributions.views.people import (
    author_kind,
    by_another,
    is_bot,
    is_membership_of,
    is_shown_event,
    membership,
    person_id,
)
from chalicelib.store.functions import hours_between
from chalicelib.store.views import View, ViewColumn

_KEPT = (
    *("id", "org", "repo", "number", "title", "html_url", "state", "state_reason", "created_at", "closed_at"),
    *("user", "username"),
)


def _issues() -> Subquery:
    chosen = select(*(getattr(Issue, name) for name in _KEPT), person_id(Issue.user).label("author_id"))
    return chosen.where(Issue.deleted_at.is_(None)).subquery("issue")


def _responses() -> Subquery:
    """The first comment on each issue by a member who is neither its author nor a bot."""
    issue, belongs = _issues(), membership()
    member = is_membership_of(belongs, org=issue.c.org, person=person_id(Event.user), at=Event.created_at)
    turn = func.row_number().over(partition_by=issue.c.id, order_by=[Event.created_at, Event.id])
    each = (
        select(issue.c.id, Event.created_at.label("at"), Event.username, turn.label("turn"))
        .join(issue, issue.c.id == Event.issue_id)
        .join(belongs, member)
        .where(is_shown_event("commented"), by_another(issue), ~is_bot(Event.user, Event.username))
        .subquery("comment")
    )
    return select(each.c.id, each.c.at, each.c.username).where(each.c.turn == 1).subquery("response")


def _reopenings() -> Subquery:
    counted = select(Event.issue_id.label("id"), func.count(type_=BigInteger()).label("times"))
    return counted.where(is_shown_event("reopened")).group_by(Event.issue_id).subquery("reopening")


def _cycle() -> Subquery:
    issue, belongs, response, reopened = _issues(), membership(), _responses(), _reopenings()
    author = is_membership_of(belongs, org=issue.c.org, person=issue.c.author_id, at=issue.c.created_at)
    joined = (
        issue.outerjoin(belongs, author)
        .outerjoin(response, response.c.id == issue.c.id)
        .outerjoin(reopened, reopened.c.id == issue.c.id)
    )
    return (
        select(
            *issue.c,
            author_kind(issue, belongs),
            response.c.at.label("first_response_at"),
            response.c.username.label("first_responder"),
            hours_between(issue.c.created_at, response.c.at).label("hours_to_first_response"),
            hours_between(issue.c.created_at, issue.c.closed_at).label("hours_to_close"),
            func.coalesce(reopened.c.times, 0).label("reopen_count"),
        )
        .select_from(joined)
        .subquery("cycle")
    )


_issue = _cycle().c

ISSUE_CYCLE = View(
    "issue_cycle",
    "A row per issue: the hours to the first response by a member, and to the last closing. A response is a comment by "
    "a member who is neither the author nor a bot. It may come after the closing",
    [
        ViewColumn("id", _issue.id, "issues.id"),
        *place_columns(_issue),
        *author_columns(_issue),
        ViewColumn("state", _issue.state, "open or closed"),
        ViewColumn(
            "state_reason",
            _issue.state_reason,
            "completed, not_planned, duplicate or reopened; NULL when never closed",
        ),
        ViewColumn("created_at", _issue.created_at, "When it was opened"),
        ViewColumn("first_response_at", _issue.first_response_at, "When a member first responded; NULL: nobody has"),
        ViewColumn("first_responder", _issue.first_responder, "Login of that member"),
        ViewColumn("closed_at", _issue.closed_at, "When it was last closed; NULL while open"),
        ViewColumn("hours_to_first_response", _issue.hours_to_first_response, "Hours from opening to first response"),
        ViewColumn(
            "hours_to_close",
            _issue.hours_to_close,
            "Hours from opening to the last closing; the time between a closing and a reopening counts too",
        ),
        ViewColumn("reopen_count", _issue.reopen_count, "How often it was reopened"),
    ],
)
