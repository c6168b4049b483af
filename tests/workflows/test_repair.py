"""Deliveries that are lost, doubled and shuffled: after repair, the tables are as GitHub is."""

from __future__ import annotations

import os
from collections import Counter
from random import Random
from typing import Any

import pytest

from chalicelib.models import MODELS
from tests.deliveries import SECRET, post_to
from tests.organisation import DAY, Organisation, at
from tests.workflows.conftest import rows_of
from tests.workflows.living import Life

pytestmark = pytest.mark.slow

# `make soak` has the ten thousand.
JOBS = 10_000 if "SOAK" in os.environ else 300
HOUR = 3_600
TIMES = ("created_at", "started_at", "completed_at")
SAME = (
    *("id", "run_id", "run_attempt", "name", "workflow_name", "head_branch", "head_sha", "status", "conclusion"),
    *("runner_id", "runner_name", "runner_group_id", "runner_group_name", "labels", "steps", "node_id"),
)
RUN_TIMES = ("created_at", "run_started_at", "updated_at")
RUN_SAME = (
    *("id", "name", "path", "workflow_id", "run_number", "event", "head_branch", "head_sha", "run_attempt"),
    *("status", "conclusion", "node_id"),
)
REASONS = {"not_started", "no_runner", "copied", "not_told", "approval_unknown"}


def repair(org: Organisation, times: int, *, every: float = 600) -> None:
    for _ in range(times):
        org.advance(every)
        org.run_job("nrt_events")


def deliver(org: Organisation, *, seed: int) -> None:
    """Deliver what happened: a fifth is lost, a fifth comes twice, and all of it in any order."""
    answers = org.sandbox.deliver(post_to(org), SECRET, lost=0.2, doubled=0.2, shuffled=True, seed=seed)
    assert set(answers) == {200}


def true_job(job: dict[str, Any]) -> dict[str, Any]:
    return {name: job[name] for name in SAME} | {name: job[name] and at(job[name]) for name in TIMES}


def true_run(run: dict[str, Any]) -> dict[str, Any]:
    people = {name: run[name]["login"] for name in ("actor", "triggering_actor")}
    times = {name: at(run[name]) for name in RUN_TIMES}
    return {**{name: run[name] for name in RUN_SAME}, **times, **people, "title": run["display_title"]}


def true_wait(job: dict[str, Any]) -> int:
    gate = job["deployment"]
    ready_at = max([at(job["created_at"]), *([at(gate["updated_at"])] if gate else [])])
    return int((at(job["started_at"]) - ready_at).total_seconds())


def assert_true(org: Organisation, life: Life) -> None:
    """Compare both tables with the sandbox, column by column; what was deleted has ended one way or the other."""
    jobs, rows = {job["id"]: job for job in org.sandbox.truth.jobs()}, rows_of(org, MODELS["WorkflowJob"])
    runs, run_rows = {run["id"]: run for run in org.sandbox.truth.runs()}, rows_of(org, MODELS["WorkflowRun"])
    assert rows.keys() - life.deleted == jobs.keys()
    assert run_rows.keys() - life.deleted == runs.keys()
    for key, job in jobs.items():
        truth = true_job(job)
        assert {name: rows[key][name] for name in truth} == truth
    for key, run in runs.items():
        truth = true_run(run)
        assert {name: run_rows[key][name] for name in truth} == truth
    for row in (*rows.values(), *run_rows.values()):
        if row["id"] in life.deleted:
            assert row["status"] == "completed" or row["not_found_at"]
    assert_queue_times(jobs, rows, life)


def assert_queue_times(jobs: dict[int, dict[str, Any]], rows: dict[int, dict[str, Any]], life: Life) -> None:
    reasons = Counter(row["queue_reason"] for row in rows.values())
    assert reasons.keys() <= {None, *REASONS}
    # Most deliveries came, so most queue times are known.
    assert reasons[None] > len(rows) / 3
    for key, row in rows.items():
        assert (row["queue_seconds"] is None) != (row["queue_reason"] is None)
        if key in life.deleted:
            continue
        if row["queue_reason"] is not None:
            assert fits(row["queue_reason"], row, jobs[key]), row
            continue
        assert row["queue_seconds"] == true_wait(jobs[key]) >= 0
        assert row["runner_name"]
        assert at(jobs[key]["started_at"]) >= at(jobs[key]["created_at"])


def fits(reason: str, row: dict[str, Any], job: dict[str, Any]) -> bool:
    """Tell whether a queue time that is not known can't be, by how the job truly is and by who told of it."""
    truth = {
        "not_started": job["status"] not in ("in_progress", "completed"),
        "no_runner": job["runner_id"] is None,
        "copied": job["run_attempt"] > 1 and at(job["started_at"]) < at(job["created_at"]),
        "not_told": row["told_at"] is None,
        "approval_unknown": job["deployment"] is not None and row["approved_at"] is None,
    }
    return truth[reason]


def test_after_repair_the_tables_are_as_github_is(living: Organisation) -> None:
    world, rng = living.sandbox.world, Random(13)
    life = Life(world, rng, living.advance)
    living.run_job("daily")
    life.go_on(JOBS // 2)
    deliver(living, seed=1)
    repair(living, 2)
    life.go_on(JOBS)
    deliver(living, seed=2)
    # 300 runs each time; what GitHub no longer knows is asked for twice.
    repair(living, 3 + JOBS // 600)
    repair(living, 4, every=HOUR)
    # Some runs have not ended yet.
    assert_true(living, life)
    while life.stories:
        life.tick()
    deliver(living, seed=3)
    repair(living, 4, every=HOUR)
    # Ghosts are waited for no longer than GitHub lets a run wait.
    repair(living, 1, every=2 * DAY)
    assert_true(living, life)
    rows = rows_of(living, MODELS["WorkflowRun"])
    for row in (*rows.values(), *rows_of(living, MODELS["WorkflowJob"]).values()):
        assert row["status"] == "completed" or row["abandoned_at"], row
    for row in rows.values():
        assert row["status"] != "completed" or row["jobs_as_of"] == row["updated_at"] or row["id"] in life.deleted
