"""Runs of workflows, their jobs, and runners, as GitHub's JSON."""

from typing import Any

from sandbox.api.nodeids import node_id
from sandbox.api.profiles import Profiles
from sandbox.api.times import moment, timestamp
from sandbox.world.ci.model import Attempt, Deployment, Job, Run, Runner, RunnerGroup, Step, Workflow
from sandbox.world.items import Repository

JSON = dict[str, Any]
STANDARD_LABELS = frozenset({"self-hosted", "Linux", "X64"})


def _actions(forms: Profiles, repository: Repository) -> str:
    return f"{forms.repository_url(repository)}/actions"


def run_form(forms: Profiles, run: Run, attempt: Attempt | None = None) -> JSON:
    """Return a run, or one of its attempts: that tells times and a state of its own."""
    repository = run.repository
    url = f"{_actions(forms, repository)}/runs/{run.id}"
    suite = run.id + 7
    shown = attempt or run.latest
    created_at = run.created_at if attempt is None or attempt.number == 1 else attempt.created_at
    place = forms.simple_repository(repository)
    return {
        "id": run.id,
        "name": run.name,
        "node_id": node_id("WFR", repository.id, run.id),
        "head_branch": run.branch,
        "head_sha": run.sha,
        "path": run.workflow.path,
        "display_title": run.title,
        "run_number": run.number,
        "event": run.event,
        "status": shown.status,
        "conclusion": shown.conclusion,
        "workflow_id": run.workflow.id,
        "check_suite_id": suite,
        "check_suite_node_id": node_id("CS", repository.id, suite),
        "url": url,
        "html_url": f"{forms.html}/{repository.full_name}/actions/runs/{run.id}",
        "pull_requests": [],
        "created_at": timestamp(created_at),
        "updated_at": timestamp(shown.updated_at),
        "actor": forms.user(run.actor),
        "run_attempt": shown.number,
        "referenced_workflows": [],
        "run_started_at": timestamp(shown.started_at),
        "triggering_actor": forms.user(shown.triggered_by),
        **{f"{name}_url": f"{url}/{name}" for name in ("jobs", "logs", "artifacts", "cancel", "rerun")},
        "check_suite_url": f"{forms.repository_url(repository)}/check-suites/{suite}",
        "previous_attempt_url": f"{url}/attempts/{shown.number - 1}" if shown.number > 1 else None,
        "workflow_url": f"{_actions(forms, repository)}/workflows/{run.workflow.id}",
        "head_commit": _commit(run),
        "repository": place,
        "head_repository": place,
    }


def _commit(run: Run) -> JSON:
    somebody = {"name": run.actor.name, "email": f"{run.actor.id}@users.noreply.github.example"}
    return {
        "id": run.sha,
        "tree_id": run.sha[::-1],
        "message": run.title,
        "timestamp": timestamp(run.created_at),
        "author": somebody,
        "committer": somebody,
    }


def job_form(forms: Profiles, job: Job) -> JSON:
    """Return a job, which names its runner as soon as it has one."""
    run, runner = job.run, job.runner
    repository = run.repository
    actions = _actions(forms, repository)
    return {
        "id": job.id,
        "run_id": run.id,
        "workflow_name": run.name,
        "head_branch": run.branch,
        "run_url": f"{actions}/runs/{run.id}",
        "run_attempt": job.attempt,
        "node_id": node_id("CR", repository.id, job.id),
        "head_sha": run.sha,
        "url": f"{actions}/jobs/{job.id}",
        "html_url": f"{forms.html}/{repository.full_name}/actions/runs/{run.id}/job/{job.id}",
        "status": job.status,
        "conclusion": job.conclusion,
        "created_at": timestamp(job.created_at),
        "started_at": timestamp(job.started_at),
        "completed_at": moment(job.completed_at),
        "name": job.spec.name,
        "steps": [_step(number, step) for number, step in enumerate(job.steps, 1)],
        "check_run_url": f"{forms.repository_url(repository)}/check-runs/{job.id}",
        "labels": list(job.labels),
        "runner_id": runner and runner.id,
        "runner_name": runner and runner.name,
        "runner_group_id": runner and runner.group.id,
        "runner_group_name": runner and runner.group.name,
    }


def _step(number: int, step: Step) -> JSON:
    return {
        "name": step.name,
        "status": "in_progress" if step.completed_at is None else "completed",
        "conclusion": step.conclusion,
        "number": number,
        "started_at": _milliseconds(step.started_at),
        "completed_at": _milliseconds(step.completed_at),
    }


def _milliseconds(seconds: int | None) -> str | None:
    """Return a time as steps have it."""
    return None if seconds is None else timestamp(seconds).replace("Z", ".000Z")


def workflow_form(forms: Profiles, workflow: Workflow) -> JSON:
    """Return a workflow, as an event of one of its runs carries it."""
    repository = workflow.repository
    page = f"{forms.html}/{repository.full_name}"
    return {
        "id": workflow.id,
        "node_id": node_id("W", repository.id, workflow.id),
        "name": workflow.name,
        "path": workflow.path,
        "state": "active",
        "created_at": timestamp(workflow.created_at),
        "updated_at": timestamp(workflow.created_at),
        "url": f"{_actions(forms, repository)}/workflows/{workflow.id}",
        "html_url": f"{page}/blob/main/{workflow.path}",
        "badge_url": f"{page}/workflows/{workflow.name}/badge.svg",
    }


def deployment_form(forms: Profiles, job: Job, deployment: Deployment) -> JSON:
    """Return what a job is to deploy, as its events carry it."""
    repository_url = forms.repository_url(job.run.repository)
    url = f"{repository_url}/deployments/{deployment.id}"
    return {
        "url": url,
        "id": deployment.id,
        "node_id": node_id("DE", job.run.repository.id, deployment.id),
        "task": "deploy",
        "original_environment": deployment.environment,
        "environment": deployment.environment,
        "description": None,
        "created_at": timestamp(deployment.created_at),
        "updated_at": timestamp(deployment.updated_at),
        "statuses_url": f"{url}/statuses",
        "repository_url": repository_url,
        "creator": forms.user(deployment.creator),
        "sha": job.run.sha,
        "ref": job.run.branch,
        "payload": {},
        "transient_environment": False,
        "production_environment": deployment.environment == "production",
        "performed_via_github_app": None,
    }


def runner_form(_: Profiles, runner: Runner) -> JSON:
    """Return a runner as its organisation lists it; labels of all sorts have the id 0."""
    kinds = {label: "read-only" if label in STANDARD_LABELS else "custom" for label in runner.labels}
    return {
        "id": runner.id,
        "runner_group_id": runner.group.id,
        "name": runner.name,
        "os": runner.os,
        "status": runner.status,
        "busy": runner.job is not None,
        "ephemeral": runner.ephemeral,
        "labels": [{"id": 0, "name": label, "type": kind} for label, kind in kinds.items()],
    }


def runner_group_form(forms: Profiles, group: RunnerGroup) -> JSON:
    """Return a group of runners."""
    url = f"{forms.base}/orgs/{group.organisation.login}/actions/runner-groups/{group.id}"
    return {
        "id": group.id,
        "name": group.name,
        "visibility": "all",
        "default": group.default,
        "runners_url": f"{url}/runners",
        "hosted_runners_url": f"{url}/hosted-runners",
        "inherited": False,
        "allows_public_repositories": True,
        "restricted_to_workflows": False,
        "selected_workflows": [],
        "workflow_restrictions_read_only": False,
    }
