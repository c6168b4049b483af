"""The questions that runs, jobs, runners and deployments answer, as SQL views; each module says how it counts."""

from __future__ import annotations

from chalicelib.store.views import View
from chalicelib.workflows.views.delivery import DELIVERY_MONTHLY, PULL_REQUEST_DELIVERY
from chalicelib.workflows.views.deployments import DEPLOYMENT_FREQUENCY
from chalicelib.workflows.views.durations import JOB_DURATIONS_WEEKLY, LONGEST_JOBS, RUN_DURATIONS_WEEKLY
from chalicelib.workflows.views.minutes import BUSIEST_REPOSITORIES, CI_MINUTES_MONTHLY, CI_MINUTES_WEEKLY
from chalicelib.workflows.views.now import GITHUB_STATUS_NOW, JOBS_NOW, OPEN_RUNS
from chalicelib.workflows.views.queue import (
    QUEUE_REASONS,
    QUEUE_TIME_BY_LABELS_WEEKLY,
    QUEUE_TIME_BY_REPOSITORY_WEEKLY,
    QUEUE_TIME_DAILY,
    QUEUE_TIME_HOURLY,
)
from chalicelib.workflows.views.queue_now import QUEUE_NOW
from chalicelib.workflows.views.rates import MOST_RUN_WORKFLOWS, REPOSITORY_RATES_WEEKLY, WORKFLOW_RATES_WEEKLY
from chalicelib.workflows.views.runners import LONGEST_WAITING_LABELS, RUNNER_UTILISATION_DAILY
from chalicelib.workflows.views.waits import APPROVAL_WAITS_WEEKLY, RUN_WAITS_WEEKLY

__all__ = [
    "APPROVAL_WAITS_WEEKLY",
    "BUSIEST_REPOSITORIES",
    "CI_MINUTES_MONTHLY",
    "CI_MINUTES_WEEKLY",
    "DELIVERY_MONTHLY",
    "DEPLOYMENT_FREQUENCY",
    "GITHUB_STATUS_NOW",
    "JOBS_NOW",
    "JOB_DURATIONS_WEEKLY",
    "LONGEST_JOBS",
    "LONGEST_WAITING_LABELS",
    "MOST_RUN_WORKFLOWS",
    "OPEN_RUNS",
    "PULL_REQUEST_DELIVERY",
    "QUEUE_REASONS",
    "QUEUE_TIME_BY_LABELS_WEEKLY",
    "QUEUE_TIME_BY_REPOSITORY_WEEKLY",
    "QUEUE_TIME_DAILY",
    "QUEUE_TIME_HOURLY",
    "REPOSITORY_RATES_WEEKLY",
    "RUNNER_UTILISATION_DAILY",
    "RUN_DURATIONS_WEEKLY",
    "RUN_WAITS_WEEKLY",
    "VIEWS",
    "WORKFLOW_RATES_WEEKLY",
]

# In the order in which they are made: a view may read those before it.
VIEWS: tuple[View, ...] = (
    JOBS_NOW,
    QUEUE_NOW,
    OPEN_RUNS,
    GITHUB_STATUS_NOW,
    QUEUE_TIME_HOURLY,
    QUEUE_TIME_DAILY,
    QUEUE_TIME_BY_LABELS_WEEKLY,
    QUEUE_TIME_BY_REPOSITORY_WEEKLY,
    QUEUE_REASONS,
    LONGEST_WAITING_LABELS,
    APPROVAL_WAITS_WEEKLY,
    RUN_WAITS_WEEKLY,
    JOB_DURATIONS_WEEKLY,
    RUN_DURATIONS_WEEKLY,
    LONGEST_JOBS,
    WORKFLOW_RATES_WEEKLY,
    REPOSITORY_RATES_WEEKLY,
    MOST_RUN_WORKFLOWS,
    CI_MINUTES_WEEKLY,
    CI_MINUTES_MONTHLY,
    BUSIEST_REPOSITORIES,
    RUNNER_UTILISATION_DAILY,
    DEPLOYMENT_FREQUENCY,
    PULL_REQUEST_DELIVERY,
    DELIVERY_MONTHLY,
)
