"""What is going on now: jobs, runs, and GitHub itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.models import GitHubStatus
from chalicelib.utils import utc_now
from chalicelib.workflows.views import GITHUB_STATUS_NOW, JOBS_NOW, OPEN_RUNS
from tests.workflows.views.conftest import Ci


def ago(minutes: float) -> datetime:
    return utc_now().replace(microsecond=0) - timedelta(minutes=minutes)


def states(ci: Ci) -> dict[int, str]:
    return {row["id"]: row["state"] for row in ci.world.read(JOBS_NOW)}


def about(minutes: float) -> Any:
    """So many minutes in seconds, until a view is read."""
    return pytest.approx(minutes * 60, abs=60)


def test_a_row_by_hand(ci: Ci) -> None:
    created, started = ago(10), ago(8)
    ci.run(1, html_url="https://example.com/run", event="push")
    ci.job(
        *(5, created, started),
        status="in_progress",
        conclusion=None,
        completed_at=None,
        label_set="linux,Self-Hosted",
        html_url="https://example.com/job",
        head_branch="main",
        runner_group_name="Default",
    )
    row = ci.world.row(JOBS_NOW)
    assert row.pop("state_seconds") == about(8)
    assert row == {
        "org": "acme",
        "state": "in_progress",
        "repo": "r1",
        "id": 5,
        "state_since": started,
        "queue_wait_seconds": None,
        "queue_seconds": 120,
        "workflow_name": "CI",
        "name": "build",
        "run_id": 1,
        "run_attempt": 1,
        "event": "push",
        "head_branch": "main",
        "label_set": "linux,Self-Hosted",
        "is_self_hosted": True,
        "runner_name": "runner-1",
        "runner_group_name": "Default",
        "environment": None,
        "conclusion": None,
        "created_at": created,
        "started_at": started,
        "completed_at": None,
        "abandoned_reason": None,
        "html_url": "https://example.com/job",
        "run_url": "https://example.com/run",
    }


def test_what_is_over_is_shown_for_an_hour(ci: Ci) -> None:
    ci.job(1, ago(90), ago(80), completed_at=ago(59))
    ci.job(2, ago(90), ago(80), completed_at=ago(61))
    ci.job(3, ago(90), ago(80), completed_at=ago(5), conclusion="skipped", runner_id=None, runner_name=None)
    assert states(ci) == {1: "completed", 3: "completed"}


def test_what_was_given_up_is_in_no_queue(ci: Ci) -> None:
    """It keeps the status in which it was last seen."""
    ci.queued(1, ago(3000), abandoned_at=ago(59), abandoned_reason="its run is over")
    ci.queued(2, ago(3000), abandoned_at=ago(61), abandoned_reason="its run is over")
    ci.queued(3, ago(3000), status="in_progress", abandoned_at=ago(5), abandoned_reason="its run is over")
    assert states(ci) == {1: "abandoned", 3: "abandoned"}
    row = ci.world.row(JOBS_NOW, id=1)
    assert (row["state_seconds"], row["abandoned_reason"]) == (about(59), "its run is over")
    assert row["queue_wait_seconds"] is None


@pytest.mark.parametrize(
    "status", ["queued", "waiting", "pending", "requested", "in_progress", "a_new_one", "never_heard_of"]
)
def test_every_other_status_is_open(ci: Ci, status: str) -> None:
    ci.queued(1, ago(10), status=status)
    assert states(ci) == {1: status}


def test_a_job_is_ready_once_its_environment_lets_it_in(ci: Ci) -> None:
    gate = {"deployment_id": 3, "environment": "production", "approval_asked_at": ago(20)}
    ci.queued(1, ago(30), **gate, approved_at=ago(10))
    ci.queued(2, ago(30), **gate, status="waiting")
    ci.queued(3, ago(30))
    ci.queued(4, ago(30), status="pending")
    found = {row["id"]: (row["state_seconds"], row["queue_wait_seconds"]) for row in ci.world.read(JOBS_NOW)}
    assert found == {
        1: (about(10), about(10)),
        2: (about(20), None),
        3: (about(30), about(30)),
        4: (about(30), None),
    }


@pytest.mark.parametrize(
    "unknown",
    [
        {"told_at": None},  # the API doesn't tell of approvals
        {"deployment_id": 3},
        {"runner_id": 4},
        {"created_at": None},
    ],
)
def test_a_wait_that_nobody_knows(ci: Ci, unknown: dict[str, Any]) -> None:
    ci.queued(1, ago(30), **unknown)
    assert ci.world.row(JOBS_NOW)["queue_wait_seconds"] is None


def test_a_clock_that_is_ahead_makes_no_negative_wait(ci: Ci) -> None:
    ci.queued(1, ago(-5))
    row = ci.world.row(JOBS_NOW)
    assert (row["state_seconds"], row["queue_wait_seconds"]) == (0, 0)


def test_open_runs_and_why_one_was_given_up(ci: Ci) -> None:
    ci.run(1, status="in_progress", conclusion=None, created_at=ago(500), run_started_at=ago(30), run_attempt=2)
    ci.run(2, status="queued", conclusion=None, created_at=ago(40), abandoned_at=ago(1), abandoned_reason="unknown")
    ci.run(3)
    ci.run(4, conclusion="action_required")
    for key, attempt in ((1, 1), (2, 2), (3, 2)):
        ci.queued(key, ago(20), run_attempt=attempt)
    names = ("status", "age_seconds", "jobs", "is_abandoned", "abandoned_reason")
    assert {row["id"]: tuple(row[name] for name in names) for row in ci.world.read(OPEN_RUNS)} == {
        1: ("in_progress", about(30), 2, False, None),
        2: ("queued", about(40), 0, True, "unknown"),
    }


def status(ci: Ci, observed_at: datetime, last: datetime, **columns: Any) -> None:
    row = {"indicator": "none", "description": "All is well", "components": [], "incidents": [], "maintenances": []}
    ci.write(GitHubStatus, **(row | {"observed_at": observed_at, "last_observed_at": last} | columns))


@pytest.mark.parametrize(("minutes", "is_current"), [(29, True), (31, False)])
def test_githubs_last_state_and_whether_that_is_current(ci: Ci, minutes: int, is_current: bool) -> None:
    status(ci, ago(900), ago(800))
    began, last = ago(700), ago(minutes)
    status(ci, began, last, indicator="major", description="Down", components=[{"name": "Actions", "status": "down"}])
    row = ci.world.row(GITHUB_STATUS_NOW)
    assert row.pop("age_minutes") == pytest.approx(minutes, abs=1)
    assert row == {
        "indicator": "major",
        "description": "Down",
        "observed_at": began,
        "last_observed_at": last,
        "is_current": is_current,
        "components": [{"name": "Actions", "status": "down"}],
        "incidents": [],
        "maintenances": [],
    }
