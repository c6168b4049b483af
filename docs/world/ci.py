"""The organisation's workflow runs with their jobs, its runners, and its deployments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib.models import Deployment, GitHubStatus, Runner, RunnerSample, WorkflowJob, WorkflowRun
from chalicelib.workflows.rows.jobs import queue_time
from docs.world.writer import ORG, Writer, at, place

HOSTED, OWN = "ubuntu-latest", "linux,self-hosted"
MONDAY = at(5, 5, 9)
# Runs of the week of 5 May, and of 3 days ago: seconds in the queue and of work, and how they ended.
SPRING = ((4, 300, "success"), (6, 310, "success"), (9, 320, "failure"), (12, 290, "success"), (30, 5400, "success"))
LATELY = ((20, 400, "success"), (25, 410, "failure"), (40, 420, "failure"), (90, 440, "success"), (300, 900, "success"))
# Deployments: how each ended, seconds until somebody approved it.
APPROVED = (("success", 600), ("failure", 1200), ("success", 900), ("success", 60), ("success", 3000))
RERUN = (101, 201)
OWN_RUNS = (104, *range(200, 205))
# Jobs that go on now: state, labels, for how many minutes.
NOW = (("queued", OWN, 25), ("queued", OWN, 5), ("in_progress", HOSTED, 3), ("waiting", HOSTED, 90))


def run_ci(writer: Writer) -> None:
    """Write all of it."""
    for first, repo, began, ends in ((100, "shop", MONDAY, SPRING), (200, "api", writer.ago(days=3), LATELY)):
        for number, (queue, work, end) in enumerate(ends):
            start = began + timedelta(minutes=10 * number)
            run = _run(writer, first + number, repo, start, end, work + queue + 15)
            _job(writer, run, OWN if first + number in OWN_RUNS else HOSTED, start, queue=queue, work=work, end=end)
    _run_now(writer)
    _deploy(writer)
    _listen(writer)


def _run(writer: Writer, key: int, repo: str, start: datetime, end: str | None, seconds: int) -> dict[str, Any]:
    row = place(repo) | {
        "id": key,
        "workflow_id": place(repo)["repository_id"],
        "name": "CI",
        "path": ".github/workflows/ci.yml",
        "title": "Show prices with tax",
        "event": "push",
        "head_branch": "main",
        "run_attempt": 2 if key in RERUN else 1,
        "status": "completed" if end else "in_progress",
        "conclusion": end,
        "created_at": start,
        "run_started_at": start,
        "updated_at": start + timedelta(seconds=seconds),
        "html_url": f"https://github.com/{ORG}/{repo}/actions/runs/{key}",
    }
    told = {"first_seen_at": start, "told_at": start, "changed_at": start}
    writer.add(WorkflowRun, row | told)
    return row | told


def _job(
    writer: Writer, run: Mapping[str, Any], labels: str, start: datetime, *, queue: int, work: int, end: str
) -> None:
    made = start + timedelta(seconds=15)
    begun = made + timedelta(seconds=queue)
    times = {"created_at": made, "started_at": begun, "completed_at": begun + timedelta(seconds=work)}
    _write_job(writer, run, times, labels, "completed", conclusion=end, **_runner(labels))


def _runner(labels: str) -> dict[str, Any]:
    return {"runner_id": 1, "runner_name": "build-1"} if labels == OWN else {"runner_name": "GitHub Actions 7"}


def _write_job(
    writer: Writer, run: Mapping[str, Any], times: Mapping[str, Any], labels: str, status: str, **columns: Any
) -> None:
    kept = ("org", "repo", "repository_id", "run_attempt", "head_branch", "first_seen_at", "told_at", "changed_at")
    row = {name: run[name] for name in kept} | dict(times) | columns
    row |= {"id": run["id"] * 10, "run_id": run["id"], "workflow_name": "CI", "name": "test", "label_set": labels}
    row |= {"status": status, "html_url": f"{run['html_url']}/job/{run['id'] * 10}"}
    row["queue_seconds"], row["queue_reason"] = queue_time(row)
    writer.add(WorkflowJob, row)


def _run_now(writer: Writer) -> None:
    for number, (status, labels, minutes) in enumerate(NOW):
        since = writer.ago(minutes=minutes)
        run = _run(writer, 300 + number, "shop", since, None, 0)
        times: dict[str, Any] = {"created_at": since}
        if status == "in_progress":
            times |= {"started_at": since + timedelta(seconds=7)} | _runner(labels)
        if status == "waiting":
            times |= {"approval_asked_at": since, "environment": "production"}
        _write_job(writer, run, times, labels, status)
    lost = {"abandoned_at": writer.ago(days=1), "abandoned_reason": "GitHub knows no such run"}
    lost_run = _run(writer, 390, "website", writer.ago(days=8), None, 0)
    writer.session.query(WorkflowRun).filter_by(id=lost_run["id"]).update(lost)


def _deploy(writer: Writer) -> None:
    """Write deployments of the week of 5 May, each let in by somebody, and two jobs that were skipped."""
    for number, (state, approved) in enumerate(APPROVED):
        start = MONDAY + timedelta(days=1, hours=number)
        key, end = 400 + number, start + timedelta(seconds=approved + 300)
        run = _run(writer, key, "shop", start, state, approved + 300)
        ended = {"succeeded_at" if state == "success" else "failed_at": end}
        where = {"environment": "production", "is_production": True, "run_id": key}
        row = place("shop") | where | ended | {"id": key, "state": state, "state_at": end, "status_id": key}
        writer.add(Deployment, row, created_at=start, updated_at=end, first_seen_at=start)
        let_in = start + timedelta(seconds=approved)
        gate = {"environment": "production", "deployment_id": key, "approval_asked_at": start, "approved_at": let_in}
        times = {"created_at": start, "started_at": let_in + timedelta(seconds=5), "completed_at": end}
        _write_job(writer, run, times, HOSTED, "completed", conclusion=state, **gate, **_runner(HOSTED))
    for number in range(2):
        run = _run(writer, 420 + number, "website", MONDAY + timedelta(hours=number), "skipped", 20)
        _write_job(writer, run, {"created_at": MONDAY}, HOSTED, "completed", conclusion="skipped")


def _listen(writer: Writer) -> None:
    """Write the runners, how many were online on 5 May, and what GitHub's status page said last."""
    for key in (1, 2):
        row = {"id": key, "name": f"build-{key}", "status": "online", "busy": key == 1, "label_set": OWN}
        writer.add(Runner, row, org=ORG, first_seen_at=at(1, 1))
    for hour, online in ((9, 2), (10, 2), (11, 1), (12, 1)):
        counted = {"label_set": OWN, "runners": 2, "online": online, "busy": 1}
        writer.add(RunnerSample, counted, org=ORG, sampled_at=at(5, 5, hour))
    said = {"indicator": "minor", "description": "Actions is slow", "components": [], "incidents": []}
    # Six minutes, rounded, for the next 55 seconds.
    seen = writer.ago(minutes=6) + timedelta(seconds=40)
    writer.add(GitHubStatus, said, maintenances=[], observed_at=writer.ago(minutes=40), last_observed_at=seen)
