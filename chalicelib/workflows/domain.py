"""Workflows: runs, their jobs and how long these queue, runners, and deployments."""

from __future__ import annotations

from chalicelib.ingest.domain import Domain, Relation
from chalicelib.settings import Settings
from chalicelib.workflows.resources import RESOURCES
from chalicelib.workflows.settings import ENABLED, SETTINGS
from chalicelib.workflows.sync.events import EVENTS
from chalicelib.workflows.views import VIEWS


def is_enabled(settings: Settings) -> bool:
    """Tell whether the setting WORKFLOWS is on."""
    return settings.value(ENABLED)


OF_REPOSITORIES = ("workflow_runs", "workflow_jobs", "deployments")
RELATIONS = (
    *(
        Relation(table, "repositories", f"{table}.repository_id = repositories.id", "where it is")
        for table in OF_REPOSITORIES
    ),
    Relation("workflow_jobs", "workflow_runs", "workflow_jobs.run_id = workflow_runs.id", "the run that it is of"),
    Relation(
        "workflow_jobs",
        "runners",
        "workflow_jobs.runner_id = runners.id AND workflow_jobs.org = runners.org",
        "the runner that had it, if it is one of the organisation's own",
    ),
    Relation("workflow_jobs", "deployments", "workflow_jobs.deployment_id = deployments.id", "what it deployed"),
    Relation("deployments", "workflow_runs", "deployments.run_id = workflow_runs.id", "the run that deployed it"),
)

WORKFLOWS = Domain(
    name="workflows",
    events=EVENTS,
    settings=SETTINGS,
    enabled=is_enabled,
    relations=RELATIONS,
    views=VIEWS,
    resources=RESOURCES,
)
