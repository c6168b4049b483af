"""Issues that move, vanish or are deleted: nothing is lost, and nothing stays that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select

from chalicelib.contributions.sync.items import save_items
from chalicelib.github import GitHubAPI
from chalicelib.ingest.context import Context
from chalicelib.ingest.scopes import Scope
from chalicelib.models import Event, EventPoll, Issue, SyncRun, Transfer, TransferCheck, create_db_session
from sandbox import Item, Kind, Repository
from tests.contributions.sync.test_timelines import assert_equal_to_timelines
from tests.organisation import ORG, Organisation, at, organisation

pytestmark = pytest.mark.slow
ITEM = "/repositories/<int:repository_id>/issues/<int:number>"


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    with organisation(db_url, items=30, days=30) as running:
        running.environment["EVENT_DAYS"] = "365"
        running.begin("nrt_events")
        running.advance(60)
        yield running


def an_issue(org: Organisation) -> Item:
    return next(item for item in org.sandbox.world.items.values() if not item.pull_id and item.state == "open")


def another_repository(org: Organisation, item: Item) -> Repository:
    return next(place for place in org.sandbox.world.repositories.values() if place is not item.repository)


def move(org: Organisation, item: Item, target: Repository | None = None) -> Item:
    moved = org.sandbox.world.transfer(item, target or another_repository(org, item))
    org.advance(60)
    return moved


def transfers(org: Organisation) -> list[dict[str, Any]]:
    with create_db_session(org.db_url) as session:
        found = session.scalars(select(Transfer).order_by(Transfer.issue_id, Transfer.new_issue_id))
        return [{column.name: getattr(row, column.name) for column in Transfer.__table__.columns} for row in found]


def rows_about(org: Organisation, issue_id: int) -> int:
    with create_db_session(org.db_url) as session:
        counts = (
            select(func.count()).where(Issue.id == issue_id),
            select(func.count()).where(Event.issue_id == issue_id),
            select(func.count()).where(EventPoll.id == issue_id),
        )
        return sum(session.scalar(count) or 0 for count in counts)


@pytest.mark.parametrize("job", ["every_30_min", "nrt_events"])
def test_a_move_keeps_the_issue_as_it_was_and_both_identities(org: Organisation, job: str) -> None:
    old = an_issue(org)
    org.sandbox.world.change(old, Kind.LABELED, label=next(iter(old.repository.labels.values())))
    org.advance(60)
    org.run_job("nrt_events")
    before = org.truth("issues")[old.id]
    new = move(org, old)
    org.run_job(job)
    [transfer] = transfers(org)
    expected = {name: before[name] for name in ("url", "number", "title", "body", "state", "assignee", "assignees")}
    assert {name: transfer[name] for name in expected} == expected
    assert [label["name"] for label in transfer["labels"]] == [label["name"] for label in before["labels"]]
    assert transfer["username"] == before["user"]["login"]
    assert transfer["user"]["id"] == before["user"]["id"]
    assert transfer["created_at"] == at(before["created_at"])
    assert (transfer["org"], transfer["repo"]) == (ORG, old.repository.name)
    after = org.truth("issues")[new.id]
    assert (transfer["issue_id"], transfer["new_issue_id"]) == (old.id, new.id)
    assert (transfer["new_repo"], transfer["new_number"]) == (new.repository.name, new.number)
    assert (transfer["new_url"], transfer["new_html_url"]) == (after["url"], after["html_url"])
    assert transfer["detected_at"] == org.now()
    assert rows_about(org, old.id) == 0
    org.assert_equal_to_truth()


def test_a_chain_that_is_seen_step_by_step_is_kept_step_by_step(org: Organisation) -> None:
    first = an_issue(org)
    second = move(org, first)
    org.run_job("nrt_events")
    third = move(org, second)
    org.run_job("nrt_events")
    kept = [(row["issue_id"], row["new_issue_id"]) for row in transfers(org)]
    assert kept == [(first.id, second.id), (second.id, third.id)]
    org.assert_equal_to_truth()


def test_a_chain_that_is_seen_at_once_leads_to_its_end(org: Organisation) -> None:
    first = an_issue(org)
    third = move(org, move(org, first))
    org.run_job("nrt_events")
    assert [(row["issue_id"], row["new_issue_id"]) for row in transfers(org)] == [(first.id, third.id)]
    org.assert_equal_to_truth()


def test_a_move_back_is_a_move_too(org: Organisation) -> None:
    first = an_issue(org)
    home = first.repository
    second = move(org, first)
    org.run_job("nrt_events")
    third = move(org, second, home)
    org.run_job("nrt_events")
    assert [row["new_repo"] for row in transfers(org)] == [second.repository.name, home.name]
    assert rows_about(org, first.id) == rows_about(org, second.id) == 0
    assert third.id in org.stored("issues")
    org.assert_equal_to_truth()


def test_a_move_is_known_once_the_token_sees_where_it_led(org: Organisation) -> None:
    """The old row was gone by then, and gone rows were never asked for again: both rows stood there, unconnected."""
    old = an_issue(org)
    target = another_repository(org, old)
    org.sandbox.tokens.hide(org.sandbox.token, [target.full_name])
    new = move(org, old, target)
    org.run_job("every_30_min")
    org.sandbox.tokens.hide(org.sandbox.token, [])
    org.run_job("every_30_min")
    [transfer] = transfers(org)
    assert (transfer["issue_id"], transfer["new_issue_id"], transfer["repo"]) == (old.id, new.id, old.repository.name)
    assert rows_about(org, old.id) == 0
    org.assert_equal_to_truth()


def test_a_backfill_asks_again_for_what_was_lost_on_the_way(org: Organisation) -> None:
    """The middle of a chain was hidden, and its end was not: nothing new comes that would be a reason to ask."""
    old = an_issue(org)
    middle, end = [place for place in org.sandbox.world.repositories.values() if place is not old.repository][:2]
    org.sandbox.tokens.hide(org.sandbox.token, [middle.full_name])
    last = move(org, move(org, old, middle), end)
    for _ in range(2):
        org.run_job("every_30_min")
        assert transfers(org) == []
    org.sandbox.tokens.hide(org.sandbox.token, [])
    org.run_job("every_30_min")
    org.sandbox.stats.reset()
    org.run_job("nrt_events")
    assert ITEM not in org.requests()  # asked once, and not each time
    assert org.backfill("--since", "2026-01-01", "--only", "transfers") == 0
    assert [(row["issue_id"], row["new_issue_id"]) for row in transfers(org)] == [(old.id, last.id)]
    assert rows_about(org, old.id) == 0


def test_a_move_out_of_the_repositories_that_are_read_is_kept_too(org: Organisation) -> None:
    """It only got a deleted_at, though GitHub had told where it is."""
    old = an_issue(org)
    org.environment["GH_REPOS"] = old.repository.full_name
    new = move(org, old)
    org.run_job("every_30_min")
    [transfer] = transfers(org)
    assert (transfer["new_issue_id"], transfer["new_repo"], transfer["new_number"]) == (
        new.id,
        new.repository.name,
        new.number,
    )
    with create_db_session(org.db_url) as session:
        assert session.get_one(Issue, old.id).deleted_at == org.now()
        assert session.get(Issue, new.id) is None
    # Later the other repositories are read as well.
    org.environment["GH_REPOS"] = ""
    assert org.backfill("--since", "2026-01-01") == 0
    [again] = transfers(org)
    assert {**again, "detected_at": None} == {**transfer, "detected_at": None}
    assert rows_about(org, old.id) == 0
    org.assert_equal_to_truth()


def test_a_move_to_where_the_token_cannot_see_keeps_the_row_as_gone(org: Organisation) -> None:
    old = an_issue(org)
    target = another_repository(org, old)
    move(org, old, target)
    org.sandbox.tokens.hide(org.sandbox.token, [target.full_name])
    org.run_job("every_30_min")
    with create_db_session(org.db_url) as session:
        assert session.get_one(Issue, old.id).deleted_at == org.now()
    assert transfers(org) == []


def test_a_deleted_issue_is_found_by_the_count_and_marked(org: Organisation) -> None:
    gone = an_issue(org)
    org.sandbox.world.delete(gone)
    org.run_job("every_30_min")
    with create_db_session(org.db_url) as session:
        assert session.get_one(Issue, gone.id).deleted_at == org.now()
    org.assert_equal_to_truth()
    org.sandbox.stats.reset()
    org.run_job("every_30_min")
    assert org.requests() == {"/search/issues": 9, "/orgs/<org>/repos": 1}


def test_twins_that_did_not_move_are_asked_for_once(org: Organisation) -> None:
    world = org.sandbox.world
    author = an_issue(org).author
    places = list(world.repositories.values())[:2]
    for place in places:
        world.open(place, world.now, author, "Rotate the keys", None, pull=False, rng=Random(1))
    org.advance(60)
    org.run_job("nrt_events")
    with create_db_session(org.db_url) as session:
        assert session.scalar(select(func.count()).select_from(TransferCheck)) == 1
    org.sandbox.stats.reset()
    org.run_job("nrt_events")
    assert org.requests() == {"/search/issues": 2, "/orgs/<org>/repos": 1}
    assert transfers(org) == []
    org.assert_equal_to_truth()


def test_a_late_page_does_not_bring_a_moved_issue_back(org: Organisation) -> None:
    old = an_issue(org)
    late = org.truth("issues")[old.id]
    late["updated_at"] = (org.now() + timedelta(days=1)).isoformat()
    move(org, old)
    org.run_job("nrt_events")
    with create_db_session(org.db_url) as session:
        run = SyncRun(rejected=0, stored=0)
        assert (
            save_items(
                Context(
                    session=session, github=GitHubAPI(), scope=Scope(ORG), settings=org.settings, now=org.now, run=run
                ),
                "issues",
                [late],
            )
            == 0
        )
        session.commit()
    assert rows_about(org, old.id) == 0


def test_what_was_hidden_for_a_while_comes_back_with_its_history(org: Organisation) -> None:
    """Its events stayed removed: nothing had happened since, so its timeline was not read again."""
    place = an_issue(org).repository
    org.sandbox.tokens.hide(org.sandbox.token, [place.full_name])
    org.run_job("daily")
    org.sandbox.tokens.hide(org.sandbox.token, [])
    org.environment["EVENT_DAYS"] = "1"
    org.run_job("daily")
    org.run_job("nrt_events")
    org.assert_equal_to_truth()
    assert_equal_to_timelines(org)
