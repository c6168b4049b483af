"""The inventory's views, worked by hand: how often is released, and who is in a team."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import insert

from chalicelib.inventory.models import Release, Team, TeamMember
from chalicelib.inventory.views import RELEASES_MONTHLY, TEAM_MEMBERS_CURRENT
from tests.views.world import FIRST_LOOK, IDS, World, may

MAY = date(2026, 5, 1)


def publish(world: World, published_at: datetime | None, *, repository: int = 1, **columns: Any) -> None:
    row: dict[str, Any] = {"id": next(world.ids), "org": "acme", "repo": f"r{repository}", "repository_id": repository}
    row |= {"tag_name": "v1", "draft": False, "prerelease": False, "published_at": published_at}
    world.session.execute(insert(Release), [row | {"first_seen_at": FIRST_LOOK} | columns])


def team(world: World, number: int, **columns: Any) -> None:
    row: dict[str, Any] = {"id": number, "org": "acme", "slug": f"t{number}", "name": f"T {number}"}
    world.session.execute(insert(Team), [row | {"first_seen_at": FIRST_LOOK} | columns])


def stay(world: World, number: int, login: str, since: datetime = FIRST_LOOK, until: datetime | None = None) -> None:
    row = {"team_id": number, "member_id": IDS[login], "org": "acme", "login": login, "role": "member"}
    world.session.execute(insert(TeamMember), [row | {"first_seen_at": since, "left_at": until}])


def months(world: World) -> list[tuple[Any, ...]]:
    return [tuple(row.values())[1:] for row in world.read(RELEASES_MONTHLY)]


def test_days_between_releases_count_in_the_month_of_the_later_one(world: World) -> None:
    for day in (1, 3, 7, 15, 29):  # 2, 4, 8 and 14 days after the one before
        publish(world, may(day))
    publish(world, datetime(2026, 6, 8, tzinfo=may(1).tzinfo))  # 10 days
    assert months(world) == [("r1", MAY, 5, 0, 6.0), ("r1", date(2026, 6, 1), 1, 0, 10.0)]


def test_the_first_release_has_none_before(world: World) -> None:
    publish(world, may(1))
    assert months(world) == [("r1", MAY, 1, 0, None)]


def test_prereleases_drafts_and_gone_ones_are_apart(world: World) -> None:
    publish(world, may(1))
    publish(world, may(2), prerelease=True)
    publish(world, None, draft=True)
    publish(world, may(3), deleted_at=may(4))
    publish(world, may(5))
    publish(world, may(6), repository=2)
    assert months(world) == [("r1", MAY, 2, 1, 4.0), ("r2", MAY, 1, 0, None)]


def test_who_is_in_a_team_now(world: World) -> None:
    team(world, 1)
    team(world, 2, deleted_at=may(3))
    stay(world, 1, "ada")
    stay(world, 1, "bob", until=may(2))
    stay(world, 1, "bob", since=may(5))
    stay(world, 1, "eve", until=may(2))
    stay(world, 2, "ada")
    assert world.read(TEAM_MEMBERS_CURRENT) == [
        {
            "org": "acme",
            "team": "t1",
            "team_name": "T 1",
            "login": login,
            "role": "member",
            "member_id": IDS[login],
            "first_seen_at": since,
        }
        for login, since in (("ada", FIRST_LOOK), ("bob", may(5)))
    ]
