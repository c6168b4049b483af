"""The inventory: repositories with their releases, and teams with their members. All of it is plain lists."""

from __future__ import annotations

from chalicelib.ingest.domain import Domain, Relation
from chalicelib.ingest.steps import DAILY, EVERY_30_MIN, NRT_EVENTS
from chalicelib.ingest.streams import ListStream, Split
from chalicelib.inventory.models import Release, Repository, Team, TeamMember
from chalicelib.inventory.sync.repositories import follow_names, follow_unlisted
from chalicelib.inventory.views import VIEWS

# https://docs.github.com/en/rest/repos/repos#list-organization-repositories
REPOSITORIES = ListStream(
    "repositories",
    Repository,
    "/orgs/{org}/repos",
    "metadata",
    "repositories",
    repo="name",
    on=(EVERY_30_MIN, NRT_EVENTS, DAILY),
    is_first=True,
    before_saving=follow_names,
    afterwards=follow_unlisted,
)
# https://docs.github.com/en/rest/releases/releases#list-releases
RELEASES = ListStream(
    "releases",
    Release,
    "/repos/{org}/{name}/releases",
    "contents",
    "releases",
    parent=REPOSITORIES,
    copies={"repository_id": "id", "repo": "name"},
)
# https://docs.github.com/en/rest/teams/teams#list-teams
TEAMS = ListStream("teams", Team, "/orgs/{org}/teams", "members", "teams")
# https://docs.github.com/en/rest/teams/members#list-team-members
TEAM_MEMBERS = ListStream(
    "team_members",
    TeamMember,
    "/orgs/{org}/teams/{slug}/members",
    "members",
    "members of teams",
    parent=TEAMS,
    copies={"team_id": "id"},
    split=Split("role", ("maintainer", "member")),
    gone="left_at",
)

INVENTORY = Domain(
    name="inventory",
    streams=(REPOSITORIES, RELEASES, TEAMS, TEAM_MEMBERS),
    views=VIEWS,
    relations=(
        Relation("releases", "repositories", "releases.repository_id = repositories.id", "whose release it is"),
        Relation("team_members", "teams", "team_members.team_id = teams.id", "a row for each stay of a person"),
        Relation("team_members", "members", "team_members.member_id = members.id", "the person"),
        Relation("teams", "teams", "teams.parent_id = teams.id", "the team that it is part of"),
    ),
)
