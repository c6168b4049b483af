"""Lists that are wrong: the tables vouch for nothing that they don't have, and nothing is given up because of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests

from chalicelib.errors import JobFailedError
from sandbox import JobSpec
from sandbox.api.messages import Answer, Request
from sandbox.world.ci.model import Run
from tests.deliveries import SECRET, post_to
from tests.organisation import Organisation
from tests.workflows.asking import HOUR, hear, jobs, ledger, repair, runs

pytestmark = pytest.mark.slow

GPU = JobSpec("train", ("self-hosted", "gpu"))
Listed = dict[str, Any]
WRONG: dict[str, Callable[[Listed], Listed]] = {
    "empty": lambda _: {"total_count": 0, "jobs": []},
    "without a total": lambda data: {"jobs": data["jobs"][:1]},
    "with no number as total": lambda data: {"total_count": None, "jobs": data["jobs"][:1]},
    "a part of it": lambda data: {"total_count": 3, "jobs": data["jobs"][:1]},
}


def listing(run: Run, change: Callable[[Listed], Listed]) -> Callable[[Request, Answer], Answer]:
    """Change the list of a run's jobs."""

    def odd(request: Request, answer: Answer) -> Answer:
        if not request.path.endswith(f"/runs/{run.id}/jobs"):
            return answer
        return replace(answer, data=change(answer.data))

    return odd


@pytest.mark.parametrize("stored", [0, 1])
@pytest.mark.parametrize("wrong", WRONG)
def test_one_wrong_list_of_jobs_is_not_vouched_for(living: Organisation, wrong: str, stored: int) -> None:
    living.run_job("daily")
    [repository, *_] = living.sandbox.world.repositories.values()
    run = living.sandbox.world.start_run(repository, ["a", "b", "c"])
    living.sandbox.world.finish_run(run)
    known = [f'"name":"{name}"'.encode() for name in "abc"[:stored]]
    for headers, body in living.sandbox.deliveries(SECRET):
        if headers["X-GitHub-Event"] == "workflow_run" or any(name in body for name in known):
            assert post_to(living)(headers, body) == 200
    assert len(jobs(living)) == stored
    with living.sandbox.oddities.telling(listing(run, WRONG[wrong])):
        repair(living)
        assert runs(living)[run.id]["jobs_as_of"] is None
    repair(living, 3)
    row = runs(living)[run.id]
    assert (row["jobs_as_of"], {job["status"] for job in jobs(living).values()}) == (row["updated_at"], {"completed"})
    assert jobs(living).keys() == {job.id for job in run.jobs}


def test_a_run_whose_jobs_are_stored_is_no_ghost_because_its_list_is_empty(living: Organisation) -> None:
    [repository, *_] = living.sandbox.world.repositories.values()
    run = living.sandbox.world.start_run(repository, [GPU])
    hear(living)
    living.run_job("daily")
    with living.sandbox.oddities.telling(listing(run, WRONG["empty"])):
        repair(living, 2, every=49 * HOUR)
    assert runs(living)[run.id]["abandoned_at"] is None
    [job] = jobs(living).values()
    # It was asked for by its id, and GitHub showed it.
    assert "48 hours, which is how long a job may wait for a runner" in job["abandoned_reason"]


def test_a_run_without_jobs_is_vouched_for_when_that_was_said_twice(living: Organisation) -> None:
    [repository, *_] = living.sandbox.world.repositories.values()
    run = living.sandbox.world.fail_at_startup(repository)
    living.run_job("daily")
    repair(living)
    assert runs(living)[run.id]["jobs_as_of"] is None
    repair(living, 2)
    row = runs(living)[run.id]
    assert row["jobs_as_of"] == row["updated_at"]


def changed(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Request, Answer], Answer]:
    """Change each run that is shown, in a list or alone."""

    def odd(request: Request, answer: Answer) -> Answer:
        if "/actions/runs" not in request.path or request.path.endswith("/jobs") or answer.status != 200:
            return answer
        if "workflow_runs" not in answer.data:
            return replace(answer, data=change(answer.data))
        shown = [change(run) for run in answer.data["workflow_runs"]]
        return replace(answer, data={**answer.data, "workflow_runs": shown})

    return odd


def test_a_list_of_another_repository_s_runs_is_refused(living: Organisation) -> None:
    world = living.sandbox.world
    [first, second, *_] = world.repositories.values()
    made = [world.fail_at_startup(repository) for repository in (first, second)]
    living.run_job("daily")
    new = world.fail_at_startup(second)
    token = {"Authorization": f"Bearer {living.sandbox.token}"}
    url = f"{living.sandbox.url}/repositories/{second.id}/actions/runs"
    others = Answer(requests.get(url, headers=token, timeout=30).json())
    path = f"/repositories/{first.id}/actions/runs"
    living.advance(600)
    with (
        living.sandbox.oddities.telling(lambda request, answer: others if request.path == path else answer),
        pytest.raises(JobFailedError, match="workflow_runs"),
    ):
        living.run_job("nrt_events")
    step = ledger(living, "workflow_runs")
    assert f"{first.full_name}: " in str(step.error)
    assert "the answer has runs of another repository" in str(step.error)
    repair(living)
    assert {key: row["repo"] for key, row in runs(living).items()} == {
        made[0].id: first.name,
        made[1].id: second.name,
        new.id: second.name,
    }


@pytest.mark.parametrize(
    "change",
    [
        lambda run: {**run, "head_repository": {"id": 7, "full_name": "fork/of"}},
        lambda run: {name: value for name, value in run.items() if name != "repository"},
        lambda run: {**run, "repository": None},
    ],
)
def test_a_run_of_a_fork_s_branch_or_without_a_repository_is_stored(living: Organisation, change: Any) -> None:
    world = living.sandbox.world
    [repository, *_] = world.repositories.values()
    run = world.start_run(repository, ["build"])
    with living.sandbox.oddities.telling(changed(change)):
        living.run_job("daily")
        repair(living, 2)
    assert (runs(living)[run.id]["repo"], len(jobs(living))) == (repository.name, 1)
