"""Releases: drafted, published, edited, deleted, by hand and by themselves."""

from random import Random

import pytest

from sandbox import Payloads, Plan, Release, Repository, World
from sandbox.world.hours import DAY
from sandbox.world.releases import Withdrawal
from tests.sandbox.conftest import NOW, small_plan


@pytest.fixture
def world() -> World:
    return World(small_plan(releases=0))


@pytest.fixture
def repository(world: World) -> Repository:
    return next(iter(world.repositories.values()))


def told(releases: list[Release]) -> list[tuple]:
    return [(one.id, one.tag_name, one.published_at, one.body, one.assets) for one in releases]


def test_a_draft_is_published_edited_and_deleted(world: World, repository: Repository) -> None:
    author = world.people[0]
    files = ["a.zip", "b.txt"]
    release = world.release(repository, "v1", author, name="One", draft=True, prerelease=True, assets=files)
    assert (release.is_draft, release.created_at, release.updated_at) == (True, NOW, NOW)
    world.advance(NOW + DAY)
    world.publish(release)
    assert (release.is_draft, release.created_at, release.published_at) == (False, NOW, NOW + DAY)
    with pytest.raises(ValueError, match="v1 is published already"):
        world.publish(release)
    world.advance(NOW + 2 * DAY)
    world.edit_release(release, name="First", body="Better", prerelease=False)
    assert (release.name, release.body, release.prerelease, release.updated_at) == (
        "First",
        "Better",
        False,
        NOW + 2 * DAY,
    )
    assert release.published_at == NOW + DAY
    assert len({asset.id for asset in release.assets}) == 2
    with pytest.raises(ValueError, match="has a release v1 already"):
        world.release(repository, "v1")
    world.delete_release(release)
    assert world.releases == []
    assert world.withdrawals == [Withdrawal(release, NOW + 2 * DAY)]
    again = world.release(repository, "v1")
    assert again.id > release.id
    assert again.author is world.first_admin(repository.owner)


def test_downloads_grow_with_time(world: World, repository: Repository) -> None:
    (asset,) = world.release(repository, "v1", assets=["a.zip"]).assets
    counts = [asset.downloads(NOW + days * DAY, repository.stars) for days in (0, 50, 100)]
    assert counts[0] == 0 < counts[1] < counts[2]


def test_they_come_by_themselves() -> None:
    plan = Plan(now=NOW, releases=0.1)
    world = World(plan)
    releases = world.releases
    assert 200 < len(releases) < 450
    assert any(one.is_draft for one in releases)
    assert {one.prerelease for one in releases} == {True, False}
    assert any(one.updated_at > one.created_at for one in releases)
    assert {bool(one.assets) for one in releases} == {True, False}
    assert all(plan.start <= one.created_at <= one.updated_at <= NOW for one in releases)
    assert world.withdrawals
    assert not any(one.releases for one in world.repositories.values() if one.archived)
    for repository in world.repositories.values():
        tags = [one.tag_name for one in repository.releases.values()]
        assert len(tags) == len(set(tags))
    assert told(World(plan).releases) == told(releases)
    world.advance(NOW + 20 * DAY)
    assert any(one.created_at > NOW for one in world.releases)


def test_the_same_however_time_passes() -> None:
    small, large = World(small_plan()), World(small_plan())
    for step in range(1, 31):
        small.advance(NOW + step * DAY)
    large.advance(NOW + 30 * DAY)
    assert told(small.releases) == told(large.releases)


def test_items_do_not_depend_on_releases_and_teams() -> None:
    def shown(world: World) -> list[dict]:
        world.advance(NOW + 10 * DAY)
        payloads = Payloads(world, "http://api.test")
        return [payloads.single_issue(item) for item in world.items.values()]

    assert shown(World(small_plan())) == shown(World(small_plan(releases=2, team_changes=5)))
    assert shown(World(small_plan())) == shown(World(small_plan(releases=0, team_changes=0)))


def test_what_happens_is_told(world: World) -> None:
    rng = Random(2)
    (made,) = world.happen(rng, ["release_published"])
    (drafted,) = world.happen(rng, ["release_drafted"])
    (edited,) = world.happen(rng, ["release_edited"])
    (deleted,) = world.happen(rng, ["release_deleted"])
    assert made.keys() == {"kind", "repository", "release", "tag"}
    assert [one["kind"] for one in (made, drafted, edited, deleted)] == [
        "release_published",
        "release_drafted",
        "release_edited",
        "release_deleted",
    ]
    assert {edited["release"], deleted["release"]} <= {made["release"], drafted["release"]}
    assert len(world.releases) == 1
