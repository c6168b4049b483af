"""The inventory: repositories with their releases, and teams with their members. All of it is plain lists."""

from __future__ import annotations

from chalicelib.ingest.domain import Domain, Relation
from chalicelib.inventory.sync.deliveries import EVENTS
from chalicelib.inventory.sync.streams import RELEASES, REPOSITORIES, TEAM_MEMBERS, TEAMS
from chalicelib.inventory.views import VIEWS

INVENTORY = Domain(
    name="inventory",
    streams=(REPOSITORIES, RELEASES, TEAMS, TEAM_MEMBERS),
    events=EVENTS,
    views=VIEWS,
    retired_views=("team_pull_requests_monthly",),  # level = 'team' of pull_request_cycle_monthly says it
    relations=(
        Relation("releases", "repositories", "releases.repository_id = repositories.id", "whose release it is"),
        Relation("team_members", "teams", "team_members.team_id = teams.id", "a row for each stay of a person"),
        Relation("team_members", "members", "team_members.member_id = members.id", "the person"),
        Relation("teams", "teams", "teams.parent_id = teams.id", "the team that it is part of"),
    ),
)
