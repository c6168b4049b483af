"""How runs end, what minutes are spent on, how busy runners are, and how often something is deployed: by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.models import Deployment, Runner, RunnerSample
from chalicelib.utils import utc_now
from chalicelib.workflows.views import (
    BUSIEST_REPOSITORIES,
    CI_MINUTES_MONTHLY,
    CI_MINUTES_WEEKLY,
    DEPLOYMENT_FREQUENCY,
    MOST_RUN_WORKFLOWS,
    REPOSITORY_RATES_WEEKLY,
    RUNNER_UTILISATION_DAILY,
    WORKFLOW_RATES_WEEKLY,
)
from tests.views.world import FIRST_LOOK, may
from tests.workflows.views.conftest import PLACE, Ci

MONDAY, TUESDAY = date(2026, 5, 4), date(2026, 5, 5)
PATH = ".github/workflows/ci.yml"


def test_rates_are_of_the_runs_that_ended(ci: Ci) -> None:
    ends = ("success", "failure", "timed_out", "startup_failure", "cancelled", "skipped", "action_required", "neutral")
    for key, conclusion in enumerate((*ends, "success", "success"), start=1):
        ci.run(key, conclusion=conclusion, run_attempt=2 if key in {1, 2, 6} else 1)
    ci.run(11, status="queued", conclusion=None, run_attempt=2)
    counts: dict[str, Any] = {
        "runs": 11,
        "ended": 8,
        "failed": 3,
        "cancelled": 1,
        "rerun": 2,
        "skipped": 1,
        "action_required": 1,
    }
    counts |= {"not_completed": 1, "failed_share": 0.375, "cancelled_share": 0.125, "rerun_share": 0.25}
    place = {"org": "acme", "repo": "r1", "week": MONDAY}
    assert ci.world.row(REPOSITORY_RATES_WEEKLY) == place | counts
    assert ci.world.row(WORKFLOW_RATES_WEEKLY) == place | {"workflow_id": 7, "workflow_name": "CI"} | counts


def test_a_run_that_is_completed_has_ended_also_without_a_conclusion(ci: Ci) -> None:
    """It was in no column but `runs`, so that these did not add up."""
    ci.run(1, conclusion=None)
    ci.run(2, conclusion="failure")
    row = ci.world.row(REPOSITORY_RATES_WEEKLY)
    assert (row["runs"], row["ended"], row["failed"], row["failed_share"]) == (2, 2, 1, 0.5)


def test_a_workflow_keeps_its_name_when_its_file_cannot_be_read(ci: Ci) -> None:
    ci.run(1, name=PATH, conclusion="startup_failure")
    ci.run(2, name="CI", path=None)
    ci.run(3, name=PATH, workflow_id=8, conclusion="skipped")
    found = [
        (row["workflow_id"], row["workflow_name"], row["failed_share"]) for row in ci.world.read(WORKFLOW_RATES_WEEKLY)
    ]
    assert found == [(7, "CI", 0.5), (8, PATH, None)]


def test_the_workflows_that_ran_most_lately(ci: Ci) -> None:
    now = utc_now()
    for key, (workflow, days) in enumerate(((7, 1), (8, 1), (8, 29), (9, 31), (9, 31), (9, 31)), start=1):
        ci.run(key, workflow_id=workflow, created_at=now - timedelta(days=days))
    found = [(row["place"], row["workflow_id"], row["runs"]) for row in ci.world.read(MOST_RUN_WORKFLOWS)]
    assert found == [(1, 8, 2), (2, 7, 1)]


def minutes(start: datetime, number: float) -> datetime:
    return start + timedelta(minutes=number)


def job(ci: Ci, key: int, number: float, **columns: Any) -> None:
    """A job that ran for so many minutes from nine on the fourth of May."""
    ci.job(key, may(4, 8), may(4, 9), **({"completed_at": minutes(may(4, 9), number)} | columns))


def test_minutes_of_a_run_that_was_run_again(ci: Ci) -> None:
    """Its first attempt's failure is superseded; what the second took over is neither that nor counted again."""
    ci.run(1, run_attempt=2)
    job(ci, 1, 5, name="build")
    job(ci, 2, 2.5, name="test", conclusion="failure")
    job(ci, 3, 5, name="build", run_attempt=2, created_at=may(4, 12))
    job(ci, 4, 4, name="test", run_attempt=2)
    job(ci, 5, 1, name="lint", conclusion="cancelled", run_attempt=2)
    numbers = {"jobs": 4, "minutes": 12.5, "failed_minutes": 2.5, "cancelled_minutes": 1.0, "superseded_minutes": 2.5}
    key = {"org": "acme", "repo": "r1", "is_self_hosted": False}
    assert ci.world.row(CI_MINUTES_WEEKLY) == key | {"week": MONDAY} | numbers
    assert ci.world.row(CI_MINUTES_MONTHLY) == key | {"month": date(2026, 5, 1)} | numbers


def test_minutes_of_a_job_whose_run_is_not_known(ci: Ci) -> None:
    job(ci, 1, 5)
    assert ci.world.row(CI_MINUTES_WEEKLY)["superseded_minutes"] == 0


@pytest.mark.parametrize(
    ("labels", "is_self_hosted"),
    [
        ("self-hosted", True),
        ("Self-Hosted,gpu", True),
        ("not-self-hosted", False),
        ("self-hosted-x", False),
        ("", False),
    ],
)
def test_self_hosted_is_a_label_of_its_own(ci: Ci, labels: str, is_self_hosted: bool) -> None:
    job(ci, 1, 5, label_set=labels)
    assert ci.world.row(CI_MINUTES_WEEKLY)["is_self_hosted"] is is_self_hosted


