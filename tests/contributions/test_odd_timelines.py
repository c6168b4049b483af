"""Timelines that GitHub shows wrongly for a while: no event is lost for good."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from chalicelib.errors import JobFailedError
from chalicelib.models import Event, RejectedRecord, create_db_session
from sandbox import Kind
from sandbox.api.messages import Answer
from sandbox.server.oddities import Oddity
from tests.contributions.sync.test_timelines import assert_equal_to_timelines
from tests.oddities import of_lists
from tests.organisation import DAY, Organisation, organisation

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("through_rest")]


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    with organisation(db_url, items=30, days=30) as running:
        running.begin(only="issues,pull_requests,events")
        running.environment["EVENT_DAYS"] = "365"
        running.advance(3600)
        yield running


def touch(org: Organisation, number: int) -> None:
    """Let so many items have a new comment."""
    for item in list(org.sandbox.world.items.values())[:number]:
        org.sandbox.world.change(item, Kind.COMMENTED, text="Once more")
    org.advance(60)


def removed(org: Organisation) -> int:
    with create_db_session(org.db_url) as session:
        return len(session.scalars(select(Event.id).where(Event.removed_at.is_not(None))).all())


def refused(status: int) -> Oddity:
    refusal = Answer({"message": "Not this one"}, status)
    return lambda request, answer: refusal if request.path.endswith("/timeline") else answer


def test_empty_timelines_remove_few_events_and_these_come_back(org: Organisation) -> None:
    """All of 425 events were marked as removed in one odd minute, for good, and every command exited 0."""
    touch(org, 30)
    empty = of_lists(".*/timeline", lambda _: [])
    with org.sandbox.oddities.telling(empty), pytest.raises(JobFailedError, match=r"GitHub no longer shows .* events"):
        org.run_job("nrt_events")
    with create_db_session(org.db_url) as session:
        stored = len(session.scalars(select(Event.id)).all())
    assert removed(org) <= max(10, stored // 20)
    org.advance(DAY)
    org.run_job("nrt_events")
    org.run_job("daily")
    assert removed(org) == 0
    assert_equal_to_timelines(org)


@pytest.mark.parametrize("status", [404, 410, 451])
def test_a_timeline_that_was_refused_is_asked_for_again_the_next_day(org: Organisation, status: int) -> None:
    touch(org, 3)
    with org.sandbox.oddities.telling(refused(status)):
        org.run_job("every_30_min")
        org.run_job("nrt_events")
    org.advance(DAY)
    org.run_job("daily")
    org.run_job("nrt_events")
    assert_equal_to_timelines(org)


def test_a_rejected_event_is_stored_the_next_day(org: Organisation) -> None:
    def spoilt(events: list[Any]) -> list[Any]:
        return [{**event, "created_at": "yesterday"} if event["event"] == "commented" else event for event in events]

    touch(org, 3)
    with org.sandbox.oddities.telling(of_lists(".*/timeline", spoilt)):
        org.run_job("nrt_events")
    org.advance(DAY)
    org.run_job("daily")
    org.run_job("nrt_events")
    assert_equal_to_timelines(org)
    with create_db_session(org.db_url) as session:
        assert None not in session.scalars(select(RejectedRecord.stored_at)).all()
