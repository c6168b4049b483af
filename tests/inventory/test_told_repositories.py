"""What webhooks tell of repositories: at once, in any order, and repaired by the next reading of the list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from chalicelib.inventory.models import Release, Repository
from chalicelib.models import MODELS, create_db_session
from sandbox import Repository as RepositoryThere
from tests.deliveries import Payload, tell, told
from tests.inventory.conftest import notes, row_of, rows_of
from tests.organisation import ORG, Organisation

ITEMS = ("Issue", "PullRequest")

pytestmark = pytest.mark.slow


def one_of(org: Organisation) -> RepositoryThere:
    """A repository with items and releases."""
    repositories = org.sandbox.world.organisations[ORG].repositories
    return max(repositories, key=lambda one: len(one.items))


def payload_of(org: Organisation, repository: RepositoryThere, action: str, **repository_fields: Any) -> Payload:
    """A payload of `repository` as it would be now, with other fields."""
    form = org.sandbox.app.payloads.repository(repository)
    return {"action": action, "repository": {**form, **repository_fields}, "organization": {"login": ORG}}


def renamed(org: Organisation, repository: RepositoryThere, before: str, after: str, **fields: Any) -> Payload:
    payload = payload_of(org, repository, "renamed", name=after, full_name=f"{ORG}/{after}", **fields)
    return {**payload, "changes": {"repository": {"name": {"from": before}}}}


def moment(org: Organisation, **after: float) -> str:
    return (org.now() + timedelta(**after)).strftime("%Y-%m-%dT%H:%M:%SZ")


def names_of(org: Organisation, number: int) -> set[str]:
    """What a repository is called in all tables that name it."""
    found = {row_of(org, Repository, number)["name"]}
    for model in (*(MODELS[name] for name in ITEMS), Release):
        found |= {row["repo"] for row in rows_of(org, model, repository_id=number)}
    return found


def shown_items(org: Organisation, number: int) -> int:
    return sum(len(rows_of(org, MODELS[name], repository_id=number, deleted_at=None)) for name in ITEMS)


def assert_true(org: Organisation) -> None:
    """Compare the items with the sandbox's: which there are, and where they are."""
    for model, kind in zip(ITEMS, org.kinds, strict=True):
        rows = rows_of(org, MODELS[model], deleted_at=None)
        here = {key: item["repository"] for key, item in org.truth(kind).items() if item["repository"].startswith(ORG)}
        assert {row["id"]: f"{row['org']}/{row['repo']}" for row in rows} == here


def set_columns(org: Organisation, number: int, **columns: Any) -> None:
    with create_db_session(org.db_url) as session:
        session.execute(update(Repository).where(Repository.id == number).values(columns))
        session.commit()


@pytest.mark.parametrize("action", ["edited", "archived", "unarchived", "publicized", "privatized", "to_come"])
def test_a_change_is_stored_at_once(org: Organisation, action: str) -> None:
    repository = one_of(org)
    fields = {"description": "Another one", "archived": True, "updated_at": moment(org), "license": {"spdx_id": "MIT"}}
    assert tell(org, "repository", payload_of(org, repository, action, **fields)) == 200
    row = row_of(org, Repository, repository.id)
    assert (row["description"], row["archived"], row["license"]) == ("Another one", True, "MIT")


def test_what_a_webhook_does_not_show_stays_as_it_is(org: Organisation) -> None:
    repository = one_of(org)
    before = row_of(org, Repository, repository.id)
    assert (before["secret_scanning"], bool(before["security_and_analysis"])) == ("enabled", True)
    tell(org, "repository", payload_of(org, repository, "edited", description="New", updated_at=moment(org)))
    after = row_of(org, Repository, repository.id)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"description", "updated_at"}
    tell(org, "repository", payload_of(org, repository, "edited", custom_properties={"team": "a"}))
    assert row_of(org, Repository, repository.id)["custom_properties"] == before["custom_properties"]  # older
    late = payload_of(org, repository, "edited", custom_properties={"team": "a"}, updated_at=moment(org, seconds=1))
    tell(org, "repository", late)
    assert row_of(org, Repository, repository.id)["custom_properties"] == {"team": "a"}


def test_a_late_delivery_makes_no_row_older(org: Organisation) -> None:
    repository = one_of(org)
    for description, minutes in (("second", 2), ("first", 1), ("third", 3), ("without", None)):
        updated_at = None if minutes is None else moment(org, minutes=minutes)
        tell(org, "repository", payload_of(org, repository, "edited", description=description, updated_at=updated_at))
    assert row_of(org, Repository, repository.id)["description"] == "third"
    assert len([note for note in notes(org) if note]) == 2


