"""How long issues take to be answered and closed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, BigInteger, Select, Subquery, func, select

from chalicelib.contributions.facts.people import Roles, author_kind, is_shown_event, join_author
from chalicelib.contributions.facts.responses import FIRST, OURS, first_responses
from chalicelib.contributions.models import Event, Issue, IssueFact
from chalicelib.store.facts import Chosen
from chalicelib.store.functions import hours_between

_KEPT = (
    *("id", "org", "repo", "number", "state", "state_reason", "created_at", "closed_at"),
    *("author_id", "user", "username"),
)


def issue_facts(chosen: Chosen) -> Select[Any]:
    """What follows for chosen issues, in the columns of IssueFact."""
    issue = _issues(chosen)
    response, reopened = first_responses(issue, chosen), _reopenings(issue, chosen)
    columns: dict[str, Any] = {column.name: column for column in issue.c}
    columns |= {name: response.c[name] for name in (*FIRST, *OURS)}
    columns["hours_to_first_response"] = hours_between(issue.c.created_at, response.c[FIRST[0]])
    columns["hours_to_our_first_response"] = hours_between(issue.c.created_at, response.c[OURS[0]])
    columns["hours_to_close"] = hours_between(issue.c.created_at, issue.c.closed_at)
    columns["reopen_count"] = func.coalesce(reopened.c.times, 0)
    joined = issue.outerjoin(response, response.c.id == issue.c.id).outerjoin(reopened, reopened.c.id == issue.c.id)
    return select(*(columns[each.name].label(each.name) for each in IssueFact.__table__.c)).select_from(joined)


def _issues(chosen: Chosen) -> CTE:
    roles = Roles()
    kept = select(*(getattr(Issue, name) for name in _KEPT)).where(Issue.deleted_at.is_(None), chosen(Issue.id))
    issue = kept.subquery("issue")
    return select(*issue.c, author_kind(issue, roles)).select_from(join_author(issue, roles)).cte()


def _reopenings(issue: CTE, chosen: Chosen) -> Subquery:
    counted = select(Event.issue_id.label("id"), func.count(type_=BigInteger()).label("times"))
    joined = counted.join(issue, issue.c.id == Event.issue_id)
    return joined.where(is_shown_event(chosen, "reopened")).group_by(Event.issue_id).subquery("reopening")
