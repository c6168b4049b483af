"""An organisation's runs and jobs, row by row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from chalicelib.models import WorkflowJob, WorkflowRun
from chalicelib.workflows.rows.jobs import queue_time
from tests.views.running import insert_all
from tests.views.world import FIRST_LOOK, World, may

PLACE = {"org": "acme", "repo": "r1", "repository_id": 1}
TOLD = {"first_seen_at": FIRST_LOOK, "told_at": FIRST_LOOK, "changed_at": FIRST_LOOK}
RUNNER = {"runner_id": 1, "runner_name": "runner-1"}


class Ci:
    """Writes what the views of workflows read."""

    def __init__(self, world: World) -> None:
        self.world = world

    def write(self, model: Any, **columns: Any) -> None:
        insert_all(self.world, model, [columns])

    def run(self, key: int = 1, **columns: Any) -> None:
        """A run that succeeded in ten minutes."""
        row = PLACE | TOLD | {"id": key, "workflow_id": 7, "name": "CI", "path": ".github/workflows/ci.yml"}
        row |= {"run_attempt": 1, "status": "completed", "conclusion": "success", "created_at": may(4, 9)}
        row |= {"run_started_at": columns.get("created_at", may(4, 9)), "updated_at": may(4, 9, 10)}
        self.write(WorkflowRun, **(row | columns))

    def job(self, key: int, created_at: datetime, started_at: datetime | None, /, **columns: Any) -> None:
        """A job that a runner took and completed; its queue time is what our mapping makes of it."""
        row = PLACE | TOLD | {"id": key, "run_id": 1, "run_attempt": 1, "workflow_name": "CI", "name": "build"}
        row |= {"label_set": "ubuntu-latest", "status": "completed", "conclusion": "success"}
        row |= {"created_at": created_at, "started_at": started_at, "completed_at": started_at} | RUNNER | columns
        seconds, reason = queue_time({"deployment_id": None, "approved_at": None} | row)
        self.write(WorkflowJob, **(row | {"queue_seconds": seconds, "queue_reason": reason}))

    def queued(self, key: int, created_at: datetime, /, **columns: Any) -> None:
        """A job that is in the queue."""
        nobody = dict.fromkeys((*RUNNER, "conclusion", "completed_at"))
        self.job(key, created_at, created_at, **({"status": "queued"} | nobody | columns))


@pytest.fixture
def ci(world: World) -> Ci:
    return Ci(world)
