"""Repositories that are renamed, move or vanish: each stays one, and no stranger's row is taken for its own."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from chalicelib.contributions.facts import FACTS
from chalicelib.models import Base, Event, Issue, Transfer
from sandbox import Kind
from tests.contributions.identities.conftest import (
    JOBS,
    STORED,
    asked,
    filled,
    fullest,
    names,
    notes,
    others,
    repository_row,
    take_over,
    values,
)
from tests.contributions.sync.test_timelines import assert_equal_to_timelines
from tests.organisation import ORG, PUBLIC_URL, Organisation

pytestmark = pytest.mark.slow


def test_a_renamed_repository_has_its_new_name_in_every_table(org: Organisation) -> None:
    """Its rows kept the old one until each was read again; closed ones for ever."""
    repository, world = fullest(org), org.sandbox.world
    moved = world.transfer(next(item for item in repository.items.values() if not item.is_pull), others(org)[0])
    back = world.transfer(next(item for item in moved.repository.items.values() if not item.is_pull), repository)
    assert back.repository is repository
    org.advance(60)
    org.run_job("every_30_min")
    before = repository.name
    world.rename_repository(repository, "shelf")
    org.run_job("every_30_min")
    named = [table.name for table in Base.metadata.sorted_tables if "repo" in table.c]
    tables = [name for name in named if names(org, name)]
    facts = {facts.table.name for facts in FACTS.facts}
    assert [name for name in tables if name not in facts] == [
        "events",
        "issues",
        "pull_requests",
        "releases",
        "transfers",
    ]
    for table in tables:
        assert before not in names(org, table)
        assert "shelf" in names(org, table)
    assert before not in names(org, "transfers", "new_repo")
    links = {link for table in ("issues", "pull_requests") for link in names(org, table, "html_url")}
    links |= names(org, "issues", "repository_url") | names(org, "issues", "labels_url") | names(org, "issues", "url")
    assert not any(f"/{before}/" in f"{link}/" for link in links)
    assert f"{PUBLIC_URL}/repos/acme/shelf" in names(org, "issues", "repository_url")
    row = repository_row(org, repository)
    assert (row.name, row.renamed_from, row.moved_to, row.deleted_at) == ("shelf", before, None, None)
    assert notes(org)[-1] == f"acme/{before} is acme/shelf now"
    org.run_job("nrt_events")
    org.run_job("daily")
    org.assert_equal_to_truth()
    assert_equal_to_timelines(org)


def test_a_name_that_another_repository_takes_leads_nobody_astray(org: Organisation) -> None:
    """The new one's timelines were stored under the old one's issues, and a deleted issue had moved to a stranger's."""
    repository, world = fullest(org), org.sandbox.world
    issues = [item for item in repository.items.values() if not item.is_pull]
    deleted, changed = issues[:2]
    take_over(org, repository)
    world.delete(deleted)
    world.change(changed, Kind.COMMENTED, text="a word of its own")
    org.advance(60)
    for job in JOBS:
        org.run_job(job)
    assert values(org, select(Transfer)) == []
    [row] = values(org, select(Issue).where(Issue.id == deleted.id))
    assert (row.deleted_at, row.repo, row.repository_id) == (org.now(), "shelf", repository.id)
    org.assert_equal_to_truth()
    assert_equal_to_timelines(org)


def test_two_repositories_may_change_names_at_once(org: Organisation) -> None:
    world, (one, other) = org.sandbox.world, (fullest(org), others(org)[0])
    names_before = (one.name, other.name)
    world.rename_repository(one, "between")
    world.rename_repository(other, names_before[0])
    world.rename_repository(one, names_before[1])
    for job in JOBS:
        org.run_job(job)
    found = [repository_row(org, each).renamed_from for each in (one, other)]
    assert found == list(names_before)
    for item in values(org, select(Issue)):
        assert item.repo == {one.id: one.name, other.id: other.name}.get(item.repository_id, item.repo)
    assert_equal_to_timelines(org)


