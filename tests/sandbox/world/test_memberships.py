"""Members and teams: who is where, since when, and what that was at any moment before."""

from random import Random

import pytest

from sandbox import Plan, Team, World
from sandbox.world.happenings import KINDS
from sandbox.world.hours import DAY
from sandbox.world.items import Organisation
from sandbox.world.memberships import Movement, TeamChange
from sandbox.world.people import Person
from sandbox.world.team_happenings import TEAM_HAPPENINGS
from tests.sandbox.conftest import NOW, small_plan


@pytest.fixture
def world() -> World:
    return World(small_plan(team_changes=0))


@pytest.fixture
def organisation(world: World) -> Organisation:
    return world.organisations["octo-sandbox"]


def an_outsider(team: Team) -> Person:
    return next(person for person in team.organisation.people if person not in team.roles)


def snapshot(world: World) -> list[dict[Team, tuple[str, set[Person]]]]:
    return [
        {team: (team.slug, set(team.members)) for team in organisation.teams}
        for organisation in world.organisations.values()
    ]


def test_joining_changing_the_role_and_leaving(world: World, organisation: Organisation) -> None:
    team = organisation.teams[1]  # everybody is in the first
    person = an_outsider(team)
    for role in ("member", "maintainer", "maintainer", None, None):
        world.set_team_role(team, person, role)
        assert team.roles.get(person) == role
    assert world.team_changes[-3:] == [
        TeamChange(team, person, None, "member", NOW),
        TeamChange(team, person, "member", "maintainer", NOW),
        TeamChange(team, person, "maintainer", None, NOW),
    ]
    with pytest.raises(ValueError, match="is no member of octo-sandbox"):
        world.set_team_role(team, world.outsiders[0], "member")


def test_who_leaves_the_organisation_leaves_its_teams(world: World, organisation: Organisation) -> None:
    team = organisation.teams[0]
    person, role = next(iter(team.roles.items()))
    before = organisation.members[person.login][1]
    world.move(organisation, person, None)
    assert person not in team.roles
    assert TeamChange(team, person, role, None, NOW) in world.team_changes
    assert world.movements[-1] == Movement(organisation, person, before, None, NOW)
    world.move(organisation, person, "member")
    assert person not in team.roles


def test_a_renamed_team_keeps_its_id(world: World, organisation: Organisation) -> None:
    first, second = organisation.teams[:2]
    number, before = first.id, first.slug
    world.rename_team(first, "Core Tools")
    assert (first.id, first.slug, first.name) == (number, "core-tools", "Core Tools")
    assert world.team_changes[-1] == TeamChange(first, None, before, "core-tools", NOW)
    for name in ("Core Tools", "CORE tools"):
        with pytest.raises(ValueError, match="octo-sandbox has a team core-tools already"):
            world.rename_team(second, name)
        with pytest.raises(ValueError, match="octo-sandbox has a team core-tools already"):
            world.create_team(organisation, name, Random(1))


def test_a_parent_counts_those_below_and_takes_them_along(world: World, organisation: Organisation) -> None:
    parent = world.create_team(organisation, "Parent", Random(1))
    child = world.create_team(organisation, "Child", Random(2), parent=parent)
    grandchild = world.create_team(organisation, "Grandchild", Random(3), parent=child)
    one, two, three = organisation.people[:3]
    world.set_team_role(parent, one, "maintainer")
    world.set_team_role(child, one, "member")
    world.set_team_role(child, two, "maintainer")
    world.set_team_role(grandchild, three, "member")
    assert parent.members == [one]
    assert parent.all_roles == {one: "maintainer", two: "member", three: "member"}
    assert child.all_roles == {one: "member", two: "maintainer", three: "member"}
    world.delete_team(parent)
    assert not {parent, child, grandchild} & set(organisation.teams)
    assert not parent.roles | child.roles | grandchild.roles


def test_what_the_teams_were_at_any_moment(world: World) -> None:
    rng = Random(5)
    seen = {world.now: snapshot(world)}
    kinds = [*TEAM_HAPPENINGS, "member_left", "member_joined"]
    for _ in range(200):
        world.advance(world.now + DAY)
        world.happen(rng, kinds)
        seen[world.now] = snapshot(world)
    assert len({len(teams) for (teams,) in seen.values()}) > 2
    for moment, expected in seen.items():
        for organisation, teams in zip(world.organisations.values(), expected, strict=True):
            found = world.teams_at(organisation, moment)
            assert {team: (slug, set(people)) for team, (slug, people) in found.items()} == teams


def test_teams_change_by_themselves() -> None:
    world = World(Plan(now=NOW, team_changes=0.3))
    assert 60 < sum(change.before != change.after for change in world.team_changes) < 300
    assert {change.person is None for change in world.team_changes} == {True, False}
    before = len(world.team_changes)
    world.advance(NOW + 100 * DAY)
    assert len(world.team_changes) > before
    for organisation in world.organisations.values():
        assert any("maintainer" in team.roles.values() for team in organisation.teams)
        for team in organisation.teams:
            assert {person.login for person in team.members} <= organisation.members.keys()
            assert team.parent is None or team.parent in organisation.teams
        assert len({team.slug for team in organisation.teams}) == len(organisation.teams)
        assert len({team.id for team in organisation.teams}) == len(organisation.teams)


def test_some_teams_are_below_others_from_the_beginning(organisation: Organisation) -> None:
    assert any(team.parent for team in organisation.teams)
    assert all("maintainer" in team.roles.values() for team in organisation.teams)


def test_each_organisation_keeps_some_teams() -> None:
    world = World(small_plan(organisations=("one", "two")))
    rng = Random(1)
    for _ in range(60):
        world.happen(rng, ["team_deleted"])
    assert all(organisation.teams for organisation in world.organisations.values())
    assert set(TEAM_HAPPENINGS) <= set(KINDS)


def test_some_members_leave_after_the_history_and_the_first_comes_back() -> None:
    world = World(small_plan(turnover=3, organisations=("acme", "globex")))
    history = len(world.movements)
    world.journal.watched = True
    world.advance(NOW + 2 * DAY)
    for organisation in world.organisations.values():
        moves = [one for one in world.movements[history:] if one.organisation is organisation]
        left = [one.person for one in moves if one.after is None]
        back = [one.person for one in moves if one.before is None]
        assert len(left) >= 3
        assert left[0] in back
        assert left[0].login in organisation.members
        assert all((one.login in organisation.members) == (one in back) for one in left)
    told = [one.action for one in world.journal.occurrences if one.event == "organization"]
    assert told.count("member_removed") >= 6
    assert told.count("member_added") >= 2


def test_some_people_show_an_address_of_a_domain_that_is_nobodys(world: World) -> None:
    shown = {person.login: person.email for person in world.people if person.email is not None}
    assert 0 < len(shown) < len(world.people) / 2
    assert shown == {login: f"{login}@example.com" for login in shown}
