"""A job that is killed between any two statements is made good by the next run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, update

from chalicelib.models import Lease, create_db_session
from sandbox import Item, Kind
from tests.contributions.sync.test_timelines import assert_equal_to_timelines
from tests.organisation import Organisation, organisation

pytestmark = pytest.mark.slow

# `make soak` kills at each statement, this at some.
STRIDE = 1 if "SOAK" in os.environ else 29


class Killed(BaseException):
    """The process is gone: what it would still have said to the database is not heard."""


@contextmanager
def killed_at(statement: int) -> Iterator[list[int]]:
    """Let the database hear so many statements and commits, and none after."""
    heard = [0]

    def hear(*_: Any) -> None:
        heard[0] += 1
        if heard[0] > statement:
            raise Killed

    event.listen(Engine, "before_cursor_execute", hear)
    event.listen(Engine, "commit", hear)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
        event.remove(Engine, "commit", hear)


def elsewhere(org: Organisation, item: Item) -> Any:
    return next(place for place in org.sandbox.world.repositories.values() if place is not item.repository)


def free_leases(org: Organisation) -> None:
    """What a killed run holds ends by itself in time; the test doesn't wait for it."""
    with create_db_session(org.db_url) as session:
        session.execute(update(Lease).values(expires_at=org.now()))
        session.commit()


def test_a_run_killed_at_any_statement_is_made_good_by_the_next(db_url: str) -> None:
    with organisation(db_url, items=24, days=20, repositories=3) as org:
        assert org.backfill("--since", "2026-01-01") == 0
        org.environment["EVENT_DAYS"] = "365"
        org.run_job("nrt_events")
        statement, was_killed = 0, True
        while was_killed:
            let_things_happen(org, statement)
            with killed_at(statement) as heard, suppress(Killed):
                org.run_job("nrt_events")
            free_leases(org)
            org.run_job("nrt_events")
            org.assert_equal_to_truth()
            assert_equal_to_timelines(org)
            was_killed = heard[0] > statement
            statement += STRIDE
        assert statement > 40
        with create_db_session(org.db_url) as session:
            assert session.scalars(select(Lease)).all() == []


def let_things_happen(org: Organisation, turn: int) -> None:
    """One of each kind of change in turn, so that every run has events, a review and a move to write."""
    world = org.sandbox.world
    items = [item for item in world.items.values() if item.state == "open"]
    issues = [item for item in items if not item.pull_id]
    pulls = [item for item in items if item.pull_id]
    world.change(issues[turn % len(issues)], Kind.COMMENTED, text="word")
    if pulls:
        world.change(pulls[turn % len(pulls)], Kind.REVIEWED, text="fine", state="approved")
    mover = issues[(turn + 1) % len(issues)]
    world.transfer(mover, elsewhere(org, mover))
    org.advance(60)
