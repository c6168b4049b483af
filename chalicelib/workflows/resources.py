"""What front ends may ask of workflows: jobs, runners, and the queue."""

from __future__ import annotations

from chalicelib.ingest.resources import (
    Field,
    Resource,
    between,
    equals,
    fields_of,
    has_label,
    has_number,
    is_true,
    one_of,
)
from chalicelib.workflows.models import Runner, WorkflowJob
from chalicelib.workflows.views.queue_now import QUEUE_NOW, STATES, state_of, states_of

_job, _runner, _queue = WorkflowJob.__table__, Runner.__table__, QUEUE_NOW.table
_state = state_of(_job.c)
_LABEL = "One of the labels"

JOBS = Resource(
    "jobs",
    "Jobs of workflow runs, of every attempt, the newest first",
    (
        *fields_of(_job, "id", "org", "repo", "run_id", "run_attempt", "workflow_name", "name"),
        Field(
            "state",
            _state,
            "queued (for a runner), waiting (for something else, such as an approval), in_progress, completed, or "
            "abandoned (GitHub will never tell its end)",
            {"type": "string", "enum": list(STATES)},
        ),
        *fields_of(_job, "status", "conclusion", "created_at", "started_at", "completed_at"),
        *fields_of(_job, "queue_seconds", "queue_reason", "approval_asked_at", "approved_at", "environment"),
        *fields_of(_job, "labels", "runner_id", "runner_name", "runner_group_name", "head_branch", "head_sha"),
        *fields_of(_job, "abandoned_at", "abandoned_reason", "html_url"),
    ),
    (
        equals("repo", _job.c.repo, "Repository's name, without the owner"),
        one_of("state", states_of(_job.c), "State, or several"),
        equals("workflow", _job.c.workflow_name, "Workflow's name"),
        has_label("label", _job.c.label_set, _LABEL),
        equals("runner", _job.c.runner_name, "Runner's name"),
        has_number("run_id", _job.c.run_id, "GitHub's run id"),
        *between(_job.c.created_at, "was made"),
    ),
    key=("id",),
    is_newest_first=True,
)

RUNNERS = Resource(
    "runners",
    "Self-hosted runners that GitHub lists now",
    fields_of(
        *(_runner, "id", "org", "name", "os", "status", "busy", "ephemeral", "version", "runner_group_id", "labels"),
        "first_seen_at",
    ),
    (
        one_of("status", {word: _runner.c.status == word for word in ("online", "offline")}, "Status, or both"),
        is_true("busy", _runner.c.busy, "Whether it has a job"),
        has_label("label", _runner.c.label_set, _LABEL),
    ),
    key=("org", "id"),
    where=_runner.c.removed_at.is_(None),
)

QUEUE = Resource(
    "queue",
    "The queue for runners now, and the queue times of the last 24 hours, by labels",
    fields_of(
        _queue,
        *_queue.c.keys(),
        never_null=("org", "label_set", "queued", "waiting", "in_progress", "queue_times"),
    ),
    (has_label("label", _queue.c.label_set, _LABEL),),
    key=("org", "label_set"),
)

RESOURCES = (JOBS, RUNNERS, QUEUE)
