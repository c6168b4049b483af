"""The generated world: the same again for the same plan, believable, and going on in time."""

from collections import Counter
from itertools import pairwise
from random import Random
from statistics import median

import pytest

from sandbox import Change, Item, Kind, Payloads, Plan, World
from sandbox.server.clock import Clock
from sandbox.world.effects import apply
from sandbox.world.hours import DAY, HOUR, SATURDAY, next_working_moment, weekday
from sandbox.world.items import UNTOUCHING
from tests.sandbox.conftest import NOW, small_plan

ENDS = {Kind.CLOSED, Kind.MERGED, Kind.REOPENED, Kind.CONVERTED_TO_DISCUSSION}


@pytest.fixture(scope="module")
def world() -> World:
    return World(Plan(now=NOW))


def shown(world: World) -> list[dict]:
    payloads = Payloads(world, "http://api.test")
    return [payloads.single_issue(item) for item in world.items.values()]


# Determinism


def test_the_same_plan_is_the_same_world() -> None:
    assert shown(World(small_plan())) == shown(World(small_plan()))
    assert shown(World(small_plan())) != shown(World(small_plan(seed=2)))


def test_time_passes_alike_in_small_and_large_steps() -> None:
    small, large = World(small_plan()), World(small_plan())
    for step in range(1, 15):
        small.advance(NOW + step * DAY)
    large.advance(NOW + 14 * DAY)
    assert shown(small) == shown(large)
    assert len(shown(large)) > len(shown(World(small_plan())))


def test_time_does_not_run_back(world: World) -> None:
    before = world.now
    world.advance(before - DAY)
    assert world.now == before


def test_a_world_that_stands_still_grows_older_and_changes_only_when_asked() -> None:
    world = World(small_plan())
    before = shown(world)
    world.stand_still()
    world.advance(NOW + 30 * DAY)
    assert (world.now, shown(world)) == (NOW + 30 * DAY, before)
    assert world.happen(Random(1), ["commented"])
    assert shown(world) != before


def test_nothing_is_from_the_future(world: World) -> None:
    assert all(world.plan.start <= item.created_at <= item.updated_at <= NOW for item in world.items.values())


def test_numbers_and_ids_grow_with_time(world: World) -> None:
    ordered = sorted(world.items.values(), key=lambda item: item.id)
    assert [item.created_at for item in ordered] == sorted(item.created_at for item in ordered)
    for repository in world.repositories.values():
        assert list(repository.items) == list(range(1, repository.last_number + 1))
    pull_ids = [item.pull_id for item in ordered if item.pull_id is not None]
    assert pull_ids == sorted(set(pull_ids))
    assert not set(pull_ids) & set(world.items)


def test_the_state_is_what_the_history_adds_up_to(world: World) -> None:
    for item in world.items.values():
        kinds = [change.kind for change in item.history]
        assert item.comments == kinds.count(Kind.COMMENTED) - kinds.count(Kind.COMMENT_DELETED)
        touching = [change.at for change in item.history if change.kind not in UNTOUCHING]
        assert item.updated_at == max([item.created_at, *touching])
        ends = [change for change in item.history if change.kind in ENDS]
        last = ends[-1] if ends else None
        assert (item.state == "closed") == (last is not None and last.kind is not Kind.REOPENED)
        assert item.closed_at == (last.at if last and item.state == "closed" else None)
        assert (item.merged_at is not None) == (Kind.MERGED in kinds)


def test_milestones_count_their_items(world: World) -> None:
    for repository in world.repositories.values():
        for milestone in repository.milestones:
            items = [item for item in repository.items.values() if item.milestone is milestone]
            assert milestone.open_issues == sum(item.state == "open" for item in items)
            assert milestone.closed_issues == sum(item.state == "closed" for item in items)


# Believable


def test_as_much_as_was_asked_for(world: World) -> None:
    assert 1_850 < len(world.items) < 2_150
    assert (len(world.repositories), len(world.people)) == (12, 60)


