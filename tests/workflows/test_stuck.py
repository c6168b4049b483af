"""What stands open is asked for, and what never ends is given up: by evidence, and never because a call failed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import JobFailedError
from sandbox import JobSpec
from sandbox.api.messages import Answer, Request
from tests.organisation import Organisation
from tests.workflows.asking import DAY, HOUR, MINUTE, hear, jobs, ledger, repair, runs

pytestmark = pytest.mark.slow

GPU = JobSpec("train", ("self-hosted", "gpu"))
DEPLOY = JobSpec("deploy", environment="production")
Row = dict[str, Any]


def start(org: Organisation, *specs: str | JobSpec) -> Any:
    """Start a run that is told of, in a world whose repositories were read."""
    [repository, *_] = org.sandbox.world.repositories.values()
    run = org.sandbox.world.start_run(repository, specs)
    hear(org)
    org.run_job("daily")
    return run


def test_an_end_that_nobody_told_of_is_found(living: Organisation) -> None:
    run = start(living, "build", "test")
    living.sandbox.world.finish_run(run, "failure")
    hear(living, lost=True)
    repair(living, 2)
    assert {row["conclusion"] for row in (*jobs(living).values(), *runs(living).values())} == {"failure"}
    # Its queue time is known, because a webhook had told of it.
    assert {row["queue_seconds"] for row in jobs(living).values()} == {0}


def test_a_run_with_all_its_jobs_costs_two_requests(living: Organisation) -> None:
    start(living, *(f"job {number}" for number in range(60)))
    repair(living)
    assert ledger(living, "workflow_jobs").requests == 0
    repair(living)
    assert ledger(living, "workflow_jobs").requests == 2
    assert len({row["checked_at"] for row in jobs(living).values()} - {None}) == 1
    repair(living)
    assert ledger(living, "workflow_jobs").requests == 0


def test_what_was_deleted_is_given_up_when_github_has_said_so_twice(living: Organisation) -> None:
    run = start(living, "build")
    [job] = run.jobs
    living.sandbox.world.delete_run(run)
    repair(living, 2)
    for row in (runs(living)[run.id], jobs(living)[job.id]):
        assert (row["status"], row["abandoned_at"]) == ("queued", None)
        assert row["not_found_at"] is not None
    repair(living, 6)
    for row, word in ((runs(living)[run.id], "run"), (jobs(living)[job.id], "job")):
        assert row["status"] == "queued"
        assert row["abandoned_at"] - row["not_found_at"] >= timedelta(hours=1)
        assert row["abandoned_reason"].startswith("GitHub answered at 2026-06-15T12:")
        assert row["abandoned_reason"].endswith(f"that there is no such {word}")
    repair(living, 2, every=DAY)
    # Nobody asks any more.
    assert ledger(living, "workflow_jobs").requests == 0


def test_a_run_that_ended_and_was_deleted_is_not_asked_for_for_ever(living: Organisation) -> None:
    run = start(living, "build")
    living.sandbox.world.finish_run(run)
    hear(living)
    living.sandbox.world.delete_run(run)
    repair(living, 10)
    row = runs(living)[run.id]
    assert (row["status"], row["abandoned_at"], row["jobs_as_of"]) == ("completed", None, None)
    assert row["not_found_at"] is not None
    assert ledger(living, "workflow_jobs").requests == 0


def test_news_take_back_that_something_was_given_up(living: Organisation) -> None:
    [repository, *_] = living.sandbox.world.repositories.values()
    ghost = living.sandbox.world.start_run(repository, ())
    hear(living)
    living.run_job("daily")
    repair(living, 1, every=47 * HOUR)
    assert runs(living)[ghost.id]["abandoned_at"] is None
    # Not before it is asked for again, after a tenth of its age.
    repair(living, 1, every=6 * HOUR)
    reason = runs(living)[ghost.id]["abandoned_reason"]
    assert reason == (
        "GitHub showed it at 2026-06-17T17:00:00Z as queued since 2026-06-15T12:00:00Z, for more than 48 hours, "
        "and it has no jobs"
    )
    living.sandbox.world.cancel_run(ghost)
    hear(living, lost=True)
    repair(living, 1, every=6 * HOUR)
    row = runs(living)[ghost.id]
    assert (row["status"], row["conclusion"], row["abandoned_at"]) == ("completed", "cancelled", None)


def open_rows(org: Organisation) -> list[Row]:
    return [row for row in (*runs(org).values(), *jobs(org).values()) if row["status"] != "completed"]


def test_nothing_is_stuck_for_ever(living: Organisation) -> None:
    """A month and a half passes: whatever stands open then is given up, each with its evidence."""
    world = living.sandbox.world
    [repository, other, *_] = world.repositories.values()
    start(living, GPU)
    world.start_run(repository, ())
    world.start_run(repository, ("build",), held="pending")
    world.start_run(repository, [DEPLOY])
    running, own = world.start_run(repository, ["build"]), world.start_run(repository, [GPU])
    world.add_runner(repository.owner, labels=GPU.labels)
    for run in (running, own):
        world.advance_run(run)
    lost = world.start_run(other, ["build", DEPLOY])
    world.advance_run(lost)
    hear(living)
    repair(living, 2)
    assert len(open_rows(living)) == 7 + 6
    world.delete_repository(other)
    living.run_job("daily")
    given_up: dict[tuple[str, int, str], int] = {}
    day = 0
    for days in (1, 1, 1, 10, 10, 5, 4, 3, 5, 5):
        repair(living, 1, every=days * DAY)
        day += days
        for row in open_rows(living):
            if row["abandoned_at"]:
                given_up.setdefault((row["repo"], row["id"], row["status"]), day)
    for row in open_rows(living):
        assert row["abandoned_at"], row
        assert row["abandoned_reason"].startswith("GitHub showed it ")
    first: dict[str, int] = {}
    for (repo, _, status), day in given_up.items():
        if repo != other.name:
            first[status] = min(day, first.get(status, day))
    assert {day for (repo, *_), day in given_up.items() if repo == other.name} == {1}
    # A hosted runner has six hours, a job in the queue has two days, an approval thirty; a run has 35.
    assert first == {"in_progress": 1, "queued": 2, "waiting": 32, "pending": 40}


def test_what_stands_open_in_a_repository_that_is_gone_is_given_up_at_once(living: Organisation) -> None:
    run = start(living, "build", DEPLOY)
    world = living.sandbox.world
    other = world.start_run(list(world.repositories.values())[1], ["build"])
    hear(living)
    path = f"/repositories/{run.repository.id}"
    listed = f"/orgs/{run.repository.owner.login}/repos"

    def hiding(request: Request, answer: Answer) -> Answer:
        if request.path.startswith(path):
            return Answer({"message": "Not Found"}, 404)
        if request.path != listed or answer.status != 200:
            return answer
        shown = [one for one in answer.data if one["id"] != run.repository.id]
        return replace(answer, data=shown, headers={**answer.headers, "ETag": '"hidden"'})

    with living.sandbox.oddities.telling(hiding):
        living.advance(MINUTE)
        living.run_job("daily")
        repair(living)
        rows = [runs(living)[run.id], *(jobs(living)[job.id] for job in run.jobs)]
    for row in rows:
        words = f"GitHub showed it last as {row['status']}, and its repository is gone since 2026-06-15T12:01:00Z"
        assert row["abandoned_reason"] == words
    assert runs(living)[other.id]["abandoned_at"] is None
    # It was only hidden.
    living.run_job("daily")
    repair(living, 2, every=HOUR)
    for row in (runs(living)[run.id], *(jobs(living)[job.id] for job in run.jobs)):
        assert (row["status"] != "completed", row["abandoned_at"], row["not_found_at"]) == (True, None, None)


def test_a_job_whose_run_ended_is_left_over(living: Organisation) -> None:
    run = start(living, "build")
    [job] = run.jobs
    living.sandbox.world.finish_run(run)
    hear(living, lost=True)

    def odd(request: Request, answer: Answer) -> Answer:
        if not request.path.endswith(f"/runs/{run.id}/jobs"):
            return answer
        shown = [{**one, "status": "queued", "conclusion": None} for one in answer.data["jobs"]]
        return replace(answer, data={**answer.data, "jobs": shown})

    with living.sandbox.oddities.telling(odd):
        repair(living, 5, every=HOUR)
        assert jobs(living)[job.id]["abandoned_at"] is None
        repair(living, 3, every=HOUR)
    reason = jobs(living)[job.id]["abandoned_reason"]
    assert reason.endswith("as queued, although its run was completed at 2026-06-15T12:00:00Z")


def test_a_job_that_is_not_in_its_run_s_list_is_asked_for_by_its_id(living: Organisation) -> None:
    run = start(living, "build", "test")
    hidden, _ = run.jobs
    living.sandbox.world.finish_run(run)
    hear(living, lost=True)

    def odd(request: Request, answer: Answer) -> Answer:
        if not request.path.endswith(f"/runs/{run.id}/jobs"):
            return answer
        return replace(
            answer, data={**answer.data, "jobs": [one for one in answer.data["jobs"] if one["id"] != hidden.id]}
        )

    with living.sandbox.oddities.telling(odd):
        repair(living, 2)
        row = runs(living)[run.id]
    assert {job["status"] for job in jobs(living).values()} == {"completed"}
    # GitHub said that there are two, and listed one.
    assert (row["status"], row["jobs_as_of"]) == ("completed", None)
    repair(living, 6)
    assert runs(living)[run.id]["jobs_as_of"] == row["updated_at"]


@pytest.mark.parametrize("number", [None, {}, "7", True])
def test_a_job_without_an_id_is_kept_aside_and_its_run_s_list_is_not_whole(living: Organisation, number: Any) -> None:
    run = start(living, "build", "test")
    living.sandbox.world.finish_run(run)
    hear(living)

    def odd(request: Request, answer: Answer) -> Answer:
        if not request.path.endswith(f"/runs/{run.id}/jobs"):
            return answer
        first, *others = answer.data["jobs"]
        return replace(answer, data={**answer.data, "jobs": [{**first, "id": number}, *others]})

    with living.sandbox.oddities.telling(odd):
        repair(living)
        step = ledger(living, "workflow_jobs")
    assert (step.status, step.rejected, runs(living)[run.id]["jobs_as_of"]) == ("ok", 1, None)
    repair(living, 3)
    assert runs(living)[run.id]["jobs_as_of"] is not None


REFUSALS: dict[str, Answer] = {
    "forbidden": Answer({"message": "Resource not accessible"}, 403),
    "legal": Answer({"message": "blocked"}, 451),
    "unprocessable": Answer({"message": "no"}, 422),
    "server": Answer({"message": "oops"}, 500),
    "gateway": Answer({"message": "bad gateway"}, 502),
    "a list": Answer([]),
    "nothing in it": Answer({}),
    "another one": Answer(
        {"id": 7, "run_id": 7, "total_count": 1, "jobs": [{"id": 7, "run_id": 7}], "workflow_runs": 7}
    ),
    "no JSON": Answer(text=b"<html>sorry</html>"),
}
QUESTIONS = ("/actions/runs/{run}", "/actions/runs/{run}/jobs", "/actions/jobs/{job}", "/actions/runs")


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_call_that_fails_concludes_nothing(living: Organisation, question: str) -> None:
    """Whatever goes wrong: no status changes, nothing is given up, and the count of 404s begins anew."""
    run = start(living, "build")
    [job] = run.jobs
    path = question.format(run=run.id, job=job.id)
    if not question.endswith("jobs"):
        living.sandbox.world.delete_run(run)
    before = {row["id"]: row["status"] for row in open_rows(living)}
    for name, refusal in REFUSALS.items():
        with living.sandbox.oddities.telling(failing(path, refusal, job.id)):
            living.advance(3 * HOUR)
            with suppress(JobFailedError):
                living.run_job("nrt_events")
            step = ledger(living, "workflow_jobs")
        assert {row["id"]: row["status"] for row in open_rows(living)} == before, name
        assert {row["abandoned_at"] for row in open_rows(living)} == {None}, name
        # A single run that can't be read is noted; where nothing can be, the step fails.
        if question == "/actions/runs":
            assert step.status == "failed", name
        else:
            assert (step.status, step.note is None) == ("ok", False), name


def failing(path: str, refusal: Answer, hidden: int) -> Callable[[Request, Answer], Answer]:
    """Refuse one question; a job is asked for by its id only when the list of its run doesn't show it."""

    def odd(request: Request, answer: Answer) -> Answer:
        if request.path.endswith(path):
            return refusal
        if f"/jobs/{hidden}" in path and request.path.endswith("/jobs") and answer.status == 200:
            return replace(answer, data={"total_count": 0, "jobs": []})
        return answer

    return odd


