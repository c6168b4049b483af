"""Declared lists: read by ETags, marked as gone only after two whole readings, and nothing concluded from less."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.ingest.streams import ListStream
from chalicelib.inventory.models import Release, Repository, Team, TeamMember
from chalicelib.inventory.sync.streams import RELEASES, REPOSITORIES, TEAM_MEMBERS, TEAMS
from chalicelib.models import ListPoll, RejectedRecord, Watermark, create_db_session
from tests.ingest.lists import DAY, NOW, Lists

REPOS = "/orgs/acme/repos"


def repository(number: int, **changes: Any) -> dict[str, Any]:
    return {"id": number, "name": f"r{number}", "private": False, "updated_at": "2026-06-01T00:00:00Z"} | changes


def release(number: int, **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": number,
        "tag_name": f"v{number}",
        "draft": False,
        "prerelease": False,
        "author": {"login": "ada", "id": 1},
        "created_at": "2026-06-01T00:00:00Z",
        "assets": [],
    }
    return made | changes


def person(number: int) -> dict[str, Any]:
    return {"id": number, "login": f"p{number}"}


def with_repositories(github: Lists, *numbers: int) -> None:
    github.lists[REPOS] = [repository(number) for number in numbers]
    assert github.run(REPOSITORIES).status == "ok"
    for number in numbers:
        github.lists[f"/repos/acme/r{number}/releases"] = [release(number * 100)]


def test_a_list_is_stored_whole_and_costs_a_304_when_nothing_changed(github: Lists) -> None:
    github.lists[REPOS] = [repository(number) for number in range(1, 151)]
    first = github.run(REPOSITORIES)
    assert (first.status, first.fetched, first.stored, first.requests, first.not_modified) == ("ok", 150, 150, 2, 0)
    assert len(github.rows(Repository, "id")) == 150
    second = github.run(REPOSITORIES)
    assert (second.status, second.fetched, second.stored, second.requests, second.not_modified) == ("ok", 0, 0, 2, 2)


def test_a_change_on_a_later_page_is_read_with_the_unchanged_pages_before_it(github: Lists) -> None:
    github.lists[REPOS] = [repository(number) for number in range(1, 151)]
    github.run(REPOSITORIES)
    github.lists[REPOS][149]["private"] = True
    run = github.run(REPOSITORIES)
    assert (run.status, run.stored) == ("ok", 1)
    assert github.rows(Repository, "private")[-1] == (True,)
    assert github.rows(Repository, "deleted_at") == [(None,)] * 150


def test_what_is_gone_is_marked_once_and_comes_back(github: Lists) -> None:
    github.lists[REPOS] = [repository(1), repository(2)]
    github.run(REPOSITORIES)
    lost = github.lists[REPOS].pop()
    github.now = NOW + DAY
    run = github.run(REPOSITORIES)
    assert (run.status, run.requests) == ("ok", 2)  # the list, and a second reading
    assert github.rows(Repository, "id", "deleted_at") == [(1, None), (2, NOW + DAY)]
    github.now = NOW + 2 * DAY
    assert github.run(REPOSITORIES).stored == 0
    github.lists[REPOS].append(lost)
    github.run(REPOSITORIES)
    assert github.rows(Repository, "id", "first_seen_at", "deleted_at") == [(1, NOW, None), (2, NOW, None)]


def test_what_only_one_reading_missed_is_not_marked(github: Lists) -> None:
    """Lists shift while they are read: a record may move to a page that was read already."""
    github.lists[REPOS] = [repository(1), repository(2)]
    github.run(REPOSITORIES)
    hidden = github.lists[REPOS].pop()

    def come_back(_: str) -> None:
        if len(github.server.seen) == 2:
            github.lists[REPOS].append(hidden)

    github.on_request = come_back
    assert github.run(REPOSITORIES).status == "ok"
    assert github.rows(Repository, "id", "deleted_at") == [(1, None), (2, None)]


def test_an_organisation_does_not_lose_everything_at_once(github: Lists) -> None:
    github.lists[REPOS] = [repository(1)]
    github.run(REPOSITORIES)
    github.lists[REPOS] = []
    run = github.run(REPOSITORIES)
    assert (run.status, run.error) == ("failed", "GitHub lists no repositories of acme; none was marked")
    assert github.rows(Repository, "deleted_at") == [(None,)]


def test_a_record_that_cannot_be_mapped_is_kept_and_nothing_is_concluded(github: Lists) -> None:
    """It may be the very one that is missing."""
    github.lists[REPOS] = [repository(1), repository(2)]
    github.run(REPOSITORIES)
    github.lists[REPOS] = [repository(1), {"id": "two", "name": "r2"}]
    run = github.run(REPOSITORIES)
    assert (run.status, run.rejected) == ("ok", 1)
    assert github.rows(Repository, "id", "deleted_at") == [(1, None), (2, None)]
    assert github.rows(RejectedRecord, "kind", "reason", "record") == [
        ("repositories", "id is str, not a whole number", '{"id": "two", "name": "r2"}')
    ]
    # Nor is the page taken for read: once it can be mapped, it is.
    github.lists[REPOS][1] = repository(2, name="renamed")
    github.run(REPOSITORIES)
    assert github.rows(Repository, "name") == [("r1",), ("renamed",)]


def test_a_time_that_no_database_stores_is_kept_as_github_gave_it(github: Lists) -> None:
    too_late = repository(2, created_at="9999-12-31T23:59:59Z", pushed_at="0001-01-01T00:00:00+14:00")
    github.lists[REPOS] = [repository(1), too_late]
    github.run(REPOSITORIES)
    assert [row[0] for row in github.rows(Repository, "id")] == [1]
    [(kind, record)] = github.rows(RejectedRecord, "kind", "record")
    assert kind == "repositories"
    assert '"pushed_at": "0001-01-01T00:00:00+14:00"' in record


def test_repositories_out_of_scope_are_left_out(github: Lists) -> None:
    github.lists[REPOS] = [repository(1), repository(2)]
    github.run(REPOSITORIES, repos=("acme/R2",))
    assert github.rows(Repository, "id") == [(2,)]


def test_a_child_list_has_its_parents_columns(github: Lists) -> None:
    with_repositories(github, 1, 2)
    run = github.run(RELEASES)
    assert (run.status, run.stored, run.requests) == ("ok", 2, 2)
    assert github.rows(Release, "id", "org", "repo", "repository_id", "tag_name", "author", "author_id") == [
        (100, "acme", "r1", 1, "v100", "ada", 1),
        (200, "acme", "r2", 2, "v200", "ada", 1),
    ]
    assert github.run(RELEASES).not_modified == 2


def test_a_ghosts_release_has_no_author(github: Lists) -> None:
    with_repositories(github, 1)
    github.lists["/repos/acme/r1/releases"] = [release(100, author=None)]
    github.run(RELEASES)
    assert github.rows(Release, "id", "author", "author_id") == [(100, None, None)]


def test_releases_of_a_repository_that_is_gone_are_gone(github: Lists) -> None:
    with_repositories(github, 1, 2)
    github.run(RELEASES)
    github.lists[REPOS].pop()
    github.now = NOW + DAY
    github.run(REPOSITORIES)
    github.run(RELEASES)
    assert github.asked == ["/repos/acme/r1/releases"]
    assert github.rows(Release, "id", "deleted_at") == [(100, None), (200, NOW + DAY)]


def test_a_repository_that_is_renamed_keeps_its_releases(github: Lists) -> None:
    with_repositories(github, 1)
    github.run(RELEASES)
    github.lists[REPOS][0]["name"] = "renamed"
    github.lists["/repos/acme/renamed/releases"] = github.lists.pop("/repos/acme/r1/releases")
    github.now = NOW + DAY
    github.run(REPOSITORIES)
    github.run(RELEASES)
    assert github.rows(Release, "id", "repo", "first_seen_at", "deleted_at") == [(100, "renamed", NOW, None)]


def test_a_list_that_is_not_there_is_passed_over_and_named(github: Lists) -> None:
    """Its repository may have gone since the list of repositories was read: that is not said here."""
    with_repositories(github, 1, 2)
    github.run(RELEASES)
    github.refusals["/repos/acme/r2/releases"] = 404
    run = github.run(RELEASES)
    assert run.status == "ok"
    assert str(run.note).startswith("passed over 1 list; the first: GitHub answered 404 to GET /repos/acme/r2/releases")
    assert github.rows(Release, "id", "deleted_at") == [(100, None), (200, None)]


def test_when_no_list_is_there_the_step_fails(github: Lists) -> None:
    with_repositories(github, 1, 2)
    github.refusals |= dict.fromkeys(("/repos/acme/r1/releases", "/repos/acme/r2/releases"), 404)
    run = github.run(RELEASES)
    assert run.status == "failed"
    assert str(run.error).startswith("none of 2 lists could be read; the first: GitHub answered 404")


def test_the_first_refusal_names_the_permission_and_ends_the_step(github: Lists) -> None:
    with_repositories(github, 1, 2)
    github.refusals |= dict.fromkeys(("/repos/acme/r1/releases", "/repos/acme/r2/releases"), 403)
    run = github.run(RELEASES)
    assert run.status == "failed"
    assert "(the credentials need contents=read)" in str(run.error)
    assert len(github.asked) == 1


def test_one_refusal_among_others_does_not_hold_these_up(github: Lists) -> None:
    with_repositories(github, 1, 2, 3)
    github.refusals["/repos/acme/r2/releases"] = 403
    run = github.run(RELEASES)
    assert run.status == "failed"
    assert str(run.error).startswith("could not read 1 list of 3; the first: GitHub answered 403")
    assert github.rows(Release, "id") == [(100,), (300,)]


def test_the_list_that_waited_longest_comes_first(github: Lists) -> None:
    with_repositories(github, 1, 2, 3)
    github.run(RELEASES)
    github.refusals["/repos/acme/r2/releases"] = 403
    github.now = NOW + DAY
    github.run(RELEASES)
    del github.refusals["/repos/acme/r2/releases"]
    github.now = NOW + 2 * DAY
    github.run(RELEASES)
    assert github.asked[0] == "/repos/acme/r2/releases"


def test_who_belonged_when(github: Lists) -> None:
    """A row for each stay: who comes back gets a new one, and the old one keeps its end."""
    github.lists |= {
        "/orgs/acme/teams": [{"id": 7, "slug": "core", "name": "Core"}],
        "/orgs/acme/teams/core/members?role=maintainer": [person(1)],
        "/orgs/acme/teams/core/members?role=member": [person(2)],
    }
    github.run(TEAMS)
    github.run(TEAM_MEMBERS)
    columns = ("team_id", "member_id", "role", "first_seen_at", "left_at")
    assert github.rows(TeamMember, *columns) == [(7, 1, "maintainer", NOW, None), (7, 2, "member", NOW, None)]
    [left] = [github.lists["/orgs/acme/teams/core/members?role=member"].pop()]
    github.now = NOW + DAY
    github.run(TEAM_MEMBERS)
    assert github.rows(TeamMember, *columns)[1] == (7, 2, "member", NOW, NOW + DAY)
    github.lists["/orgs/acme/teams/core/members?role=member"].append(left)
    github.now = NOW + 3 * DAY
    github.run(TEAM_MEMBERS)
    assert github.rows(TeamMember, *columns) == [
        (7, 1, "maintainer", NOW, None),
        (7, 2, "member", NOW, NOW + DAY),
        (7, 2, "member", NOW + 3 * DAY, None),
    ]


def test_a_new_role_is_the_same_stay(github: Lists) -> None:
    github.lists |= {
        "/orgs/acme/teams": [{"id": 7, "slug": "core", "name": "Core"}],
        "/orgs/acme/teams/core/members?role=maintainer": [],
        "/orgs/acme/teams/core/members?role=member": [person(1)],
    }
    github.run(TEAMS)
    github.run(TEAM_MEMBERS)
    github.lists["/orgs/acme/teams/core/members?role=maintainer"] = [person(1)]
    github.lists["/orgs/acme/teams/core/members?role=member"] = []
    github.now = NOW + DAY
    assert github.run(TEAM_MEMBERS).status == "ok"
    assert github.rows(TeamMember, "role", "first_seen_at", "left_at") == [("maintainer", NOW, None)]


def test_two_jobs_that_see_somebody_come_begin_one_stay(github: Lists) -> None:
    """A backfill beside the daily job wrote a second open stay, for good."""
    members = "/orgs/acme/teams/core/members?role=member"
    github.lists |= {
        "/orgs/acme/teams": [{"id": 7, "slug": "core", "name": "Core"}],
        "/orgs/acme/teams/core/members?role=maintainer": [],
        members: [person(1)],
    }
    github.run(TEAMS)
    github.run(TEAM_MEMBERS)
    github.lists[members] = [person(2)]
    requests: list[str] = []

    def let_another_write(name: str) -> None:
        requests.append(name)
        # By then it has looked at what is stored, and reads once more whether person 1 is gone.
        if name == members and requests.count(members) == 3:
            stay = TeamMember(team_id=7, member_id=2, first_seen_at=NOW, org="acme", login="p2", role="member")
            with create_db_session(github.db_url) as session, session.begin():
                session.add(stay)

    github.now = NOW + DAY
    github.on_request = let_another_write
    github.run(TEAM_MEMBERS)
    stays = github.rows(TeamMember, "member_id", "left_at")
    assert [member for member, left_at in stays if left_at is None] == [2]
    assert [member for member, _ in stays] == [1, 2]


@pytest.mark.parametrize("stream", [RELEASES, TEAM_MEMBERS], ids=["releases", "members"])
def test_what_it_is_found_through_must_be_read_first(github: Lists, stream: ListStream) -> None:
    """`--only team_members` read nothing from an empty database, and said that all was well."""
    assert stream.parent is not None
    run = github.run(stream)
    assert run.status != "ok"
    assert run.error == f"{stream.parent.name} were never read, and {stream.name} are found through them"
    assert github.rows(Watermark, "name") == []


def test_a_team_that_is_renamed_keeps_its_members(github: Lists) -> None:
    github.lists |= {
        "/orgs/acme/teams": [{"id": 7, "slug": "core", "name": "Core"}],
        "/orgs/acme/teams/core/members?role=maintainer": [],
        "/orgs/acme/teams/core/members?role=member": [person(1)],
        "/orgs/acme/teams/heart/members?role=maintainer": [],
        "/orgs/acme/teams/heart/members?role=member": [person(1)],
    }
    github.run(TEAMS)
    github.run(TEAM_MEMBERS)
    github.lists["/orgs/acme/teams"][0] |= {"slug": "heart", "name": "Heart"}
    github.now = NOW + DAY
    github.run(TEAMS)
    github.run(TEAM_MEMBERS)
    assert github.rows(Team, "id", "slug", "first_seen_at") == [(7, "heart", NOW)]
    assert github.rows(TeamMember, "member_id", "first_seen_at", "left_at") == [(1, NOW, None)]
    assert {name for (name,) in github.rows(ListPoll, "list") if "core" in name} == set()


# Lists that grow: the newest first


GROWING = replace(RELEASES, newest_first=True)


def test_a_growing_list_is_read_up_to_what_is_known(github: Lists) -> None:
    with_repositories(github, 1)
    path = "/repos/acme/r1/releases"
    github.lists[path] = [release(number) for number in range(350, 0, -1)]
    assert github.run(GROWING).requests == 4
    github.lists[path] = [release(number) for number in range(360, 0, -1)]
    github.now = NOW + DAY
    run = github.run(GROWING)
    assert (run.status, run.stored, run.requests) == ("ok", 10, 2)
    assert len(github.rows(Release, "id")) == 360
    assert github.run(GROWING).requests == 1


def test_of_a_growing_list_nothing_is_gone_until_it_is_read_whole(github: Lists) -> None:
    with_repositories(github, 1)
    path = "/repos/acme/r1/releases"
    github.lists[path] = [release(number) for number in range(150, 0, -1)]
    github.run(GROWING)
    del github.lists[path][142:]
    github.now = NOW + DAY
    github.run(GROWING)
    assert github.rows(Release, "deleted_at") == [(None,)] * 150
    github.now = NOW + 7 * DAY
    github.run(GROWING)
    gone = [number for number, deleted_at in github.rows(Release, "id", "deleted_at") if deleted_at]
    assert gone == list(range(1, 9))


def test_an_interrupted_reading_of_a_growing_list_passes_nothing_over(github: Lists) -> None:
    """Pages are stored together: else the newest page would hide that those behind it were never read."""
    with_repositories(github, 1)
    path = "/repos/acme/r1/releases"
    github.lists[path] = [release(number) for number in range(10, 0, -1)]
    github.run(GROWING)
    github.lists[path] = [release(number) for number in range(250, 0, -1)]

    def fail_at_the_second_page(_: str) -> None:
        if len(github.server.seen) == 2:
            github.refusals[path] = 403

    github.on_request = fail_at_the_second_page
    assert github.run(GROWING).status == "failed"
    github.on_request = lambda _: None
    del github.refusals[path]
    assert github.run(GROWING).status == "ok"
    assert len(github.rows(Release, "id")) == 250


@pytest.mark.parametrize("stream", [REPOSITORIES, TEAMS])
def test_a_list_of_the_organisation_that_is_refused_fails(github: Lists, stream: Any) -> None:
    github.refusals[stream.path_of({"org": "acme"})] = 404
    run = github.run(stream)
    assert (run.status, "GitHub answered 404" in str(run.error)) == ("failed", True)
