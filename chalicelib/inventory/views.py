"""How often repositories release, and who is in which team."""

from __future__ import annotations

from sqlalchemy import case, func, select

from chalicelib.inventory.models import Release, Team, TeamMember
from chalicelib.store.base import UTCDateTime
from chalicelib.store.functions import MonthOf, count_if, hours_between
from chalicelib.store.percentiles import MEDIAN, Ranked
from chalicelib.store.views import View, ViewColumn

HOURS_A_DAY = 24.0


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

VIEWS: tuple[View, ...] = (RELEASES_MONTHLY, TEAM_MEMBERS_CURRENT)