def test_a_failure_between_two_404s_lets_the_hour_begin_anew(living: Organisation) -> None:
    run = start(living, "build")
    living.sandbox.world.delete_run(run)
    repair(living, 2)
    assert runs(living)[run.id]["not_found_at"] is not None
    with living.sandbox.oddities.telling(failing(f"/runs/{run.id}", REFUSALS["gateway"], 0)), suppress(JobFailedError):
        repair(living, 1, every=HOUR)
    assert runs(living)[run.id]["not_found_at"] is None
    repair(living, 1, every=HOUR)
    assert runs(living)[run.id]["abandoned_at"] is None
    repair(living, 1, every=HOUR)
    assert runs(living)[run.id]["abandoned_at"] is not None


def test_a_404_where_no_runs_can_be_read_says_nothing_of_a_run(living: Organisation) -> None:
    """The token lost the repository, or it has no Actions any more."""
    run = start(living, "build")
    [job] = run.jobs
    start_of_paths = f"/repositories/{run.repository.id}/actions"
    hidden = Answer({"message": "Not Found"}, 404)
    other = list(living.sandbox.world.repositories.values())[1]
    living.sandbox.world.start_run(other, ["build"])
    hear(living)
    with living.sandbox.oddities.telling(
        lambda request, answer: hidden if request.path.startswith(start_of_paths) else answer
    ):
        repair(living, 6, every=HOUR)
        assert {row["not_found_at"] for row in (runs(living)[run.id], jobs(living)[job.id])} == {None}
        assert "passed over 1 repository without Actions" in str(ledger(living, "workflow_jobs").note)
        repair(living, 5, every=12 * HOUR)
    # By now GitHub itself has ended the job, whatever it shows.
    assert jobs(living)[job.id]["abandoned_reason"].startswith(
        "GitHub showed it last as queued since 2026-06-15T12:00:00Z, for more than 48 hours"
    )
    assert runs(living)[run.id]["abandoned_at"] is None