def test_the_busiest_repositories_lately(ci: Ci) -> None:
    now = utc_now().replace(microsecond=0)
    for key, (repo, days, length) in enumerate((("a", 1, 5), ("b", 2, 9), ("b", 3, 1), ("c", 31, 99)), start=1):
        ended = now - timedelta(days=days)
        ci.run(key, repo=repo, created_at=ended)
        ci.job(key, ended - timedelta(days=1), minutes(ended, -length), completed_at=ended, repo=repo)
    ci.run(9, repo="d", created_at=now)
    found = [tuple(row.values())[1:] for row in ci.world.read(BUSIEST_REPOSITORIES)]
    assert found == [(1, "b", 2, 2, 10.0), (2, "a", 1, 1, 5.0), (3, "d", 1, 0, 0.0)]


def sample(ci: Ci, at: datetime, online: int, label_set: str = "x64") -> None:
    ci.write(RunnerSample, org="acme", sampled_at=at, label_set=label_set, runners=9, online=online, busy=0)


def use(ci: Ci) -> dict[tuple[date, str], tuple[Any, ...]]:
    names = ("busy_seconds", "online_seconds", "samples", "busy_share")
    rows = ci.world.read(RUNNER_UTILISATION_DAILY)
    return {(row["day"], row["label_set"]): tuple(row[name] for name in names) for row in rows}


def runner(ci: Ci, label_set: str = "x64") -> None:
    row = {"id": 1, "org": "acme", "name": "runner-1", "status": "online", "busy": False}
    ci.write(Runner, **row, label_set=label_set, first_seen_at=FIRST_LOOK)


def test_a_job_over_midnight_counts_in_each_of_its_days(ci: Ci) -> None:
    """By the labels that its runner has, not by those that it asked for."""
    runner(ci)
    ci.job(1, may(4, 22), may(4, 23), completed_at=may(6, 1), label_set="self-hosted")
    for at in (may(4, 12), may(5, 12), may(5, 13)):
        sample(ci, at, 2)
    assert use(ci) == {
        (MONDAY, "x64"): (3600, 172_800, 1, 3600 / 172_800),
        (TUESDAY, "x64"): (86_400, 172_800, 2, 0.5),
        (date(2026, 5, 6), "x64"): (3600, None, None, None),
    }


def test_a_time_without_runners_of_these_labels_is_none_online(ci: Ci) -> None:
    sample(ci, may(4, 12), 3)
    sample(ci, may(4, 12), 1, "arm")
    sample(ci, may(4, 13), 1, "arm")
    assert use(ci) == {(MONDAY, "x64"): (0, 129_600, 2, 0.0), (MONDAY, "arm"): (0, 86_400, 2, 0.0)}


def test_which_jobs_keep_a_runner_busy(ci: Ci) -> None:
    """Up to a midnight, and on a runner that was never listed; not on GitHub's own, and not as a copy."""
    runner(ci)
    ci.job(1, may(4, 22), may(4, 23), completed_at=may(5), label_set="arm,self-hosted", runner_id=2)
    ci.job(2, may(4, 22), may(4, 23), completed_at=may(5), runner_name="GitHub Actions 1")
    ci.job(3, may(6), may(4, 23), completed_at=may(5), label_set="arm,self-hosted", run_attempt=2)
    ci.queued(4, may(4), label_set="arm,self-hosted")
    assert use(ci) == {(MONDAY, "arm,self-hosted"): (3600, None, None, None)}


def test_a_job_that_runs_counts_up_to_now(ci: Ci) -> None:
    running = {"label_set": "self-hosted", "status": "in_progress", "conclusion": None, "completed_at": None}
    began = utc_now().replace(microsecond=0) - timedelta(hours=30)
    ci.job(1, began, began, **running)
    ci.job(2, began, began, **running, abandoned_at=utc_now())
    found = use(ci)
    assert sum(row[0] for row in found.values()) == pytest.approx(30 * 3600, abs=60)
    assert {day for day, _ in found} >= {began.date(), began.date() + timedelta(days=1)}


def test_today_is_as_long_as_it_has_been(ci: Ci) -> None:
    now = utc_now()
    sample(ci, now, 2)
    since = (now - now.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
    [(_, online, *_)] = use(ci).values()
    assert online == pytest.approx(2 * since, abs=120)


def deploy(ci: Ci, key: int, state: str, succeeded_at: datetime | None, **columns: Any) -> None:
    row = PLACE | {"id": key, "environment": "production", "created_at": may(1), "updated_at": may(1)}
    row |= {"state": state, "state_at": may(12), "succeeded_at": succeeded_at, "status_id": key, "is_production": True}
    row |= {"failed_at": may(12) if state in {"failure", "error"} else None, "first_seen_at": FIRST_LOOK}
    ci.write(Deployment, **(row | columns))


def test_how_often_it_is_deployed(ci: Ci) -> None:
    """By the first success, even when it failed or was replaced later; a failure counts when it failed."""
    deploy(ci, 1, "success", may(5))
    deploy(ci, 2, "inactive", may(10, 23, 59))
    deploy(ci, 3, "failure", may(9))
    deploy(ci, 4, "failure", None)
    deploy(ci, 5, "error", None)
    deploy(ci, 6, "inactive", None)  # whether it ever succeeded was not told
    deploy(ci, 7, "in_progress", None)
    deploy(ci, 8, "success", may(5), environment="docs", is_production=None)
    deploy(ci, 9, "inactive", None, failed_at=may(12))
    assert [tuple(row.values())[2:] for row in ci.world.read(DEPLOYMENT_FREQUENCY)] == [
        ("docs", MONDAY, 1, 0, False),
        ("production", MONDAY, 3, 0, True),
        ("production", date(2026, 5, 11), 0, 3, True),
    ]
