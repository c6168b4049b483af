"""Items that GitHub shows in one place and refuses in another: each ends in one state, and stays there."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

import pytest
from sqlalchemy import select

from chalicelib.models import Event, Issue, SyncRun, create_db_session
from sandbox import Item
from sandbox.api.messages import Answer, Request
from sandbox.server.oddities import Oddity
from tests.organisation import Organisation

pytestmark = pytest.mark.slow

BACKFILL = ("--since", "2026-01-01", "--only", "issues,pull_requests,events")


def refused(item: Item, status: int, *, timeline_only: bool = False) -> Oddity:
    """Refuse an item by itself, and its timeline, as an issue; searches list it."""
    beginning = rf"/(?:repos/[^/]+/{re.escape(item.repository.name)}|repositories/{item.repository.id})/issues/"
    ending = "/timeline" if timeline_only else "(?:/timeline)?"
    refusal = Answer({"message": "Not this one"}, status)

    def odd(request: Request, answer: Answer) -> Answer:
        return refusal if re.fullmatch(f"{beginning}{item.number}{ending}", request.path) else answer

    return odd


def an_item(org: Organisation, *, pull: bool) -> Item:
    items = org.sandbox.world.items.values()
    return next(item for item in items if item.is_pull == pull and item.state == "open")


def run_all(org: Organisation) -> None:
    """Run each job once; each must end well."""
    for job in ("nrt_events", "every_30_min", "daily"):
        org.run_job(job)


def touch(org: Organisation, item: Item) -> None:
    org.advance(3600)
    with org.sandbox.world.lock:
        item.updated_at = org.sandbox.clock.now()
        org.sandbox.world.version += 1


@pytest.mark.parametrize(("status", "pull"), [(410, True), (451, True), (451, False)])
def test_what_is_listed_and_refused_alone_stays(org: Organisation, status: int, pull: bool) -> None:
    """A 410 deleted it, and the next search brought it back; a 451 failed in each run."""
    item = an_item(org, pull=pull)
    org.begin(only="issues,pull_requests,events")
    touch(org, item)
    with org.sandbox.oddities.telling(refused(item, status)):
        run_all(org)
        org.assert_equal_to_truth()
        org.sandbox.stats.reset()
        for job in ("nrt_events", "every_30_min"):  # daily asks once more
            org.run_job(job)
        asked = {route for route in org.requests() if "number" in route}
        org.assert_equal_to_truth()
    assert asked == set()
    with create_db_session(org.db_url) as session:
        notes = " ".join(filter(None, session.scalars(select(SyncRun.note))))
    assert f"#{item.number} can't be read: Not this one" in notes


def test_its_timeline_is_read_when_it_is_shown_again(org: Organisation) -> None:
    item = an_item(org, pull=False)
    with org.sandbox.oddities.telling(refused(item, 451)):
        assert org.backfill(*BACKFILL) == 0
    touch(org, item)
    run_all(org)
    with create_db_session(org.db_url) as session:
        found = session.scalars(select(Event.id).where(Event.issue_id == item.id)).all()
    assert len(found) == len(org.timelines()[item.id])


def become_pull(org: Organisation) -> Callable[[Item], None]:
    def become(item: Item) -> None:
        with org.sandbox.world.lock:
            org.sandbox.world._dress_pull(item, Random(1))
            item.updated_at = org.sandbox.clock.now()
            org.sandbox.world.version += 1

    return become


@pytest.mark.parametrize("job", ["nrt_events", "every_30_min", "daily"])
def test_an_issue_that_becomes_a_pull_request_moves_to_its_table(org: Organisation, job: str) -> None:
    """Its old row stayed, was asked for by each run, and was kept among the rejected each time."""
    item = an_item(org, pull=False)
    org.begin(only="issues,pull_requests,events")
    org.advance(3600)
    become_pull(org)(item)
    org.run_job(job)
    run_all(org)
    org.assert_equal_to_truth()
    with create_db_session(org.db_url) as session:
        assert session.get(Issue, item.id) is None
        assert session.scalars(select(SyncRun.rejected)).all() == [0] * len(session.scalars(select(SyncRun.id)).all())
    assert item.id in org.stored("pull_requests")
