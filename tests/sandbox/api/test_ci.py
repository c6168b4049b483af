"""Runs of workflows, their jobs and runners: what lists and single ones tell, filters, pages."""

from typing import Any

import pytest

from sandbox import JobSpec, Repository, RunningSandbox, World, serve
from sandbox.api.endpoints import ci
from tests.sandbox.conftest import Client, small_plan

JSON = dict[str, Any]


@pytest.fixture
def repository(changing: RunningSandbox) -> Repository:
    return next(iter(changing.world.repositories.values()))


@pytest.fixture
def runs(repository: Repository) -> str:
    """The path of the repository's runs."""
    return f"/repos/{repository.full_name}/actions/runs"


def listed(client: Client, path: str, name: str, **arguments: object) -> tuple[int, list[int]]:
    answer = client.get(path, params=arguments)
    assert answer.status_code == 200, answer.text
    return answer.json()["total_count"], [row["id"] for row in answer.json()[name]]


def chosen(row: JSON, *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def test_a_run_and_its_job(changing: RunningSandbox, client: Client, repository: Repository, runs: str) -> None:
    world = changing.world
    actor = world.people[3]
    run = world.start_run(repository, ["build"], workflow="Nightly", event="schedule", branch="next", actor=actor)
    (row,) = client.get(runs).json()["workflow_runs"]
    assert client.get(f"{runs}/{run.id}").json() == row
    assert chosen(row, "name", "path", "event", "head_branch", "run_number", "run_attempt") == (
        *("Nightly", ".github/workflows/nightly.yml", "schedule", "next", 1, 1),
    )
    assert chosen(row, "status", "conclusion", "previous_attempt_url") == ("queued", None, None)
    assert row["actor"]["login"] == row["triggering_actor"]["login"] == actor.login
    assert row["created_at"] == row["updated_at"] == row["run_started_at"]
    (job,) = client.get(f"{runs}/{run.id}/jobs").json()["jobs"]
    assert chosen(job, "status", "name", "workflow_name", "labels") == ("queued", "build", "Nightly", ["ubuntu-latest"])
    # GitHub says when it began before it did.
    assert job["started_at"] == job["created_at"]
    runner = ("runner_id", "runner_name", "runner_group_id", "runner_group_name")
    assert chosen(job, *runner) == (None,) * 4
    world.advance(changing.clock.set(advance=40))
    world.advance_run(run)
    job = client.get(job["url"]).json()
    assert chosen(job, "status", "runner_name", "runner_group_name") == (
        *("in_progress", "GitHub Actions 1", "GitHub Actions"),
    )
    assert (job["created_at"], job["started_at"]) == ("2026-06-01T12:00:00Z", "2026-06-01T12:00:40Z")
    assert [chosen(step, "number", "status", "conclusion") for step in job["steps"]] == [(1, "in_progress", None)]
    world.finish_run(run, "failure")
    assert chosen(client.get(job["url"]).json(), "status", "conclusion") == ("completed", "failure")
    assert chosen(client.get(row["url"]).json(), "status", "conclusion") == ("completed", "failure")


def test_attempts(changing: RunningSandbox, client: Client, repository: Repository, runs: str) -> None:
    world = changing.world
    run = world.start_run(repository, ["build", "test"])
    world.advance_run(run)
    world.complete_job(run.jobs[0])
    world.complete_job(run.jobs[1], "failure")
    first = [job.id for job in run.jobs]
    world.advance(changing.clock.set(advance=2 * 86_400))
    world.rerun(run, failed_only=True)
    second = [job.id for job in run.jobs]
    path = f"{runs}/{run.id}"
    assert listed(client, f"{path}/jobs", "jobs") == (2, second)
    assert listed(client, f"{path}/jobs", "jobs", filter="all") == (4, first + second)
    assert listed(client, f"{path}/attempts/1/jobs", "jobs") == (2, first)
    assert listed(client, f"{path}/attempts/2/jobs", "jobs", per_page=1) == (2, second[:1])
    whole, old, new = (client.get(path + part).json() for part in ("", "/attempts/1", "/attempts/2"))
    times = ("created_at", "run_started_at")
    # The attempt tells another time than its run.
    assert chosen(whole, *times) == ("2026-06-01T12:00:00Z", "2026-06-03T11:59:58Z")
    assert chosen(new, *times) == ("2026-06-03T12:00:00Z", "2026-06-03T11:59:58Z")
    assert chosen(old, *times) == ("2026-06-01T12:00:00Z",) * 2
    assert chosen(old, "run_attempt", "status", "conclusion") == (1, "completed", "failure")
    assert chosen(new, "run_attempt", "status", "conclusion") == (2, "queued", None)
    assert new["previous_attempt_url"] == old["url"] + "/attempts/1"
    for number in (0, 3):
        assert client.get(f"{path}/attempts/{number}").status_code == 404


def test_filters(changing: RunningSandbox, client: Client, repository: Repository, runs: str) -> None:
    world = changing.world
    done, broken = world.start_run(repository, branch="next"), world.fail_at_startup(repository)
    world.finish_run(done)
    world.advance(changing.clock.set(advance=3_600))
    ghost, held = world.start_run(repository, ()), world.start_run(repository, held="action_required", event="push")
    everything = [held.id, ghost.id, broken.id, done.id]
    assert listed(client, runs, "workflow_runs") == (4, everything)
    for arguments, found in (
        ({"status": "completed"}, [held.id, broken.id, done.id]),
        ({"status": "queued"}, [ghost.id]),
        ({"status": "startup_failure"}, [broken.id]),
        ({"branch": "next"}, [done.id]),
        ({"event": "push"}, everything),
        ({"created": ">=2026-06-01T13:00:00Z"}, [held.id, ghost.id]),
        ({"created": "2026-06-01T11:00:00Z..2026-06-01T12:30:00Z"}, [broken.id, done.id]),
        ({"created": "2026-06-01", "status": "success"}, [done.id]),
        ({"head_sha": ghost.sha}, [ghost.id]),
    ):
        assert listed(client, runs, "workflow_runs", **arguments) == (len(found), found), arguments
    assert listed(client, f"{runs}/{ghost.id}/jobs", "jobs") == (0, [])


def test_filtered_lists_end_early(
    changing: RunningSandbox, client: Client, repository: Repository, runs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ci, "MOST_FILTERED", 4)
    for _ in range(6):
        changing.world.start_run(repository)
    assert listed(client, runs, "workflow_runs", per_page=100)[0] == 6
    path, found = f"{runs}?status=queued&per_page=3", []
    while path:
        answer = client.get(path)
        assert answer.json()["total_count"] == 6
        found += answer.json()["workflow_runs"]
        path = answer.links.get("next", {}).get("url", "")
    assert len(found) == 4


def test_runners_and_their_groups(changing: RunningSandbox, client: Client, repository: Repository) -> None:
    world, organisation = changing.world, repository.owner
    group = world.add_runner_group(organisation, "Fast")
    path = f"/orgs/{organisation.login}/actions"
    steady = world.add_runner(organisation, "steady", labels=("self-hosted", "Linux", "gpu"), group=group)
    passing = world.add_runner(organisation, "passing", ephemeral=True)
    run = world.start_run(repository, [JobSpec("train", ("self-hosted", "gpu")), JobSpec("soak", ("self-hosted",))])
    world.pick_up(run.jobs[0])
    world.pick_up(run.jobs[1])
    rows = client.get(f"{path}/runners").json()["runners"]
    shown = ("id", "name", "busy", "ephemeral", "status", "runner_group_id")
    assert [chosen(row, *shown) for row in rows] == [
        (steady.id, "steady", True, False, "online", group.id),
        (passing.id, "passing", True, True, "online", 1),
    ]
    assert rows[0]["labels"][2] == {"id": 0, "name": "gpu", "type": "custom"}
    world.finish_run(run)
    world.set_runner(steady, status="offline")
    # An ephemeral one is gone after its job.
    (row,) = client.get(f"{path}/runners").json()["runners"]
    assert chosen(row, *shown[1:5]) == ("steady", False, False, "offline")
    assert listed(client, f"{path}/runners?name=other", "runners") == (0, [])
    groups = client.get(f"{path}/runner-groups").json()["runner_groups"]
    named = [("Default", True), ("GitHub Actions", False), ("Fast", False)]
    assert [chosen(row, "name", "default") for row in groups] == named


def test_nothing_is_found_elsewhere(changing: RunningSandbox, client: Client, runs: str) -> None:
    first, second = list(changing.world.repositories.values())[:2]
    run = changing.world.start_run(second)
    assert client.get(f"{runs}/{run.id}").status_code == 404
    assert client.get(f"/repos/{first.full_name}/actions/jobs/{run.jobs[0].id}").status_code == 404
    assert client.get(f"{runs}/{run.id}/jobs?filter=some").status_code == 404
    path = f"/repos/{second.full_name}/actions/runs/{run.id}"
    assert client.get(f"{path}/jobs?filter=some").status_code == 422
    changing.world.delete_repository(second)
    assert client.get(path).status_code == 404


def test_the_truth_is_what_the_api_tells() -> None:
    world = World(small_plan(items=20, days=10, runs=3))
    with serve(world) as sandbox, Client(sandbox.url) as client:
        jobs, found = {job["id"]: job for job in sandbox.truth.jobs()}, []
        for run in sandbox.truth.runs():
            attempts = run.pop("attempts")
            assert client.get(run["url"]).json() == run
            assert client.get(f"{run['url']}/attempts/1").json() == attempts[0]
            found += client.get(f"{run['url']}/jobs?filter=all&per_page=100").json()["jobs"]
        assert len(found) == len(jobs) > 100
        for job in found:
            gate = jobs[job["id"]].pop("deployment")
            assert jobs[job["id"]] == job
            assert gate is None or gate["environment"] in ("production", "staging")
        assert [one["name"] for one in sandbox.truth.runners(org="octo-sandbox")]
