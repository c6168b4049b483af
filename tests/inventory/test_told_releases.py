"""What webhooks tell of releases: at once, in any order, and repaired by the next reading of the list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.inventory.models import Release, Repository
from chalicelib.models import MODELS
from sandbox import Repository as RepositoryThere
from tests.deliveries import Payload, tell, told
from tests.inventory.conftest import notes, row_of, rows_of
from tests.organisation import ORG, Organisation

pytestmark = pytest.mark.slow


def repository_of(org: Organisation) -> RepositoryThere:
    return org.sandbox.world.organisations[ORG].repositories[0]


def release_live(org: Organisation) -> tuple[Any, list[Payload]]:
    """Let a release be drafted, published and edited twice, a minute apart; gives it and what was told."""
    world = org.sandbox.world
    release = world.release(repository_of(org), "v77.0.0", draft=True)
    org.advance(60)
    world.publish(release)
    for name in ("One", "Two"):
        org.advance(60)
        world.edit_release(release, name=name, body="Notes", prerelease=False)
    return release, told(org, "release")


def shown(org: Organisation, number: int) -> tuple[Any, ...]:
    row = row_of(org, Release, number)
    return row["name"], row["draft"], row["published_at"] is not None, row["deleted_at"] is not None


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 2, 0, 1), (2, 0, 3)])
def test_the_newest_counts_whatever_the_order(org: Organisation, order: tuple[int, ...]) -> None:
    release, payloads = release_live(org)
    for number in order:
        assert tell(org, "release", payloads[number]) == 200
    assert shown(org, release.id) == ("Two", False, True, False)
    row = row_of(org, Release, release.id)
    repository = release.repository
    assert (row["repository_id"], row["org"], row["repo"]) == (repository.id, ORG, repository.name)
    org.run_job("daily")
    assert {**row, "assets": None} == {**row_of(org, Release, release.id), "assets": None}


def test_a_draft_is_left_to_polling_until_it_is_stored(org: Organisation) -> None:
    world = org.sandbox.world
    release = world.release(repository_of(org), "v77.0.0", draft=True)
    tell(org, "release", told(org, "release")[0])
    assert rows_of(org, Release, id=release.id) == []
    org.run_job("daily")
    assert shown(org, release.id) == (None, True, False, False)
    org.advance(60)
    world.edit_release(release, name="Soon", body=None, prerelease=False)
    tell(org, "release", told(org, "release")[0])
    assert shown(org, release.id) == ("Soon", True, False, False)


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (2, 4, 3, 1), (0, 4, 3)])
def test_a_deleted_one_stays_so(org: Organisation, order: tuple[int, ...]) -> None:
    release, payloads = release_live(org)
    org.sandbox.world.delete_release(release)
    payloads += told(org, "release")
    for number in order:
        tell(org, "release", payloads[number])
    [row] = rows_of(org, Release, id=release.id)
    assert row["deleted_at"] == org.now()
    org.run_job("daily")
    assert row_of(org, Release, release.id) == row


def test_one_that_polling_could_not_see_is_there_again_when_it_is_published(org: Organisation) -> None:
    """Most credentials don't see drafts, so what is unpublished looks deleted to them."""
    release, payloads = release_live(org)
    tell(org, "release", payloads[2])
    with org.sandbox.oddities.telling(lambda request, answer: without(answer, release.id, request.path)):
        org.run_job("daily")
    assert shown(org, release.id) == ("One", False, True, True)
    tell(org, "release", payloads[2])
    assert shown(org, release.id)[-1]
    tell(org, "release", payloads[3])
    assert shown(org, release.id) == ("Two", False, True, False)


def without(answer: Any, number: int, path: str) -> Any:
    if not path.endswith("/releases"):
        return answer
    return replace(answer, data=[one for one in answer.data if one["id"] != number])


def test_what_tells_no_time_changes_nothing_that_is_stored(org: Organisation) -> None:
    release, payloads = release_live(org)
    for number in (1, 3):
        del payloads[number]["release"]["updated_at"]
        tell(org, "release", payloads[number])
    assert shown(org, release.id) == (None, False, True, False)
    org.run_job("daily")
    assert shown(org, release.id) == ("Two", False, True, False)
    tell(org, "release", {**payloads[1], "action": "deleted"})
    assert shown(org, release.id) == ("Two", False, True, True)


def test_the_next_reading_repairs_what_was_wrong_though_github_s_list_is_as_it_was(org: Organisation) -> None:
    release, payloads = release_live(org)
    org.run_job("daily")
    org.run_job("daily")
    row = row_of(org, Release, release.id)
    for wrong in ({"name": "Wrong", "draft": True}, {"name": "Deleted"}):
        action = "deleted" if wrong["name"] == "Deleted" else "edited"
        tell(org, "release", {**payloads[3], "action": action, "release": {**payloads[3]["release"], **wrong}})
        assert row_of(org, Release, release.id)["name"] == wrong["name"]
        org.run_job("daily")
        assert row_of(org, Release, release.id) == row


def test_it_is_kept_under_its_repository_s_name_of_now(org: Organisation) -> None:
    release, payloads = release_live(org)
    before = release.repository.name
    org.sandbox.world.rename_repository(release.repository, "shelf")
    org.run_job("every_30_min")
    payloads[3]["repository"]["name"] = before
    payloads[3]["release"]["html_url"] = f"https://github.example/{ORG}/{before}/releases/tag/v77.0.0"
    tell(org, "release", payloads[3])
    row = row_of(org, Release, release.id)
    assert row["repo"] == "shelf"
    assert row["html_url"] == f"https://github.example/{ORG}/shelf/releases/tag/v77.0.0"


def test_those_of_repositories_that_are_not_stored_or_gone_are_left(org: Organisation) -> None:
    world = org.sandbox.world
    world.release(world.create_repository(world.organisations[ORG], "fresh"), "v1.0.0")
    [payload] = told(org, "release")
    count = len(rows_of(org, Release))
    assert tell(org, "release", payload) == 200
    gone = repository_of(org)
    late = {**payload, "repository": org.sandbox.app.payloads.repository(gone)}
    tell(org, "repository", {"action": "deleted", "repository": late["repository"]})
    tell(org, "release", late)
    assert (len(rows_of(org, Release)), len(rows_of(org, Repository, id=gone.id))) == (count, 1)
    assert sum("left to polling" in str(note) for note in notes(org)) == 2


def test_an_odd_one_is_kept_aside(org: Organisation) -> None:
    _, payloads = release_live(org)
    before, good = rows_of(org, Release), payloads[1]
    for odd in ({"id": 0}, {"draft": None}, {"tag_name": 7}, {"updated_at": "never"}):
        assert tell(org, "release", {**good, "release": {**good["release"], **odd}}) == 200
    tell(org, "release", {**good, "release": None})
    assert rows_of(org, Release) == before
    assert len(rows_of(org, MODELS["RejectedRecord"], kind="releases")) == 5
    tell(org, "release", {**good, "action": "to_come"})
    assert len(rows_of(org, Release)) == len(before) + 1