def test_weeks_and_working_hours(world: World) -> None:
    people = {person.id: person for person in world.people}
    changes = [
        (change.at, people[change.actor.id])
        for item in world.items.values()
        for change in item.history
        if change.actor is not None and change.actor.id in people
    ]
    local = [at + person.utc_offset * 3_600 for at, person in changes]
    weekend = sum(weekday(at) >= SATURDAY for at in local) / len(local)
    working = sum(8 <= at % DAY // 3_600 < 19 for at in local) / len(local)
    assert 0.005 < weekend < 0.1
    assert working > 0.85


def test_a_few_people_do_much_and_many_do_little(world: World) -> None:
    authors = Counter(item.author.login for item in world.items.values() if item.author and item.author.type == "User")
    shares = [count / sum(authors.values()) for _, count in authors.most_common()]
    assert sum(shares[:5]) > 0.3
    assert sum(shares[len(shares) // 2 :]) < 0.2
    sizes = sorted((len(one.items) for one in world.repositories.values()), reverse=True)
    assert sizes[0] > 5 * median(sizes[-6:])


def share(items: list[Item], matching: list[Item]) -> float:
    return len(matching) / len(items)


def test_issues_and_pull_requests_end_as_they_do(world: World) -> None:
    issues = [item for item in world.items.values() if not item.is_pull]
    pulls = [item for item in world.items.values() if item.is_pull]
    assert 0.5 < share(list(world.items.values()), pulls) < 0.75
    assert 0.6 < share(pulls, [item for item in pulls if item.merged_at]) < 0.85
    assert share(pulls, [item for item in pulls if item.state == "closed" and not item.merged_at]) > 0.05
    assert any(item.draft for item in pulls)
    reasons = Counter(item.state_reason for item in issues)
    assert reasons["completed"] > reasons["not_planned"] > reasons["duplicate"] > 0
    assert reasons["reopened"] > 0
    assert {item.state_reason for item in pulls} == {None}
    cycle = median(item.merged_at - item.created_at for item in pulls if item.merged_at)
    assert 2 * 3_600 < cycle < 5 * DAY


def test_who_writes(world: World) -> None:
    authors = {item.author.login if item.author else None for item in world.items.values()}
    assert {None, "dependabot[bot]", "renovate[bot]"} <= authors
    associations = Counter(world.association(item) for item in world.items.values())
    assert set(associations) >= {"MEMBER", "CONTRIBUTOR", "NONE"}
    assert associations.most_common(1)[0][0] == "MEMBER"
    apps = [item for item in world.items.values() if item.app]
    assert apps
    assert all(item.author is not None and item.author.type == "Bot" for item in apps)


def test_bodies_of_all_sorts(world: World) -> None:
    bodies = [item.body for item in world.items.values()]
    texts = [body for body in bodies if body is not None]
    assert 0.02 < bodies.count(None) / len(bodies) < 0.12
    assert any(len(body) > 20_000 for body in texts)
    assert max(map(len, texts)) <= 65_536
    assert any("\r\n" in body for body in texts)
    assert any("📚" in body for body in texts)
    assert any("日本語" in body for body in texts)


def test_reviews_are_believable(world: World) -> None:
    members = {login for organisation in world.organisations.values() for login in organisation.members}
    firsts, members_first, verdicts = [], 0, Counter[str | None]()
    for item in world.items.values():
        reviews = [change for change in item.history if change.kind is Kind.REVIEWED]
        verdicts.update(change.state for change in reviews)
        assert not any(change.actor is item.author for change in reviews if change.state != "commented")
        if reviews and reviews[0].actor and item.author and item.author.type == "User":
            firsts.append(reviews[0].at - item.created_at)
            members_first += reviews[0].actor.login in members
    assert HOUR < median(firsts) < 2 * DAY
    assert members_first > 0.7 * len(firsts)
    assert verdicts["approved"] > verdicts["changes_requested"] > verdicts["dismissed"] > 0
    answered = Counter(
        second.state
        for item in world.items.values()
        for first, second in pairwise(change for change in item.history if change.kind is Kind.REVIEWED)
        if first.state == "changes_requested" and first.actor is second.actor
    )
    assert answered["approved"] > answered["changes_requested"]


def test_who_answers_first(world: World) -> None:
    members = {login for organisation in world.organisations.values() for login in organisation.members}
    firsts = [
        next(change for change in item.history if change.kind is Kind.COMMENTED and change.actor is not item.author)
        for item in world.items.values()
        if any(change.kind is Kind.COMMENTED and change.actor is not item.author for change in item.history)
    ]
    ours = sum(change.actor is not None and change.actor.login in members for change in firsts)
    assert 0.6 < ours / len(firsts) < 0.98
    comments = [c for item in world.items.values() for c in item.history if c.kind is Kind.COMMENTED]
    assert any(change.actor and change.actor.type == "Bot" for change in comments)
    assert any(change.updated_at for change in comments)
    assert any(change.deleted for change in comments)
    assert any(change.reactions for change in comments)


def test_members_come_and_go() -> None:
    grown = World(Plan(now=NOW, people=200, items=50))
    organisation = grown.organisations["octo-sandbox"]
    before = set(organisation.members)
    grown.advance(NOW + 399 * DAY)
    assert before - set(organisation.members)
    for team in organisation.teams:
        assert {person.login for person in team.members} <= before | set(organisation.members)


def test_several_organisations() -> None:
    world = World(small_plan(organisations=("one", "two")))
    owners = Counter(one.owner.login for one in world.repositories.values())
    assert owners == {"one": 3, "two": 2}
    assert all(organisation.members for organisation in world.organisations.values())


@pytest.mark.parametrize(
    "sizes",
    [
        {"people": 0},
        {"people": 1, "repositories": 1},
        {"repositories": 0},
        {"items": 0},
        {"days": 1, "items": 5},
        {"organisations": ("one", "two", "three"), "repositories": 2, "people": 2},
    ],
)
def test_worlds_of_odd_sizes(sizes: dict) -> None:
    world = World(small_plan(**sizes))
    world.advance(NOW + 3 * DAY)
    assert shown(world) == shown(world)


# Changes


def an_item(world: World, *, pull: bool, state: str = "open") -> Item:
    return next(item for item in world.items.values() if item.is_pull == pull and item.state == state)


def test_changes_that_make_no_sense_change_nothing() -> None:
    world = World(small_plan())
    closed, issue = an_item(world, pull=False, state="closed"), an_item(world, pull=False)
    merged = next(item for item in world.items.values() if item.merged_at)
    for item, kind in (
        (closed, Kind.CLOSED),
        (issue, Kind.MERGED),
        (issue, Kind.REOPENED),
        (issue, Kind.REVIEWED),
        (issue, Kind.READY_FOR_REVIEW),
        (merged, Kind.REOPENED),
        (merged, Kind.COMMITTED),
        (issue, Kind.RENAMED),
        (issue, Kind.LABELED),
        (issue, Kind.UNASSIGNED),
    ):
        before = item.updated_at, len(item.history)
        assert not apply(item, Change(NOW + 1, kind, None))
        assert (item.updated_at, len(item.history)) == before


def test_each_kind_of_change_has_its_effect() -> None:
    world = World(small_plan())
    item = next(one for one in world.items.values() if one.is_pull and one.state == "open" and not one.draft)
    item.labels, item.assignees, item.reviewers = (), (), ()
    person, label = world.people[0], next(iter(item.repository.labels.values()))
    world.advance(NOW + 60)
    steps: list[tuple[Kind, dict, str, object]] = [
        (Kind.LABELED, {"label": label}, "labels", (label,)),
        (Kind.UNLABELED, {"label": label}, "labels", ()),
        (Kind.ASSIGNED, {"person": person}, "assignees", (person,)),
        (Kind.UNASSIGNED, {"person": person}, "assignees", ()),
        (Kind.REVIEW_REQUESTED, {"person": person}, "reviewers", (person,)),
        (Kind.REVIEWED, {"actor": person}, "reviewers", ()),
        (Kind.RENAMED, {"text": "New"}, "title", "New"),
        (Kind.EDITED, {"text": None}, "body", None),
        (Kind.CONVERT_TO_DRAFT, {}, "draft", True),
        (Kind.READY_FOR_REVIEW, {}, "draft", False),
        (Kind.LOCKED, {}, "locked", True),
        (Kind.CLOSED, {}, "closed_at", world.now),
        (Kind.REOPENED, {}, "closed_at", None),
        (Kind.MERGED, {"actor": person}, "merged_by", person),
    ]
    for kind, about, field, expected in steps:
        assert world.change(item, kind, **about), kind
        assert getattr(item, field) == expected, kind
        assert item.updated_at == world.now
    assert [change.kind for change in item.history[-len(steps) :]] == [kind for kind, *_ in steps]


def test_a_deleted_items_script_is_forgotten() -> None:
    world = World(small_plan())
    for item in list(world.items.values()):
        world.delete(item)
    world.advance(NOW + 30 * DAY)
    assert all(item.created_at > NOW for item in world.items.values())


# Time


def test_the_clock() -> None:
    real = [100.0]
    clock = Clock(1_000, speed=60, timer=lambda: real[0])
    assert clock.now() == 1_000
    real[0] += 2
    assert clock.now() == 1_120
    assert clock.set(advance=30, speed=0) == 1_150
    real[0] += 50
    assert clock.now() == 1_150
    assert clock.set(now=1_000) == 1_150
    assert clock.set(now=2_000, advance=5) == 2_005


def test_work_starts_again_on_monday() -> None:
    friday_night = NOW - 3 * DAY + 10 * 3_600
    drawn = [next_working_moment(Random(seed), friday_night, utc_offset=0) for seed in range(50)]
    assert Counter(weekday(moment) for moment in drawn).most_common(1)[0][0] == 0
    assert all(moment >= friday_night for moment in drawn)
