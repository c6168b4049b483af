"""Runs are found by their lists: new ones, and old ones that run again, at the cost of a 304 where nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.errors import JobFailedError
from chalicelib.models import RejectedRecord, create_db_session
from chalicelib.workflows.sync import reading
from sandbox import JobSpec
from sandbox.api.messages import Answer, Request
from tests.deliveries import SECRET, post_to
from tests.organisation import Organisation
from tests.workflows.asking import DAY, HOUR, MINUTE, hear, jobs, ledger, repair, runs

pytestmark = pytest.mark.slow


def of_runs(change: Callable[[Request, list[Any]], list[Any]]) -> Callable[[Request, Answer], Answer]:
    """Change the runs that lists show."""

    def odd(request: Request, answer: Answer) -> Answer:
        if not request.path.endswith("/actions/runs") or answer.status != 200:
            return answer
        listed = change(request, answer.data["workflow_runs"])
        return replace(
            answer, data={**answer.data, "workflow_runs": listed}, headers={**answer.headers, "ETag": '"odd"'}
        )

    return odd


def test_runs_and_their_jobs_are_found_without_any_delivery(living: Organisation) -> None:
    world = living.sandbox.world
    [first, second, *_] = world.repositories.values()
    living.run_job("daily")
    run, broken = world.start_run(first, ["build", "test"]), world.fail_at_startup(second)
    hear(living, lost=True)
    # Neither had a run before, and nothing was pushed: the daily job finds them.
    living.run_job("daily")
    assert {key: row["conclusion"] for key, row in runs(living).items()} == {run.id: None, broken.id: "startup_failure"}
    assert runs(living)[broken.id]["name"] == ".github/workflows/broken.yml"
    world.finish_run(run)
    repair(living, 2)
    assert {key: (row["status"], row["queue_reason"]) for key, row in jobs(living).items()} == {
        job.id: ("completed", "not_told") for job in run.jobs
    }
    row = runs(living)[run.id]
    assert row["jobs_as_of"] == row["updated_at"]


def test_the_jobs_that_have_waited_longest_are_known_at_once(living: Organisation) -> None:
    """Of a first reading without a webhook: a run has been in the queue for 40 hours."""
    world = living.sandbox.world
    [repository, *_] = world.repositories.values()
    run = world.start_run(repository, [JobSpec("train", ("self-hosted", "gpu"))])
    living.advance(40 * HOUR)
    living.run_job("daily")
    repair(living)
    assert jobs(living).keys() == {job.id for job in run.jobs}
    assert ledger(living, "workflow_jobs").requests == 2
    repair(living)
    assert ledger(living, "workflow_jobs").requests == 0
    # A run without any job is asked for as often as others.
    ghost = world.start_run(repository, ())
    hear(living, lost=True)
    repair(living)
    assert runs(living)[ghost.id]["checked_at"] is not None
    repair(living)
    assert ledger(living, "workflow_jobs").requests == 0


def test_ten_quiet_minutes_cost_three_requests_for_each_active_repository_all_of_them_304(living: Organisation) -> None:
    world = living.sandbox.world
    [first, second, *_] = world.repositories.values()
    # The last push is more than a day ago.
    living.advance(2 * DAY)
    living.run_job("daily")
    for repository in (first, second):
        world.finish_run(world.start_run(repository))
    hear(living)
    repair(living, 3)
    for _ in range(3):
        repair(living)
        lists, questions = ledger(living, "workflow_runs"), ledger(living, "workflow_jobs")
        assert (lists.requests, lists.not_modified) == (6, 6)
        assert (questions.requests, questions.note) == (0, None)


def test_a_run_that_ends_costs_one_more_request(living: Organisation) -> None:
    [repository, *_] = living.sandbox.world.repositories.values()
    living.run_job("daily")
    for _ in range(3):
        living.sandbox.world.finish_run(living.sandbox.world.start_run(repository))
    hear(living)
    repair(living)
    assert ledger(living, "workflow_jobs").requests == 3
    repair(living)
    assert ledger(living, "workflow_jobs").requests == 0


def test_an_old_run_that_runs_again_is_found_while_it_does(living: Organisation) -> None:
    world = living.sandbox.world
    [repository, *_] = world.repositories.values()
    old = world.start_run(repository)
    world.finish_run(old, "failure")
    hear(living)
    living.advance(20 * DAY)
    world.finish_run(world.start_run(repository))
    hear(living)
    living.run_job("daily")
    # It is behind the newest page of runs, which is all that is read.
    for _ in range(100):
        world.fail_at_startup(repository)
    repair(living)
    world.rerun(old)
    hear(living, lost=True)
    repair(living)
    assert (runs(living)[old.id]["run_attempt"], runs(living)[old.id]["status"]) == (2, "queued")
    world.finish_run(old)
    hear(living, lost=True)
    repair(living, 5)
    row = runs(living)[old.id]
    assert (row["run_attempt"], row["conclusion"], row["jobs_as_of"]) == (2, "success", row["updated_at"])
    found = [job for job in jobs(living).values() if job["run_id"] == old.id]
    assert sorted(job["run_attempt"] for job in found) == [1, 1, 2, 2]


def test_what_only_a_job_tells_of_is_asked_for(living: Organisation) -> None:
    """Of a second attempt of an old run, one delivery of a job came; of a new run too."""
    world = living.sandbox.world
    [repository, *_] = world.repositories.values()
    living.run_job("daily")
    old = world.start_run(repository, ["build"])
    world.finish_run(old, "failure")
    hear(living)
    repair(living, 2)
    world.rerun(old)
    world.finish_run(old)
    *_, told = [one for one in living.sandbox.deliveries(SECRET) if b'"workflow_job":' in one[1]]
    assert post_to(living)(*told) == 200
    no_runs = of_runs(lambda _, __: [])
    with living.sandbox.oddities.telling(no_runs):
        repair(living, 2)
    row = runs(living)[old.id]
    assert (row["run_attempt"], row["conclusion"], row["jobs_as_of"]) == (2, "success", row["updated_at"])


def test_more_than_a_page_is_read_back_to_the_last_reading(living: Organisation) -> None:
    world = living.sandbox.world
    [repository, *_] = world.repositories.values()
    made = []
    living.advance(2 * DAY)
    for _ in range(130):
        made.append(world.fail_at_startup(repository))
        living.advance(MINUTE)
    living.run_job("daily")
    assert runs(living).keys() == {run.id for run in made}
    made += [world.fail_at_startup(repository) for _ in range(230)]
    repair(living)
    assert runs(living).keys() == {run.id for run in made}
    # Three pages brought new ones, and the older ones behind them were not read again.
    assert ledger(living, "workflow_runs").requests == 3 + 2


def test_the_daily_reading_goes_back_a_week_although_the_first_page_is_unchanged(living: Organisation) -> None:
    """An older run ran again and ended within minutes, and nothing was delivered."""
    world = living.sandbox.world
    [repository, *_] = world.repositories.values()
    old = world.start_run(repository, ["build"])
    world.finish_run(old, "failure")
    for _ in range(150):
        living.advance(MINUTE)
        world.fail_at_startup(repository)
    living.run_job("daily")
    world.rerun(old)
    world.finish_run(old)
    repair(living)
    assert runs(living)[old.id]["run_attempt"] == 1
    living.advance(DAY)
    living.run_job("daily")
    assert runs(living)[old.id]["run_attempt"] == 2
    assert ledger(living, "workflow_runs").not_modified > 0


def test_a_first_reading_goes_back_a_week_and_has_an_end(living: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_PAGES", 2)
    world = living.sandbox.world
    [repository, *_] = world.repositories.values()
    world.fail_at_startup(repository)
    living.advance(8 * DAY)
    made = [world.fail_at_startup(repository) for _ in range(210)]
    living.run_job("daily")
    assert runs(living).keys() == {run.id for run in made[10:]}
    assert ledger(living, "workflow_runs").note == f"{repository.full_name}: only its 200 newest runs were read"


def test_what_is_archived_or_deleted_or_not_to_be_read_is_not_asked_for(living: Organisation) -> None:
    world = living.sandbox.world
    [first, second, third, fourth] = world.repositories.values()
    for repository in (first, second, third, fourth):
        world.start_run(repository)
    hear(living)
    living.run_job("nrt_events")
    first.archived = True
    world.delete_repository(second)
    living.environment["GH_REPOS"] = f"acme/{first.name},acme/{fourth.name}"
    living.run_job("daily")
    living.advance(HOUR)
    asked: list[str] = []

    def noting(request: Request, answer: Answer) -> Answer:
        asked.append(request.path)
        return answer

    with living.sandbox.oddities.telling(noting):
        living.run_job("nrt_events")
    numbers = {path.split("/")[2] for path in asked if path.startswith("/repositories/")}
    # A run of an archived repository may stand open: it is asked for, and no new ones are looked for.
    assert numbers == {str(first.id), str(fourth.id)}
    assert f"/repositories/{first.id}/actions/runs" not in asked


def test_a_page_with_a_run_that_can_t_be_kept_is_read_again(living: Organisation) -> None:
    world = living.sandbox.world
    [repository, *_] = world.repositories.values()
    good, bad = world.fail_at_startup(repository), world.fail_at_startup(repository)
    broken = of_runs(lambda _, listed: [{**run, "status": None} if run["id"] == bad.id else run for run in listed])
    with living.sandbox.oddities.telling(broken):
        living.run_job("daily")
    assert runs(living).keys() == {good.id}
    with create_db_session(living.db_url) as session:
        [rejected] = session.query(RejectedRecord).all()
        assert (rejected.kind, rejected.reason) == ("workflow_runs", "status is missing")
    repair(living)
    assert runs(living).keys() == {good.id, bad.id}


def refusing(status: int, *ids: int) -> Callable[[Request, Answer], Answer]:
    """Refuse the runs of some repositories."""
    starts = tuple(f"/repositories/{number}/actions" for number in ids)
    refusal = Answer({"message": "no"}, status)
    return lambda request, answer: refusal if request.path.startswith(starts) else answer


@pytest.mark.parametrize("status", [403, 451, 500])
def test_one_repository_that_can_t_be_read_holds_up_no_other(living: Organisation, status: int) -> None:
    world = living.sandbox.world
    [first, second, *_] = world.repositories.values()
    made = [world.fail_at_startup(repository) for repository in (first, second)]
    with (
        living.sandbox.oddities.telling(refusing(status, first.id)),
        pytest.raises(JobFailedError, match=f"could not read 1 repository; the first: {first.full_name}: .*{status}"),
    ):
        living.run_job("daily")
    assert runs(living).keys() == {made[1].id}
    repair(living)
    living.run_job("daily")
    assert runs(living).keys() == {run.id for run in made}


def test_a_repository_without_actions_is_passed_over(living: Organisation) -> None:
    world = living.sandbox.world
    [first, second, *_] = world.repositories.values()
    made = world.fail_at_startup(second)
    with living.sandbox.oddities.telling(refusing(404, first.id)):
        living.run_job("daily")
    assert runs(living).keys() == {made.id}
    assert f"passed over 1 repository without Actions; the first: {first.full_name}" in str(
        ledger(living, "workflow_runs").note
    )


def test_when_all_is_refused_it_says_so_after_a_few(living: Organisation) -> None:
    ids = [repository.id for repository in living.sandbox.world.repositories.values()]
    with (
        living.sandbox.oddities.telling(refusing(403, *ids)),
        pytest.raises(JobFailedError, match=r"could not read 3 repositories.*the credentials need actions=read"),
    ):
        living.run_job("daily")


@pytest.mark.parametrize("job", ["daily", "nrt_events"])
def test_that_no_repository_has_actions_is_no_failure(living: Organisation, job: str) -> None:
    [repository, *others] = living.sandbox.world.repositories.values()
    living.sandbox.world.start_run(repository)
    hear(living)
    living.run_job("daily")
    living.advance(HOUR)
    with living.sandbox.oddities.telling(refusing(404, repository.id, *(other.id for other in others))):
        living.run_job(job)
    steps = ("workflow_runs", "workflow_jobs") if job == "nrt_events" else ("workflow_runs",)
    for step in steps:
        assert "without Actions; the first: acme/" in str(ledger(living, step).note)
    assert {row["abandoned_at"] for row in runs(living).values()} == {None}


def test_rows_follow_a_repository_that_is_renamed(living: Organisation) -> None:
    world = living.sandbox.world
    [repository, *_] = world.repositories.values()
    run = world.start_run(repository)
    hear(living)
    living.run_job("daily")
    world.rename_repository(repository, "shelf")
    stranger = world.create_repository(repository.owner, "other")
    world.rename_repository(stranger, "another")
    world.finish_run(run)
    repair(living, 3)
    assert {(row["repo"], row["status"]) for row in (*runs(living).values(), *jobs(living).values())} == {
        ("shelf", "completed")
    }
