"""Deliveries that were lost come again: from an organisation's webhook and from an App's, and not for ever."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from chalicelib.domains import ordered_steps
from chalicelib.github import GitHubAPI
from chalicelib.ingest.runner import Runner
from chalicelib.ingest.scopes import Scope
from chalicelib.jobs.webhook import receive
from chalicelib.models import MODELS, Cursor, RejectedRecord, SyncRun, create_db_session
from chalicelib.webhooks.api import read_try
from chalicelib.webhooks.sync import STEP
from sandbox.api.messages import Answer, Request
from tests.organisation import DAY, NEEDED, ORG, Organisation, organisation
from tests.sandbox.keys import keys

pytestmark = pytest.mark.slow

SECRET = "a secret of these tests"
TEN_MINUTES = 600
Rows = dict[str, dict[str, Any]]


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    """A small organisation whose webhook works."""
    with organisation(db_url, items=5, days=2, repositories=3, people=8) as running:
        running.environment |= {"WORKFLOWS": "on", "WEBHOOK_SECRET": SECRET}
        yield running


def post_to(org: Organisation) -> Callable[[Mapping[str, str], bytes], int]:
    settings = org.settings
    return lambda headers, body: receive(headers, body, settings, now=org.now).status


def live(org: Organisation, runs: int) -> None:
    """Let runs begin and end."""
    world = org.sandbox.world
    for repository in list(world.repositories.values()) * runs:
        world.finish_run(world.start_run(repository, ["build", "test"]))
        org.advance(2)


def deliveries(org: Organisation) -> Rows:
    table = MODELS["WebhookDelivery"].__table__
    with create_db_session(org.db_url) as session:
        return {row["guid"]: dict(row) for row in session.execute(select(table)).mappings()}


def states(org: Organisation) -> Counter[str]:
    return Counter(row["status"] for row in deliveries(org).values())


def asked(org: Organisation) -> int:
    """How often GitHub was asked for a delivery since the last call."""
    count = sum(number for route, number in org.requests().items() if route.endswith("/attempts"))
    org.sandbox.stats.reset()
    return count


def last_run(org: Organisation) -> SyncRun:
    with create_db_session(org.db_url) as session:
        runs = select(SyncRun).where(SyncRun.step == STEP).order_by(SyncRun.id.desc())
        return session.scalars(runs.limit(1)).one()


def run_step(org: Organisation) -> None:
    """Do what the job does of this alone."""
    with (
        create_db_session(org.db_url) as session,
        GitHubAPI(org.sandbox.token, api_url=org.sandbox.url, budget=org.budget()) as github,
    ):
        runner = Runner(session, github, Scope(ORG), org.settings, "nrt_events", org.now)
        [step] = [step for domain, step in ordered_steps("nrt_events") if step.name == STEP]
        assert runner.run(STEP, step.run).status == "ok"


def assert_jobs_are_stored(org: Organisation) -> None:
    job = MODELS["WorkflowJob"]
    with create_db_session(org.db_url) as session:
        stored = {row.id: row.conclusion for row in session.execute(select(job.id, job.conclusion))}
    assert stored == {each["id"]: each["conclusion"] for each in org.sandbox.truth.jobs()}


def as_app(org: Organisation) -> Any:
    """Read as a GitHub App; gives the App."""
    app = org.sandbox.integrations.register(public_key=keys().public, permissions=NEEDED)
    org.environment |= {"GH_TOKEN": "", "GH_APP_ID": str(app.id), "GH_APP_PRIVATE_KEY": keys().private}
    return app


@pytest.mark.parametrize("kind", ["organization", "integration"])
def test_what_was_lost_comes_again(org: Organisation, kind: str) -> None:
    how = {} if kind == "organization" else {"integration": as_app(org)}
    org.sandbox.world.stand_still()
    live(org, runs=3)
    answers = org.sandbox.deliver(post_to(org), SECRET, lost=0.3, seed=3, **how)
    owner = how.get("integration") or org.sandbox.world.organisations[ORG]
    lost = [one.guid for one in org.sandbox.hooks.logged(org.sandbox.hooks.of(owner)) if one.status_code != 200]
    assert len(lost) > 10
    org.run_job("nrt_events")
    assert asked(org) == 0  # it may only be late
    assert states(org) == {"stored": answers[200], "failed": len(lost)}
    org.advance(TEN_MINUTES)
    org.run_job("nrt_events")
    assert asked(org) == len(lost)
    assert set(org.sandbox.deliver(post_to(org), SECRET, **how)) == {200}
    assert states(org) == {"stored": answers[200] + len(lost)}
    assert_jobs_are_stored(org)
    org.advance(TEN_MINUTES)
    org.run_job("nrt_events")
    assert asked(org) == 0
    assert (last_run(org).status, last_run(org).rejected, last_run(org).note) == ("ok", 0, None)
    assert {row["target_type"] for row in deliveries(org).values()} == {kind}


def fail(headers: Mapping[str, str], body: bytes) -> int:
    return 500


def begin(org: Organisation) -> None:
    """Let the webhook be known by what it delivered, and nothing happen any more but what a test says."""
    live(org, runs=1)
    org.sandbox.deliver(post_to(org), SECRET)
    org.run_job("nrt_events")
    org.sandbox.world.stand_still()
    org.sandbox.deliver(post_to(org), SECRET)
    org.sandbox.stats.reset()


def start(org: Organisation) -> int:
    """Let a run begin that no webhook tells of; gives how many deliveries failed."""
    [repository, *_] = org.sandbox.world.repositories.values()
    org.sandbox.world.start_run(repository, ["build"])
    return org.sandbox.deliver(fail, SECRET)[500]


def test_a_receiver_that_always_fails_is_asked_for_seldom_and_not_for_ever(org: Organisation) -> None:
    begin(org)
    failing, asks = start(org), []
    for hours in (2, 6, 6, 6):
        for _ in range(24 // hours):
            org.advance(hours * 3600)
            run_step(org)
            org.sandbox.deliver(fail, SECRET)
        asks.append(asked(org) / failing)
    assert asks == [6, 2, 2, 1]
    failed = [row for row in deliveries(org).values() if row["status"] == "failed"]
    assert [(row["asks"], row["ask_at"]) for row in failed] == [(11, None)] * failing
    org.advance(2 * DAY)
    org.run_job("nrt_events")
    assert asked(org) == 0


@pytest.mark.parametrize("is_noted", [False, True])
def test_what_is_not_kept_is_not_asked_for(org: Organisation, *, is_noted: bool) -> None:
    """It took the turns of what is kept: one a second, 300 in a run."""
    begin(org)
    failing = start(org)
    if is_noted:  # by a run before it was switched off
        org.run_job("nrt_events")
    org.environment["WORKFLOWS"] = "off"
    for _ in range(2):
        org.advance(TEN_MINUTES)
        org.run_job("nrt_events")
        assert asked(org) == 0
    assert states(org)["failed"] == (failing if is_noted else 0)


def test_events_that_nobody_keeps_take_no_turns_of_others(org: Organisation) -> None:
    """A webhook that sends everything has more pushes and checks than can be asked for."""
    begin(org)
    failing = start(org)

    def odd(request: Request, answer: Answer) -> Answer:
        if not request.path.endswith("/deliveries"):
            return answer
        failed = {**answer.data[0], "status": "timed out", "status_code": 504}
        other = [
            {**failed, "id": 10**9 + number, "guid": f"other-{number}", "event": event}
            for number, event in enumerate(("push", "check_run", "ping", "workflow_dispatch"))
        ]
        return replace(answer, data=[*other, *answer.data])

    with org.sandbox.oddities.telling(odd):
        org.advance(TEN_MINUTES)
        org.run_job("nrt_events")
    assert (last_run(org).status, asked(org)) == ("ok", failing)
    assert not [row for row in deliveries(org).values() if row["guid"].startswith("other-")]


def test_repositories_that_are_not_read_are_not_asked_for(org: Organisation) -> None:
    begin(org)
    ours, *others = org.sandbox.world.repositories.values()
    org.environment["GH_REPOS"] = f"{ORG}/{ours.name}"
    for repository in (ours, *others):
        org.sandbox.world.start_run(repository, ["build"])
    failing = org.sandbox.deliver(fail, SECRET)[500]
    org.advance(TEN_MINUTES)
    org.run_job("nrt_events")
    failed = [row["repository_id"] for row in deliveries(org).values() if row["status"] == "failed"]
    assert set(failed) == {ours.id}
    assert asked(org) == len(failed) == failing / (1 + len(others))


def test_what_is_stored_is_not_asked_for_whatever_the_log_says(org: Organisation) -> None:
    """An answer may be lost on its way, or come too late for GitHub."""
    begin(org)
    start(org)
    post = post_to(org)
    org.advance(TEN_MINUTES)
    org.run_job("nrt_events")
    org.sandbox.deliver(lambda headers, body: 504 if post(headers, body) == 200 else 0, SECRET)
    asked(org)
    org.advance(20 * 60)
    org.run_job("nrt_events")
    assert (asked(org), set(states(org))) == (0, {"stored"})


def test_what_is_older_than_three_days_is_not_asked_for(org: Organisation) -> None:
    begin(org)
    start(org)
    org.advance(3 * DAY + 60)
    org.run_job("nrt_events")
    assert (asked(org), last_run(org).status) == (0, "ok")


def test_a_log_is_read_back_to_where_it_was_read_before(org: Organisation) -> None:
    begin(org)
    live(org, runs=5)
    org.sandbox.deliver(post_to(org), SECRET)
    read = []
    for _ in range(2):
        org.advance(20 * 60)
        org.run_job("nrt_events")
        read.append(sum(number for route, number in org.requests().items() if route.endswith("/deliveries")))
        org.sandbox.stats.reset()
    assert read[0] > read[1] == 1


def odd_attempts(status: int, message: str, *, first: bool = False) -> Callable[[Request, Answer], Answer]:
    """Refuse to deliver again: the first one, or all."""
    refused: set[str] = set()

    def odd(request: Request, answer: Answer) -> Answer:
        if not request.path.endswith("/attempts") or (first and refused and request.path not in refused):
            return answer
        refused.add(request.path)
        return Answer({"message": message}, status=status)

    return odd


@pytest.mark.parametrize(("status", "message"), [(404, "Not Found"), (422, "Cannot redeliver"), (500, "Server Error")])
def test_one_that_is_refused_holds_up_no_other(org: Organisation, status: int, message: str) -> None:
    begin(org)
    failing = start(org)
    org.advance(TEN_MINUTES)
    with org.sandbox.oddities.telling(odd_attempts(status, message, first=True)):
        org.run_job("nrt_events")
    note = str(last_run(org).note)
    assert note.startswith(f"GitHub refused to redeliver 1 delivery; the first: {message}")
    # It is tried again, and later.
    assert sorted(row["asks"] for row in deliveries(org).values() if row["status"] == "failed") == [1] * failing


def test_a_permission_that_is_missing_is_named_and_is_no_error(org: Organisation) -> None:
    begin(org)
    failing = start(org)
    org.advance(TEN_MINUTES)
    org.environment["GH_TOKEN"] = "few"
    for level, words in ((None, "is not looked at"), ("read", "missed is not asked for"), ("write", "")):
        granted = {**NEEDED, "organization_hooks": level}
        org.sandbox.tokens.add("few", permissions={name: each for name, each in granted.items() if each})
        org.run_job("nrt_events")
        note = last_run(org).note or ""
        assert last_run(org).status == "ok"
        assert words in note
        assert ("(the credentials need organization_hooks=write)" in note) == bool(words)
    assert asked(org) >= failing
    org.sandbox.deliver(post_to(org), SECRET)
    assert set(states(org)) == {"stored"}


def test_an_app_s_log_cannot_be_read_with_a_token(org: Organisation) -> None:
    app = org.sandbox.integrations.register(public_key=keys().public, permissions=NEEDED)
    live(org, runs=1)
    org.sandbox.deliver(post_to(org), SECRET, integration=app)
    org.run_job("nrt_events")
    assert last_run(org).status == "ok"
    assert last_run(org).note == "the integration's webhook is not looked at: only the App itself may: set GH_APP_ID"


def test_an_app_s_deliveries_of_other_organisations_are_left_alone(db_url: str) -> None:
    with organisation(db_url, organisations=("acme", "globex"), items=20, days=5, repositories=4) as org:
        org.environment |= {"WORKFLOWS": "on", "WEBHOOK_SECRET": SECRET}
        app = as_app(org)
        live(org, runs=1)
        org.sandbox.deliver(post_to(org), SECRET, integration=app)
        live(org, runs=1)
        org.sandbox.deliver(fail, SECRET, integration=app)
        org.advance(TEN_MINUTES)
        org.run_job("nrt_events")
        ours = {row["guid"] for row in deliveries(org).values() if row["status"] == "failed"}
        logged = org.sandbox.hooks.logged(org.sandbox.hooks.of(app))
        where = {one.guid: one.occurrence.organisation.login for one in logged if one.status_code == 500}
        assert set(where.values()) == {"acme", "globex"}
        assert ours == {guid for guid, login in where.items() if login == "acme"}
        assert asked(org) == len(ours)


def test_a_webhook_that_is_gone_is_named_for_a_month(org: Organisation) -> None:
    begin(org)

    def odd(request: Request, answer: Answer) -> Answer:
        return Answer({"message": "Not Found"}, status=404) if "/hooks/" in request.path else answer

    with org.sandbox.oddities.telling(odd):
        org.run_job("nrt_events")
        assert "is not looked at: Not Found" in str(last_run(org).note)
        org.advance(31 * DAY)
        for _ in range(2):
            org.run_job("nrt_events")
    assert last_run(org).note is None
    assert deliveries(org) == {}  # they are kept for 30 days
    with create_db_session(org.db_url) as session:
        assert list(session.scalars(select(Cursor.name).where(Cursor.name.startswith("deliveries:")))) == []


def test_an_entry_that_cannot_be_understood_is_kept_and_holds_up_nothing(org: Organisation) -> None:
    begin(org)
    failing = start(org)

    def odd(request: Request, answer: Answer) -> Answer:
        if not request.path.endswith("/deliveries"):
            return answer
        return replace(answer, data=[{**answer.data[0], "delivered_at": "soon"}, *answer.data[1:]])

    org.advance(TEN_MINUTES)
    with org.sandbox.oddities.telling(odd):
        org.run_job("nrt_events")
    assert (last_run(org).status, last_run(org).rejected, asked(org)) == ("ok", 1, failing - 1)
    with create_db_session(org.db_url) as session:
        [rejected] = session.scalars(select(RejectedRecord))
        assert (rejected.kind, rejected.reason) == ("webhook_deliveries", "delivered_at is not a time")


def test_recorded_logs_are_understood(samples: Path) -> None:
    folder = samples / "workflows" / "deliveries"
    listed = json.loads((folder / "octokit_rb_list.json").read_text())["body"]
    tries = [read_try(record) for record in listed]
    assert [(one.event, one.action, one.has_arrived, one.status) for one in tries] == [
        ("installation", "created", False, "Invalid HTTP Response: 403"),
        ("ping", None, False, "Invalid HTTP Response: 403"),
    ]
    assert {one.installation_id for one in tries} == {None}
    one = read_try(json.loads((folder / "octokit_rb_one.json").read_text())["body"])
    assert one.has_arrived
    assert one.delivered_at.utcoffset() == timedelta()
