"""Self-hosted runners: the table is the list, and each reading of it leaves a sample."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from chalicelib.errors import JobFailedError
from chalicelib.models import MODELS, RejectedRecord, SyncRun, create_db_session
from chalicelib.workflows.domain import RUNNERS
from sandbox import JobSpec
from sandbox.api.messages import Answer, Request
from sandbox.server.oddities import Oddity
from tests.organisation import NEEDED, ORG, Organisation
from tests.workflows.conftest import rows_of

pytestmark = pytest.mark.slow

RUNNER = MODELS["Runner"]
SHOWN = ("id", "name", "os", "status", "busy", "ephemeral", "runner_group_id", "labels")
BIG = ("self-hosted", "Linux", "big")


def samples_of(org: Organisation) -> list[tuple[Any, ...]]:
    """Each sample: after how many seconds of the world, of which labels, and its numbers."""
    sample = MODELS["RunnerSample"]
    columns = (sample.sampled_at, sample.label_set, sample.runners, sample.online, sample.busy)
    with create_db_session(org.db_url) as session:
        return [tuple(row) for row in session.execute(select(*columns).order_by(*columns[:2]))]


def last_run(org: Organisation) -> SyncRun:
    with create_db_session(org.db_url) as session:
        runs = select(SyncRun).where(SyncRun.step == "runners").order_by(SyncRun.id.desc())
        return session.scalars(runs.limit(1)).one()


def current(org: Organisation) -> set[int]:
    return {key for key, row in rows_of(org, RUNNER).items() if row["removed_at"] is None}


def of_runners(change: Callable[[list[Any]], Any]) -> Oddity:
    """Change what is listed; the envelope tells how many there are, as ever."""

    def odd(request: Request, answer: Answer) -> Answer:
        is_one = request.path.endswith("/actions/runners") and answer.status == 200
        return replace(answer, data={**answer.data, "runners": change(answer.data["runners"])}) if is_one else answer

    return odd


def test_the_table_is_the_list_and_each_reading_is_sampled(org: Organisation) -> None:
    world = org.sandbox.world
    acme = world.organisations[ORG]
    plain = [world.add_runner(acme) for _ in range(101)]
    world.add_runner(acme, labels=BIG, ephemeral=True)
    world.set_runner(plain[0], status="offline")
    org.run_job("nrt_events")
    first = org.now()
    rows = rows_of(org, RUNNER)
    assert {key: {name: row[name] for name in SHOWN} for key, row in rows.items()} == {
        runner["id"]: {name: runner[name] for name in SHOWN} for runner in org.sandbox.truth.runners(org=ORG)
    }
    assert {row["label_set"] for row in rows.values()} == {"Linux,X64,self-hosted", "Linux,big,self-hosted"}
    assert {(row["org"], row["first_seen_at"]) for row in rows.values()} == {(ORG, first)}

    org.advance(600)
    [repository, *_] = world.repositories.values()
    world.advance_run(world.start_run(repository, [JobSpec("build", BIG)]))
    world.remove_runner(plain[1])
    org.run_job("nrt_events")
    second = org.now()
    gone = rows_of(org, RUNNER)[plain[1].id]
    assert (gone["removed_at"], gone["first_seen_at"]) == (second, first)
    assert samples_of(org) == [
        (first, "Linux,X64,self-hosted", 101, 100, 0),
        (first, "Linux,big,self-hosted", 1, 1, 0),
        (second, "Linux,X64,self-hosted", 100, 99, 0),
        (second, "Linux,big,self-hosted", 1, 1, 1),
    ]


def test_a_fleet_that_is_scaled_to_nothing_is_gone_at_once(org: Organisation) -> None:
    """The brake would hold such a list up for a day, and an empty one would be an error."""
    world = org.sandbox.world
    acme = world.organisations[ORG]
    fleet = [world.add_runner(acme, ephemeral=True) for _ in range(30)]
    org.run_job("nrt_events")
    before = samples_of(org)
    for runner in fleet:
        world.remove_runner(runner)
    org.advance(600)
    org.run_job("nrt_events")
    run = last_run(org)
    assert (run.status, run.requests, run.note) == ("ok", 2, None)  # two readings agreed
    assert {row["removed_at"] for row in rows_of(org, RUNNER).values()} == {org.now()}
    assert samples_of(org) == before
    again = world.add_runner(acme)
    org.advance(600)
    org.run_job("nrt_events")
    assert current(org) == {again.id}
    assert samples_of(org)[len(before) :] == [(org.now(), "Linux,X64,self-hosted", 1, 1, 0)]


def test_what_only_one_reading_misses_is_not_gone(org: Organisation) -> None:
    acme = org.sandbox.world.organisations[ORG]
    fleet = {org.sandbox.world.add_runner(acme).id for _ in range(30)}
    org.run_job("nrt_events")
    readings: Iterator[list[Any]] = iter([[]])
    with org.sandbox.oddities.telling(of_runners(lambda listed: next(readings, listed))):
        org.sandbox.world.add_runner(acme)  # or the page would be as it was
        org.run_job("nrt_events")
    assert current(org) >= fleet


def test_one_that_is_listed_again_keeps_when_it_was_first_seen(org: Organisation) -> None:
    runner = org.sandbox.world.add_runner(org.sandbox.world.organisations[ORG])
    first = org.now()
    org.run_job("nrt_events")
    org.advance(600)
    with org.sandbox.oddities.telling(of_runners(lambda listed: [])):
        org.sandbox.world.add_runner(org.sandbox.world.organisations[ORG])
        org.run_job("nrt_events")
    assert current(org) == set()
    org.advance(600)
    org.run_job("nrt_events")
    row = rows_of(org, RUNNER)[runner.id]
    assert (row["removed_at"], row["first_seen_at"]) == (None, first)


def test_what_cannot_be_understood_is_kept_and_nothing_is_concluded_or_counted(org: Organisation) -> None:
    world = org.sandbox.world
    fleet = [world.add_runner(world.organisations[ORG]) for _ in range(3)]
    org.run_job("nrt_events")
    before = samples_of(org)
    odd = of_runners(lambda listed: [{**listed[0], "busy": "perhaps"}, *listed[2:]])
    org.advance(600)
    with org.sandbox.oddities.telling(odd):
        world.set_runner(fleet[2], status="offline")
        org.run_job("nrt_events")
    assert (last_run(org).status, last_run(org).rejected) == ("ok", 1)
    assert current(org) == {runner.id for runner in fleet}
    assert samples_of(org) == before
    with create_db_session(org.db_url) as session:
        [rejected] = session.scalars(select(RejectedRecord))
        assert (rejected.kind, rejected.reason) == ("runners", "busy is str, not true or false")


@pytest.mark.parametrize("body", [{"total_count": 0}, {"runners": {}}, [], {"total_count": 0, "runners": None}])
def test_another_envelope_marks_nothing(org: Organisation, body: Any) -> None:
    runner = org.sandbox.world.add_runner(org.sandbox.world.organisations[ORG])
    org.run_job("nrt_events")

    def odd(request: Request, answer: Answer) -> Answer:
        return replace(answer, data=body, headers={}) if request.path.endswith("/actions/runners") else answer

    with org.sandbox.oddities.telling(odd), pytest.raises(JobFailedError, match="has no list runners"):
        org.run_job("nrt_events")
    assert current(org) == {runner.id}


def test_a_token_that_never_could_read_them_is_named_and_fails_nothing(org: Organisation) -> None:
    """A classic token needs admin:org for them, and every run would fail, every ten minutes."""
    few = {name: level for name, level in NEEDED.items() if name != RUNNERS.permission}
    org.sandbox.tokens.add("few", permissions=few)
    org.environment["GH_TOKEN"] = "few"
    org.run_job("nrt_events")
    assert (last_run(org).status, samples_of(org)) == ("ok", [])
    note = str(last_run(org).note)
    assert note.startswith("self-hosted runners are not read: Resource not accessible by personal access token")
    assert note.endswith(f"(the credentials need {RUNNERS.permission}=read)")

    org.sandbox.tokens.add("few", permissions=NEEDED)
    org.run_job("nrt_events")
    assert last_run(org).note is None
    org.sandbox.tokens.add("few", permissions=few)
    with pytest.raises(JobFailedError, match=f"acme runners: .*{RUNNERS.permission}=read"):
        org.run_job("nrt_events")


def test_a_github_without_actions_is_named_too(org: Organisation) -> None:
    def odd(request: Request, answer: Answer) -> Answer:
        is_one = request.path.endswith("/actions/runners")
        return Answer({"message": "Not Found"}, status=404) if is_one else answer

    with org.sandbox.oddities.telling(odd):
        org.run_job("nrt_events")
    assert (last_run(org).status, rows_of(org, RUNNER)) == ("ok", {})
    assert "not read: Not Found (the credentials need" in str(last_run(org).note)


def test_recorded_runners_are_rows(samples: Path) -> None:
    listed = json.loads((samples / "workflows" / "runners" / "octocrab.json").read_text())["runners"]
    rows = [RUNNERS.to_row(record) for record in listed]
    assert [(row["id"], row["busy"], row["label_set"]) for row in rows] == [
        (23, True, "Linux,X64,self-hosted"),
        (24, False, "X64,macOS,no-gpu,self-hosted"),
    ]
