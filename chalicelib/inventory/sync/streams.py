"""The plain lists of the inventory: repositories with their releases, and teams with their members."""

from __future__ import annotations

from chalicelib.ingest.steps import DAILY, EVERY_30_MIN, NRT_EVENTS
from chalicelib.ingest.streams import ListStream, Split
from chalicelib.inventory.models import Release, Repository, Team, TeamMember
from chalicelib.inventory.sync.repositories import follow_names, follow_unlisted

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
