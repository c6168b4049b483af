"""Teams as they are listed: parents, members of teams below, roles, and the same teams in Copilot's reports."""

from collections.abc import Iterator
from random import Random

import pytest

from sandbox import Limits, RunningSandbox, World, serve
from sandbox.world.items import Organisation
from tests.sandbox.answers import answered, refusal
from tests.sandbox.api.test_lists import all_rows
from tests.sandbox.conftest import LARGE_LIMITS, Client, small_plan
from tests.sandbox.copilot import DAY_SECONDS, read

TEAMS = "/orgs/octo-sandbox/teams"


@pytest.fixture
def organisation(changing: RunningSandbox) -> Organisation:
    return changing.world.organisations["octo-sandbox"]


@pytest.fixture
def copilot() -> Iterator[RunningSandbox]:
    plan = small_plan(organisations=("acme",), people=160, items=20, copilot_days=60, team_changes=0)
    with serve(World(plan), limits=Limits(LARGE_LIMITS)) as running:
        yield running


def logins(client: Client, slug: str, **arguments: str) -> set[str]:
    return {row["login"] for row in all_rows(client, f"{TEAMS}/{slug}/members", **arguments)}


def test_each_team_is_listed_as_it_is_in_truth(reading: RunningSandbox, reader: Client) -> None:
    truth = reading.truth.teams()
    assert truth == reading.truth.teams(org="Octo-Sandbox")
    rows = all_rows(reader, TEAMS, per_page=2)
    known = [{key: value for key, value in one.items() if key not in ("organisation", "members")} for one in truth]
    assert rows == known
    for team in truth:
        members = {one["login"]: one for one in team["members"]}
        assert logins(reader, team["slug"]) == members.keys()
        for role in ("member", "maintainer"):
            expected = {login for login, one in members.items() if one["role"] == role}
            assert logins(reader, team["slug"], role=role) == expected
        numbered = f"/organizations/{team['organization_id']}/team/{team['id']}/members"
        assert {row["login"] for row in all_rows(reader, numbered)} == members.keys()
    assert reader.get(f"{TEAMS}/nobody/members").status_code == 404


def test_a_parent_is_shown_and_counts_the_members_below(
    changing: RunningSandbox, client: Client, organisation: Organisation
) -> None:
    world = changing.world
    parent = world.create_team(organisation, "Parent", Random(1))
    child = world.create_team(organisation, "Child", Random(2), parent=parent)
    one, two = organisation.people[:2]
    world.set_team_role(parent, one, "maintainer")
    world.set_team_role(child, two, "maintainer")
    rows = {row["slug"]: row for row in all_rows(client, TEAMS)}
    assert rows["child"]["parent"] == {key: value for key, value in rows["parent"].items() if key != "parent"}
    assert logins(client, "parent") == {one.login, two.login}
    assert logins(client, "parent", role="maintainer") == {one.login}
    assert logins(client, "child", role="maintainer") == {two.login}
    assert all("role" not in row for row in client.get(f"{TEAMS}/parent/members").json())


def test_a_renamed_team_and_a_deleted_one(changing: RunningSandbox, client: Client, organisation: Organisation) -> None:
    world, team = changing.world, organisation.teams[0]
    before, members = team.slug, f"/organizations/{organisation.id}/team/{team.id}/members"
    rows = client.get(members).json()
    world.rename_team(team, "Entirely New")
    assert client.get(f"{TEAMS}/{before}/members").status_code == 404
    assert client.get(f"{TEAMS}/entirely-new/members").json() == client.get(members).json() == rows
    assert {row["id"]: row["slug"] for row in client.get(TEAMS).json()}[team.id] == "entirely-new"
    world.delete_team(team)
    assert client.get(members).status_code == 404
    assert team.id not in {row["id"] for row in client.get(TEAMS).json()}


def test_the_permission(changing: RunningSandbox) -> None:
    changing.tokens.add("fine", permissions={"contents": "read"})
    with Client(changing.url, "fine") as fine:
        for path in (TEAMS, f"{TEAMS}/anything/members"):
            refused = fine.get(path)
            assert answered(refused) == (403, refusal("Resource not accessible by personal access token", 403))
            assert refused.headers["X-Accepted-GitHub-Permissions"] == "members=read"


def test_copilots_reports_know_the_same_teams_as_they_were_on_the_day(copilot: RunningSandbox) -> None:
    world = copilot.world
    organisation = world.organisations["acme"]
    with Client(copilot.url) as client:
        report = "user-teams-1-day?day=2026-06-01"
        copilot.copilot.set_up("acme", late_days=0)
        copilot.clock.set(advance=2 * DAY_SECONDS)
        before = read(client, report)
        assert before
        team = next(one for one in organisation.teams if one.id == before[0]["team_id"])
        old = team.slug
        world.rename_team(team, "Entirely New")
        for person in team.members[:2]:
            world.set_team_role(team, person, None)
        assert read(client, report) == before
        copilot.clock.set(advance=3 * DAY_SECONDS)
        after = [row for row in read(client, "user-teams-1-day?day=2026-06-04") if row["team_id"] == team.id]
        assert {row["slug"] for row in before if row["team_id"] == team.id} == {old}
        assert {row["slug"] for row in after} <= {"entirely-new"}
        assert {row["user_id"] for row in after} <= {person.id for person in team.members}
        world.delete_team(team)
        assert read(client, report) == before
