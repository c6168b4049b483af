"""Who did something (the author, another person, a member, a bot), and which rows the views count.

- A bot is a user whose type is Bot, or whose login ends in `[bot]`.
- A member is a person whom this app had seen among the organisation's members at that time.
  People seen within a day of the first look count as members since always, because nobody knows when they joined.
  People first seen later count from then on. A person who left counts until the app saw it; a person who came back
  also counts for the time between. Outside collaborators, and members whom the token can't see, are not members.
- Everybody else is a non-member, people whose account is gone included.
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
    """The id in a user object, which stays with a person, as a login does not; NULL when the account is gone."""
    return cast(user["id"].as_string(), BigInteger)


def is_bot(user: SQLColumnExpression[Any], username: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """Whether a user object or login is a bot's; never NULL."""
    return true_if(or_(user["type"].as_string() == "Bot", username.endswith("[bot]")))


def membership() -> Subquery:
    """Each membership with its beginning and its end; NULL when the beginning is not known, or when it has no end."""
    first_look = func.min(Membership.inserted_dt).over(partition_by=Membership.org)
    came_later = hours_between(first_look, Membership.inserted_dt) > FIRST_LOOK_HOURS
    return select(
        Membership.org,
        Membership.member_id,
        case((came_later, Membership.inserted_dt)).label("since"),
        Membership.inactive_dt.label("until"),
    ).subquery("membership")


def is_membership_of(
    membership: Subquery, *, org: SQLColumnExpression[str], person: ColumnElement[int], at: SQLColumnExpression[Any]
) -> ColumnElement[bool]:
    """The membership of a person in an organisation at a time: a join's condition, which matches one row at most."""
    return and_(
        membership.c.org == org,
        membership.c.member_id == person,
        or_(membership.c.since.is_(None), membership.c.since <= at),
        or_(membership.c.until.is_(None), membership.c.until > at),
    )


def kind_of_person(bot: ColumnElement[bool], membership: Subquery) -> ColumnElement[str]:
    """bot, member or non-member; `membership` is outer joined by `is_membership_of`."""
    return case((bot, BOT), (membership.c.member_id.is_not(None), MEMBER), else_=constant(NON_MEMBER))


def items() -> Subquery:
    """Issues and pull requests together, without those that GitHub no longer shows."""
    return union_all(_items_of(Issue), _items_of(PullRequest)).subquery("item")


def _items_of(model: type[Issue | PullRequest]) -> Select[Any]:
    """A model's rows, with the columns that issues and pull requests share."""
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
    """When a pull request was merged, or closed when only `merged` is known; NULL when it was not, or it is unknown."""
    return func.coalesce(
        PullRequest.merged_at, case((PullRequest.merged.is_(True), PullRequest.closed_at)), type_=UTCDateTime()
    )


def is_shown_event(*kinds: str) -> ColumnElement[bool]:
    """Whether an event is of these kinds and GitHub still shows it; a review must be submitted."""
    submitted = func.lower(func.coalesce(Event.state, "")) != "pending"
    return and_(Event.event.in_(kinds), Event.removed_at.is_(None), Event.created_at.is_not(None), submitted)


def by_another(item: FromClause) -> ColumnElement[bool]:
    """Whether an event was by somebody else than the author of the issue or pull request; never NULL."""
    # 0 is nobody's id. Not IS DISTINCT FROM: SQLAlchemy 2.1.9 can't create a view with it on SQLite.
    return func.coalesce(person_id(Event.user), 0) != func.coalesce(item.c.author_id, 0)


def author_kind(item: FromClause, membership: Subquery) -> Label[str]:
    """What the author was when the issue or pull request was opened: bot, member or non-member."""
    return kind_of_person(is_bot(item.c.user, item.c.username), membership).label("author_kind")
