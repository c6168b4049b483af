"""`nrt_events`: every timeline as GitHub shows it, at the cost of what changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

import app
import backfill
from chalicelib.contributions.sync import timelines
from chalicelib.errors import JobFailedError
from chalicelib.github import Budget
from chalicelib.github.pacer import PER_SECOND
from chalicelib.jobs.schedules import run_job
from chalicelib.models import Event, EventPoll, Issue, SyncRun, create_db_session
from sandbox import Item, Kind
from tests.organisation import DAY, Organisation, at, organisation

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("through_rest")]

Events = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    """A smaller organisation, whose history is stored and whose timelines are not read yet."""
    with organisation(db_url, items=40, days=30) as running:
        running.begin(only="issues,pull_requests")
        yield running


def read_all(org: Organisation) -> None:
    org.environment["EVENT_DAYS"] = "365"
    org.run_job("nrt_events")


def stored(org: Organisation, item: Item) -> list[Event]:
    """The events of an item that GitHub shows, in their order."""
    with create_db_session(org.db_url) as session:
        shown = select(Event).where(Event.issue_id == item.id, Event.removed_at.is_(None))
        return list(session.scalars(shown.order_by(Event.created_at, Event.id)))


def assert_equal_to_timelines(org: Organisation) -> None:
    truth = org.timelines()
    with create_db_session(org.db_url) as session:
        rows = session.scalars(select(Event).where(Event.removed_at.is_(None))).all()
    found: dict[int, list[Any]] = {key: [] for key in truth}
    for row in rows:
        found[row.issue_id].append((row.event, row.created_at, row.body, row.state, row.username))
    for key, events in truth.items():
        assert sorted(found[key], key=str) == sorted(map(_seen, events), key=str)


def _seen(event: dict[str, Any]) -> tuple[Any, ...]:
    """What a row must say of an event, straight from the event."""
    moment = event.get("created_at") or event.get("submitted_at")
    if event["event"] == "committed":
        moment = event["committer"]["date"]
    if event["event"] in {"line-commented", "commit-commented"}:
        moment = event["comments"][0]["created_at"]
    person = event.get("user") or event.get("actor")
    return event["event"], at(str(moment)), event.get("body"), event.get("state"), person["login"] if person else None


def a_pull(org: Organisation) -> Item:
    """An open pull request of somebody else than the first admin, by whom changes are made: authors can't review."""
    items = (item for item in org.sandbox.world.items.values() if item.pull_id and item.state == "open")
    return next(item for item in items if item.author is not org.sandbox.world.first_admin(item.repository.owner))


def an_issue(org: Organisation) -> Item:
    return next(item for item in org.sandbox.world.items.values() if not item.pull_id and item.state == "open")


def timeline_requests(org: Organisation) -> int:
    return sum(count for route, count in org.requests().items() if "timeline" in route)


def test_every_timeline_is_stored_as_github_shows_it(org: Organisation) -> None:
    pull, issue = a_pull(org), an_issue(org)
    world = org.sandbox.world
    for kind in (Kind.LINE_COMMENTED, Kind.COMMIT_COMMENTED, Kind.COMMITTED, Kind.CONVERT_TO_DRAFT):
        world.change(pull, kind, text="a word")
    world.change(pull, Kind.REVIEWED, text="fine", state="approved")
    world.change(issue, Kind.CROSS_REFERENCED, source=pull)
    world.change(issue, Kind.RENAMED, text="better")
    org.advance(60)
    read_all(org)
    assert_equal_to_timelines(org)
    assert {"cross-referenced", "renamed"} <= {event.event for event in stored(org, issue)}
    kinds = {event.event for event in stored(org, pull)}
    assert {"committed", "reviewed", "convert_to_draft"} <= kinds


