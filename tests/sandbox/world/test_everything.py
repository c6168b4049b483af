"""Everything that GitHub has can happen, when it is asked for and not by itself."""

from random import Random

from sandbox import Kind, Plan, World
from sandbox.world.happenings import KINDS
from sandbox.world.people import COPILOT
from sandbox.world.rare_effects import RARE_EFFECTS
from tests.sandbox.conftest import NOW, small_plan

# A body that changes is no event.
UNPLANNED = {Kind.EDITED}


def test_every_kind_happens_to_an_issue_or_to_a_pull_request() -> None:
    world = World(small_plan())
    still_open = [one for one in world.items.values() if one.state == "open"]
    items = [next(one for one in still_open if one.is_pull == pull) for pull in (False, True)]
    done = [world.happen_all(item) for item in items]
    assert {*done[0], *done[1]} == set(Kind) - UNPLANNED
    for item, kinds in zip(items, done, strict=True):
        latest = item.history[-len(kinds) :]
        assert [change.kind for change in latest] == kinds
        assert [change.at for change in latest] == sorted(change.at for change in latest)
        assert item.updated_at == latest[-1].at <= world.now
        actors = {change.actor.type if change.actor else None for change in latest}
        assert actors == {"User", "Bot", "Mannequin", None}
        assert any(change.actor and change.actor.login == COPILOT for change in latest)
    assert items[1].merged_at is not None


def test_none_of_the_rare_kinds_comes_by_itself() -> None:
    world = World(Plan(now=NOW, items=600))
    kinds = {change.kind for item in world.items.values() for change in item.history}
    assert kinds.isdisjoint(RARE_EFFECTS)
    assert set(map(str, RARE_EFFECTS)).isdisjoint(KINDS)
    assert not world.accounts.keys() & {"copilot", "old-tracker-user"}


def test_what_makes_no_sense_has_no_effect() -> None:
    world = World(small_plan())
    issue = next(one for one in world.items.values() if not one.is_pull and one.state == "open")
    for kind in (Kind.ADDED_TO_MERGE_QUEUE, Kind.SUB_ISSUE_ADDED, Kind.ISSUE_TYPE_REMOVED, Kind.ADDED_TO_PROJECT_V2):
        assert not world.change(issue, kind)
    assert not world.change(issue, Kind.SUB_ISSUE_ADDED, other=issue)


def test_copilot_can_open_a_pull_request() -> None:
    world = World(small_plan())
    copilot, _ = world.invite()
    assert world.invite()[0] is copilot
    repository = next(iter(world.repositories.values()))
    pull = world.open(repository, world.now, copilot, "Fix it", None, pull=True, rng=Random(1))
    assert (pull.author, pull.app) == (copilot, None)
