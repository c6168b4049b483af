"""Times from the future, from GitHub or from this machine's clock: they hide nothing and freeze nothing."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from chalicelib.contributions.api import Span
from chalicelib.jobs.health import read_health
from chalicelib.jobs.schedules import run_job
from chalicelib.models import Cursor, EventPoll, Membership, SyncRun, Watermark, create_db_session
from sandbox import Item, Kind
from tests.organisation import DAY, Organisation

pytestmark = pytest.mark.slow

SOON = 12 * 3600
IN_2030 = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp())
LAST_SECOND = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())
MONTH = timedelta(days=30)


def a_closed(org: Organisation, number: int = 0) -> Item:
    return [item for item in org.sandbox.world.items.values() if item.state == "closed" and not item.is_pull][number]


def set_updated(org: Organisation, item: Item, moment: int) -> None:
    """Let GitHub say that an item changed at a moment."""
    with org.sandbox.world.lock:
        item.updated_at = moment
        org.sandbox.world.version += 1


def marks(org: Organisation) -> dict[tuple[str, str], datetime]:
    with create_db_session(org.db_url) as session:
        tables: tuple[Any, ...] = (Watermark, Cursor)
        return {(table.__name__, row.name): row.value for table in tables for row in session.scalars(select(table))}


def notes(org: Organisation) -> str:
    with create_db_session(org.db_url) as session:
        return " ".join(filter(None, session.scalars(select(SyncRun.note))))


@pytest.mark.parametrize("moment", [IN_2030, LAST_SECOND])
def test_an_item_from_the_future_hides_no_later_change(org: Organisation, moment: int) -> None:
    """Its `updated_at` became the watermark: nothing was read until 2030, and every command said that all was well."""
    org.begin(only="issues,pull_requests,events")
    odd, other = a_closed(org), a_closed(org, 1)
    set_updated(org, odd, moment)
    org.run_job("nrt_events")
    org.assert_equal_to_truth()
    assert max(marks(org).values()) <= org.now()
    assert f"/issues/{odd.number} is in the future" in notes(org)
    org.advance(20 * DAY)
    org.sandbox.world.change(other, Kind.LOCKED)
    org.run_job("nrt_events")
    org.assert_equal_to_truth()


def test_an_item_of_tonight_does_not_freeze_its_row(org: Organisation) -> None:
    """Rows of less than a day ahead kept their old title for ever."""
    world, real = org.sandbox.world, org.sandbox.clock
    real.set(now=int(time.time()))
    odd = a_closed(org)
    set_updated(org, odd, real.now() + SOON)
    assert org.backfill("--since", "2026-01-01", "--only", "issues") == 0
    org.advance(60)
    world.change(odd, Kind.RENAMED, text="Another title")
    set_updated(org, odd, real.now())
    org.run_job("every_30_min")
    assert org.stored("issues")[odd.id]["title"] == "Another title"


def test_a_false_time_is_asked_for_again(org: Organisation) -> None:
    """One odd answer said 2030, the truth was older than what the jobs read: the row kept the false time."""
    odd = a_closed(org)
    true = odd.updated_at
    set_updated(org, odd, IN_2030)
    assert org.backfill("--since", "2026-01-01", "--only", "issues") == 0
    set_updated(org, odd, true)
    org.advance(5 * DAY)
    org.run_job("daily")
    assert org.stored("issues")[odd.id]["updated_at"] == datetime.fromtimestamp(true, UTC)


def test_a_row_from_the_future_and_its_timeline_are_not_frozen(org: Organisation) -> None:
    odd = a_closed(org)
    set_updated(org, odd, IN_2030)
    assert org.backfill("--since", "2026-01-01", "--only", "issues,pull_requests,events") == 0
    org.advance(60)
    org.sandbox.world.change(odd, Kind.COMMENTED, text="It is not 2030 yet.")
    set_updated(org, odd, org.sandbox.clock.now())
    org.run_job("nrt_events")
    org.assert_equal_to_truth()
    with create_db_session(org.db_url) as session:
        polled = session.scalars(select(EventPoll.issue_updated_at).where(EventPoll.id == odd.id)).one()
        assert polled <= org.now()
        comments = session.scalars(select(EventPoll.events).where(EventPoll.id == odd.id)).one()
    assert comments == len(org.timelines()[odd.id])


@pytest.mark.parametrize("name", ["updated:issues", "events"])
def test_a_watermark_that_an_older_version_set_to_the_future_is_repaired(org: Organisation, name: str) -> None:
    """Of what happened since, nobody knows how much was read: all changes are read again, and the ledger says so."""
    org.begin("nrt_events", only="issues,pull_requests,events")
    with create_db_session(org.db_url) as session:
        ahead = datetime(2030, 1, 1, tzinfo=UTC)
        session.execute(update(Watermark).where(Watermark.name == name).values(value=ahead))
        if name == "events":
            session.execute(delete(EventPoll).where(EventPoll.id == a_closed(org, 2).id))
        session.commit()
    org.sandbox.world.change(a_closed(org), Kind.LOCKED)
    org.advance(20 * DAY)
    org.run_job("nrt_events")
    org.assert_equal_to_truth()
    assert max(marks(org).values()) <= org.now()
    with create_db_session(org.db_url) as session:
        polls = set(session.scalars(select(EventPoll.id).where(EventPoll.page_no == 1)))
    assert polls == org.timelines().keys()


def test_a_clock_that_is_ahead_for_one_run_writes_no_time_from_the_future(org: Organisation) -> None:
    """The members, the access check and the first span's beginning stood 30 days in the future."""
    for job in ("every_30_min", "nrt_events", "daily"):
        run_job(job, org.settings, budget=org.budget(), now=lambda: org.now() + MONTH)
    latest = org.now() + timedelta(minutes=1)
    assert max(marks(org).values()) <= latest
    with create_db_session(org.db_url) as session:
        assert max(filter(None, session.scalars(select(SyncRun.finished_at)))) <= latest
        assert max(session.scalars(select(SyncRun.started_at))) <= latest
        assert max(session.scalars(select(Membership.inserted_dt))) <= latest
        assert {run.window_start < org.now() for run in session.scalars(select(SyncRun)) if run.window_start} == {True}
        healths = read_health(session, org.settings, now=org.now)
    assert all(health.lag is None or health.lag > timedelta(0) for health in healths)
    org.advance(26 * 3600)
    acme = org.sandbox.world.organisations["acme"]
    leaver = next(person for person, role in acme.members.values() if role != "admin")
    org.sandbox.world.move(acme, leaver, None)
    org.run_job()
    with create_db_session(org.db_url) as session:
        left = session.scalars(select(Membership.inactive).where(Membership.member_id == leaver.id)).one()
    assert left


def test_the_last_second_of_the_calendar_has_no_second_after_it() -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert Span("updated", since=last).without_edge() is None
    assert Span("updated", until=datetime(1, 1, 1, tzinfo=UTC), newest_first=True).without_edge() is None
