"""An organisation that lives on, told of by webhooks that are lost, doubled and shuffled: polling leaves the truth."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from random import Random

import pytest

from chalicelib.inventory.models import Release, Repository, TeamMember
from chalicelib.inventory.sync.streams import RELEASES, REPOSITORIES, TEAM_MEMBERS, TEAMS
from tests.deliveries import SECRET, deliver
from tests.inventory.conftest import row_of, rows_of
from tests.inventory.test_lists import assert_equal_to_lists
from tests.organisation import DAY, ORG, Organisation, organisation
from tests.security.sync.test_alerts import KINDS, assert_chained, stored, truth

pytestmark = pytest.mark.slow


@pytest.fixture
def living(db_url: str) -> Iterator[Organisation]:
    """A small organisation in which much changes all the time, read once, with a webhook."""
    plan = {"items": 20, "days": 30, "repositories": 3, "releases": 0.5, "team_changes": 6, "alerts": 4}
    with organisation(db_url, **plan) as running:
        running.environment |= {"WEBHOOK_SECRET": SECRET, "SECURITY": "on"}
        running.begin("daily")
        yield running


@pytest.mark.parametrize("how", [{"shuffled": False}, {"shuffled": True, "seed": 3}, {"shuffled": True, "lost": 0.3}])
def test_the_tables_are_true_in_the_end(living: Organisation, how: dict[str, float]) -> None:
    org, world = living, living.sandbox.world
    [first, second, *_] = world.organisations[ORG].repositories
    for step in range(4):
        org.advance(DAY / 4)
        world.rename_repository(first, f"renamed-{step}")
        for number in range(20):
            org.advance(60)
            world.happen(Random(f"{step}/{number}"))
        deliver(org, doubled=0.3, **how)
    world.delete_repository(second)
    fresh = world.create_repository(world.organisations[ORG], "fresh")
    world.release(fresh, "v1.0.0")
    deliver(org, doubled=0.3, **how)
    if "lost" not in how:
        assert row_of(org, Repository, second.id)["deleted_at"] == org.now()
        assert row_of(org, Repository, fresh.id)["deleted_at"] is None
    world.stand_still()
    org.advance(8 * DAY)
    org.run_job("daily")
    for stream in (REPOSITORIES, RELEASES, TEAMS, TEAM_MEMBERS):
        assert_equal_to_lists(org, stream)
    for kind in KINDS:
        states = {key: row["state"] for key, row in stored(org, kind).items() if row["unlisted_at"] is None}
        assert states == {key: alert["state"] for key, alert in truth(org, kind).items()}
    assert_chained(org)
    assert rows_of(org, Release, repository_id=second.id, deleted_at=None) == []
    assert_stays_follow_each_other(org)


def assert_stays_follow_each_other(org: Organisation) -> None:
    for before, after in pairwise(rows_of(org, TeamMember)):
        if (before["team_id"], before["member_id"]) == (after["team_id"], after["member_id"]):
            assert before["left_at"] is not None
            assert before["left_at"] <= after["first_seen_at"]
