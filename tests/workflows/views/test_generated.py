"""Each view over generated rows, against plain Python over the same rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from chalicelib.models import Deployment, Runner, RunnerSample, WorkflowJob, WorkflowRun
from chalicelib.store.views import View
from chalicelib.utils import utc_now
from chalicelib.workflows import views
from tests.percentiles import nearest, percentile
from tests.views.running import run_ci
from tests.views.world import World

pytestmark = pytest.mark.slow

Row = dict[str, Any]
Found = dict[tuple[Any, ...], tuple[Any, ...]]


@pytest.fixture
def now() -> datetime:
    return utc_now().replace(microsecond=0)


@pytest.fixture
def lately(now: datetime) -> datetime:
    """The time up to which views of the last days look back."""
    return now - timedelta(days=30)


@pytest.fixture
def world(world: World, now: datetime) -> World:
    run_ci(world, runs=250, today=now)
    return world


def rows(world: World, model: Any) -> list[Row]:
    return [dict(row) for row in world.session.execute(select(model.__table__)).mappings()]


def week(at: datetime) -> date:
    return at.date() - timedelta(days=at.weekday())


def ran(world: World) -> list[Row]:
    """Jobs that a runner took and ended, without copies."""
    return [
        job | {"seconds": int((job["completed_at"] - job["started_at"]).total_seconds())}
        for job in rows(world, WorkflowJob)
        if job["status"] == "completed" and job["runner_id"] and job["queue_reason"] != "copied"
        if job["completed_at"] >= job["started_at"]
    ]


def grouped(entries: Iterable[tuple[tuple[Any, ...], int]]) -> dict[tuple[Any, ...], list[int]]:
    groups = defaultdict(list)
    for key, value in entries:
        groups[key].append(value)
    return groups


def times(values: list[int], *, p99: bool = False) -> tuple[Any, ...]:
    """How many, median, 90th percentile, longest, to the second."""
    shares = (0.5, 0.9, 0.99) if p99 else (0.5, 0.9)
    if len(values) < 5:
        return (len(values), *(None for _ in shares), None)
    return (len(values), *(nearest(percentile(values, share)) for share in shares), max(values))


def found(
    world: World, view: View, keys: int, *, without: tuple[str, ...] = ()
) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """A view's rows: the first columns are the key."""
    read = [{name: row[name] for name in row if name not in without} for row in world.read(view)]
    return {tuple(row.values())[:keys]: tuple(row.values())[keys:] for row in read}


