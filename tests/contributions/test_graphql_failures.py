"""Whatever goes wrong with GraphQL, no event is lost, and none is taken for gone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from chalicelib.contributions.sync import timelines
from chalicelib.errors import ContributorMetricsError
from chalicelib.models import Event, EventPoll, PullRequest, RejectedRecord, SyncRun, create_db_session
from sandbox import Kind
from tests.contributions.sync.test_timelines import assert_equal_to_timelines
from tests.contributions.test_killed import Killed, free_leases, killed_at
from tests.oddities import emptied, left_out, of_nodes
from tests.organisation import DAY, Organisation, at, organisation

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("through_graphql")]

FAULTS = (
    *("502", "503", "504", "500", "reset", "truncated", "truncated-gzip", "html"),
    *("graphql-nodes", "graphql-timeout", "graphql-rate-limit", "graphql-resources", "graphql-partial"),
    *("graphql-nulls", "graphql-duplicate", "graphql-disorder", "graphql-stale"),
)
# `make soak` kills at each of these statements, this at some.
STRIDE = 3 if "SOAK" in os.environ else 37
ALL = ("--since", "2026-01-01")


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    with organisation(db_url, items=40, days=30) as running:
        running.environment["EVENT_DAYS"] = "365"
        yield running


def touch(org: Organisation, rng: Random, number: int = 12) -> None:
    """Let so many items have a new comment, and a comment be deleted."""
    items = list(org.sandbox.world.items.values())
    for item in rng.sample(items, number):
        org.sandbox.world.change(item, Kind.COMMENTED, text="Once more")
    org.advance(60)


def timelines_in_rest(org: Organisation) -> int:
    return sum(count for route, count in org.requests().items() if route.endswith("/timeline"))


def notes(org: Organisation, step: str) -> list[str]:
    with create_db_session(org.db_url) as session:
        found = session.scalars(select(SyncRun).where(SyncRun.step == step).order_by(SyncRun.id))
        return [run.note or run.error or "" for run in found]


def removed(org: Organisation) -> int:
    with create_db_session(org.db_url) as session:
        return session.scalar(select(func.count()).where(Event.removed_at.is_not(None))) or 0


def test_no_failure_loses_an_event(org: Organisation) -> None:
    """A run that ends well has read all; what a failure left is read by the next run."""
    rng = Random(3)
    assert org.backfill(*ALL) == 0
    for fault in FAULTS:
        touch(org, rng)
        org.sandbox.faults.script(fault, path="/graphql", count=2, skip=rng.randrange(2))
        with suppress(ContributorMetricsError):
            org.run_job("nrt_events")
            assert_equal_to_timelines(org)
        org.sandbox.faults.clear()
        org.run_job("nrt_events")
        assert_equal_to_timelines(org)
        assert removed(org) == 0, fault
    with create_db_session(org.db_url) as session:
        assert session.scalars(select(RejectedRecord)).all() == []


@pytest.mark.parametrize("over", ["resources", "502"])
def test_a_query_that_takes_too_long_is_asked_in_parts(org: Organisation, over: str) -> None:
    """And less is asked for at once from then on."""
    org.sandbox.graphql.update(microseconds_per_node=60_000, over=over)
    assert org.backfill(*ALL, "--only", "issues,pull_requests,events") == 0
    assert_equal_to_timelines(org)
    routes = org.requests()
    assert routes["/graphql"] > 4
    assert timelines_in_rest(org) == timelines.SAMPLE


def test_a_backfill_killed_at_any_statement_goes_on(db_url: str) -> None:
    with organisation(db_url, items=40, days=30) as org:
        rng, statement, was_killed = Random(5), 0, True
        while was_killed:
            fault = rng.choice(FAULTS)
            org.sandbox.faults.script(fault, path="/graphql", count=1, skip=rng.randrange(4))
            with killed_at(statement) as heard, suppress(Killed):
                org.backfill(*ALL, "--only", "issues,pull_requests,events")
            free_leases(org)
            was_killed = heard[0] > statement
            statement += STRIDE
        org.sandbox.faults.clear()
        assert org.backfill(*ALL, "--only", "issues,pull_requests,events") == 0
        assert_equal_to_timelines(org)
        assert org.backfill("--verify", "--only", "issues,pull_requests,events") == 0


def test_where_boards_are_forbidden_the_ledger_says_so(org: Organisation) -> None:
    item = next(one for one in org.sandbox.world.items.values() if one.state == "open")
    org.sandbox.world.happen_all(item)
    org.sandbox.graphql.update(restricted=["acme"])
    assert org.backfill(*ALL) == 0
    assert any("forbids its boards" in note for note in notes(org, "events.created"))
    with create_db_session(org.db_url) as session:
        kinds = set(session.scalars(select(Event.event).distinct()))
    assert "added_to_project_v2" not in kinds
    assert "closed" in kinds


def test_an_older_server_is_asked_for_what_it_knows(org: Organisation) -> None:
    org.sandbox.graphql.update(schema="old")
    assert org.backfill(*ALL) == 0
    assert_equal_to_timelines(org)
    assert timelines_in_rest(org) == timelines.SAMPLE


def test_a_server_without_graphql_is_asked_in_rest(org: Organisation) -> None:
    def without(request: Any, answer: Any) -> Any:
        return answer.__class__({"message": "Not Found"}, 404) if request.path == "/graphql" else answer

    with org.sandbox.oddities.telling(without):
        assert org.backfill(*ALL) == 0
        org.run_job("daily")
        org.run_job("nrt_events")
    assert_equal_to_timelines(org)
    for step in ("events.created", "pull_requests.sizes", "events.sweep"):
        assert any("GraphQL is refused: Not Found" in note for note in notes(org, step)), step


def test_node_ids_that_carry_other_ids_end_graphql(org: Organisation, capsys: Any) -> None:
    """Keys that are taken out of node ids would be others than REST's: each event would be there twice."""

    def shifted(request: Any, answer: Any) -> Any:
        if not request.path.endswith("/timeline"):
            return answer
        rows = [{**row, "id": row["id"] + 1} if "id" in row else row for row in answer.data]
        return answer.__class__(rows, answer.status, answer.headers)

    with org.sandbox.oddities.telling(shifted):
        assert org.backfill(*ALL, "--via", "rest") == 0
        assert any("timelines are read through REST only" in note for note in notes(org, "events.created"))
        before = org.requests().get("/graphql", 0)
        touch(org, Random(1), 30)
        org.run_job("nrt_events")
    assert org.requests()["/graphql"] == before + 1  # sizes, which need no keys
    capsys.readouterr()
    assert org.backfill(*ALL) == 0
    assert "requests, " in capsys.readouterr().out
    with create_db_session(org.db_url) as session:
        assert session.scalar(select(func.count()).select_from(Event)) == sum(map(len, org.timelines().values()))


