"""Deliveries that come at once, and while jobs write: nobody waits for ever, and nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from threading import Barrier, Thread
from typing import Any

import pytest

from chalicelib.contributions.sync.hearing.items import hear_issue
from chalicelib.contributions.sync.items import save_items, save_pulls
from chalicelib.ingest.deliveries import Delivery
from chalicelib.models import Event, PullRequest, create_db_session
from sandbox import Item, Kind
from tests.contributions.deliveries.told import (
    Told,
    a_pull,
    an_issue,
    another_repository,
    deliver,
    due,
    issue,
    moves,
    payload_of,
    pull,
    rejected,
    remarks,
    rows,
)
from tests.organisation import ORG, Organisation, expected, picked
from tests.store.expected import make_context
from tests.store.test_two_at_once import at_once

pytestmark = pytest.mark.slow
# So long a session that has to wait is waited for, before the other one goes on.
SOON = 0.3


def deliver_at_once(org: Organisation, *shares: Sequence[Told]) -> None:
    """Deliver shares of the same length, each in a thread, step by step."""
    start = Barrier(len(shares), timeout=30)

    def post(share: Sequence[Told]) -> None:
        for told in share:
            start.wait()
            deliver(org, [told])

    at_once(*(lambda share=share: post(share) for share in shares))


def test_comments_on_one_issue_come_at_once(org: Organisation) -> None:
    item = an_issue(org)
    for number in range(12):
        org.advance(5)
        org.sandbox.world.change(item, Kind.COMMENTED, text=f"Number {number}")
        comment = [change for change in item.history if change.kind is Kind.COMMENTED][-1]
        org.sandbox.world.change(item, Kind.COMMENT_EDITED, target=comment, text=f"Number {number}, edited")
    told = due(org)
    created, edited = told[::2], told[1::2]
    deliver_at_once(org, created, edited, edited[::-1], created[::-1])
    assert [row["body"] for row in remarks(org, item)[-12:]] == [f"Number {number}, edited" for number in range(12)]
    assert issue(org, item.id)["updated_at"] == org.now()
    assert rejected(org) == 0


def test_a_move_is_told_by_both_deliveries_at_once(org: Organisation) -> None:
    news = []
    for item in [one for one in org.sandbox.world.items.values() if not one.is_pull][:5]:
        org.advance(60)
        news.append((item.id, org.sandbox.world.transfer(item, another_repository(org, item))))
    told = due(org)
    transferred, opened = told[::2], told[1::2]
    deliver_at_once(org, transferred, opened, opened[::-1], transferred[::-1])
    assert moves(org) == sorted((old, new.id) for old, new in news)
    for _, new in news:
        assert picked(issue(org, new.id)) == expected(org.truth("issues")[new.id])
    org.assert_equal_to_truth()


def test_deliveries_come_while_jobs_write(org: Organisation) -> None:
    world, rng = org.sandbox.world, Random(5)
    kinds = (
        "opened_issue",
        "opened_pull",
        "commented",
        "comment_deleted",
        "reviewed",
        "labeled",
        "deleted",
        "transferred",
    )
    for _ in range(60):
        org.advance(1)
        world.happen(rng, kinds)
    told = due(org)
    half = len(told) // 2
    at_once(
        lambda: deliver(org, told[:half]),
        lambda: deliver(org, told[half:][::-1]),
        lambda: org.run_job("every_30_min"),
        lambda: org.run_job("nrt_events"),
    )
    for job in ("every_30_min", "nrt_events", "daily"):
        org.advance(3600)
        org.run_job(job)
    org.assert_equal_to_truth()
    assert rejected(org) == 0
    assert rows(org, Event, Event.issue_id < 0) == []


@pytest.mark.parametrize("is_job_first", [True, False])
def test_a_new_pull_request_is_searched_and_told_at_once(org: Organisation, is_job_first: bool) -> None:
    """Each made a row under its own id; the second one was rejected, for both had the same pull id."""
    world, repository = org.sandbox.world, a_pull(org).repository
    author = world.first_admin(repository.owner)
    item = world.open(repository, world.now, author, "A new one", None, pull=True, rng=Random(1))
    told, shown = due(org), shown_by_search(org, item)

    def search() -> None:
        with create_db_session(org.db_url) as session:
            save_items(make_context(session, org=ORG), "pull_requests", [shown])
            session.commit()

    with create_db_session(org.db_url) as session:
        context = make_context(session, org=ORG)
        if is_job_first:
            save_items(context, "pull_requests", [shown])
            other = Thread(target=lambda: deliver(org, told))
        else:
            save_pulls(context, [shown_as_pull(told)])
            other = Thread(target=search)
        other.start()
        other.join(SOON)
        session.commit()
        other.join(30)
    assert pull(org, item)["id"] == item.id
    assert len(rows(org, PullRequest, PullRequest.title == "A new one")) == 1
    assert rejected(org) == 0


def test_an_unknown_issue_is_changed_and_deleted_at_once(org: Organisation) -> None:
    """The change saw no row yet, and cleared `deleted_at` once it could write: a deletion moves no time."""
    world, repository = org.sandbox.world, an_issue(org).repository
    item = world.open(
        repository, world.now, world.first_admin(repository.owner), "A new one", "", pull=False, rng=Random(1)
    )
    opened = due(org)
    with create_db_session(org.db_url) as session:
        deleted = Delivery("issues", "deleted", {**payload_of(opened[0]), "action": "deleted"}, org.now())
        hear_issue(make_context(session, org=ORG), deleted)
        other = Thread(target=lambda: deliver(org, opened))
        other.start()
        other.join(SOON)
        session.commit()
        other.join(30)
    assert issue(org, item.id)["deleted_at"] is not None


def shown_by_search(org: Organisation, item: Item) -> dict[str, Any]:
    found = org.truth("pull_requests")[item.id]
    return {name: value for name, value in found.items() if name != "pull_id"}


def shown_as_pull(told: Sequence[Told]) -> Any:
    return payload_of(told[0])["pull_request"]
