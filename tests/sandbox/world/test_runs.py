"""Runs of workflows: what each step of their lives makes of them, and what is told of it."""

from collections import Counter
from random import Random

import pytest

from sandbox import Plan, Repository, World
from sandbox.world import happenings
from sandbox.world.ci.model import Job, JobSpec, Run
from tests.sandbox.conftest import NOW, small_plan

DEPLOY = JobSpec("deploy", ("self-hosted", "Linux", "X64"), "production")


@pytest.fixture
def world() -> World:
    world = World(small_plan(items=20, days=20))
    world.stand_still()
    world.journal.watched = True
    return world


@pytest.fixture
def repository(world: World) -> Repository:
    return next(iter(world.repositories.values()))


def told(world: World) -> list[str]:
    """What was told since the last time."""
    found = [f"{one.event}.{one.action}" for one in world.journal.occurrences]
    world.journal.occurrences.clear()
    return found


def shown(run: Run) -> list[tuple[str, int, str | None]]:
    return [(job.spec.name, job.attempt, job.conclusion) for attempt in run.attempts for job in attempt.jobs]


def times(job: Job) -> tuple[int, int, int | None]:
    return job.created_at, job.started_at, job.completed_at


def wait(world: World, seconds: int) -> int:
    world.advance(world.now + seconds)
    return world.now


def test_a_run_from_the_queue_to_its_end(world: World, repository: Repository) -> None:
    run = world.start_run(repository, ["build"])
    (job,) = run.jobs
    queued = world.now
    assert (run.status, job.status, job.runner, times(job)) == ("queued", "queued", None, (queued, queued, None))
    assert told(world) == ["workflow_run.requested", "workflow_job.queued"]
    taken = wait(world, 30)
    assert world.advance_run(run) == "in_progress"
    assert job.runner is not None
    assert (job.runner.hosted, job.runner.group.name, times(job)) == (True, "GitHub Actions", (queued, taken, None))
    assert told(world) == ["workflow_job.in_progress", "workflow_run.in_progress"]
    ended = wait(world, 60)
    assert world.advance_run(run, "failure") == "completed"
    assert (run.conclusion, job.conclusion, times(job)) == ("failure", "failure", (queued, taken, ended))
    assert [step.name for step in job.steps] == ["Set up job", "Run build", "Complete job"]
    assert told(world) == ["workflow_job.completed", "workflow_run.completed"]


def test_an_approval_leads_back_to_the_queue(world: World, repository: Repository) -> None:
    run = world.start_run(repository, [DEPLOY])
    (job,) = run.jobs
    assert (run.status, job.status) == ("waiting", "waiting")
    waits = ["workflow_job.queued", "workflow_job.waiting", "deployment_status.created"]
    assert told(world) == ["workflow_run.requested", *waits]
    approved = wait(world, 3_600)
    world.approve(job)
    assert job.deployment is not None
    assert (job.status, run.status, job.deployment.updated_at) == ("queued", "queued", approved)
    assert told(world) == ["workflow_job.queued", "deployment_status.created"]
    with pytest.raises(ValueError, match="no free runner"):
        world.pick_up(job)
    runner = world.add_runner(repository.owner, ephemeral=True)
    world.finish_run(run)
    assert (job.runner, run.conclusion) == (runner, "success")
    assert world.runners(repository.owner) == []
    other = world.start_run(repository, [DEPLOY])
    world.reject(other.jobs[0])
    assert (other.conclusion, shown(other), other.jobs[0].runner) == ("failure", [("deploy", 1, "failure")], None)


def test_what_needs_the_others_comes_after_them_or_is_skipped(world: World, repository: Repository) -> None:
    for conclusion, last in (("success", "success"), ("failure", "skipped")):
        run = world.start_run(repository, ["build", "test"], then=["package"])
        world.advance_run(run)
        for job in list(run.jobs):
            world.complete_job(job, conclusion)
        if conclusion == "success":
            world.finish_run(run)
        assert (run.conclusion, run.jobs[2].conclusion) == (conclusion, last)
    skipped = run.jobs[2]
    # As on GitHub: it began before it was made, on no runner, with no labels.
    assert (skipped.created_at - skipped.started_at, skipped.runner, skipped.labels) == (1, None, ())


def test_failed_jobs_run_again_and_the_others_are_taken_over(world: World, repository: Repository) -> None:
    run = world.start_run(repository, ["build", "test"], then=["package"])
    wait(world, 20)
    world.advance_run(run)
    world.complete_job(run.jobs[0])
    world.complete_job(run.jobs[1], "failure")
    first = list(run.jobs)
    told(world)
    wait(world, 3 * 86_400)
    world.rerun(run, failed_only=True)
    copied, queued = run.jobs
    assert (copied.id > first[0].id, copied.started_at, copied.created_at) == (True, first[0].started_at, world.now)
    assert (queued.status, queued.created_at, queued.started_at) == ("queued", world.now, world.now)
    # The old job's end is told again, then that of its copy.
    assert told(world) == ["workflow_run.requested", *["workflow_job.completed"] * 2, "workflow_job.queued"]
    assert (run.latest.created_at - run.latest.started_at, run.created_at < run.latest.created_at) == (2, True)
    world.finish_run(run)
    tries = [("build", 1, "success"), ("test", 1, "failure"), ("package", 1, "skipped")]
    assert shown(run) == [*tries, *[(name, 2, "success") for name in ("build", "test", "package")]]
    world.rerun(run)
    assert [(job.attempt, job.status) for job in run.jobs] == [(3, "queued"), (3, "queued")]
    world.cancel_run(run)
    assert (run.conclusion, shown(run)[-1]) == ("cancelled", ("test", 3, "cancelled"))
    world.rerun(run)
    world.finish_run(run)
    with pytest.raises(ValueError, match="no job of the run failed"):
        world.rerun(run, failed_only=True)
    with pytest.raises(ValueError, match="without jobs"):
        world.rerun(world.fail_at_startup(repository))


