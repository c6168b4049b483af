"""Hundreds of mixed changes: all kinds occur, the same ones for the same seed, and the world stays in order."""

import json
from random import Random

import pytest

from sandbox import Kind, Payloads, RunningSandbox, World
from sandbox.api.timelines import Timelines
from sandbox.api.times import timestamp
from sandbox.world import happenings
from tests.sandbox.conftest import Client, small_plan


def lived(seed: int, ticks: int = 500) -> tuple[World, list[dict]]:
    world, rng = World(small_plan()), Random(seed)
    done = []
    for _ in range(ticks):
        world.advance(world.now + 300)
        done += world.happen(rng)
    return world, done


def shown(world: World) -> list[object]:
    payloads = Timelines(world, "http://api.test")
    return [(payloads.single_issue(item), payloads.timeline(item)) for item in world.items.values()]


def test_the_same_seed_lets_the_same_happen() -> None:
    (one, done), (two, again), (_, other) = lived(1), lived(1), lived(2)
    assert done == again != other
    assert shown(one) == shown(two)
    assert 500 <= len(done) < 600


@pytest.mark.parametrize("kind", happenings.KINDS)
def test_each_kind_can_happen_alone(kind: str) -> None:
    rng = Random(3)
    world = World(small_plan(transfers=0.3))
    # So that there is something to be undone.
    world.happen(rng, ["review_requested"])
    world.happen(rng, ["locked"])
    done = [one for _ in range(6) for one in world.happen(rng, [kind])]
    kinds = {one["kind"] for one in done}
    expected = "opened" if kind.startswith("opened") else kind.removesuffix("_twice").removesuffix("_back")
    assert expected in kinds


def test_an_unknown_kind_and_an_empty_world() -> None:
    world = World(small_plan(items=0, repositories=0))
    assert world.happen(Random(1), ["commented", "transferred", "deleted", "label_renamed", "opened_issue"]) == []
    with pytest.raises(KeyError):
        world.happen(Random(1), ["exploded"])


def test_what_happens_is_seen_by_updated_at_unless_it_is_said_that_it_is_not() -> None:
    world, rng = World(small_plan()), Random(5)
    payloads = Payloads(world, "http://api.test")
    for _ in range(150):
        world.advance(world.now + 60)
        kinds = set(happenings.KINDS) - set(happenings.UNNOTICED)
        for one in world.happen(rng, sorted(kinds)):
            item = world.items.get(one.get("new_id") or one["id"])
            # Of a chain only the last one is still there.
            assert item is None or payloads.issue(item)["updated_at"] == timestamp(world.now)


def test_the_world_stays_in_order() -> None:
    world, done = lived(4)
    for item in world.items.values():
        assert world.repositories[item.repository.full_name.lower()].items[item.number] is item
        kinds = [change.kind for change in item.history]
        assert item.comments == kinds.count(Kind.COMMENTED) - kinds.count(Kind.COMMENT_DELETED)
        assert all(label in item.repository.labels.values() for label in item.labels)
    for repository in world.repositories.values():
        gone = repository.deleted | set(repository.moved)
        assert set(repository.items) | gone == set(range(1, repository.last_number + 1))
        assert gone.isdisjoint(repository.items)
        for milestone in repository.milestones:
            items = [item for item in repository.items.values() if item.milestone is milestone]
            assert milestone.open_issues == sum(item.state == "open" for item in items)
    assert len(world.transfers) == sum(one["kind"] == "transferred" for one in done) > 5
    assert {transfer.old.id for transfer in world.transfers}.isdisjoint(world.items)


def test_over_http(changing: RunningSandbox, client: Client) -> None:
    lines = client.control("POST", "happen", count=5, seed=3, kinds=["commented", "closed"]).text.splitlines()
    done = [json.loads(line) for line in lines]
    assert len(done) == 5
    assert {one["kind"] for one in done} <= {"commented", "closed"}
    assert done[0].keys() == {"kind", "repository", "number", "id", "actor"}
    assert changing.world.items[done[0]["id"]].history
    assert client.control("POST", "happen", kinds=["exploded"]).status_code == 422
