"""Repositories, organisations and people that are renamed, move or vanish: each stays one, and no stranger's row is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, delete, func, select, text, update

from chalicelib.errors import JobFailedError
from chalicelib.models import MODELS, Base, Event, EventPoll, Issue, SyncRun, Transfer, create_db_session
from chalicelib.store.organisations import rename_organisation
from sandbox import Kind, Repository
from tests.contributions.sync.test_timelines import assert_equal_to_timelines
from tests.organisation import ORG, Organisation, organisation

pytestmark = pytest.mark.slow
JOBS = ("nrt_events", "every_30_min", "daily")
SIZES = {"items": 24, "days": 30, "repositories": 4, "people": 10, "releases": 0.1}
STORED: dict[str, Any] = MODELS


@contextmanager
def filled(db_url: str, **plan: Any) -> Iterator[Organisation]:
    """An organisation whose history, timelines and lists are stored."""
    with organisation(db_url, **{**SIZES, **plan}) as org:
        org.environment["EVENT_DAYS"] = "365"
        for repository in org.sandbox.world.repositories.values():
            repository.private = False  # from which issues may not move to public ones
        org.environment["GH_ORGS"] = ",".join(plan.get("organisations", (ORG,)))
        assert org.backfill("--since", "2026-01-01") == 0
        for job in JOBS:
            org.run_job(job)
        org.advance(60)
        yield org


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    with filled(db_url) as running:
        yield running


def fullest(org: Organisation, owner: str = ORG) -> Repository:
    """The repository with the most issues."""
    repositories = org.sandbox.world.organisations[owner].repositories
    return max(repositories, key=lambda one: sum(not item.is_pull for item in one.items.values()))


def values(org: Organisation, query: Any) -> list[Any]:
    with create_db_session(org.db_url) as session:
        return list(session.scalars(query))


def names(org: Organisation, table: str, column: str = "repo") -> set[str]:
    """The names that stand in a column of a table."""
    return set(values(org, select(Base.metadata.tables[table].c[column]).distinct())) - {None}


def repository_row(org: Organisation, repository: Repository) -> Any:
    with create_db_session(org.db_url) as session:
        return session.get_one(STORED["Repository"], repository.id)


def notes(org: Organisation, step: str = "repositories") -> list[str]:
    return [note for note in values(org, select(SyncRun.note).where(SyncRun.step == step).order_by(SyncRun.id)) if note]


def asked(org: Organisation, *words: str) -> int:
    """How many requests since the last reset went to paths with these words."""
    return sum(count for route, count in org.requests().items() if any(word in route for word in words))


# Repositories


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
    tables = [table.name for table in Base.metadata.sorted_tables if "repo" in table.c]
    assert tables == ["events", "issues", "pull_requests", "releases", "transfers"]
    for table in tables:
        assert before not in names(org, table)
        assert "shelf" in names(org, table)
    assert before not in names(org, "transfers", "new_repo")
    links = {link for table in ("issues", "pull_requests") for link in names(org, table, "html_url")}
    links |= names(org, "issues", "repository_url") | names(org, "issues", "labels_url") | names(org, "issues", "url")
    assert not any(f"/{before}/" in f"{link}/" for link in links)
    assert f"{org.sandbox.url}/repos/acme/shelf" in names(org, "issues", "repository_url")
    row = repository_row(org, repository)
    assert (row.name, row.renamed_from, row.moved_to, row.deleted_at) == ("shelf", before, None, None)
    assert notes(org)[-1] == f"acme/{before} is acme/shelf now"
    org.run_job("nrt_events")
    org.run_job("daily")
    org.assert_equal_to_truth()
    assert_equal_to_timelines(org)


def others(org: Organisation) -> list[Repository]:
    places = [one for one in org.sandbox.world.organisations[ORG].repositories if one is not fullest(org)]
    return sorted(places, key=lambda one: -sum(not item.is_pull for item in one.items.values()))


def take_over(org: Organisation, repository: Repository) -> Repository:
    """Rename a repository, and let a new one with as many issues take its name."""
    world, before = org.sandbox.world, repository.name
    author = world.first_admin(repository.owner)
    world.rename_repository(repository, "shelf")
    stranger = world.create_repository(repository.owner, before)
    for number in range(repository.last_number):
        item = world.open(stranger, world.now, author, f"Another {number}", None, pull=False, rng=Random(number))
        world.change(item, Kind.COMMENTED, text="a stranger's word")
    org.advance(60)
    return stranger


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


# Rows of older versions, whose repositories' ids are not known


def forget(org: Organisation, root: Path) -> None:
    """Make the database one of the version before, and migrate it again."""
    config = Config(root / "alembic.ini")
    config.attributes["db_url"] = org.db_url
    command.downgrade(config, "0004")
    with create_engine_of(org) as connection:
        connection.execute(text("CREATE VIEW my_own AS SELECT id, org, repo FROM issues"))
    command.upgrade(config, "head")


@contextmanager
def create_engine_of(org: Organisation) -> Iterator[Any]:
    engine = create_engine(org.db_url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


@pytest.mark.parametrize("form", ["new", "legacy"])
@pytest.mark.parametrize("was_listed", [True, False], ids=["listed since", "not listed since"])
def test_an_older_database_learns_its_repositories_ids(
    org: Organisation, root: Path, form: str, was_listed: bool
) -> None:
    repository, before = fullest(org), fullest(org).name
    org.sandbox.world.rename_repository(repository, "shelf")
    forget(org, root)
    with create_db_session(org.db_url) as session:
        if was_listed:  # by the version before, which let no other table follow
            repositories = Base.metadata.tables["repositories"]
            session.execute(update(repositories).where(repositories.c.id == repository.id).values(name="shelf"))
        if form == "legacy":
            session.execute(update(Issue).values(node_id="MDU6SXNzdWUx"))
        session.commit()
    org.run_job("every_30_min")
    for table in ("issues", "pull_requests", "events"):
        assert before not in names(org, table)
    assert repository_row(org, repository).renamed_from == before
    known = dict(values_of(org, select(Issue.id, Issue.repository_id)))
    assert known == {item.id: item.repository.id for item in org.sandbox.world.items.values() if not item.is_pull}
    org.sandbox.stats.reset()
    org.run_job("daily")
    assert asked(org, "/issues/", "/repos/<owner>/<repo>/issues") == 0
    org.assert_equal_to_truth()
    with create_engine_of(org) as connection:
        assert "shelf" in set(connection.execute(text("SELECT repo FROM my_own")).scalars())


def values_of(org: Organisation, query: Any) -> list[tuple[Any, ...]]:
    with create_db_session(org.db_url) as session:
        return [tuple(row) for row in session.execute(query)]


def test_an_older_database_knows_its_rows_from_those_of_a_stranger_with_the_name(org: Organisation, root: Path) -> None:
    repository = fullest(org)
    stranger = take_over(org, repository)
    forget(org, root)
    for _ in range(2):
        for job in JOBS:
            org.run_job(job)
    assert values(org, select(Transfer)) == []
    assert {row.repository_id for row in values(org, select(Issue).where(Issue.repo == "shelf"))} == {repository.id}
    assert {row.repository_id for row in values(org, select(Issue).where(Issue.repo == stranger.name))} == {stranger.id}
    org.assert_equal_to_truth()
    assert_equal_to_timelines(org)


def test_an_older_database_lets_go_of_a_repository_that_had_moved(db_url: str, root: Path) -> None:
    with filled(db_url, organisations=(ORG, "globex")) as org:
        org.environment["GH_ORGS"] = ORG
        repository, world = fullest(org), org.sandbox.world
        forget(org, root)
        with create_engine_of(org) as connection:
            connection.execute(text(f"DELETE FROM repositories WHERE id = {repository.id}"))
        world.move_repository(repository, world.organisations["globex"])
        org.sandbox.stats.reset()
        for _ in range(2):
            org.run_job("daily")
        assert asked(org, "/issues/", "/repositories/<int:repository_id>") == 1
        assert repository_row(org, repository).moved_to == f"globex/{repository.name}"
        assert org.stored("issues").keys().isdisjoint(repository.items)


def test_where_only_a_name_is_known_no_stranger_s_timeline_is_stored(org: Organisation) -> None:
    repository = fullest(org)
    rows = [item.id for item in repository.items.values() if not item.is_pull]
    with create_db_session(org.db_url) as session:
        session.execute(update(Issue).where(Issue.id.in_(rows)).values(repository_id=None, node_id="MDU6SXNzdWUx"))
        session.execute(update(EventPoll).values(issue_updated_at=org.now().replace(year=2000)))
        session.commit()
    before = values_of(org, select(Event.id, Event.issue_id).where(Event.issue_id.in_(rows)).order_by(Event.id))
    take_over(org, repository)
    with pytest.raises(JobFailedError, match="GitHub shows another item there"):
        org.run_job("nrt_events")
    after = values_of(org, select(Event.id, Event.issue_id).where(Event.issue_id.in_(rows)).order_by(Event.id))
    assert after == before
    assert "a stranger's word" not in values(org, select(Event.body).where(Event.issue_id.in_(rows)))
    org.run_job("daily")  # asks, and learns whose they are
    org.run_job("nrt_events")
    assert values(org, select(Transfer)) == []
    org.assert_equal_to_truth()
    assert_equal_to_timelines(org)


# Organisations and people


@pytest.mark.parametrize("way", ["the setting has the new name", "GitHub leads on"])
def test_a_renamed_organisation_is_still_the_same(org: Organisation, way: str) -> None:
    """It was two: marks began anew, and everybody was a member of both for ever."""
    world = org.sandbox.world
    marks = values_of(org, select(STORED["Watermark"].name, STORED["Watermark"].value))
    world.rename_organisation(world.organisations[ORG], "acme-corp")
    org.advance(2 * 86_400)
    leads_on = way == "GitHub leads on"
    if not leads_on:
        org.environment["GH_ORGS"] = "acme-corp"

    def answer(request: Any, given: Any) -> Any:
        url = f"{org.sandbox.url}/orgs/acme-corp"
        return type(given)({}, 301, {"Location": url}) if request.path == f"/orgs/{ORG}" else given

    with org.sandbox.oddities.telling(answer if leads_on else lambda request, given: given):
        for job in JOBS:
            org.run_job(job)
    for table in Base.metadata.sorted_tables:
        if "org" in table.c and table.name != "rejected_records":
            assert names(org, table.name, "org") <= {"acme-corp"}, table.name
    organisation_row = values(org, select(STORED["Organisation"]))[0]
    assert (organisation_row.login, organisation_row.renamed_from) == ("acme-corp", ORG)
    assert notes(org, "access")[-1] == "acme is acme-corp now"
    members = values(org, select(STORED["Membership"].member_id).where(STORED["Membership"].inactive.is_(False)))
    assert sorted(members) == sorted(person.id for person in world.organisations["acme-corp"].people)
    after = dict(values_of(org, select(STORED["Watermark"].name, STORED["Watermark"].value)))
    assert all(after[name] >= value for name, value in marks)
    assert values(org, select(STORED["Lease"])) == []
    org.assert_equal_to_truth()


def test_an_organisation_that_takes_a_name_over_does_not_get_the_rows(db_url: str) -> None:
    with filled(db_url, organisations=(ORG, "globex")) as org:
        world = org.sandbox.world
        acme, globex = world.organisations.values()
        world.rename_organisation(acme, "acme-corp")
        world.rename_organisation(globex, ORG)
        org.advance(2 * 86_400)
        org.environment["GH_ORGS"] = ORG
        with create_db_session(org.db_url) as session:  # as if globex had never been read
            session.execute(delete(STORED["Organisation"]).where(STORED["Organisation"].id == globex.id))
            session.commit()
        with pytest.raises(JobFailedError, match="acme is another organisation now than the one whose rows are stored"):
            org.run_job()
        org.environment["GH_ORGS"] = f"acme-corp,{ORG}"
        for _ in range(2):
            for job in JOBS:
                org.run_job(job)
        found = values_of(org, select(STORED["Organisation"].id, STORED["Organisation"].login))
        assert sorted(found) == sorted([(acme.id, "acme-corp"), (globex.id, ORG)])
        org.assert_equal_to_truth()


def test_of_two_rows_of_one_thing_the_one_under_the_new_name_stays(org: Organisation) -> None:
    """A version that did not know it had read the organisation under both names."""
    world, (mark, membership) = org.sandbox.world, (STORED["Watermark"], STORED["Membership"])
    earlier, later = org.now() - timedelta(days=2), org.now() - timedelta(days=1)
    with create_db_session(org.db_url) as session:
        person = session.scalars(select(membership.member_id).limit(1)).one()
        session.execute(update(mark).where(mark.name == "updated:issues").values(value=earlier))
        session.add(mark(name="updated:issues", org="acme-corp", scope="*", value=later))
        times = {"inserted_dt": org.now(), "inactive": False}
        session.add(membership(org="acme-corp", member_id=person, role="newer", **times))
        session.flush()
        assert rename_organisation(session, ORG, "acme-corp") == 2
        session.commit()
    assert values(org, select(mark.value).where(mark.name == "updated:issues")) == [earlier]
    assert values(org, select(membership.role).where(membership.member_id == person)) == ["newer"]
    assert values(org, select(membership.org).distinct()) == ["acme-corp"]
    world.rename_organisation(world.organisations[ORG], "acme-corp")
    org.environment["GH_ORGS"] = "acme-corp"
    org.run_job()
    org.assert_equal_to_truth()


def test_a_renamed_person_is_still_the_same(org: Organisation) -> None:
    """Old rows had the old login, so they were nobody's; somebody else who takes it over must not get them."""
    world = org.sandbox.world
    people = world.organisations[ORG].members
    item = next(one for one in world.items.values() if one.author and one.author.login in people and not one.is_pull)
    person = item.author
    assert person is not None
    heir = next(one for one, _ in people.values() if one is not person and theirs(org, one.login))
    before, heirs = person.login, theirs(org, heir.login)
    mine = theirs(org, before)
    world.rename_person(person, "somebody-else")
    world.rename_person(heir, before)
    org.advance(25 * 3_600)
    org.run_job("every_30_min")
    assert theirs(org, "somebody-else") >= mine
    assert theirs(org, before) >= heirs
    assert theirs(org, before).isdisjoint(mine)
    logins = dict(values_of(org, select(STORED["Member"].id, STORED["Member"].login)))
    assert (logins[person.id], logins[heir.id]) == ("somebody-else", before)
    stays = dict(values_of(org, select(STORED["TeamMember"].member_id, STORED["TeamMember"].login)))
    assert (stays[person.id], stays[heir.id]) == ("somebody-else", before)
    org.run_job("nrt_events")
    assert_equal_to_timelines(org)


def theirs(org: Organisation, login: str) -> set[tuple[str, int]]:
    """The rows that name a person."""
    return {
        (model.__tablename__, key)
        for model in (STORED["Issue"], STORED["PullRequest"], Event)
        for key in values(org, select(model.id).where(func.lower(model.username) == login.lower()))
    }
