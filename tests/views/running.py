"""Runs, jobs, runners and deployments of any number, generated: the same rows for the same size."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert

from chalicelib.models import Deployment, GitHubStatus, Runner, RunnerSample, WorkflowJob, WorkflowRun
from chalicelib.workflows.rows.jobs import queue_time
from tests.views.world import World

ORGS = ("acme", "other")
HOSTED, OWN, SCALE_SET = "ubuntu-latest", "linux,self-hosted", "arc-small"
LABELS = (HOSTED, HOSTED, "windows-latest", OWN, OWN, "Self-Hosted,gpu", SCALE_SET, "")
NAMES = ("build", "lint", "test (3.11)", "test (3.12)", "deploy")
ENDS = ("success", "success", "success", "failure", "cancelled", "timed_out", "skipped")
RUN_ENDS = (*ENDS, "startup_failure", "action_required", "neutral", "stale")
# Ages of what is going on now, in minutes: none is near a limit of a view.
AGES = (3, 20, 50, 90, 400, 3000)
RUNNERS = 6  # of each organisation


def run_ci(world: World, *, runs: int, today: datetime) -> None:
    """Write runs over the last 400 days, each with some jobs, a tenth of them going on, and what belongs to them."""
    made = Generator(today)
    written = [made.run(key) for key in range(1, runs + 1)]
    insert_all(world, WorkflowRun, written)
    insert_all(world, WorkflowJob, [job for run in written for job in made.jobs(run)])
    insert_all(world, Deployment, [made.deployment(run) for run in written[::3]])
    insert_all(world, Runner, list(made.runners()))
    insert_all(world, RunnerSample, [row for ago in range(1, 2 + runs // 4) for row in made.samples(ago)])
    insert_all(world, GitHubStatus, [made.status(ago) for ago in range(1, 2 + runs // 10)])


def insert_all(world: World, model: Any, rows: list[dict[str, Any]]) -> None:
    """Insert rows with all columns, those that a row lacks as NULL."""
    empty = dict.fromkeys(model.__table__.columns.keys())
    world.session.execute(insert(model), [empty | row for row in rows])


class Generator:
    """Makes rows; each one's id says where it belongs."""

    def __init__(self, today: datetime) -> None:
        self.rng, self.today = Random(17), today

    def moment(self) -> datetime:
        """A time so long ago that what began then is over, and not a whole number of days ago, now and for a while."""
        days, minute = self.rng.choice((25, 60, 399)), self.rng.randrange(60, 23 * 60)
        return self.today - timedelta(days=self.rng.randrange(2, days), minutes=minute, seconds=self.rng.randrange(60))

    def place(self, key: int) -> dict[str, Any]:
        return {"org": ORGS[key % 2], "repo": f"r{key % 7}", "repository_id": key % 14}

    def run(self, key: int) -> dict[str, Any]:
        workflow = self.rng.randrange(1, 5)
        is_open, path = self.rng.random() < 0.1, f".github/workflows/w{workflow}.yml"
        began = self.today - timedelta(minutes=self.rng.choice(AGES)) if is_open else self.moment()
        attempt = self.rng.choice((1, 1, 1, 2, 3))
        is_abandoned = is_open and self.rng.random() < 0.3
        return self.place(key) | {
            "id": key,
            "workflow_id": workflow,
            "name": path if self.rng.random() < 0.05 else f"Workflow {workflow}",
            "path": path,
            "event": self.rng.choice(("push", "schedule")),
            "run_attempt": attempt,
            "status": self.rng.choice(("queued", "in_progress", "waiting", "pending")) if is_open else "completed",
            "conclusion": None if is_open else self.rng.choice(RUN_ENDS),
            "created_at": began - timedelta(hours=attempt - 1),
            "run_started_at": began,
            "updated_at": began + timedelta(seconds=self.rng.randrange(-5, 5000)),
            "html_url": f"https://example.com/runs/{key}",
            **self._told(began),
            "abandoned_at": began + timedelta(minutes=1) if is_abandoned else None,
            "abandoned_reason": "GitHub knows no such run" if is_abandoned else None,
        }

    def _told(self, at: datetime) -> dict[str, Any]:
        return {"first_seen_at": at, "told_at": at if self.rng.random() < 0.9 else None, "changed_at": at}

    def jobs(self, run: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Those of each attempt; a later attempt copies some of the one before it."""
        before: list[dict[str, Any]] = []
        for attempt in range(1, run["run_attempt"] + 1):
            began = run["run_started_at"] - timedelta(hours=run["run_attempt"] - attempt)
            is_open = run["status"] != "completed" and attempt == run["run_attempt"]
            copied = {job["name"]: job for job in before if job["conclusion"] == "success" and self.rng.random() < 0.5}
            jobs = []
            for number, name in enumerate(NAMES[: self.rng.randrange(1, 6)]):
                own = {"id": run["id"] * 100 + attempt * 10 + number, "run_attempt": attempt, "name": name}
                row = self._job(run, began, is_open=is_open) | own
                if name in copied:
                    row = copied[name] | own | {"created_at": began}
                row["queue_seconds"], row["queue_reason"] = queue_time(row)
                jobs.append(row)
            yield from jobs
            before = jobs

    def _job(self, run: dict[str, Any], began: datetime, *, is_open: bool) -> dict[str, Any]:
        created = began + timedelta(seconds=self.rng.randrange(30))
        started = created + timedelta(seconds=self.rng.choice((2, 9, 9, 40, 300, -1, self.rng.randrange(4000))))
        ended = started + timedelta(
            seconds=self.rng.choice((-1, 40, 900, 900, 9000, 100_000, self.rng.randrange(9000)))
        )
        status = self.rng.choice(("queued", "in_progress", "waiting", "completed")) if is_open else "completed"
        has_runner = status in {"in_progress", "completed"} and self.rng.random() < 0.9
        runner = self.rng.randrange(1, RUNNERS + 3)  # some were never listed
        is_gated, is_done = self.rng.random() < 0.2, status == "completed"
        is_abandoned = is_open and not is_done and self.rng.random() < 0.2
        return {
            **{name: run[name] for name in ("org", "repo", "repository_id")},
            "run_id": run["id"],
            "workflow_name": f"Workflow {run['workflow_id']}",
            "label_set": self.rng.choice(LABELS),
            "runner_id": runner if has_runner else None,
            "runner_name": f"runner-{runner}" if has_runner else None,
            "status": status,
            "conclusion": self.rng.choice(ENDS) if is_done else None,
            "created_at": created if self.rng.random() < 0.98 else None,
            "started_at": min(started, self.today) if is_open else started,
            "completed_at": (self.today - timedelta(minutes=self.rng.choice(AGES)) if is_open else ended)
            if is_done
            else None,
            "html_url": f"https://example.com/runs/{run['id']}/job",
            "environment": self.rng.choice(("production", "staging")) if is_gated else None,
            "deployment_id": run["id"] if is_gated else None,
            "approval_asked_at": created if is_gated else None,
            "approved_at": started - timedelta(seconds=1) if is_gated and self.rng.random() < 0.8 else None,
            **self._told(created),
            "abandoned_at": created + timedelta(minutes=1) if is_abandoned else None,
            "abandoned_reason": "its run is over" if is_abandoned else None,
        }

    def deployment(self, run: dict[str, Any]) -> dict[str, Any]:
        state, at = self.rng.choice(("success", "inactive", "failure", "error", "in_progress")), run["run_started_at"]
        succeeded = at + timedelta(minutes=5) if state in {"success", "inactive"} or self.rng.random() < 0.1 else None
        has_failed = state in {"failure", "error"} or self.rng.random() < 0.2
        failed = at + timedelta(minutes=self.rng.choice((3, 9, 8000))) if has_failed else None
        return {
            **{name: run[name] for name in ("org", "repo", "repository_id", "id")},
            "environment": self.rng.choice(("production", "staging", None)),
            "is_production": self.rng.choice((True, False, None)),
            "created_at": at,
            "updated_at": at,
            "run_id": run["id"],
            "state": state,
            "state_at": at + timedelta(minutes=9),
            "status_id": run["id"],
            "succeeded_at": succeeded,
            "failed_at": failed,
            "first_seen_at": at,
        }

    def runners(self) -> Iterator[dict[str, Any]]:
        for key in range(1, 1 + RUNNERS):
            for org in ORGS:
                row = {"id": key, "org": org, "name": f"runner-{key}", "status": "online", "busy": False}
                yield row | {"label_set": f"linux,self-hosted,x{key % 2}", "first_seen_at": self.today}

    def samples(self, ago: int) -> Iterator[dict[str, Any]]:
        """Some of a day, never today's: its numbers change with the clock."""
        noon = self.today.replace(hour=12, minute=0, second=0) - timedelta(days=ago)
        for hour in range(self.rng.randrange(1, 4)):
            for label in ("linux,self-hosted,x0", "linux,self-hosted,x1"):
                if self.rng.random() < 0.8:
                    row = {"org": ORGS[ago % 2], "sampled_at": noon + timedelta(hours=hour), "label_set": label}
                    yield row | {"runners": 9, "online": self.rng.randrange(9), "busy": 1}

    def status(self, ago: int) -> dict[str, Any]:
        at = self.today - timedelta(hours=ago)
        row = {"observed_at": at, "last_observed_at": at + timedelta(minutes=50), "indicator": "minor"}
        return row | {"description": f"{ago}", "components": [{"name": "Actions"}], "incidents": [], "maintenances": []}
