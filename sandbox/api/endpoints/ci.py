"""Runs of workflows, their jobs, and an organisation's runners."""

from collections.abc import Callable, Sequence
from typing import Any

from sandbox.api.call import JSON, Call
from sandbox.api.ci_forms import job_form, run_form, runner_form, runner_group_form
from sandbox.api.errors import ApiError, not_found
from sandbox.api.forms import Forms
from sandbox.api.messages import Answer
from sandbox.api.query import parse_bounds
from sandbox.world.ci.model import Attempt, Run

# With any of these a list ends after so many runs, whatever its `total_count`.
# https://docs.github.com/rest/actions/workflow-runs#list-workflow-runs-for-a-repository
MOST_FILTERED = 1_000
FILTERS: dict[str, Callable[[Run], set[str | None]]] = {
    "status": lambda run: {run.status, run.conclusion},
    "branch": lambda run: {run.branch},
    "event": lambda run: {run.event},
    "actor": lambda run: {run.actor.login},
    "head_sha": lambda run: {run.sha},
    "check_suite_id": lambda run: {str(run.id + 7)},
}


def list_runs(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}/actions/runs`: the newest first, and filtered 1,000 at most."""
    repository = call.repository()
    runs = list(reversed(call.world.runs(repository)))
    wanted = {name: said for name, said in call.arguments if said and name in {*FILTERS, "created"}}
    for name, said in wanted.items():
        if name == "created":
            first, last = parse_bounds(said)
            runs = [run for run in runs if first <= run.created_at <= last]
        else:
            runs = [run for run in runs if said in FILTERS[name](run)]
    listed = runs[:MOST_FILTERED] if wanted else runs
    path = f"repositories/{repository.id}/actions/runs"
    return _envelope(call, listed, path, "workflow_runs", run_form, total=len(runs))


def get_run(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}/actions/runs/{run_id}`."""
    return Answer(run_form(call.payloads, _run(call)))


def get_attempt(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}`."""
    run, attempt = _attempt(call)
    return Answer(run_form(call.payloads, run, attempt))


def list_jobs(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs`: the latest attempt's, or all attempts'."""
    run = _run(call)
    said = call.argument("filter", "latest")
    if said not in ("latest", "all"):
        raise ApiError(422, f"Invalid filter: {said}")
    attempts = run.attempts if said == "all" else [run.latest]
    jobs = [job for attempt in attempts for job in attempt.jobs]
    return _envelope(call, jobs, f"repositories/{run.repository.id}/actions/runs/{run.id}/jobs", "jobs", job_form)


def list_jobs_of_attempt(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs`."""
    run, attempt = _attempt(call)
    path = f"repositories/{run.repository.id}/actions/runs/{run.id}/attempts/{attempt.number}/jobs"
    return _envelope(call, attempt.jobs, path, "jobs", job_form)


def get_job(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}/actions/jobs/{job_id}`."""
    job = call.world.find_job(call.path["job_id"])
    if job is None or job.run.repository is not call.repository():
        raise not_found()
    return Answer(job_form(call.payloads, job))


def list_runners(call: Call) -> Answer:
    """Answer `GET /orgs/{org}/actions/runners`: hosted ones aren't among them."""
    organisation = call.organisation()
    name = call.argument("name", "")
    found = [one for one in call.world.runners(organisation) if name in ("", one.name)]
    return _envelope(call, found, f"organizations/{organisation.id}/actions/runners", "runners", runner_form)


def list_runner_groups(call: Call) -> Answer:
    """Answer `GET /orgs/{org}/actions/runner-groups`."""
    organisation = call.organisation()
    groups = call.world.runner_groups(organisation)
    path = f"organizations/{organisation.id}/actions/runner-groups"
    return _envelope(call, groups, path, "runner_groups", runner_group_form)


def _run(call: Call) -> Run:
    repository = call.repository()
    run = call.world.find_run(call.path["run_id"])
    if run is None or run.repository is not repository:
        raise not_found()
    return run


def _attempt(call: Call) -> tuple[Run, Attempt]:
    run, number = _run(call), call.path["attempt_number"]
    if not 1 <= number <= len(run.attempts):
        raise not_found()
    return run, run.attempts[number - 1]


def _envelope(
    call: Call,
    rows: Sequence[Any],
    path: str,
    name: str,
    show: Callable[[Forms, Any], JSON],
    *,
    total: int | None = None,
) -> Answer:
    """Answer with a page of a list that tells how long it is."""
    page, headers = call.numbered(list(rows), path)
    count = len(rows) if total is None else total
    return Answer({"total_count": count, name: [show(call.payloads, row) for row in page]}, headers=headers)