def test_what_is_lost_is_found_by_counting_and_read_again(org: Organisation, capsys: Any) -> None:
    assert org.backfill(*ALL) == 0
    with create_db_session(org.db_url) as session:
        some = session.scalars(select(Event.issue_id).where(Event.event == "commented").limit(3)).all()
        session.execute(delete(Event).where(Event.issue_id.in_(some)))
        session.commit()
    capsys.readouterr()
    assert org.backfill("--verify") == 0
    said = capsys.readouterr().out
    assert f"acme: events: {len(set(some))} said something else than GitHub" in said
    assert_equal_to_timelines(org)
    assert org.backfill("--verify") == 0
    assert "0 differences found, 0 kinds still differ" in capsys.readouterr().out


def test_what_moves_no_time_is_found_by_the_daily_sweep(org: Organisation) -> None:
    """A reference from elsewhere, or a subscription, does not touch the item's `updated_at`."""
    assert org.backfill(*ALL) == 0
    world = org.sandbox.world
    for item in [one for one in world.items.values() if one.state == "open"][:3]:
        world.change(item, Kind.SUBSCRIBED)
    org.advance(60)
    org.run_job("nrt_events")
    org.run_job("daily")
    assert_equal_to_timelines(org)


def test_sizes_are_kept_current_by_the_jobs(org: Organisation) -> None:
    assert org.backfill(*ALL) == 0
    assert_sizes(org)
    org.advance(3 * DAY)
    org.run_job("nrt_events")
    assert_sizes(org)
    graphql = org.requests()["/graphql"]
    org.run_job("nrt_events")
    assert org.requests()["/graphql"] == graphql  # nothing changed, so nothing is asked


def assert_sizes(org: Organisation) -> None:
    payloads = org.sandbox.app.new_payloads
    with create_db_session(org.db_url) as session:
        rows = {row.pull_id: row for row in session.scalars(select(PullRequest))}
    pulls = [item for item in org.sandbox.world.items.values() if item.pull_id]
    assert rows.keys() == {item.pull_id for item in pulls}
    for item in pulls:
        truth, row = payloads.single_pull(item), rows[item.pull_id]
        assert (row.additions, row.deletions, row.changed_files, row.commits) == tuple(
            truth[name] for name in ("additions", "deletions", "changed_files", "commits")
        )
        assert row.merged_by == (truth["merged_by"] and truth["merged_by"]["login"])
        assert (row.base_ref, row.head_ref) == (truth["base"]["ref"], truth["head"]["ref"])
        assert row.merge_commit_oid == (truth["merge_commit_sha"] if item.merged_at else None)
        assert row.sized_at == at(truth["updated_at"])
        if item.state == "open":
            assert {each["login"] for each in row.requested_reviewers} == {
                each["login"] for each in truth["requested_reviewers"]
            }


def test_the_plan_says_what_it_will_cost(org: Organisation, capsys: Any) -> None:
    assert org.backfill(*ALL) == 0
    graphql = capsys.readouterr().out
    assert "timelines, about 1 point of GraphQL\n" in graphql
    assert "together: about 2 requests and about 1 point of GraphQL, less than a minute\n" in graphql
    with create_db_session(org.db_url) as session:
        session.execute(delete(EventPoll))
        session.commit()
    assert org.backfill(*ALL, "--via", "rest") == 0
    said = capsys.readouterr().out
    assert f"timelines, about {len(org.sandbox.world.items)} requests\n" in said


def test_empty_timelines_remove_few_events_and_these_come_back(org: Organisation) -> None:
    """As through REST: one odd minute marks at most a few, and the next day all is right."""
    assert org.backfill(*ALL) == 0
    touch(org, Random(7), 30)
    with (
        org.sandbox.oddities.telling(of_nodes(emptied)),
        pytest.raises(ContributorMetricsError, match=r"GitHub no longer shows .* events"),
    ):
        org.run_job("nrt_events")
    with create_db_session(org.db_url) as session:
        stored = session.scalar(select(func.count()).select_from(Event)) or 0
    assert removed(org) <= max(10, stored // 20)
    org.advance(DAY)
    org.run_job("nrt_events")
    org.run_job("daily")
    assert_equal_to_timelines(org)


def test_items_that_queries_do_not_find_are_asked_for_in_rest(org: Organisation) -> None:
    """A null says nothing: not that an item is gone, and not that its timeline is empty."""
    with org.sandbox.oddities.telling(of_nodes(left_out)):
        assert org.backfill(*ALL) == 0
    assert_equal_to_timelines(org)
    assert org.stored("issues").keys() | org.stored("pull_requests").keys() == org.sandbox.world.items.keys()