def test_a_broken_run_does_not_hide_the_others_of_its_repository(living: Organisation) -> None:
    first = start(living, "build")
    others = [start(living, "build") for _ in range(3)]
    for run in (first, *others):
        living.sandbox.world.finish_run(run)
    hear(living, lost=True)
    refused = failing(f"/runs/{first.id}/jobs", REFUSALS["gateway"], 0)
    with living.sandbox.oddities.telling(refused):
        for _ in range(4):
            living.advance(20 * MINUTE)
            with suppress(JobFailedError):
                living.run_job("nrt_events")
    assert {job["status"] for job in jobs(living).values() if job["run_id"] != first.id} == {"completed"}
    repair(living, 2, every=HOUR)
    assert {job["status"] for job in jobs(living).values()} == {"completed"}


def test_runs_that_are_gone_do_not_hide_the_others(living: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.workflows.sync.due.WINDOW", 2)
    world = living.sandbox.world
    [repository, *_] = world.repositories.values()
    living.run_job("daily")
    gone = [world.start_run(repository, ["build"]) for _ in range(2)]
    for run in gone:
        world.finish_run(run)
    hear(living)
    for run in gone:
        world.delete_run(run)
    repair(living, 2, every=61 * MINUTE)
    assert all(runs(living)[run.id]["not_found_at"] is not None for run in gone)
    late = world.start_run(repository, ["build"])
    world.finish_run(late)
    hear(living)
    repair(living)
    assert runs(living)[late.id]["jobs_as_of"] is not None


def test_no_more_are_asked_for_than_fit_and_the_rest_next_time(
    living: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.workflows.sync.due.MOST", 5)
    monkeypatch.setattr("chalicelib.workflows.sync.due.MOST_OPEN", 3)
    world = living.sandbox.world
    living.run_job("daily")
    [repository, *_] = world.repositories.values()
    opened = [world.start_run(repository, ["build"]) for _ in range(4)]
    ended = [world.start_run(repository, ["build"]) for _ in range(4)]
    for run in ended:
        world.finish_run(run)
    hear(living)
    repair(living, 1, every=20 * MINUTE)
    assert ledger(living, "workflow_jobs").note == "3 more runs are asked for next time"
    assert [runs(living)[run.id]["checked_at"] is not None for run in opened].count(True) == 3
    assert [runs(living)[run.id]["jobs_as_of"] is not None for run in ended].count(True) == 2
    repair(living)
    assert all(runs(living)[run.id]["checked_at"] is not None for run in opened)
    assert all(runs(living)[run.id]["jobs_as_of"] is not None for run in ended)
