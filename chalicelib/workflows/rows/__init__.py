"""What is told of runs and jobs, put together: pure."""

from chalicelib.workflows.rows.deployments import merge_deployment
from chalicelib.workflows.rows.jobs import label_set, merge_job, queue_time, with_runner
from chalicelib.workflows.rows.runs import is_open, merge_run, rank

__all__ = ["is_open", "label_set", "merge_deployment", "merge_job", "merge_run", "queue_time", "rank", "with_runner"]