@pytest.mark.parametrize("first", ["every_30_min", "daily"])
def test_a_repository_that_moves_away_costs_two_requests_and_not_two_for_each_item(db_url: str, first: str) -> None:
    """Its rows stayed for ever, and the daily job failed each day after asking for each."""
    with filled(db_url, organisations=(ORG, "globex")) as org:
        org.environment["GH_ORGS"] = ORG
        repository, world = fullest(org), org.sandbox.world
        ids = {item.id for item in repository.items.values()}
        world.move_repository(repository, world.organisations["globex"])
        org.sandbox.stats.reset()
        org.run_job(first)
        assert asked(org, "/issues/", "/repositories/<int:repository_id>") == 1
        assert org.requests().get("/orgs/<org>", 0) == 0
        row = repository_row(org, repository)
        assert (row.moved_to, row.deleted_at) == (f"globex/{repository.name}", org.now())
        gone = {
            item.id: item.deleted_at
            for kind in ("Issue", "PullRequest")
            for item in values(org, select(STORED[kind]).where(STORED[kind].repository_id == repository.id))
        }
        assert gone == dict.fromkeys(ids, org.now())
        assert values(org, select(Event.id).where(Event.issue_id.in_(ids), Event.removed_at.is_(None))) == []
        assert notes(org)[-1].startswith(f"acme/{repository.name} moved to globex/{repository.name}: {len(ids)} items")
        org.sandbox.stats.reset()
        for _ in range(2):
            for job in JOBS:
                org.run_job(job)
        assert asked(org, "/issues/", "/repositories/") == 0
        # It comes back, and its items with it, as they were: no timeline is read again.
        world.move_repository(repository, world.organisations[ORG])
        org.sandbox.stats.reset()
        org.run_job("every_30_min")
        assert ids <= org.stored("issues").keys() | org.stored("pull_requests").keys()
        row = repository_row(org, repository)
        assert (row.moved_to, row.deleted_at) == (None, None)
        org.run_job("nrt_events")
        assert asked(org, "timeline") == 0
        assert_equal_to_timelines(acme_only(org))


def acme_only(org: Organisation) -> Organisation:
    """The same organisation, whose timelines are compared where they are stored."""
    whole = org.timelines()
    stored = org.stored("issues").keys() | org.stored("pull_requests").keys()
    found = Organisation(org.sandbox, org.db_url, org.environment)
    found.timelines = lambda: {key: whole[key] for key in whole if key in stored}  # type: ignore[method-assign]
    return found


@pytest.mark.parametrize("orgs", [f"{ORG},globex", f"globex,{ORG}"], ids=["left first", "come first"])
def test_a_move_between_two_organisations_that_are_read_takes_the_rows_along(db_url: str, orgs: str) -> None:
    with filled(db_url, organisations=(ORG, "globex")) as org:
        org.environment["GH_ORGS"] = orgs
        repository, world = fullest(org), org.sandbox.world
        ids = {item.id for item in repository.items.values()}
        first_seen = repository_row(org, repository).first_seen_at
        world.move_repository(repository, world.organisations["globex"])
        for _ in range(2):
            for job in JOBS:
                org.run_job(job)
        org.assert_equal_to_truth()
        assert_equal_to_timelines(org)
        row = repository_row(org, repository)
        assert (row.org, row.moved_to, row.deleted_at, row.first_seen_at) == ("globex", None, None, first_seen)
        for kind in (Issue, Event):
            key = kind.id if kind is Issue else Event.issue_id
            assert set(values(org, select(kind.org).where(key.in_(ids)))) == {"globex"}


def test_what_is_hidden_stays_until_the_organisation_has_no_more_than_is_listed(org: Organisation) -> None:
    """A repository that a token could not see any more had all its items marked as deleted, one request for each."""
    repository = others(org)[0]
    before = {kind: org.stored(kind).keys() for kind in org.kinds}
    org.sandbox.tokens.hide(org.sandbox.token, [repository.full_name])
    for _ in range(2):
        org.sandbox.stats.reset()
        for job in JOBS:
            org.advance(1)
            org.run_job(job)
        assert {kind: org.stored(kind).keys() for kind in org.kinds} == before
        assert asked(org, "/issues/") == 0
    assert org.requests()["/repositories/<int:repository_id>"] == 1  # by the daily job, once a day
    assert notes(org)[-1] == (
        f"1 repository can't be seen any more, such as acme/{repository.name}: deleted, or hidden from this token. "
        "What is stored of it stays as it is"
    )
    org.sandbox.tokens.hide(org.sandbox.token, [])
    org.sandbox.world.delete_repository(repository)
    org.sandbox.stats.reset()
    for _ in range(2):
        org.run_job("daily")
    assert (asked(org, "/issues/"), org.requests()["/orgs/<org>"]) == (0, 1)
    org.assert_equal_to_truth()
    row = repository_row(org, repository)
    assert (row.moved_to, row.deleted_at is None) == (None, False)


def test_a_repository_that_can_be_seen_again_shows_its_items(org: Organisation) -> None:
    repository = fullest(org)
    org.sandbox.tokens.hide(org.sandbox.token, [repository.full_name])
    org.run_job("every_30_min")
    org.sandbox.tokens.hide(org.sandbox.token, [])
    item = next(iter(repository.items.values()))
    org.sandbox.world.change(item, Kind.RENAMED, text="seen again")
    org.advance(60)
    for job in JOBS:
        org.run_job(job)
    org.assert_equal_to_truth()
    assert_equal_to_timelines(org)
