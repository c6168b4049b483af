"""Teams and their maintainers, by the stored members."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import delete

from chalicelib.models import ListPoll, TeamCheck, create_db_session
from tests.databases import fill_once
from tests.organisation import DAY, ORG, Organisation, organisation
from tests.security.conftest import rows_of, run_steps

STEP = "repository_checks.teams"


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    with organisation(db_url, items=0, days=30, repositories=1) as made:
        made.environment["SECURITY"] = "on"
        for team in teams(made):
            people = list(team.roles)
            team.roles = dict.fromkeys(people, "member") | {people[0]: "maintainer"}
        teams(made)[0].roles = dict.fromkeys(teams(made)[0].roles, "member")
        fill_once(db_url, ("teams", made.now()), lambda: made.run_job("daily"))
        yield made


def teams(org: Organisation) -> list[Any]:
    found: list[Any] = next(iter(org.sandbox.world.repositories.values())).owner.teams
    return found


def check(org: Organisation) -> SimpleNamespace:
    org.advance(DAY)
    return run_steps(org.settings, ORG, org.now(), (STEP,))[STEP]


def checks(org: Organisation) -> dict[int, dict[str, Any]]:
    return {row["team_id"]: row for row in rows_of(org.db_url, TeamCheck)}


def test_a_team_needs_a_maintainer(org: Organisation) -> None:
    first, second, *_ = teams(org)
    found = checks(org)
    assert {key: row["result"] for key, row in found.items()} == {
        team.id: "fail" if team is first else "pass" for team in teams(org)
    }
    assert found[first.id]["evidence"] == {"maintainers": [], "members": len(first.all_roles)}
    assert found[second.id]["evidence"]["maintainers"] == [next(iter(second.roles)).login]
    assert found[first.id]["team"] == first.slug


def test_since_moves_only_when_the_result_changes_and_nothing_is_asked(org: Organisation) -> None:
    first = teams(org)[0]
    before = checks(org)
    told = check(org)
    assert (told.status, told.stored, told.requests) == ("ok", 0, 0)
    assert {key: row["since"] for key, row in checks(org).items()} == {key: row["since"] for key, row in before.items()}
    first.roles[next(iter(first.roles))] = "maintainer"
    org.run_job("daily")
    assert (checks(org)[first.id]["result"], checks(org)[first.id]["since"]) == ("pass", org.now())


def test_a_team_whose_members_were_never_listed_is_not_without_them(org: Organisation) -> None:
    second = teams(org)[1]
    with create_db_session(org.db_url) as session:
        session.execute(delete(ListPoll).where(ListPoll.list.contains(f"/teams/{second.slug}/members")))
        session.commit()
    check(org)
    row = checks(org)[second.id]
    assert (row["result"], row["evidence"]) == ("error", {"error": "its members were not listed yet"})


def test_the_rule_can_be_switched_off(org: Organisation) -> None:
    org.environment["CHECKS"] = "policy"
    assert check(org).status == "ok"
    assert checks(org) == {}