def test_runs_without_jobs(world: World, repository: Repository) -> None:
    broken, ghost = world.fail_at_startup(repository), world.start_run(repository, ())
    pending = world.start_run(repository, held="pending")
    foreign = world.start_run(repository, held="action_required")
    runs = (broken, ghost, pending, foreign)
    states = [("completed", "startup_failure"), ("queued", None), ("pending", None), ("completed", "action_required")]
    assert [(run.status, run.conclusion) for run in runs] == states
    assert (broken.name, broken.workflow.path) == (".github/workflows/broken.yml",) * 2
    assert not any(run.jobs for run in runs)
    world.release_run(pending)
    world.approve_run(foreign)
    assert [(run.latest.number, len(run.jobs)) for run in runs] == [(1, 0), (1, 0), (1, 2), (2, 2)]
    with pytest.raises(ValueError, match="queued, not pending"):
        world.release_run(pending)


def test_a_run_is_deleted(world: World, repository: Repository) -> None:
    run, other = world.start_run(repository), world.start_run(repository)
    world.delete_run(run)
    assert (world.runs(), world.find_run(run.id), world.find_job(run.jobs[0].id)) == ([other], None, None)
    world.advance_run(other)
    with pytest.raises(ValueError, match="in progress"):
        world.delete_run(other)


def test_what_makes_no_sense_is_refused(world: World, repository: Repository) -> None:
    run = world.start_run(repository)
    for deed in (world.approve, world.reject, world.complete_job):
        with pytest.raises(ValueError, match="the job is queued"):
            deed(run.jobs[0])
    with pytest.raises(ValueError, match="the run is queued"):
        world.rerun(run)
    with pytest.raises(ValueError, match="same name"):
        world.start_run(repository, ["build", "build"])
    world.pick_up(run.jobs[0])
    with pytest.raises(ValueError, match="great: one of"):
        world.complete_job(run.jobs[0], "great")


def test_a_history_of_runs_is_the_same_each_time_and_lives_on() -> None:
    plan = Plan(now=NOW, repositories=3, people=10, days=6, items=20, runs=12)
    world, other = World(plan), World(plan)
    for one in (world, other):
        one.advance(NOW + 86_400)
    assert [times(job) for job in world.jobs()] == [times(job) for job in other.jobs()]
    jobs = world.jobs()
    assert Counter(job.status for job in jobs)["completed"] > 300
    assert {job.conclusion for job in jobs} >= {"success", "failure", "cancelled", "skipped"}
    assert {job.attempt for job in jobs} >= {1, 2}
    assert {run.conclusion for run in world.runs()} >= {"startup_failure", "action_required", None}
    assert {job.runner.hosted for job in jobs if job.runner} == {True, False}
    assert min(job.completed_at - job.started_at for job in jobs if job.completed_at is not None) >= 0


def test_runs_change_nothing_else_and_there_are_none_by_default() -> None:
    plain, busy = World(small_plan(items=60)), World(small_plan(items=60, runs=2))
    assert (plain.runs(), plain.jobs(), bool(busy.runs())) == ([], [], True)
    titles = [[(item.id, item.title, item.updated_at) for item in world.items.values()] for world in (plain, busy)]
    assert titles[0] == titles[1]


@pytest.mark.parametrize("kind", happenings.RUN_KINDS)
def test_each_kind_happens(kind: str) -> None:
    world = World(small_plan(items=20, days=10, runs=6))
    found = next(done for seed in range(20) if (done := world.happen(Random(seed), [kind])))
    assert found[0]["kind"] == kind


def test_after_a_rush_hour_some_jobs_have_just_ended_and_some_wait_for_a_runner() -> None:
    plan = small_plan(runs=0.5, rush_hours=48)
    calm, busy, again = World(small_plan(runs=0.5)), World(plan), World(plan)
    assert [run.id for run in busy.started_runs] == [run.id for run in calm.started_runs]
    for world in (calm, busy, again):
        world.advance(NOW + 48 * 3600)
    rush = [run for run in busy.started_runs if run.created_at >= NOW + 47 * 3600]
    assert len(rush) - len([run for run in calm.started_runs if run.created_at >= NOW + 47 * 3600]) == 12
    jobs = [job for run in rush for job in run.jobs]
    assert sum(job.is_done for job in jobs) >= 6
    assert sum(job.status == "queued" for job in jobs) >= 3
    assert [times(job) for run in again.started_runs for job in run.jobs] == [
        times(job) for run in busy.started_runs for job in run.jobs
    ]
    busy.advance(NOW + 80 * 3600)
    assert {job.status for job in jobs if job.run.status != "pending"} == {"completed"}
