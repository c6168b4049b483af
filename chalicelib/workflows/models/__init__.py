"""The tables of workflows."""

from chalicelib.workflows.models.runners import GitHubStatus, Runner, RunnerSample
from chalicelib.workflows.models.runs import Deployment, WorkflowJob, WorkflowRun

__all__ = ["Deployment", "GitHubStatus", "Runner", "RunnerSample", "WorkflowJob", "WorkflowRun"]
