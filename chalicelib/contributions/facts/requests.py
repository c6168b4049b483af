"""Requests for a review: who or which team was asked, when, and how it ended.

A request ends with the first of these: a review by whoever was asked, or its withdrawal. A request of a team ends with
a review by anybody who was in the team then. Whoever is asked again before that was asked once, from the first time
on; afterwards, it is a new request. A review in the second of the request answers it.

Left out are requests that don't say who was asked: GitHub tells nothing when the account or the team is gone. The
author's own reviews answer nothing.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    false,
    func,
    null,
    or_,
    select,
    true,
    union_all,
)

from chalicelib.contributions.facts.people import Roles, author_kind, by_another, is_bot, is_shown_event, join_author
from chalicelib.contributions.facts.roles import TEAM_ROLE
from chalicelib.contributions.models import Event, PersonRole, PullRequest, ReviewRequestFact
from chalicelib.store.facts import Chosen
from chalicelib.store.functions import PatternFunction, constant

REQUESTED, REMOVED, REVIEWED = "review_requested", "review_request_removed", "reviewed"
# REST's stand-in for all accounts that are gone.
GHOST_ID = 10137
PERSON, TEAM, BOT = "person", "team", "bot"
_KEPT = ("id", "org", "repo", "number", "state", "created_at", "author_id", "user", "username")


class _WholeNumber(PatternFunction):
    """A text of up to 18 digits as a number; NULL for any other: GitHub's word is not checked when it is stored."""

    type = BigInteger()
    inherit_cache = True
    plain = "CASE WHEN {0} ~ '^[0-9]{{1,18}}$' THEN CAST({0} AS BIGINT) END"
    sqlite = "CASE WHEN {0} NOT GLOB '*[^0-9]*' AND length({0}) BETWEEN 1 AND 18 THEN CAST({0} AS INTEGER) END"


def review_request_facts(chosen: Chosen) -> Select[Any]:
    """The requests for reviews of chosen pull requests, in the columns of ReviewRequestFact."""
    each = _ended(_pulls(chosen), chosen)
    is_team, is_reviewed, is_removed = each.is_team.is_(True), each.next_what == REVIEWED, each.next_what == REMOVED
    turn = func.row_number().over(partition_by=each.item_id, order_by=[each.at, each.event_id])
    columns: dict[str, Any] = {column.name: column for column in each}
    columns |= {
        "turn": cast(turn, BigInteger),
        "reviewer_id": case((~is_team, each.target_id)),
        "reviewer": case((~is_team, each.target)),
        "team_id": case((is_team, each.target_id)),
        "team": case((is_team, each.target)),
        "requested_at": each.at,
        "requested_by": each.by,
        "removed_at": case((is_removed, each.next_at)),
        "reviewed_at": case((is_reviewed, each.next_at)),
        "reviewed_by_id": case((is_reviewed, each.next_by_id)),
        "reviewed_by": case((is_reviewed, each.next_by)),
        "is_open": and_(each.state == "open", each.next_what.is_(None)),
    }
    chosen_columns = (columns[column.name].label(column.name) for column in ReviewRequestFact.__table__.c)
    return select(*chosen_columns).where(each.what == REQUESTED)


def _pulls(chosen: Chosen) -> CTE:
    roles = Roles()
    kept = select(*(getattr(PullRequest, name) for name in _KEPT))
    pull = kept.where(PullRequest.deleted_at.is_(None), chosen(PullRequest.id)).subquery("pull")
    return select(*pull.c, author_kind(pull, roles)).select_from(join_author(pull, roles)).cte()


def _asks(pull: CTE, chosen: Chosen) -> CTE:
    """Requests and withdrawals, with all of the pull request: `target_id` is the person's or the team's."""
    person, team = Event.details["requested_reviewer"], Event.details["requested_team"]
    person_id, team_id = (_WholeNumber(each["id"].as_string()) for each in (person, team))
    login = person["login"].as_string()
    asked = case((person_id.is_(None), TEAM), (is_bot(person, login), BOT), else_=constant(PERSON))
    return (
        select(
            *(column for column in pull.c if column.name not in ("id", "user")),
            *(pull.c.id.label("item_id"), Event.event.label("what"), Event.created_at.label("at")),
            *(Event.id.label("event_id"), Event.user_id.label("by_id"), Event.username.label("by")),
            *(person_id.is_(None).label("is_team"), func.coalesce(person_id, team_id).label("target_id")),
            asked.label("asked"),
            case((person_id.is_(None), team["slug"].as_string()), else_=login).label("target"),
        )
        .join(pull, pull.c.id == Event.issue_id)
        .where(is_shown_event(chosen, REQUESTED, REMOVED), func.coalesce(person_id, team_id, GHOST_ID) != GHOST_ID)
        .cte()
    )


def _answers(pull: CTE, ask: CTE, chosen: Chosen) -> list[Select[Any]]:
    """Reviews by others than the author: of each as a person, and of each as a member of a team that was asked."""
    team = select(ask.c.item_id, ask.c.target_id).where(ask.c.is_team.is_(True)).distinct().subquery("asked_team")
    member = PersonRole.__table__.alias("of_team")
    in_team = and_(
        *(member.c.org == pull.c.org, member.c.user_id == Event.user_id),
        member.c.role == TEAM_ROLE + cast(team.c.target_id, String),
        or_(member.c.since.is_(None), member.c.since <= Event.created_at),
        or_(member.c.until.is_(None), member.c.until > Event.created_at),
    )
    review = Event.__table__.join(pull, pull.c.id == Event.issue_id)
    of_team = review.join(team, team.c.item_id == pull.c.id).join(member, in_team)
    counts = (is_shown_event(chosen, REVIEWED), by_another(pull), Event.user_id.is_not(None))
    return [
        select(*_review_columns(pull, ask, is_team=false(), target_id=Event.user_id))
        .select_from(review)
        .where(*counts),
        select(*_review_columns(pull, ask, is_team=true(), target_id=team.c.target_id))
        .select_from(of_team)
        .where(*counts),
    ]


def _review_columns(pull: CTE, ask: CTE, **target: Any) -> list[Any]:
    """The columns of a request, for a review: those that it doesn't have are NULL."""
    columns: dict[str, Any] = {
        "item_id": pull.c.id,
        "what": Event.event,
        "at": Event.created_at,
        "event_id": Event.id,
        "by_id": Event.user_id,
        "by": Event.username,
    } | target
    return [columns.get(column.name, cast(null(), column.type)).label(column.name) for column in ask.c]


def _ended(pull: CTE, chosen: Chosen) -> Any:
    """Requests, each with what came next; also withdrawals and reviews."""
    ask = _asks(pull, chosen)
    marks = union_all(select(ask), *_answers(pull, ask, chosen)).subquery("mark")

    def place(mark: Subquery) -> dict[str, Any]:
        target = [mark.c.item_id, mark.c.is_team, mark.c.target_id]
        return {"partition_by": target, "order_by": [mark.c.at, mark.c.what == REVIEWED, mark.c.event_id]}

    before = func.lag(marks.c.what).over(**place(marks))
    following = select(*marks.c, before.label("before")).subquery("following")
    asked_again = and_(following.c.what == REQUESTED, func.coalesce(following.c.before, REMOVED) == REQUESTED)
    kept = select(following).where(~asked_again).subquery("turning")
    names = ("what", "at", "by_id", "by")
    ends = {name: func.lead(kept.c[name], type_=kept.c[name].type).over(**place(kept)) for name in names}
    return select(*kept.c, *(each.label(f"next_{name}") for name, each in ends.items())).subquery("ended").c
