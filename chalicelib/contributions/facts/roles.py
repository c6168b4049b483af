"""Who is one of us or in a team, from when to when: `person_roles` is made from memberships, merges and teams."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, String, case, cast, func, null, select, union_all

from chalicelib.contributions.facts.people import MAINTAINER, MEMBER
from chalicelib.contributions.models import Event, ListedPerson, Membership
from chalicelib.inventory.models import Team, TeamMember
from chalicelib.store.base import UTCDateTime
from chalicelib.store.functions import constant, hours_between

# Who was there when the app first looked may have been there for ever.
FIRST_LOOK_HOURS = 24
# Who is in a team has the role that this and the team's id are.
TEAM_ROLE = "team/"


def person_roles(org: str) -> Select[Any]:
    """Every time that somebody has a role in an organisation: user_id, role, since and until; one may have several."""
    each = union_all(_members(org), _merged(org), *_in_teams(org)).subquery("role")
    return select(each.c.user_id, each.c.role, each.c.since, each.c.until)


def _members(org: str) -> Select[Any]:
    first_look = func.min(Membership.inserted_dt).over(partition_by=Membership.org)
    return select(
        Membership.member_id.label("user_id"),
        constant(MEMBER).label("role"),
        _unless_at_first(first_look, Membership.inserted_dt).label("since"),
        Membership.inactive_dt.label("until"),
    ).where(Membership.org == org)


def _merged(org: str) -> Select[Any]:
    """Who has merged something; since the first time, and for ever, since nobody tells when that right ends."""
    since = func.min(Event.created_at, type_=UTCDateTime())
    shown = (Event.event == "merged", Event.removed_at.is_(None), Event.created_at.is_not(None))
    return (
        select(Event.user_id, constant(MAINTAINER), since, _never())
        .where(Event.org == org, *shown, Event.user_id.is_not(None))
        .group_by(Event.user_id)
    )


def _in_teams(org: str) -> tuple[Select[Any], Select[Any]]:
    """Who was in which team; and who was in a listed one."""
    since = _unless_at_first(Team.first_seen_at, TeamMember.first_seen_at)
    stays = (
        select(TeamMember.member_id, TEAM_ROLE + cast(TeamMember.team_id, String), since, TeamMember.left_at)
        .join(Team, Team.id == TeamMember.team_id)
        .where(TeamMember.org == org)
    )
    named = func.lower(Team.org + "/" + Team.slug)
    listed = select(ListedPerson.login).where(ListedPerson.role == MAINTAINER)
    kept = select(TeamMember.member_id, constant(MAINTAINER), since, TeamMember.left_at)
    return stays, kept.join(Team, Team.id == TeamMember.team_id).where(TeamMember.org == org, named.in_(listed))


def _unless_at_first(first_look: Any, seen: Any) -> ColumnElement[Any]:
    return case((hours_between(first_look, seen) > FIRST_LOOK_HOURS, seen))


def _never() -> ColumnElement[Any]:
    return cast(null(), UTCDateTime())
