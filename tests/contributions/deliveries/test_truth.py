"""An organisation lives for days, and all that webhooks tell of it comes twice and in any order."""

from __future__ import annotations

from collections.abc import Collection
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select

from chalicelib.models import Member, Membership, PullRequest, Watermark, create_db_session
from sandbox.world.noted import ISSUE_ACTIONS, PULL_ACTIONS, REMARKS
from tests.contributions.deliveries.told import SECRET, post_to, rejected, rows
from tests.contributions.sync.test_timelines import assert_equal_to_timelines
from tests.organisation import MODELS, ORG, Organisation, expected, picked

pytestmark = pytest.mark.slow
# Of everything else that happens to items, webhooks don't tell.
CHANGES = {str(kind) for kind in (*ISSUE_ACTIONS, *PULL_ACTIONS, *REMARKS)} - {"pinned", "unpinned"}
KINDS = (*sorted(CHANGES), "opened_issue", "opened_pull", "deleted", "transferred", "transferred_twice")
PEOPLE = ("transferred_back", "member_joined", "member_left")


def live(org: Organisation, *, steps: int, seed: int, apart: int) -> None:
    """Let things happen, so many seconds apart at least."""
    rng = Random(seed)
    for _ in range(steps):
        org.advance(apart + rng.randrange(0, 1 + 40 * apart))
        org.sandbox.world.happen(rng, (*KINDS, *PEOPLE))


def by_place(items: Any) -> dict[tuple[str, int], dict[str, Any]]:
    """Items by repository and number, which both ids of a pull request have in common."""
    found = {(item["html_url"].split("/")[-3], item["number"]): item for item in items}
    assert len(found) == len(items)
    return found


def without(row: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Leave out what the newest delivery may not tell: a review's pull request comes without its number of comments."""
    return {name: value for name, value in row.items() if name not in names}


def members(org: Organisation) -> set[int]:
    active = rows(org, Membership, Membership.inactive.is_(False))
    inactive = {row["id"] for row in rows(org, Member, Member.inactive.is_(True))}
    assert not inactive & {row["member_id"] for row in active}
    return {row["member_id"] for row in active}


def marks(org: Organisation) -> dict[str, Any]:
    return {row["name"]: row["value"] for row in rows(org, Watermark, Watermark.name != "members")}


def test_the_tables_are_true_by_webhooks_alone_and_stay_so_by_polling(org: Organisation) -> None:
    before = marks(org)
    live(org, steps=90, seed=1, apart=60)
    answers = org.sandbox.deliver(post_to(org), SECRET, doubled=0.3, shuffled=True, seed=1)
    assert set(answers) <= {200, 202}
    assert answers[200] > 75
    assert marks(org) == before
    assert rejected(org) == 0
    for kind in MODELS:
        truth, stored = by_place(org.truth(kind).values()), by_place(org.stored(kind).values())
        assert stored.keys() == truth.keys()
        for place, item in truth.items():
            left_out = ("comments",) if kind == "pull_requests" else ()
            assert without(picked(stored[place]), left_out) == without(expected(item), left_out), place
    poll(org)
    people = org.sandbox.world.organisations[ORG].members.values()
    assert members(org) == {person.id for person, _ in people}


def test_whatever_happens_in_the_same_second_is_true_in_the_end(org: Organisation) -> None:
    live(org, steps=50, seed=3, apart=0)
    org.sandbox.deliver(post_to(org), SECRET, doubled=0.3, shuffled=True, seed=3)
    org.advance(3600)
    poll(org)


def poll(org: Organisation) -> None:
    for job in ("every_30_min", "nrt_events", "daily"):
        org.advance(60)
        org.run_job(job)
    org.assert_equal_to_truth()
    assert_equal_to_timelines(org)
    assert rejected(org) == 0
    with create_db_session(org.db_url) as session:
        assert session.scalar(select(func.count()).where(PullRequest.id < 0)) == 0