def test_a_rename_is_followed_by_all_tables_at_once(org: Organisation) -> None:
    repository, before = one_of(org), one_of(org).name
    org.sandbox.world.rename_repository(repository, "shelf")
    [payload] = told(org, "repository")
    assert tell(org, "repository", payload) == 200
    assert names_of(org, repository.id) == {"shelf"}
    assert row_of(org, Repository, repository.id)["renamed_from"] == before
    org.run_job("every_30_min")
    assert names_of(org, repository.id) == {"shelf"}
    assert_true(org)


def test_whatever_comes_first_tells_of_the_name(org: Organisation) -> None:
    repository = one_of(org)
    newer = payload_of(org, repository, "edited", name="shelf", updated_at=moment(org))
    tell(org, "repository", newer)
    assert names_of(org, repository.id) == {"shelf"}


@pytest.mark.parametrize("moves", [True, False])
@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 1, 0), (1, 0, 1)])
def test_a_late_delivery_renames_nothing_back(org: Organisation, order: tuple[int, ...], moves: bool) -> None:
    """GitHub may leave updated_at still when it renames."""
    repository, first = one_of(org), one_of(org).name
    org.sandbox.world.rename_repository(repository, "second")
    org.sandbox.world.rename_repository(repository, "third")
    payloads = told(org, "repository")
    for number, payload in enumerate(payloads if moves else ()):
        payload["repository"]["updated_at"] = moment(org, seconds=number)
    for number in order:
        tell(org, "repository", payloads[number])
    expected = "third" if moves or order[:2] == (0, 1) else "second"
    if not moves and order == (1, 0, 1):
        expected = "third"
    assert names_of(org, repository.id) == {expected}
    assert first not in names_of(org, repository.id)
    org.run_job("every_30_min")
    assert names_of(org, repository.id) == {"third"}


def test_a_late_rename_does_not_undo_a_rename_back(org: Organisation) -> None:
    """Of one moment, nothing tells which of two came last: the next reading does."""
    repository, first = one_of(org), one_of(org).name
    set_columns(org, repository.id, renamed_from="old")
    tell(org, "repository", renamed(org, repository, first, "old"))
    assert names_of(org, repository.id) == {first}
    tell(org, "repository", renamed(org, repository, first, "old", updated_at=moment(org)))
    assert names_of(org, repository.id) == {"old"}


def test_a_list_that_was_read_before_renames_nothing_back(org: Organisation) -> None:
    repository, first = one_of(org), one_of(org).name
    tell(org, "repository", renamed(org, repository, first, "shelf", updated_at=moment(org)))
    org.run_job("every_30_min")  # GitHub's list lags: it has the old name, and the old updated_at
    assert names_of(org, repository.id) == {"shelf"}


def test_the_next_reading_repairs_what_was_wrong_though_github_s_list_is_as_it_was(org: Organisation) -> None:
    repository, first = one_of(org), one_of(org).name
    org.sandbox.stats.reset()
    org.run_job("every_30_min")
    same = org.sandbox.app.payloads.repository(repository)["updated_at"]
    tell(org, "repository", renamed(org, repository, first, "wrong", archived=True, updated_at=same))
    assert names_of(org, repository.id) == {"wrong"}
    org.run_job("every_30_min")
    assert names_of(org, repository.id) == {first}
    assert row_of(org, Repository, repository.id)["archived"] is False
    assert_true(org)


def test_a_deletion_ends_what_belongs_to_it_and_nothing_late_brings_it_back(org: Organisation) -> None:
    repository = one_of(org)
    late = payload_of(org, repository, "edited", description="late", updated_at=moment(org, hours=1))
    org.sandbox.world.delete_repository(repository)
    payload = next(one for one in told(org, "repository") if one["action"] == "deleted")
    assert shown_items(org, repository.id) > 0
    for one in (payload, late, payload, {**late, "action": "created"}):
        assert tell(org, "repository", one) == 200
        row = row_of(org, Repository, repository.id)
        assert (row["deleted_at"], row["moved_to"]) == (org.now(), None)
        assert shown_items(org, repository.id) == 0
    org.run_job("every_30_min")
    org.run_job("daily")
    assert row_of(org, Repository, repository.id)["deleted_at"] == org.now()
    assert_true(org)


def test_a_deletion_that_was_none_is_repaired_by_the_next_reading(org: Organisation) -> None:
    """It was restored since, and nobody told."""
    repository = one_of(org)
    items = shown_items(org, repository.id)
    tell(org, "repository", payload_of(org, repository, "deleted"))
    assert shown_items(org, repository.id) == 0
    org.advance(60)
    org.run_job("every_30_min")
    assert row_of(org, Repository, repository.id)["deleted_at"] is None
    assert shown_items(org, repository.id) == items