def test_a_second_run_costs_2_requests_and_a_changed_issue_its_own_pages(org: Organisation) -> None:
    read_all(org)
    org.sandbox.stats.reset()
    org.run_job("nrt_events")
    assert org.requests() == {"/search/issues": 2, "/orgs/<org>/repos": 1}

    org.advance(60)
    org.sandbox.world.change(an_issue(org), Kind.COMMENTED, text="and another thing")
    org.advance(60)
    org.sandbox.stats.reset()
    org.run_job("nrt_events")
    assert timeline_requests(org) == 1
    assert_equal_to_timelines(org)


@pytest.mark.parametrize("bare", [False, True], ids=["304 with Link", "bare 304"])
def test_unchanged_pages_are_304_and_new_events_behind_them_are_found(org: Organisation, bare: bool) -> None:
    issue = an_issue(org)
    world = org.sandbox.world
    while len(org.timelines()[issue.id]) < 250:
        world.change(issue, Kind.COMMENTED, text="word")
    org.advance(60)
    read_all(org)
    for expected_pages in (3, 3):
        if bare:
            org.sandbox.faults.script("bare-304", path="/rep", count=20)
        org.advance(60)
        world.change(issue, Kind.COMMENTED, text="more")
        org.advance(60)
        org.sandbox.stats.reset()
        org.run_job("nrt_events")
        # Two pages of the timeline, and the list of repositories.
        assert org.sandbox.stats.summary()["not_modified"] == 3
        assert timeline_requests(org) == expected_pages
        assert_equal_to_timelines(org)


def test_a_page_that_was_full_gets_a_successor(org: Organisation) -> None:
    issue = an_issue(org)
    world = org.sandbox.world
    while len(org.timelines()[issue.id]) < 100:
        world.change(issue, Kind.COMMENTED, text="word")
    assert len(org.timelines()[issue.id]) == 100
    org.advance(60)
    read_all(org)
    world.change(issue, Kind.COMMENTED, text="the hundred and first")
    org.advance(60)
    org.sandbox.faults.script("bare-304", path="/rep", count=1)
    org.run_job("nrt_events")
    assert_equal_to_timelines(org)


def test_an_edited_comment_and_a_dismissed_review_update_their_rows(org: Organisation) -> None:
    pull, world = a_pull(org), org.sandbox.world
    world.change(pull, Kind.COMMENTED, text="first")
    world.change(pull, Kind.REVIEWED, text="no", state="changes_requested")
    org.advance(60)
    read_all(org)
    comment = next(event for event in stored(org, pull) if event.body == "first")
    review = next(event for event in stored(org, pull) if event.state == "changes_requested")
    world.change(pull, Kind.COMMENT_EDITED, target=pull.find(Kind.COMMENTED, comment.id), text="second")
    world.change(pull, Kind.REVIEW_DISMISSED, target=pull.find(Kind.REVIEWED, review.id), text="old")
    org.advance(60)
    org.run_job("nrt_events")
    again = {(event.id, event.event): event for event in stored(org, pull)}
    assert again[comment.id, "commented"].body == "second"
    assert again[review.id, "reviewed"].state == "dismissed"
    assert_equal_to_timelines(org)


def test_a_deleted_comment_keeps_its_row_with_removed_at(org: Organisation) -> None:
    issue, world = an_issue(org), org.sandbox.world
    while len(org.timelines()[issue.id]) < 150:
        world.change(issue, Kind.COMMENTED, text="word")
    org.advance(60)
    read_all(org)
    gone = next(event for event in stored(org, issue) if event.event == "commented")
    world.change(issue, Kind.COMMENT_DELETED, target=issue.find(Kind.COMMENTED, gone.id))
    org.advance(60)
    org.run_job("nrt_events")
    with create_db_session(org.db_url) as session:
        removed = session.scalars(select(Event).where(Event.removed_at.is_not(None))).all()
    assert [(event.id, event.removed_at) for event in removed] == [(gone.id, org.now())]
    assert_equal_to_timelines(org)


