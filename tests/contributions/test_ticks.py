"""An organisation that lives fast: after every tick and one run of the two jobs, the tables are the sandbox's truth.

What is kept of items then follows from these tables, and is stored.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from chalicelib.models import Event, Transfer, create_db_session
from sandbox.world.happenings import KINDS, UNNOTICED
from tests.facts import assert_facts_are_stored
from tests.organisation import Organisation, at, organisation

pytestmark = pytest.mark.slow

# `make soak` runs 500; these are the first of the same.
TICKS = 500 if "SOAK" in os.environ else 12
# What moves an item's `updated_at`, and deletions, which the counts tell.
NOTICED = tuple(kind for kind in KINDS if kind not in UNNOTICED or kind == "deleted")
# Not `shift`: it changes things behind a page that was read already, which is the next tick's.
FAULTS = ("500", "502", "reset", "truncated", "html", "secondary-429", "incomplete")


def test_ticks_of_mixed_changes_transfers_deletions_and_faults(db_url: str) -> None:
    with organisation(db_url, items=40, days=20, repositories=4) as org:
        org.sandbox.faults.update(rate=0.05, kinds=list(FAULTS), retry_after=0)
        assert org.backfill("--since", "2026-01-01") == 0
        org.environment["EVENT_DAYS"] = "365"
        rng = Random(42)
        for tick in range(TICKS):
            happened = [done for _ in range(rng.randrange(4)) for done in org.sandbox.world.happen(rng, NOTICED)]
            org.advance(rng.randrange(30, 600))
            org.run_job("nrt_events")
            org.run_job("every_30_min")
            assert_equal_to_truth(org, f"tick {tick}: {happened}")
            with create_db_session(org.db_url) as session:
                assert_facts_are_stored(session)


def assert_equal_to_truth(org: Organisation, about: str, *, without: Collection[str] = ()) -> None:
    """Compare items, events (but not those kinds that are left out) and moves."""
    org.assert_equal_to_truth()
    with create_db_session(org.db_url) as session:
        columns = (Event.issue_id, Event.event, Event.created_at, Event.body, Event.state, Event.username)
        shown = select(*columns).where(Event.removed_at.is_(None), Event.event.not_in(without))
        found = {tuple(row) for row in session.execute(shown)}
        moved = {tuple(row) for row in session.execute(select(Transfer.issue_id, Transfer.new_issue_id))}
    truth = org.timelines()
    told = {(key, *_seen(event)) for key, events in truth.items() for event in events}
    assert found == {row for row in told if row[1] not in without}, about
    # A chain within one tick is known by its ends.
    assert moved <= set(_chains((transfer.old.id, transfer.new.id) for transfer in org.sandbox.world.transfers)), about
    assert {old for old, _ in moved}.isdisjoint(truth), about


def _chains(steps: Iterable[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    following = dict(steps)
    for start in following:
        end = start
        while end in following:
            end = following[end]
            yield start, end


def _seen(event: dict[str, Any]) -> tuple[Any, ...]:
    moment = event.get("created_at") or event.get("submitted_at")
    if event["event"] == "committed":
        moment = event["committer"]["date"]
    if "comments" in event:
        moment = event["comments"][0]["created_at"]
    person = event.get("user") or event.get("actor")
    return event["event"], at(str(moment)), event.get("body"), event.get("state"), person["login"] if person else None