def test_one_that_moves_away_has_ended_here(org: Organisation) -> None:
    repository, world = one_of(org), org.sandbox.world
    world.move_repository(repository, world.organisations["elsewhere"])
    [payload] = told(org, "repository")
    assert tell(org, "repository", payload) == 200
    row = row_of(org, Repository, repository.id)
    assert (row["org"], row["moved_to"], row["deleted_at"]) == (ORG, f"elsewhere/{repository.name}", org.now())
    assert shown_items(org, repository.id) == 0
    org.run_job("every_30_min")
    assert row_of(org, Repository, repository.id) == row
    assert shown_items(org, repository.id) == 0


def test_one_that_comes_back_is_as_it_was(org: Organisation) -> None:
    repository, world = one_of(org), org.sandbox.world
    items = shown_items(org, repository.id)
    world.move_repository(repository, world.organisations["elsewhere"])
    org.advance(60)
    world.move_repository(repository, world.organisations[ORG])
    away, back = told(org, "repository")
    back["repository"]["updated_at"] = moment(org)
    tell(org, "repository", away)
    tell(org, "repository", back)
    row = row_of(org, Repository, repository.id)
    assert (row["deleted_at"], row["moved_to"], shown_items(org, repository.id)) == (None, None, items)
    tell(org, "repository", away)
    assert row_of(org, Repository, repository.id) == row
    org.run_job("every_30_min")
    assert_true(org)


def test_one_that_is_made_or_comes_is_inserted_and_no_other(org: Organisation) -> None:
    world = org.sandbox.world
    foreign = world.create_repository(world.organisations["elsewhere"], "comes")
    world.move_repository(foreign, world.organisations[ORG])
    made = world.create_repository(world.organisations[ORG], "made")
    unknown = world.create_repository(world.organisations[ORG], "unknown")
    payloads = {one["repository"]["id"]: one for one in told(org, "repository")}
    for number in (foreign.id, made.id):
        tell(org, "repository", payloads[number])
    tell(org, "repository", payload_of(org, unknown, "edited"))
    tell(org, "repository", payload_of(org, unknown, "deleted"))
    stored = {row["name"]: row for row in rows_of(org, Repository)}
    assert {"comes", "made"} < set(stored)
    assert "unknown" not in stored
    assert (stored["made"]["org"], stored["made"]["first_seen_at"]) == (ORG, org.now())
    org.advance(60)
    org.run_job("every_30_min")
    assert {"comes", "made", "unknown"} < {row["name"] for row in rows_of(org, Repository, deleted_at=None)}


def test_between_two_of_our_organisations_it_goes_with_all_it_has(org: Organisation) -> None:
    org.environment["GH_ORGS"] = f"{ORG},elsewhere"
    repository, world = one_of(org), org.sandbox.world
    items = shown_items(org, repository.id)
    world.move_repository(repository, world.organisations["elsewhere"])
    [payload] = told(org, "repository")
    tell(org, "repository", payload)
    row = row_of(org, Repository, repository.id)
    assert (row["org"], row["deleted_at"], shown_items(org, repository.id)) == ("elsewhere", None, items)


def test_what_is_not_in_gh_repos_is_left(org: Organisation) -> None:
    first, *others = org.sandbox.world.organisations[ORG].repositories
    org.environment["GH_REPOS"] = f"{ORG}/{first.name}"
    for one in (first, *others):
        tell(org, "repository", payload_of(org, one, "edited", description="told", updated_at=moment(org)))
    assert [row["id"] for row in rows_of(org, Repository, description="told")] == [first.id]
    org.sandbox.world.move_repository(first, org.sandbox.world.organisations["elsewhere"])
    [payload] = told(org, "repository")
    payload["repository"]["updated_at"] = moment(org)
    tell(org, "repository", payload)
    assert row_of(org, Repository, first.id)["moved_to"] == f"elsewhere/{first.name}"


def test_an_odd_one_is_kept_aside(org: Organisation) -> None:
    repository = one_of(org)
    before = rows_of(org, Repository)
    for odd in ({"id": None}, {"id": -1}, {"name": 7}, {"updated_at": 5}, {"archived": "no"}):
        assert tell(org, "repository", payload_of(org, repository, "edited", **odd)) == 200
    assert rows_of(org, Repository) == before
    assert len(rows_of(org, MODELS["RejectedRecord"], kind="repositories")) == 5
