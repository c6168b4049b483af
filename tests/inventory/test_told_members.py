"""What webhooks tell of members of teams: stays begin and end at once; what can't be ordered is left to polling."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from chalicelib.inventory.models import TeamMember
from chalicelib.models import MODELS
from sandbox import Team
from tests.deliveries import Payload, tell, told
from tests.inventory.conftest import notes, rows_of
from tests.organisation import DAY, ORG, Organisation

pytestmark = pytest.mark.slow


def team_of(org: Organisation) -> Team:
    """The smallest team that has no teams below it."""
    teams = (team for team in org.sandbox.world.organisations[ORG].teams if not team.children and team.roles)
    return min(teams, key=lambda team: len(team.roles))


def newcomer(org: Organisation) -> Any:
    """Somebody who joins the organisation, and is in no team."""
    world = org.sandbox.world
    person = world.outsiders[0]
    world.move(world.organisations[ORG], person, "member")
    return person


def move(org: Organisation, team: Team, person: Any, role: str | None) -> Payload:
    org.sandbox.world.set_team_role(team, person, role)
    payload: Payload = told(org, "membership")[0]
    return payload


def stays(org: Organisation, team: Team, person: Any) -> list[tuple[Any, Any]]:
    rows = rows_of(org, TeamMember, team_id=team.id, member_id=person.id)
    return [(row["first_seen_at"], row["left_at"]) for row in rows]


def current(org: Organisation) -> set[tuple[int, int, str]]:
    rows = rows_of(org, TeamMember, left_at=None)
    return {(row["team_id"], row["member_id"], row["role"]) for row in rows}


def truth(org: Organisation) -> set[tuple[int, int, str]]:
    teams = org.sandbox.truth.teams(org=ORG)
    return {(team["id"], one["id"], one["role"]) for team in teams for one in team["members"]}


def test_a_stay_begins_and_ends_at_once(org: Organisation) -> None:
    team = team_of(org)
    person = newcomer(org)
    joined = org.now()
    came = move(org, team, person, "member")
    for _ in range(2):
        assert tell(org, "membership", came) == 200
    [row] = rows_of(org, TeamMember, team_id=team.id, member_id=person.id)
    assert (row["org"], row["login"], row["role"], row["left_at"]) == (ORG, person.login, "member", None)
    org.advance(3600)
    gone = move(org, team, person, None)
    for _ in range(2):
        tell(org, "membership", gone)
    assert stays(org, team, person) == [(joined, org.now())]
    org.run_job("daily")
    assert stays(org, team, person) == [(joined, org.now())]
    assert current(org) == truth(org)


def test_polling_adds_who_is_a_maintainer(org: Organisation) -> None:
    team = team_of(org)
    person = newcomer(org)
    tell(org, "membership", move(org, team, person, "maintainer"))
    assert (team.id, person.id, "member") in current(org)
    org.run_job("daily")
    assert (team.id, person.id, "maintainer") in current(org)
    assert len(stays(org, team, person)) == 1


def test_who_comes_back_after_some_days_has_a_stay_of_its_own(org: Organisation) -> None:
    team = team_of(org)
    person = next(iter(team.roles))
    begun = stays(org, team, person)[0][0]
    org.advance(5 * DAY)
    left = org.now()
    tell(org, "membership", move(org, team, person, None))
    org.advance(DAY)
    tell(org, "membership", move(org, team, person, "member"))
    assert stays(org, team, person) == [(begun, left), (org.now(), None)]


def test_what_may_be_late_is_left_to_polling(org: Organisation) -> None:
    """The first `added`, delivered again, must not begin another stay; nor must a late `removed` end one."""
    team = team_of(org)
    person = newcomer(org)
    added = move(org, team, person, "member")
    tell(org, "membership", added)
    begun = org.now()
    org.advance(3600)
    removed = move(org, team, person, None)
    tell(org, "membership", removed)
    left = org.now()
    tell(org, "membership", added)
    assert stays(org, team, person) == [(begun, left)]
    org.advance(3600)
    move(org, team, person, "member")
    org.run_job("daily")
    back = org.now()
    org.advance(3600)
    tell(org, "membership", removed)
    assert stays(org, team, person) == [(begun, left), (back, None)]
    assert sum("before the last change" in str(note) for note in notes(org)) == 2
    org.run_job("daily")
    assert current(org) == truth(org)


def test_who_is_in_a_team_below_stays(org: Organisation) -> None:
    """GitHub counts members of child teams; who is removed from the parent alone is still there."""
    world = org.sandbox.world
    parent = team_of(org)
    person = newcomer(org)
    child = world.create_team(world.organisations[ORG], "Below", Random(1), parent=parent)
    world.set_team_role(child, person, "member")
    world.set_team_role(parent, person, "member")
    org.run_job("daily")
    before = stays(org, parent, person)
    told(org, "membership")
    tell(org, "membership", move(org, parent, person, None))
    assert stays(org, parent, person) == before
    tell(org, "membership", move(org, child, person, None))
    assert stays(org, child, person)[0][1] == org.now()
    org.run_job("daily")
    assert current(org) == truth(org)


@pytest.mark.parametrize("action", ["added", "removed"])
def test_the_next_reading_repairs_what_was_wrong_though_github_s_list_is_as_it_was(
    org: Organisation, action: str
) -> None:
    team = team_of(org)
    person = newcomer(org)
    payload = move(org, team, person, "member")
    move(org, team, person, None)
    person = person if action == "added" else next(iter(team.roles))
    payload["member"] |= {"id": person.id, "login": person.login}
    org.run_job("daily")
    before = current(org)
    tell(org, "membership", {**payload, "action": action})
    assert current(org) != before
    org.advance(60)
    org.run_job("daily")
    assert current(org) == truth(org)


def test_teams_that_are_not_stored_and_other_scopes_are_left(org: Organisation) -> None:
    world = org.sandbox.world
    team = team_of(org)
    person = newcomer(org)
    payload = move(org, team, person, "member")
    before = rows_of(org, TeamMember)
    fresh = world.create_team(world.organisations[ORG], "Fresh", Random(1))
    for odd in (
        move(org, fresh, person, "member"),
        {**payload, "scope": "organization"},
        {**payload, "action": "to_come"},
        {**payload, "action": "removed", "team": {"id": 99, "name": "gone", "deleted": True}},
    ):
        assert tell(org, "membership", odd) == 200
    assert rows_of(org, TeamMember) == before
    for odd in ({**payload, "member": None}, {**payload, "team": []}, {**payload, "team": {"id": "7"}}):
        assert tell(org, "membership", odd) == 200
    assert rows_of(org, TeamMember) == before
    assert len(rows_of(org, MODELS["RejectedRecord"], kind="team_members")) == 3
