"""Answers of GraphQL that say something odd: the item is asked for in REST, and nothing is concluded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from chalicelib.contributions.sync import timelines
from chalicelib.contributions.sync.sizes import Size, save_sizes
from chalicelib.errors import ContributorMetricsError
from chalicelib.models import Event, EventPoll, RejectedRecord, create_db_session
from sandbox import Kind
from sandbox.api.messages import Answer, Request
from tests.contributions.rows.test_graphql import PULL
from tests.contributions.sync.test_timelines import assert_equal_to_timelines
from tests.contributions.test_graphql_failures import ALL, notes, removed, timelines_in_rest, touch
from tests.oddities import of_nodes
from tests.organisation import DAY, Organisation, at, organisation
from tests.store.expected import make_context

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("through_graphql")]


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    with organisation(db_url, items=40, days=30) as running:
        running.environment["EVENT_DAYS"] = "365"
        yield running


def of_events(change: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Change each event of a timeline."""

    def changed(item: dict[str, Any]) -> dict[str, Any]:
        shown = item["timelineItems"]
        return {**item, "timelineItems": {**shown, "nodes": [change(event) for event in shown.get("nodes", [])]}}

    return changed


def of_people(change: dict[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Change whoever did something."""

    def changed(event: dict[str, Any]) -> dict[str, Any]:
        return {
            name: {**value, **change} if name in ("actor", "author") and value else value
            for name, value in event.items()
        }

    return of_events(changed)


ODD: dict[str, Callable[[dict[str, Any]], Any]] = {
    "events that are texts": of_events(lambda _: "event"),
    "events without an id": of_events(lambda event: {k: v for k, v in event.items() if k != "id"}),
    "ids that are lists": of_events(lambda event: {**event, "id": [1]}),
    "ids that are null": of_events(lambda event: {**event, "id": None}),
    "labels that are null": of_events(lambda event: {**event, "label": None} if "label" in event else event),
    "dates that are none": of_events(lambda event: {**event, "createdAt": "soon"}),
    "reactions that are text": of_events(lambda event: {**event, "reactionGroups": "none"}),
    "reactions that are numbers": of_events(lambda event: {**event, "reactionGroups": [1]}),
    "people without a picture": of_people({"avatarUrl": None}),
    "people with a broken picture": of_people({"avatarUrl": "http://[x"}),
    "people with half a character": of_people({"login": "\ud800"}),
    "people without a name": of_people({"login": None}),
    "a count that is text": lambda item: {**item, "timelineItems": {**item["timelineItems"], "totalCount": "many"}},
    "a count that is negative": lambda item: {**item, "timelineItems": {**item["timelineItems"], "totalCount": -1}},
    "no timeline": lambda item: {**item, "timelineItems": None},
    "items that are numbers": lambda item: {**item, "id": 7},
    "another item": lambda item: {**item, "id": "I_kwDOAAAAAc4AAAAF"},
}


def test_whatever_a_node_holds_its_timeline_is_read(org: Organisation) -> None:
    """A null in one label ended the step, or took stored labels for removed."""
    rng = Random(11)
    assert org.backfill(*ALL) == 0
    for name, change in ODD.items():
        touch(org, rng, 6)
        with org.sandbox.oddities.telling(of_nodes(change)):
            org.run_job("nrt_events")
        assert_equal_to_timelines(org)
        assert removed(org) == 0, name
    with create_db_session(org.db_url) as session:
        kinds = set(session.scalars(select(RejectedRecord.kind).distinct()))
    assert kinds <= {"pull_requests"}  # a size that can't be understood is kept


def refusing(request: Request, answer: Answer) -> Answer:
    """Answer what the server knows, and forbid all that is asked for then."""
    if request.path != "/graphql" or "query Server" in str(request.json().get("query")):
        return answer
    error = {"type": "FORBIDDEN", "message": "Resource not accessible"}
    return Answer({"data": None, "errors": [error]}, 200, answer.headers)


def test_what_graphql_refuses_or_fails_to_answer_comes_through_rest(org: Organisation) -> None:
    """Four slow items in a row, or a refusal of the data alone, stopped the step for good."""
    with org.sandbox.oddities.telling(refusing):
        assert org.backfill(*ALL) == 0
    assert_equal_to_timelines(org)
    assert any("for GraphQL failed: Resource not accessible" in note for note in notes(org, "events.created"))
    touch(org, Random(2))
    org.sandbox.faults.script("504", path="/graphql", count=10_000)
    with suppress(ContributorMetricsError):  # sizes can't be had
        org.run_job("nrt_events")
    org.sandbox.faults.clear()
    assert_equal_to_timelines(org)


def test_pages_that_bring_nothing_come_to_an_end(org: Organisation) -> None:
    """Pages without events, each with another cursor, were asked for for ever."""
    item = next(one for one in org.sandbox.world.items.values() if one.state == "open")
    for number in range(130):
        org.sandbox.world.change(item, Kind.COMMENTED, text=f"Comment {number}")
    numbers = count()

    def endless(found: dict[str, Any]) -> dict[str, Any]:
        shown = found["timelineItems"]
        if shown["totalCount"] <= 100 or len(shown["nodes"]) == 100:
            return found
        info = {"hasNextPage": True, "endCursor": f"cursor {next(numbers)}"}
        return {**found, "timelineItems": {**shown, "nodes": [], "pageInfo": info}}

    with org.sandbox.oddities.telling(of_nodes(endless)):
        assert org.backfill(*ALL) == 0
    assert next(numbers) <= 2
    assert_equal_to_timelines(org)


def test_verify_reads_the_timelines_that_a_backfill_did_not_reach(org: Organisation, capsys: Any) -> None:
    """It compared those that had been read, and said that all was well."""
    assert org.backfill(*ALL) == 0
    with create_db_session(org.db_url) as session:
        lost = set(session.scalars(select(EventPoll.id).limit(15)))
        session.execute(delete(EventPoll).where(EventPoll.id.in_(lost)))
        session.execute(delete(Event).where(Event.issue_id.in_(lost)))
        session.commit()
    capsys.readouterr()
    assert org.backfill("--verify") == 0
    assert f"events: {len(lost)} said something else than GitHub" in capsys.readouterr().out
    assert_equal_to_timelines(org)


def test_rows_that_are_lost_after_rest_are_differences(org: Organisation, capsys: Any) -> None:
    """They were repaired, and "0 differences found"."""
    assert org.backfill(*ALL, "--via", "rest") == 0
    with create_db_session(org.db_url) as session:
        some = set(session.scalars(select(Event.issue_id).where(Event.event == "closed").limit(3)))
        session.execute(delete(Event).where(Event.issue_id.in_(some)))
        session.commit()
    capsys.readouterr()
    assert org.backfill("--verify") == 0
    assert f"events: {len(some)} said something else than GitHub" in capsys.readouterr().out
    assert_equal_to_timelines(org)


def test_what_rest_alone_tells_survives_graphql(org: Organisation) -> None:
    """`--verify` and `daily` took the cards of boards away, and left REST's page states standing."""
    world = org.sandbox.world
    item = next(one for one in world.items.values() if one.state == "open" and not one.is_pull)
    world.happen_all(item)
    for number in range(190):
        world.change(item, Kind.COMMENTED, text=f"Comment {number}")
    for _ in range(4):
        world.change(item, Kind.COPILOT_WORK_STARTED)
    org.advance(60)
    assert org.backfill(*ALL, "--via", "rest") == 0
    before = cards(org)
    assert before
    with create_db_session(org.db_url) as session:
        session.execute(delete(Event).where(Event.issue_id == item.id, Event.event == "labeled"))
        session.commit()
    assert org.backfill("--verify") == 0
    org.run_job("daily")
    assert cards(org) == before
    world.change(item, Kind.EDITED, text="Another body")
    org.advance(60)
    timelines.MANY = 20
    org.run_job("nrt_events")
    assert removed(org) == 0
    assert_equal_to_timelines(org)


def cards(org: Organisation) -> int:
    with create_db_session(org.db_url) as session:
        return sum("project_card" in (details or {}) for details in session.scalars(select(Event.details)))


def test_kinds_that_graphql_does_not_tell_are_read_through_rest(org: Organisation) -> None:
    """With EVENT_TYPES=copilot_work_started nothing was stored, without a word."""
    org.sandbox.world.invite()
    item = next(one for one in org.sandbox.world.items.values() if one.state == "open")
    org.sandbox.world.change(item, Kind.COPILOT_WORK_STARTED)
    org.environment["EVENT_TYPES"] = "copilot_work_started,commented"
    assert org.backfill(*ALL) == 0
    with create_db_session(org.db_url) as session:
        assert session.scalar(select(func.count()).where(Event.event == "copilot_work_started")) == 1
    assert any("it does not tell copilot_work_started" in note for note in notes(org, "events.created"))


def test_a_few_timelines_are_read_through_rest_once_a_day(org: Organisation) -> None:
    """A first load never saw an event with both ids, so wrong keys would have been stored."""
    assert org.backfill(*ALL) == 0
    assert timelines_in_rest(org) == timelines.SAMPLE
    touch(org, Random(3))
    org.run_job("nrt_events")
    assert timelines_in_rest(org) == timelines.SAMPLE
    org.advance(DAY)
    touch(org, Random(4))
    org.run_job("nrt_events")
    assert timelines_in_rest(org) == 2 * timelines.SAMPLE
    assert_equal_to_timelines(org)


def test_a_pull_request_that_goes_meanwhile_stops_nothing(db_url: str) -> None:
    """A bulk update counted its rows, and failed the step."""
    with create_db_session(db_url) as session:
        context = make_context(session)
        save_sizes(context, [Size(17, at("2026-05-01T08:00:00Z"), PULL)])
        assert context.run.stored == 0
