"""Workflows: runs, their jobs and how long these queue, runners, and deployments."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.ingest.domain import Domain, Relation
from chalicelib.ingest.steps import DAILY, NRT_EVENTS, Kind, Step
from chalicelib.ingest.streams import ListStream
from chalicelib.settings import Settings
from chalicelib.workflows.models import Runner
from chalicelib.workflows.permissions import NEEDS
from chalicelib.workflows.resources import RESOURCES
from chalicelib.workflows.settings import ENABLED, SETTINGS
from chalicelib.workflows.sync.events import EVENTS
from chalicelib.workflows.sync.reading import read_runs
from chalicelib.workflows.sync.repair import repair_jobs
from chalicelib.workflows.sync.runners import label_set_of, sample_runners
from chalicelib.workflows.sync.saving import JOBS, RUNS
from chalicelib.workflows.sync.status import STATUS, watch_status
from chalicelib.workflows.views import VIEWS


def is_enabled(settings: Settings) -> bool:
    """Tell whether the setting WORKFLOWS is on."""
    return settings.value(ENABLED)


STALE_AFTER = timedelta(hours=1)
STATUS_STALE_AFTER = timedelta(hours=50)
# https://docs.github.com/en/rest/actions/self-hosted-runners#list-self-hosted-runners-for-an-organization
RUNNERS = ListStream(
    "runners",
    Runner,
    "/orgs/{org}/actions/runners",
    "organization_self_hosted_runners",
    "self-hosted runners",
    gone="removed_at",
    within="runners",
    computed={"label_set": label_set_of},
    churns=True,  # ephemeral ones go after one job, and a fleet may be scaled to nothing
    is_optional=True,  # a classic token needs admin:org, and who has no such runners needs nothing
    on=(NRT_EVENTS,),
    afterwards=sample_runners,
)
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
    steps=(
        Step(RUNS, read_runs, (NRT_EVENTS, DAILY)),
        # After the runs, for these tell which jobs are missing.
        Step(JOBS, repair_jobs, (NRT_EVENTS,)),
        Step(STATUS, watch_status, (NRT_EVENTS,)),
    ),
    kinds=(Kind(RUNS, STALE_AFTER), Kind(JOBS, STALE_AFTER), Kind(STATUS, STATUS_STALE_AFTER)),
    needs=NEEDS,
    streams=(RUNNERS,),
    events=EVENTS,
    settings=SETTINGS,
    enabled=is_enabled,
    relations=RELATIONS,
    views=VIEWS,
    resources=RESOURCES,
)
