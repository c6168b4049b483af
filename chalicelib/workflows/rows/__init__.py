"""What is told of runs and jobs, put together: pure."""

from chalicelib.workflows.rows.deployments import merge_deployment
from chalicelib.workflows.rows.jobs import label_set, merge_job, queue_time, with_runner
from chalicelib.workflows.rows.limits import (
    SURE,
    asked_or_news,
    begun,
    is_due,
    is_gone,
    job_overdue,
    left_over,
    needs_jobs,
    run_overdue,
)
from chalicelib.workflows.rows.runs import is_open, merge_run, rank

__all__ = [
    "SURE",
    "asked_or_news",
    "begun",
    "is_due",
    "is_gone",
    "is_open",
    "job_overdue",
    "label_set",
    "left_over",
    "merge_deployment",
    "merge_job",
    "merge_run",
    "needs_jobs",
    "queue_time",
    "rank",
    "run_overdue",
    "with_runner",
]
