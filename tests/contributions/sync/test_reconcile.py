"""`daily`: what no search by `updated` shows is found, and never at more than a tenth of the rate limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from chalicelib.contributions.sync.allowances import Allowance, next_turn
from chalicelib.github import GitHubAPI, RateLimit
from chalicelib.jobs.schedules import run_job
from chalicelib.models import Issue, PullRequest, SyncRun, Watermark, create_db_session
from sandbox import Item
from tests.organisation import DAY, ORG, Organisation, organisation

pytestmark = pytest.mark.slow
NEW_YEAR = date(2026, 1, 1)

# The searches for what changed within two days, one of each kind.
LATE = 2


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    with organisation(db_url, items=120, days=100) as running:
        running.begin()
        running.advance(60)
        yield running


def an_item(org: Organisation, *, pull: bool, state: str) -> Item:
    items = org.sandbox.world.items.values()
    return next(item for item in items if bool(item.pull_id) is pull and item.state == state)


def test_labels_and_milestones_that_changed_silently_are_seen(org: Organisation) -> None:
    world = org.sandbox.world
    labelled = next(item for item in world.items.values() if item.state == "open" and item.labels)
    name = next(iter(labelled.labels))
    world.rename_label(labelled.repository, str(getattr(name, "name", name)), "a new name")
    org.run_job()
    kind = "pull_requests" if labelled.pull_id else "issues"
    assert "a new name" not in {label["name"] for label in org.stored(kind)[labelled.id]["labels"]}
    org.run_job("daily")
    assert "a new name" in {label["name"] for label in org.stored(kind)[labelled.id]["labels"]}


def test_a_merge_that_was_missed_is_found_however_old(org: Organisation) -> None:
    with create_db_session(org.db_url) as session:
        merged = session.scalars(
            select(PullRequest).where(PullRequest.merged.is_(True)).order_by(PullRequest.created_at)
        ).first()
        assert merged is not None
        change = {"merged": False, "merged_at": None}
        session.execute(update(PullRequest).where(PullRequest.id == merged.id).values(change))
        session.commit()
    org.run_job("daily")
    org.assert_equal_to_truth()


def test_a_state_that_was_missed_is_found(org: Organisation) -> None:
    closed = an_item(org, pull=False, state="closed")
    with create_db_session(org.db_url) as session:
        session.execute(update(Issue).where(Issue.id == closed.id).values(state="open", closed_at=None))
        session.commit()
    org.run_job("daily")
    org.assert_equal_to_truth()


def test_rows_that_github_lists_no_more_are_settled(org: Organisation) -> None:
    deleted = an_item(org, pull=True, state="open")
    org.sandbox.world.delete(deleted)
    moved = an_item(org, pull=False, state="open")
    target = next(place for place in org.sandbox.world.repositories.values() if place is not moved.repository)
    org.sandbox.world.transfer(moved, target)
    org.run_job("daily")
    with create_db_session(org.db_url) as session:
        assert session.get_one(PullRequest, deleted.id).deleted_at == org.now()
        assert session.get(Issue, moved.id) is None
    org.assert_equal_to_truth()


def counts(org: Organisation) -> dict[str, int]:
    """The queries that count timelines' events, after one that asks what the server knows."""
    return {"/graphql": 1 + -(-len(org.sandbox.world.items) // 100)}


def plain_lists(org: Organisation) -> dict[str, int]:
    """The requests for the inventory, which nothing changes: free of charge, by their ETags."""
    teams = 2 * len(org.sandbox.world.teams)
    return {
        "/orgs/<org>/repos": 1,
        "/orgs/<org>/teams": 1,
        "/orgs/<org>/teams/<team_slug>/members": teams,
        "/repos/<owner>/<repo>/releases": len(org.sandbox.world.repositories),
    }


def test_an_idle_day_costs_its_counts_and_one_listing(org: Organisation) -> None:
    org.run_job("daily")
    org.sandbox.stats.reset()
    org.run_job("daily")
    months = 6  # January to June
    lists = sum(-(-sum(item["state"] == "open" for item in org.truth(kind).values()) // 100) for kind in org.kinds)
    assert org.requests() == {"/search/issues": months * (3 + 2) + lists + LATE} | plain_lists(org) | counts(org)
    with create_db_session(org.db_url) as session:
        lists = ("repositories", "releases", "teams", "team_members")
        last = session.scalars(
            select(SyncRun).where(SyncRun.step.in_(lists)).order_by(SyncRun.id.desc()).limit(len(lists))
        ).all()
        assert {run.step for run in last} == {*lists}
        assert all(run.requests == run.not_modified for run in last)


def test_it_stops_when_its_share_is_spent_and_goes_on_the_next_day(
    org: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Allowance, "tenth_of_an_hour", lambda github, shared_by: Allowance(github, lambda: 4))
    with create_db_session(org.db_url) as session:
        session.execute(update(PullRequest).values(merged=False, merged_at=None))
        session.commit()
    truth = sum(item["pull_request"]["merged_at"] is not None for item in org.truth("pull_requests").values())
    merged = [0]
    while merged[-1] < truth:
        org.run_job("daily")
        merged.append(sum(row["merged"] for row in org.stored("pull_requests").values()))
        assert len(merged) < 30
    assert len(merged) > 3
    assert merged == sorted(merged)
    org.assert_equal_to_truth()


def test_its_share_is_a_tenth_of_the_searches_of_an_hour() -> None:
    """30 a minute are 1,800 an hour: 180 requests for all that share it, whatever has been asked before."""
    with GitHubAPI() as github:
        github.requests_sent = 1000
        shares = [Allowance.tenth_of_an_hour(github, shared_by=number) for number in (1, 4)]
        for sent, spent in ((1044, [False, False]), (1045, [False, True]), (1179, [False, True]), (1180, [True, True])):
            github.requests_sent = sent
            assert [share.is_spent for share in shares] == spent
        # GitHub says its limit with the first answer, when the step has long begun.
        github.rate_limits["search"] = RateLimit(60, 12, 48, 0, "search")
        assert [share.is_spent for share in shares] == [False, True]


def test_all_steps_of_all_organisations_together_take_a_tenth(
    org: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the four steps of each organisation took a tenth."""
    shares = list[int]()
    tenth = Allowance.tenth_of_an_hour

    def noting(github: GitHubAPI, *, shared_by: int) -> Allowance:
        shares.append(shared_by)
        return tenth(github, shared_by=shared_by)

    monkeypatch.setattr(Allowance, "tenth_of_an_hour", noting)
    org.run_job("daily")
    org.environment["GH_ORGS"] = f"{ORG},globex,initech"
    run_job("daily", org.settings, orgs=[ORG], budget=org.budget(), now=org.now)
    assert shares == [4] * 4 + [12] * 4


@pytest.mark.parametrize("orgs", [1, 7, 8, 23, 46, 50, 300])
def test_each_step_of_many_organisations_has_a_useful_share_every_few_days(orgs: int) -> None:
    """From 46 organisations on, each step's share was no request at all, every day, and it said ok."""
    steps, shares = 4 * orgs, Counter[int]()
    days = [NEW_YEAR + timedelta(days=number) for number in range(-(-orgs // 7))]
    with GitHubAPI() as github:
        for day in days:
            turns = [turn for place in range(steps) if (turn := next_turn(day, place=place, steps=steps)).day == day]
            spent = 0
            for turn in turns:
                allowance = Allowance.tenth_of_an_hour(github, shared_by=turn.shared_by)
                assert allowance.left >= 6
                spent += allowance.left
            assert spent <= 180
            shares[len(turns)] += 1
        for place in range(steps):
            found = {next_turn(day, place=place, steps=steps).day for day in days}
            assert min(found) >= days[0]
            assert max(found) <= days[-1] + timedelta(days=len(days))
    assert sum(number * count for number, count in shares.items()) >= steps


def test_a_sweep_of_several_pages_among_fifty_organisations_comes_to_its_end(
    org: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From 23 organisations on it never passed its first page; from 46 on it asked nothing, and said ok."""
    monkeypatch.setattr("chalicelib.contributions.api.search.PER_PAGE", 3)
    # The sandbox allows a million searches a minute; GitHub, 30.
    share = lambda github, shared_by: Allowance(github, lambda: 180 // shared_by)  # noqa: E731
    monkeypatch.setattr(Allowance, "tenth_of_an_hour", share)
    org.environment["GH_ORGS"] = ",".join([ORG, *(f"org-{number}" for number in range(49))])
    world = org.sandbox.world
    labelled = (item for item in world.items.values() if item.state == "open" and item.labels)
    newest = max(labelled, key=lambda item: item.created_at)
    kind = "pull_requests" if newest.pull_id else "issues"
    world.rename_label(newest.repository, str(getattr(label := next(iter(newest.labels)), "name", label)), "a new name")
    for _ in range(21):
        run_job("daily", org.settings, orgs=[ORG], budget=org.budget(), now=org.now)
        org.advance(DAY)
        if "a new name" in {label["name"] for label in org.stored(kind)[newest.id]["labels"]}:
            break
    else:
        pytest.fail("the sweep never came so far")
    with create_db_session(org.db_url) as session:
        runs = session.scalars(select(SyncRun).where(SyncRun.step == f"{kind}.sweep").order_by(SyncRun.id)).all()
    assert all(run.status == "ok" and run.requests <= 6 for run in runs)
    for run in runs[:-1]:
        note = "its share of the searches is spent: it goes on from " if run.requests else "nothing was compared: 50 "
        assert (run.note or "").startswith(note)
    assert len([run for run in runs if run.requests]) > 1


def test_of_many_repositories_no_part_waits_for_ever(db_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first six repositories used up the share each day."""
    monkeypatch.setattr(Allowance, "tenth_of_an_hour", lambda github, shared_by: Allowance(github, lambda: 1))
    with organisation(db_url, repositories=8, items=60) as org:
        names = list(org.sandbox.world.repositories)[::-1]
        org.environment["GH_REPOS"] = ",".join(names)
        assert org.backfill("--since", "2026-01-01", "--only", "issues") == 0
        with create_db_session(org.db_url) as session:
            session.execute(update(Issue).values(title="altered"))
            session.commit()
        still_open = {key for key, item in org.truth("issues").items() if item["state"] == "open"}
        assert len({names.index(f"{ORG}/{org.stored('issues')[key]['repo']}") // 6 for key in still_open}) == 2
        for _ in range(2):
            org.run_job("daily")
            org.advance(DAY)
        assert not [key for key in still_open if org.stored("issues")[key]["title"] == "altered"]
        with create_db_session(org.db_url) as session:
            notes = session.scalars(select(SyncRun.note).where(SyncRun.step == "issues.sweep")).all()
        assert notes == ["its share of the searches is spent: 1 of 2 parts waits"] * 2


def test_it_reconciles_from_the_date_that_is_set(org: Organisation) -> None:
    org.environment["RECONCILE_SINCE"] = "2026-06-01"
    org.run_job("daily")
    org.sandbox.stats.reset()
    org.run_job("daily")
    lists = sum(-(-sum(item["state"] == "open" for item in org.truth(kind).values()) // 100) for kind in org.kinds)
    assert org.requests() == {"/search/issues": 1 * (3 + 2) + lists + LATE} | plain_lists(org) | counts(org)


def test_without_a_backfill_there_is_nothing_to_reconcile(db_url: str) -> None:
    with organisation(db_url, items=20) as org:
        org.run_job("daily")
        with create_db_session(db_url) as session:
            assert session.scalar(select(Watermark.org).limit(1)) == ORG
