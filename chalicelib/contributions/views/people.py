"""Who did something: the author or another, a member, a bot; and the rows that count at all.

- A bot is a user whose type is Bot or whose login ends in `[bot]`.
- A member, of an organisation and at a time, is whoever the app saw among its members then. Whom it saw within a day
  of first looking counts as a member ever since, because nobody knows when they came; whoever was seen first later
  counts from then on. A member who left counts until the app saw it; one who came back, all the time between too.
  Whom the token may not see among the members isn't one, nor is an outside collaborator.
- The rest are non-members, people whose account is gone included.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Label,
    Select,
    SQLColumnExpression,
    Subquery,
    and_,
    case,
    cast,
    false,
    func,
    or_,
    select,
    union_all,
)

from chalicelib.contributions.models import Event, Issue, Membership, PullRequest
from chalicelib.store.base import UTCDateTime
from chalicelib.store.functions import constant, hours_between, true_if

FIRST_LOOK_HOURS = 24
BOT, MEMBER, NON_MEMBER = "bot", "member", "non-member"
ISSUE, PULL_REQUEST = "issue", "pull_request"


def person_id(user: SQLColumnExpression[Any]) -> ColumnElement[int]:
    """The id in a user object: unlike a login, it stays the same person. NULL for an account that is gone."""
    return cast(user["id"].as_string(), BigInteger)


def is_bot(user: SQLColumnExpression[Any], username: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """Whether a user object or login is a bot's; never NULL."""
    return true_if(or_(user["type"].as_string() == "Bot", username.endswith("[bot]")))


def membership() -> Subquery:
    """From when to when the app knows each membership; NULL where it has no beginning or no end."""
    first_look = func.min(Membership.inserted_dt).over(partition_by=Membership.org)
    came_later = hours_between(first_look, Membership.inserted_dt) > FIRST_LOOK_HOURS
    return select(
        Membership.org,
        Membership.member_id,
        case((came_later, Membership.inserted_dt)).label("since"),
        Membership.inactive_dt.label("until"),
    ).subquery("membership")


def holds(
    membership: Subquery, *, org: SQLColumnExpression[str], person: ColumnElement[int], at: SQLColumnExpression[Any]
) -> ColumnElement[bool]:
    """Whether a membership is this person's, in this organisation, at this time: for an outer join, at most one."""
    return and_(
        membership.c.org == org,
        membership.c.member_id == person,
        or_(membership.c.since.is_(None), membership.c.since <= at),
        or_(membership.c.until.is_(None), membership.c.until > at),
    )


def kind_of_person(bot: ColumnElement[bool], membership: Subquery) -> ColumnElement[str]:
    """bot, member or non-member; `membership` is outer joined by `holds`."""
    return case((bot, BOT), (membership.c.member_id.is_not(None), MEMBER), else_=constant(NON_MEMBER))


def items() -> Subquery:
    """Issues and pull requests together, without those that GitHub no longer shows."""
    return union_all(_items_of(Issue), _items_of(PullRequest)).subquery("item")


def _items_of(model: type[Issue | PullRequest]) -> Select[Any]:
    """A model's rows in the columns that both have; `ended_at` is when it was merged or closed."""
    pulls = model is PullRequest
    return select(
        constant(PULL_REQUEST if pulls else ISSUE).label("kind"),
        *(getattr(model, name) for name in SHARED),
        person_id(model.user).label("author_id"),
        (true_if(PullRequest.draft.is_(True)) if pulls else false()).label("is_draft"),
        (merge_time() if pulls else case((false(), model.closed_at))).label("merged_at"),
    ).where(model.deleted_at.is_(None))


SHARED = (
    *("id", "org", "repo", "number", "title", "html_url", "state", "created_at", "updated_at", "closed_at"),
    *("user", "username"),
)


def merge_time() -> ColumnElement[Any]:
    """When a pull request was merged; its closing, where GitHub told only that it was. NULL when not, or not known."""
    return func.coalesce(
        PullRequest.merged_at, case((PullRequest.merged.is_(True), PullRequest.closed_at)), type_=UTCDateTime()
    )


def happened(*kinds: str) -> ColumnElement[bool]:
    """Events of these kinds that GitHub still shows; a review from when it was submitted."""
    submitted = func.lower(func.coalesce(Event.state, "")) != "pending"
    return and_(Event.event.in_(kinds), Event.removed_at.is_(None), Event.created_at.is_not(None), submitted)


def by_another(item: FromClause) -> ColumnElement[bool]:
    """Whether an event was by somebody else than the author of the issue or pull request; never NULL."""
    # 0 is nobody's id. Not IS DISTINCT FROM, out of which SQLAlchemy 2.1.9 makes no view on SQLite.
    return func.coalesce(person_id(Event.user), 0) != func.coalesce(item.c.author_id, 0)


def author_kind(item: FromClause, membership: Subquery) -> Label[str]:
    """What the author was when opening it."""
    return kind_of_person(is_bot(item.c.user, item.c.username), membership).label("author_kind")
