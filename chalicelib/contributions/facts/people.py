"""Who did something (the author, another person, one of us, a bot), and which rows count.

- A bot is a user whose type is Bot, whose login ends in `[bot]`, or whom GH_BOTS lists.
- We are the members and the maintainers.
- A member is a person whom this app had seen among the organisation's members at that time.
  People seen within a day of the first look count as members since always, because nobody knows when they joined.
  People first seen later count from then on. A person who left counts until the app saw it; a person who came back
  also counts for the time between. Outside collaborators, and members whom the token can't see, are not members.
- A maintainer is nobody of these, and has merged a pull request of the organisation before that time, or is listed in
  GH_MAINTAINERS (always), or was in a team that it lists.
- Everybody else is a non-member, people whose account is gone included.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Join,
    Label,
    Select,
    SQLColumnExpression,
    Subquery,
    and_,
    case,
    false,
    func,
    or_,
    select,
    union_all,
)

from chalicelib.contributions.models import Event, Issue, ListedPerson, PersonRole, PullRequest
from chalicelib.store.base import UTCDateTime
from chalicelib.store.facts import Chosen
from chalicelib.store.functions import constant, true_if

BOT, MEMBER, MAINTAINER, NON_MEMBER = "bot", "member", "maintainer", "non-member"
US = (MEMBER, MAINTAINER)
ISSUE, PULL_REQUEST = "issue", "pull_request"
SHARED = (
    *("id", "org", "repo", "number", "state", "created_at", "updated_at", "closed_at"),
    *("author_id", "user", "username"),
)


def is_bot(user: SQLColumnExpression[Any], username: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """Whether a user object or login is a bot's; never NULL."""
    says_so = or_(user["type"].as_string() == "Bot", username.endswith("[bot]"))
    return true_if(or_(says_so, _is_listed(username, BOT)))


def _is_listed(username: SQLColumnExpression[Any], role: str) -> ColumnElement[bool]:
    return func.lower(username).in_(select(ListedPerson.login).where(ListedPerson.role == role))


class Roles:
    """What people were at a time: joins their roles to a selectable that says who did something, where and when."""

    def __init__(self) -> None:
        self._tables = {role: PersonRole.__table__.alias(f"as_{role}") for role in US}

    def join(self, source: FromClause, *, org: Any, person: Any, at: Any) -> Join:
        """Outer join the roles of a person in an organisation at a time: it adds no rows and drops none."""
        for role, table in self._tables.items():
            held = and_(
                table.c.org == org,
                table.c.user_id == person,
                table.c.role == role,
                or_(table.c.since.is_(None), table.c.since <= at),
                or_(table.c.until.is_(None), table.c.until > at),
            )
            source = source.outerjoin(table, held)
        return source  # type: ignore[return-value] # a join by now

    def is_us(self, username: SQLColumnExpression[Any]) -> ColumnElement[bool]:
        """Whether the person was a member or a maintainer then; a bot may be, too."""
        has_role = or_(*(table.c.user_id.is_not(None) for table in self._tables.values()))
        return true_if(or_(has_role, _is_listed(username, MAINTAINER)))

    def kind(self, bot: ColumnElement[bool], username: SQLColumnExpression[Any]) -> ColumnElement[str]:
        """bot, member, maintainer or non-member."""
        is_maintainer = or_(self._tables[MAINTAINER].c.user_id.is_not(None), _is_listed(username, MAINTAINER))
        is_member = self._tables[MEMBER].c.user_id.is_not(None)
        return case((bot, BOT), (is_member, MEMBER), (is_maintainer, MAINTAINER), else_=constant(NON_MEMBER))


def items(chosen: Chosen) -> Subquery:
    """Chosen issues and pull requests together, without those that GitHub no longer shows."""
    return union_all(_items_of(Issue, chosen), _items_of(PullRequest, chosen)).subquery("item")


def _items_of(model: type[Issue | PullRequest], chosen: Chosen) -> Select[Any]:
    """A model's rows, with the columns that issues and pull requests share."""
    pulls = model is PullRequest
    return select(
        constant(PULL_REQUEST if pulls else ISSUE).label("kind"),
        *(getattr(model, name) for name in SHARED),
        (true_if(PullRequest.draft.is_(True)) if pulls else false()).label("is_draft"),
        (merge_time() if pulls else case((false(), model.closed_at))).label("merged_at"),
    ).where(model.deleted_at.is_(None), chosen(model.id))


def merge_time() -> ColumnElement[Any]:
    """When a pull request was merged, or closed when only `merged` is known; NULL when it was not, or it is unknown."""
    return func.coalesce(
        PullRequest.merged_at, case((PullRequest.merged.is_(True), PullRequest.closed_at)), type_=UTCDateTime()
    )


def is_shown_event(chosen: Chosen, *kinds: str) -> ColumnElement[bool]:
    """Whether an event is of these kinds and of a chosen item, and GitHub still shows it; a review must be submitted.

    The item's own condition says the same again of its events: without it, databases look through the events of all.
    """
    submitted = func.lower(func.coalesce(Event.state, "")) != "pending"
    there = and_(Event.removed_at.is_(None), Event.created_at.is_not(None))
    return and_(Event.event.in_(kinds), there, submitted, chosen(Event.issue_id))


def by_another(item: FromClause) -> ColumnElement[bool]:
    """Whether an event was by somebody else than the author of the issue or pull request; never NULL."""
    # 0 is nobody's id. Not IS DISTINCT FROM: SQLAlchemy 2.1.9 can't create a view with it on SQLite.
    return func.coalesce(Event.user_id, 0) != func.coalesce(item.c.author_id, 0)


def author_kind(item: FromClause, roles: Roles) -> Label[str]:
    """What the author was when the item was opened; its roles are joined."""
    return roles.kind(is_bot(item.c.user, item.c.username), item.c.username).label("author_kind")


def join_author(item: FromClause, roles: Roles) -> Join:
    """Join the roles that the author of an item had when it was opened."""
    return roles.join(item, org=item.c.org, person=item.c.author_id, at=item.c.created_at)
