"""Who was in which team, and when: rows of teams in views count people by it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from chalicelib.inventory.models import Team, TeamMember
from chalicelib.store.base import UTCDateTime
from chalicelib.store.functions import hours_between

# Who was in a team when the app first looked may have been there for ever.
FIRST_LOOK_HOURS = 24


def stays() -> Subquery:
    """Stays in teams, from when to when; NULL where they have no known beginning or no end yet."""
    before = aliased(Team)
    came_later = hours_between(Team.first_seen_at, TeamMember.first_seen_at) > FIRST_LOOK_HOURS
    # One and the same name: before this team, people were in the other one, and must not count twice.
    has_namesake = exists().where(before.org == Team.org, before.slug == Team.slug, before.id < Team.id)
    return (
        select(
            *(TeamMember.org, Team.slug.label("team"), TeamMember.member_id),
            case((or_(came_later, has_namesake), TeamMember.first_seen_at)).label("since"),
            func.coalesce(TeamMember.left_at, Team.deleted_at, type_=UTCDateTime()).label("until"),
        )
        .join(Team, Team.id == TeamMember.team_id)
        .subquery("stay")
    )


def was_in_team(stay: Subquery, org: Any, user_id: Any, at: Any) -> ColumnElement[bool]:
    """Whether a stay is this person's, and of that time."""
    return and_(
        stay.c.org == org,
        stay.c.member_id == user_id,
        or_(stay.c.since.is_(None), stay.c.since <= at),
        or_(stay.c.until.is_(None), stay.c.until > at),
    )
