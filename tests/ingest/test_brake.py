"""The brake: a large share of what is stored is not gone because one answer leaves it out."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.orm import Session

from chalicelib.ingest import brake
from chalicelib.inventory.models import Repository, TeamMember
from chalicelib.inventory.sync.streams import REPOSITORIES, TEAM_MEMBERS, TEAMS
from chalicelib.settings import Settings
from tests.ingest.lists import DAY, Lists
from tests.ingest.test_reading import REPOS, repository
from tests.store.expected import make_context


@pytest.mark.parametrize(
    ("percent", "marked", "more", "there", "expected"),
    [
        ("", 0, 10, 20, False),  # so few are always allowed
        ("", 0, 11, 20, True),
        ("", 0, 50, 1000, False),
        ("", 0, 51, 1000, True),
        ("", 30, 21, 970, True),  # what the run has marked already counts too
        ("", 30, 20, 970, False),
        ("100", 0, 1000, 1000, False),
        ("1", 0, 11, 1000, True),
    ],
)
def test_how_many_are_too_many(
    shared: Session, percent: str, marked: int, more: int, there: int, expected: bool
) -> None:
    context = make_context(shared)
    context.settings = Settings({"GONE_PERCENT": percent}.get)
    context.gone["issues"] = marked
    assert brake.is_too_much(context, "issues", more, of=there) is expected


def test_a_list_that_lacks_many_rows_is_believed_a_day_later(github: Lists) -> None:
    """A token that saw fewer repositories marked hundreds of them as gone in one run."""
    everything = [repository(number) for number in range(1, 31)]
    github.lists[REPOS] = everything
    assert github.run(REPOSITORIES).status == "ok"
    github.lists[REPOS] = [*everything[:15], repository(99)]
    for hours in (1, 2):
        github.now += hours * DAY / 24
        run = github.run(REPOSITORIES)
        assert run.status == "failed"
        assert re.match(
            rf"GitHub no longer shows 15 of 3[01] rows of {REPOS}, and only a reading 20 hours", str(run.error)
        )
        assert gone(github) == set()
        assert (99,) in github.rows(Repository, "id")
    github.lists[REPOS] = everything
    assert github.run(REPOSITORIES).status == "ok"
    github.lists[REPOS] = everything[:15]
    github.now += 30 * DAY / 24
    assert github.run(REPOSITORIES).status == "failed"
    github.now += DAY
    assert github.run(REPOSITORIES).status == "ok"
    assert gone(github) == {*range(16, 31), 99}


def gone(github: Lists) -> set[int]:
    return {number for number, deleted_at in github.rows(Repository, "id", "deleted_at") if deleted_at}


def test_a_short_list_that_is_empty_once_ends_no_stay(github: Lists) -> None:
    """Both members of a team had left, and came back the next day, for ever."""
    github.lists["/orgs/acme/teams"] = [{"id": 7, "slug": "web", "name": "Web"}]
    assert github.run(TEAMS).status == "ok"
    path = "/orgs/acme/teams/web/members"
    people = {"maintainer": [], "member": [{"id": 1, "login": "ada"}, {"id": 2, "login": "bob"}]}
    for role, members in people.items():
        github.lists[f"{path}?role={role}"] = members
    assert github.run(TEAM_MEMBERS).status == "ok"
    github.lists[f"{path}?role=member"] = []
    run = github.run(TEAM_MEMBERS)
    assert (run.status, github.rows(TeamMember, "left_at")) == ("ok", [(None,)] * 2)
    assert "is empty: none of its 2 rows is marked as gone, and only a reading 20 hours later" in str(run.note)
    github.now += DAY
    github.run(TEAM_MEMBERS)
    assert None not in [left_at for (left_at,) in github.rows(TeamMember, "left_at")]