def test_a_comment_and_a_review_with_one_number_are_two_rows(org: Organisation) -> None:
    pull, world = a_pull(org), org.sandbox.world
    world.change(pull, Kind.COMMENTED, text="a comment", id=424242)
    world.change(pull, Kind.REVIEWED, text="a review", state="commented", id=424242)
    org.advance(60)
    read_all(org)
    assert sorted(event.event for event in stored(org, pull) if event.id == 424242) == ["commented", "reviewed"]


def test_only_the_kinds_that_are_asked_for_are_kept(org: Organisation) -> None:
    org.environment["EVENT_TYPES"] = "commented,closed"
    read_all(org)
    with create_db_session(org.db_url) as session:
        assert set(session.scalars(select(Event.event).distinct())) == {"commented", "closed"}


def test_an_outage_longer_than_the_window_loses_no_timeline(org: Organisation) -> None:
    read_all(org)
    org.environment["EVENT_DAYS"] = "1"
    org.advance(10 * DAY)
    org.run_job("nrt_events")
    assert_equal_to_timelines(org)


def test_a_timeline_that_fails_does_not_hold_up_the_others(org: Organisation) -> None:
    broken = an_issue(org)
    name, number = broken.repository.full_name, broken.number
    path = f"/repositories/{broken.repository.id}/issues/{number}/timeline"
    org.sandbox.faults.script("502", path=path, count=1000)
    with pytest.raises(JobFailedError, match="could not read 1 timeline; the first"):
        read_all(org)
    with create_db_session(org.db_url) as session:
        run = session.scalars(select(SyncRun).where(SyncRun.step == "events")).one()
        polled = session.scalar(select(func.count(func.distinct(EventPoll.id))))
    assert run.status == "failed"
    assert str(run.error).startswith(f"could not read 1 timeline; the first: {name}#{number}: GitHub answered 502")
    assert polled == len(org.timelines()) - 1
    org.sandbox.faults.clear()
    org.run_job("nrt_events")
    assert_equal_to_timelines(org)


def test_a_revoked_token_stops_the_reading_at_once(org: Organisation) -> None:
    org.run_job("nrt_events")
    org.sandbox.tokens.revoke(org.sandbox.token)
    org.sandbox.stats.reset()
    with pytest.raises(JobFailedError, match="401"):
        org.run_job("nrt_events")
    assert org.sandbox.stats.summary()["total"] == 1


def test_timelines_are_read_side_by_side_and_evenly_spaced(org: Organisation) -> None:
    """On a clock that stands still, the n-th request waits for n intervals (test_pacer.py has the clock that moves)."""
    org.environment["EVENT_DAYS"] = "365"
    org.sandbox.app.latency = 0.05
    pauses: list[float] = []
    run_job("nrt_events", org.settings, budget=Budget(now=lambda: 0.0, sleep=pauses.append), now=org.now)
    assert [round(pause * PER_SECOND, 6) for pause in sorted(pauses)] == list(range(1, len(org.timelines())))
    assert 1 < org.sandbox.stats.summary()["most_at_once"] <= timelines.THREADS


def test_an_issue_that_is_gone_when_its_timeline_is_read_is_marked(org: Organisation) -> None:
    issue = an_issue(org)
    org.sandbox.world.delete(issue)
    read_all(org)
    with create_db_session(org.db_url) as session:
        assert session.get_one(Issue, issue.id).deleted_at == org.now()


def test_a_misspelt_kind_of_event_ends_it_before_anything_is_read(
    org: Organisation, capsys: pytest.CaptureFixture[str]
) -> None:
    """EVENT_TYPES=comented dropped everything, and moved the watermark."""
    org.environment["EVENT_TYPES"] = "comented,closed"
    org.sandbox.stats.reset()
    for main in (app.main, backfill.main):
        assert main(["nrt_events"] if main is app.main else ["--since", "2026-01-01"], org.settings) == 2
        sentence = "EVENT_TYPES is malformed: 'comented' is not a kind of event that GitHub documents"
        assert capsys.readouterr().err == f"error: {sentence}\n"
    assert org.requests() == {}
