"""How often repositories release, who is in which team, and how teams' pull requests fare."""

from __future__ import annotations

from sqlalchemy import CTE, BigInteger, Double, String, and_, case, column, func, or_, select, table

from chalicelib.inventory.models import Release, Team, TeamMember
from chalicelib.store.base import UTCDateTime
from chalicelib.store.functions import MonthOf, count_if, hours_between, true_if
from chalicelib.store.percentiles import MEDIAN, Ranked
from chalicelib.store.views import View, ViewColumn

HOURS_A_DAY = 24.0
# Who was in a team when the app first looked may have been there for ever.
FIRST_LOOK_HOURS = 24

# The view of pull requests: named and not imported, since domains don't know each other's code.
_pull_request_cycle = table(
    "pull_request_cycle",
    column("org", String),
    column("username", String),
    column("created_at", UTCDateTime),
    column("merged_at", UTCDateTime),
    column("hours_to_merge", Double),
)


def _published() -> Ranked:
    """Published releases; those meant for everybody with the days since the one before, ranked in their month."""
    before = func.lag(Release.published_at, type_=UTCDateTime()).over(
        partition_by=[Release.repository_id, Release.prerelease], order_by=[Release.published_at, Release.id]
    )
    days = hours_between(before, Release.published_at) / HOURS_A_DAY
    published = (
        select(
            *(Release.org, Release.repo, Release.prerelease),
            MonthOf(Release.published_at).label("month"),
            case((Release.prerelease.is_(False), days)).label("days"),
        )
        .where(Release.published_at.is_not(None), Release.draft.is_(False), Release.deleted_at.is_(None))
        .subquery("published")
    )
    return Ranked(published, by=("org", "repo", "month"), values=("days",))


_releases = _published()
_release = _releases.c
RELEASES_MONTHLY = View(
    "releases_monthly",
    "How often each repository releases, by month; drafts and releases that are gone are left out",
    [
        ViewColumn("org", _release.org, "Owner of the repository"),
        ViewColumn("repo", _release.repo, "Repository's name, without the owner"),
        ViewColumn("month", _release.month, "First day of the month of publication, UTC"),
        ViewColumn("releases", count_if(_release.prerelease.is_(False)), "Releases that are meant for everybody"),
        ViewColumn("prereleases", count_if(_release.prerelease.is_(True)), "Releases that are not"),
        ViewColumn(
            "median_days_between",
            _releases.percentile("days", MEDIAN),
            "Median of the days since the repository's release before; prereleases don't count. NULL: there was none "
            "before",
        ),
    ],
    group_by=[_release.org, _release.repo, _release.month],
)

_current = (
    select(
        *(TeamMember.org, Team.slug, Team.name, TeamMember.member_id, TeamMember.login, TeamMember.role),
        TeamMember.first_seen_at,
    )
    .join(Team, Team.id == TeamMember.team_id)
    .where(TeamMember.left_at.is_(None), Team.deleted_at.is_(None))
    .subquery("current")
    .c
)
TEAM_MEMBERS_CURRENT = View(
    "team_members_current",
    "Who is in which team now, members of child teams included",
    [
        ViewColumn("org", _current.org, "Organisation"),
        ViewColumn("team", _current.slug, "Team's name in addresses"),
        ViewColumn("team_name", _current.name, "Team's name"),
        ViewColumn("login", _current.login, "User name"),
        ViewColumn("role", _current.role, "maintainer or member"),
        ViewColumn("member_id", _current.member_id, "members.id"),
        ViewColumn("first_seen_at", _current.first_seen_at, "When this app first saw the person in the team"),
    ],
)


def _stays() -> CTE:
    """Stays in teams, from when to when; NULL where they have no known beginning or no end yet."""
    came_later = hours_between(Team.first_seen_at, TeamMember.first_seen_at) > FIRST_LOOK_HOURS
    return (
        select(
            *(TeamMember.org, TeamMember.team_id, Team.slug.label("team"), TeamMember.login),
            case((came_later, TeamMember.first_seen_at)).label("since"),
            TeamMember.left_at.label("until"),
        )
        .join(Team, Team.id == TeamMember.team_id)
        .cte("stays")
    )


def _team_pull_requests() -> Ranked:
    """Pull requests, once for each team that their author was in when opening them."""
    stay, pull = _stays(), _pull_request_cycle
    in_team = and_(
        stay.c.org == pull.c.org,
        func.lower(stay.c.login) == func.lower(pull.c.username),
        or_(stay.c.since.is_(None), stay.c.since <= pull.c.created_at),
        or_(stay.c.until.is_(None), stay.c.until > pull.c.created_at),
    )
    is_merged = pull.c.merged_at.is_not(None)
    opened = (
        select(
            *(stay.c.org, stay.c.team_id, stay.c.team),
            MonthOf(pull.c.created_at).label("month"),
            true_if(is_merged).label("is_merged"),
            case((is_merged, pull.c.hours_to_merge)).label("hours_to_merge"),
        )
        .select_from(pull.join(stay, in_team))
        .subquery("opened")
    )
    return Ranked(opened, by=("org", "team_id", "month"), values=("hours_to_merge",))


_pulls = _team_pull_requests()
_pull = _pulls.c
TEAM_PULL_REQUESTS_MONTHLY = View(
    "team_pull_requests_monthly",
    "Pull requests by team, in the month in which they were opened. One by somebody in several teams counts for each: "
    "don't add teams up. Who was in a team when this app first saw it counts as having been there before",
    [
        ViewColumn("org", _pull.org, "Organisation"),
        ViewColumn("team", _pull.team, "Team's name in addresses"),
        ViewColumn("team_id", _pull.team_id, "teams.id"),
        ViewColumn("month", _pull.month, "First day of the month, UTC"),
        ViewColumn(
            "opened", func.count(type_=BigInteger()), "Pull requests opened in the month by who was in the team then"
        ),
        ViewColumn("merged", count_if(_pull.is_merged), "How many of those are merged by now"),
        ViewColumn(
            "median_hours_to_merge",
            _pulls.percentile("hours_to_merge", MEDIAN),
            "Median of the hours from ready for review to the merge, of the merged ones",
        ),
    ],
    group_by=[_pull.org, _pull.team, _pull.team_id, _pull.month],
)

VIEWS: tuple[View, ...] = (RELEASES_MONTHLY, TEAM_MEMBERS_CURRENT, TEAM_PULL_REQUESTS_MONTHLY)
