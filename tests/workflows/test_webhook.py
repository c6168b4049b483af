"""A running CI told by webhooks: lost by nobody, but twice and in any order."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.models import MODELS
from sandbox import JobSpec
from tests.deliveries import SECRET, post_to
from tests.organisation import Organisation, at
from tests.workflows.conftest import rows_of

NAMES = (
    *("id", "run_id", "run_attempt", "name", "head_branch", "head_sha", "status", "conclusion"),
    *("created_at", "started_at", "completed_at", "runner_id", "runner_name", "labels"),
)


def live(org: Organisation) -> None:
    """Let runs of every sort begin and end."""
    world = org.sandbox.world
    [repository, *_] = world.repositories.values()
    plain = world.start_run(repository, ["build", "test"], then=["pack"])
    org.advance(30)
    gated = world.start_run(repository, [JobSpec("deploy", environment="production")])
    org.advance(60)
    world.advance_run(plain)
    org.advance(60)
    world.finish_run(plain, "failure")
    org.advance(600)
    world.rerun(plain, failed_only=False)
    org.advance(5)
    world.finish_run(plain)
    world.advance_run(gated)
    org.advance(12)
    world.finish_run(gated)
    world.fail_at_startup(repository)
    cancelled = world.start_run(repository, ["build"])
    org.advance(5)
    world.cancel_run(cancelled)


def expected(job: dict[str, Any]) -> dict[str, Any]:
    moments = {name: job[name] and at(job[name]) for name in ("created_at", "started_at", "completed_at")}
    return {**{name: job[name] for name in NAMES}, **moments}


@pytest.mark.parametrize("seed", range(3))
def test_whatever_the_order_the_tables_are_true(org: Organisation, seed: int) -> None:
    live(org)
    answers = org.sandbox.deliver(post_to(org), SECRET, doubled=0.3, shuffled=True, seed=seed)
    assert set(answers) == {200}
    truth = {job["id"]: expected(job) for job in org.sandbox.truth.jobs()}
    rows = rows_of(org, MODELS["WorkflowJob"])
    assert {key: {name: row[name] for name in NAMES} for key, row in rows.items()} == truth
    runs = rows_of(org, MODELS["WorkflowRun"])
    assert {key: (run["status"], run["conclusion"], run["run_attempt"]) for key, run in runs.items()} == {
        run["id"]: (run["status"], run["conclusion"], run["run_attempt"]) for run in org.sandbox.truth.runs()
    }
    for row in rows.values():
        assert (row["queue_seconds"] is None) != (row["queue_reason"] is None)


def test_a_late_delivery_does_not_bring_a_former_name_back(org: Organisation) -> None:
    """It stayed for ever: nothing reads a job again whose run has ended."""
    world = org.sandbox.world
    [repository, *_] = world.repositories.values()
    org.run_job("every_30_min")
    run = world.start_run(repository, ["build"])
    org.advance(60)
    world.finish_run(run)
    late = org.sandbox.deliveries(SECRET)
    former = repository.name
    world.rename_repository(repository, "called-otherwise")
    org.run_job("every_30_min")
    post = post_to(org)
    assert {post(*one) for one in late} == {200}
    for model in ("WorkflowJob", "WorkflowRun"):
        [row] = rows_of(org, MODELS[model]).values()
        assert (row["repo"], former in row["html_url"]) == ("called-otherwise", False)
