"""What webhooks tell of people who join teams or leave them.

Payloads have no time, and GitHub may deliver for three days: what could be from before the last change is left to
polling. A team that isn't stored is, too. Nothing tells whether somebody is a maintainer; polling does.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from chalicelib.errors import RejectedError
from chalicelib.ingest.columns import list_row
from chalicelib.ingest.context import Saving
from chalicelib.ingest.deliveries import Delivery
from chalicelib.ingest.fields import Row, json_object, positive
from chalicelib.ingest.listings import Place, StoredLists
from chalicelib.ingest.mapping import Mapped, map_records, save_rows
from chalicelib.inventory.models import Team, TeamMember
from chalicelib.inventory.sync.streams import TEAM_MEMBERS
from chalicelib.store.among import among

ADDED, REMOVED, TEAM = "added", "removed", "team"
# For so long GitHub can deliver again what happened.
# https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks
LATEST = timedelta(days=3)
ROLE = "member"


def hear_membership(saving: Saving, delivery: Delivery) -> None:
    """Begin or end somebody's stay in a team."""
    if delivery.action not in (ADDED, REMOVED) or delivery.payload.get("scope", TEAM) != TEAM:
        return
    for each in list(map_records(saving, TEAM_MEMBERS.name, [delivery.payload], _row_of)):
        saving.run.fetched += 1
        same = (Team.id == each.row["team_id"], Team.org == saving.scope.org)
        team = saving.session.execute(select(Team.id, Team.slug, Team.deleted_at).where(*same)).first()
        if team is None or team.deleted_at is not None:
            saving.note("its team is not stored, or is gone: its members are left to polling")
            return
        path = TEAM_MEMBERS.path_of({"org": saving.scope.org, "slug": team.slug})
        place = Place(path, {"org": saving.scope.org, "team_id": team.id})
        lists = StoredLists(saving, TEAM_MEMBERS)
        lists.lock(place)
        (_begin if delivery.action == ADDED else _end)(saving, each)
        lists.doubt_polls(place)


def _row_of(payload: Mapping[str, Any]) -> Row:
    team, member = (json_object(name, payload.get(name)) for name in ("team", "member"))
    row = list_row(TeamMember, member)
    team_id, member_id = positive("team.id", (team or {}).get("id")), positive("member.id", row["member_id"])
    if team_id is None:
        raise RejectedError("team.id is missing")
    return {**row, "team_id": team_id, "member_id": member_id}


def _begin(saving: Saving, told: Mapped[Row]) -> None:
    now, stays = saving.now(), _stays(saving, told.row)
    if stays and stays[-1].left_at is None:
        return
    if stays and stays[-1].first_seen_at > now - LATEST:
        _leave_open(saving)  # it may tell how that stay began
        return
    new = told.with_columns(org=saving.scope.org, role=ROLE, first_seen_at=now, left_at=None)
    save_rows(saving, TEAM_MEMBERS.name, TeamMember, [new])


def _end(saving: Saving, told: Mapped[Row]) -> None:
    now, stays = saving.now(), _stays(saving, told.row)
    if not stays or stays[-1].left_at is not None or _is_in_team_below(saving, told.row):
        return
    if len(stays) > 1 and stays[-2].left_at > now - LATEST:
        _leave_open(saving)  # it may tell how the stay before ended
        return
    stay = (*_same(told.row), TeamMember.first_seen_at == stays[-1].first_seen_at)
    saving.session.execute(update(TeamMember).where(*stay).values(left_at=now))
    saving.run.stored += 1


def _leave_open(saving: Saving) -> None:
    saving.note("it may be from before the last change: whether that person is in the team, polling will show")


def _stays(saving: Saving, row: Row) -> list[Any]:
    """Read the stays of somebody in a team, the last one at the end."""
    stays = select(TeamMember.first_seen_at, TeamMember.left_at).where(*_same(row))
    return list(saving.session.execute(stays.order_by(TeamMember.first_seen_at)))


def _same(row: Row) -> tuple[Any, Any]:
    return TeamMember.team_id == row["team_id"], TeamMember.member_id == row["member_id"]


def _is_in_team_below(saving: Saving, row: Row) -> bool:
    """Tell whether somebody is in a team that is part of a team, and so in that as well."""
    org, below = saving.scope.org, {row["team_id"]}
    parents = saving.session.execute(select(Team.id, Team.parent_id).where(Team.org == org)).all()
    while more := {child for child, parent in parents if parent in below} - below:
        below |= more
    current = (TeamMember.member_id == row["member_id"], TeamMember.left_at.is_(None))
    others = among(TeamMember.team_id, below - {row["team_id"]})
    return saving.session.scalar(select(TeamMember.team_id).where(*current, others).limit(1)) is not None