@pytest.mark.parametrize(
    ("view", "key"),
    [
        (views.QUEUE_TIME_HOURLY, lambda job: (job["started_at"].replace(minute=0, second=0),)),
        (views.QUEUE_TIME_DAILY, lambda job: (job["started_at"].date(),)),
        (views.QUEUE_TIME_BY_LABELS_WEEKLY, lambda job: (job["label_set"], week(job["started_at"]))),
        (views.QUEUE_TIME_BY_REPOSITORY_WEEKLY, lambda job: (job["repo"], week(job["started_at"]))),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_queue_times(world: World, view: View, key: Callable[[Row], tuple[Any, ...]]) -> None:
    jobs = [job for job in rows(world, WorkflowJob) if job["queue_seconds"] is not None]
    groups = grouped(((job["org"], *key(job)), job["queue_seconds"]) for job in jobs)
    expected = {key: times(values, p99=True) for key, values in groups.items()}
    assert found(world, view, len(next(iter(expected)))) == expected
    assert sum(counted for counted, *_ in expected.values()) == len(jobs)


def test_every_job_has_a_queue_time_or_a_reason(world: World) -> None:
    jobs = rows(world, WorkflowJob)
    reasons = sum(row["jobs"] for row in world.read(views.QUEUE_REASONS))
    assert reasons + sum(row["jobs"] for row in world.read(views.QUEUE_TIME_DAILY)) == len(jobs)
    days = Counter((job["org"], (job["created_at"] or job["first_seen_at"]).date()) for job in jobs)
    for row in world.read(views.QUEUE_REASONS):
        assert row["share"] == row["jobs"] / days[row["org"], row["day"]]


def test_waiting_labels(world: World, lately: datetime) -> None:
    jobs = rows(world, WorkflowJob)
    queued = Counter(
        (job["org"], job["label_set"]) for job in jobs if job["status"] == "queued" and job["abandoned_at"] is None
    )
    recent = [job for job in jobs if job["queue_seconds"] is not None and job["started_at"] >= lately]
    taken = grouped(((job["org"], job["label_set"]), job["queue_seconds"]) for job in recent)
    expected = {key: (queued[key], *times(taken[key], p99=True)) for key in {*queued, *taken}}
    assert found(world, views.LONGEST_WAITING_LABELS, 2, without=("longest_wait_seconds",)) == expected


def test_durations_of_jobs(world: World) -> None:
    names = ("org", "repo", "workflow_name", "name")
    groups = grouped(
        ((*(job[name] for name in names), week(job["completed_at"])), job["seconds"])
        for job in ran(world)
        if job["conclusion"] != "cancelled"
    )
    assert found(world, views.JOB_DURATIONS_WEEKLY, 5) == {key: times(values) for key, values in groups.items()}


def test_durations_of_runs(world: World) -> None:
    groups = grouped(
        (
            (run["org"], run["repo"], run["workflow_id"], week(run["updated_at"])),
            int((run["updated_at"] - run["run_started_at"]).total_seconds()),
        )
        for run in rows(world, WorkflowRun)
        if run["conclusion"] in {"success", "neutral", "failure", "timed_out"}
        and run["updated_at"] >= run["run_started_at"]
    )
    expected = {key: times(values) for key, values in groups.items()}
    assert found(world, views.RUN_DURATIONS_WEEKLY, 4, without=("workflow_name",)) == expected


def test_waits_of_runs(world: World) -> None:
    first: dict[tuple[int, int], datetime] = {}
    for job in rows(world, WorkflowJob):
        if job["created_at"]:
            key = job["run_id"], job["run_attempt"]
            first[key] = min(first.get(key, job["created_at"]), job["created_at"])
    groups = grouped(
        ((run["org"], run["repo"], run["workflow_id"], week(run["run_started_at"])), int(wait.total_seconds()))
        for run in rows(world, WorkflowRun)
        if (at := first.get((run["id"], run["run_attempt"])))
        if (wait := at - run["run_started_at"]) >= timedelta()
    )
    expected = {key: times(values) for key, values in groups.items()}
    assert found(world, views.RUN_WAITS_WEEKLY, 4, without=("workflow_name",)) == expected


def test_waits_for_approvals(world: World) -> None:
    groups = grouped(
        (
            (job["org"], job["repo"], job["environment"], week(job["approved_at"])),
            int((job["approved_at"] - job["approval_asked_at"]).total_seconds()),
        )
        for job in rows(world, WorkflowJob)
        if job["approved_at"] and job["approved_at"] >= job["approval_asked_at"]
    )
    expected = {key: times(values) for key, values in groups.items()}
    assert found(world, views.APPROVAL_WAITS_WEEKLY, 4) == expected


def counts(runs: list[Row]) -> tuple[Any, ...]:
    over = [run for run in runs if run["status"] == "completed"]
    ended = [run for run in over if run["conclusion"] not in {"skipped", "action_required"}]
    failed = sum(run["conclusion"] in {"failure", "timed_out", "startup_failure"} for run in over)
    cancelled = sum(run["conclusion"] == "cancelled" for run in over)
    rerun = sum(run["run_attempt"] > 1 for run in ended)
    apart = (sum(run["conclusion"] == name for run in over) for name in ("skipped", "action_required"))
    shares = (number / len(ended) if ended else None for number in (failed, cancelled, rerun))
    return (len(runs), len(ended), failed, cancelled, rerun, *apart, len(runs) - len(over), *shares)


def test_rates(world: World, lately: datetime) -> None:
    by_workflow, by_repository, recent = defaultdict(list), defaultdict(list), defaultdict(list)
    for run in rows(world, WorkflowRun):
        place, monday = (run["org"], run["repo"]), week(run["created_at"])
        by_workflow[*place, run["workflow_id"], monday].append(run)
        by_repository[*place, monday].append(run)
        if run["created_at"] >= lately:
            recent[*place, run["workflow_id"]].append(run)
    read = found(world, views.WORKFLOW_RATES_WEEKLY, 4, without=("workflow_name",))
    assert read == {key: counts(runs) for key, runs in by_workflow.items()}
    read = found(world, views.REPOSITORY_RATES_WEEKLY, 3)
    assert read == {key: counts(runs) for key, runs in by_repository.items()}
    read = found(world, views.MOST_RUN_WORKFLOWS, 3, without=("workflow_name", "place"))
    assert read == {key: counts(runs) for key, runs in recent.items()}


def is_self_hosted(job: Row) -> bool:
    return "self-hosted" in job["label_set"].lower().split(",")


def test_minutes(world: World) -> None:
    attempts = {run["id"]: run["run_attempt"] for run in rows(world, WorkflowRun)}
    copies = [job for job in rows(world, WorkflowJob) if job["queue_reason"] == "copied"]
    taken_over = {(job["run_id"], job["name"], job["started_at"]) for job in copies}
    groups = defaultdict(list)
    for job in ran(world):
        is_earlier = job["run_attempt"] < attempts[job["run_id"]]
        job["is_superseded"] = is_earlier and (job["run_id"], job["name"], job["started_at"]) not in taken_over
        groups[job["org"], job["repo"], is_self_hosted(job), week(job["completed_at"])].append(job)

    def spent(jobs: list[Row]) -> float:
        return sum(int(job["seconds"]) for job in jobs) / 60

    expected = {
        key: (
            len(jobs),
            spent(jobs),
            spent([job for job in jobs if job["conclusion"] in {"failure", "timed_out"}]),
            spent([job for job in jobs if job["conclusion"] == "cancelled"]),
            spent([job for job in jobs if job["is_superseded"]]),
        )
        for key, jobs in groups.items()
    }
    assert copies
    assert any(row[4] for row in expected.values())
    assert found(world, views.CI_MINUTES_WEEKLY, 4) == expected
    monthly = world.read(views.CI_MINUTES_MONTHLY)
    assert sum(row["jobs"] for row in monthly) == len(ran(world))
    assert {row["month"] for row in monthly} == {job["completed_at"].date().replace(day=1) for job in ran(world)}


def test_busiest_repositories_and_longest_jobs(world: World, lately: datetime) -> None:
    recent = [job for job in ran(world) if job["completed_at"] >= lately]
    made = Counter((run["org"], run["repo"]) for run in rows(world, WorkflowRun) if run["created_at"] >= lately)
    used = grouped(((job["org"], job["repo"]), job["seconds"]) for job in recent)
    expected = {key: (made[key], len(used[key]), sum(used[key]) / 60) for key in {*made, *used}}
    assert found(world, views.BUSIEST_REPOSITORIES, 2, without=("place",)) == expected
    longest = [(row["org"], row["id"]) for row in world.read(views.LONGEST_JOBS)]
    ordered = sorted(recent, key=lambda job: (job["org"], -job["seconds"], job["id"]))
    firsts = [[(job["org"], job["id"]) for job in ordered if job["org"] == org][:100] for org in ("acme", "other")]
    assert longest == [*firsts[0], *firsts[1]]


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def test_use_of_runners(world: World, now: datetime) -> None:
    labels = {(row["org"], row["id"], row["name"]): row["label_set"] for row in rows(world, Runner)}
    busy: Counter[tuple[Any, ...]] = Counter()
    for job in ran(world):
        own = labels.get((job["org"], job["runner_id"], job["runner_name"]))
        day = job["started_at"].date()
        while (own or is_self_hosted(job)) and midnight(day) < job["completed_at"]:
            end = min(job["completed_at"], midnight(day + timedelta(days=1)))
            key = job["org"], day, job["label_set"] if own is None else own
            busy[key] += int((end - max(job["started_at"], midnight(day))).total_seconds())
            day += timedelta(days=1)
    moments, online = defaultdict(set), Counter[tuple[Any, ...]]()
    for sample in rows(world, RunnerSample):
        day = sample["sampled_at"].date()
        moments[sample["org"], day].add(sample["sampled_at"])
        online[sample["org"], day, sample["label_set"]] += sample["online"]
    expected = {}
    for key in {*busy, *online}:
        samples = len(moments[key[:2]]) if key in online else None
        seconds = online[key] * 86_400 // samples if samples else None
        expected[key] = (busy[key], seconds, samples, busy[key] / seconds if seconds else None)
    # What still runs counts up to now: that is tested by hand. It began at most 3,000 minutes ago.
    end = (now - timedelta(minutes=3100)).date()
    read = found(world, views.RUNNER_UTILISATION_DAILY, 3)
    is_over, should_be = ({key: row for key, row in each.items() if key[1] < end} for each in (read, expected))
    assert is_over == should_be


def test_deployments(world: World) -> None:
    expected: dict[tuple[Any, ...], list[Any]] = {}
    for deployment in rows(world, Deployment):
        succeeded_at, failed_at = deployment["succeeded_at"], deployment["failed_at"]
        if succeeded_at or failed_at:
            key = (
                *(deployment[name] for name in ("org", "repo", "environment")),
                week(succeeded_at or failed_at),
            )
            row = expected.setdefault(key, [0, 0, False])
            row[0 if succeeded_at else 1] += 1
            row[2] = row[2] or deployment["is_production"] is True
    assert found(world, views.DEPLOYMENT_FREQUENCY, 4) == {key: tuple(row) for key, row in expected.items()}


def test_what_goes_on(world: World, now: datetime) -> None:
    jobs, hour_ago = rows(world, WorkflowJob), now - timedelta(hours=1)
    expected = {}
    for job in jobs:
        if job["status"] == "completed":
            shown = "completed" if job["completed_at"] >= hour_ago else None
        elif job["abandoned_at"]:
            shown = "abandoned" if job["abandoned_at"] >= hour_ago else None
        else:
            shown = job["status"]
        if shown:
            expected[job["id"]] = shown
    assert {row["id"]: row["state"] for row in world.read(views.JOBS_NOW)} == expected
    assert {"queued", "waiting", "in_progress", "completed", "abandoned"} == set(expected.values())
    attempts = Counter((job["run_id"], job["run_attempt"]) for job in jobs)
    still = [run for run in rows(world, WorkflowRun) if run["status"] != "completed"]
    assert {row["id"]: (row["jobs"], row["is_abandoned"]) for row in world.read(views.OPEN_RUNS)} == {
        run["id"]: (attempts[run["id"], run["run_attempt"]], run["abandoned_at"] is not None) for run in still
    }
