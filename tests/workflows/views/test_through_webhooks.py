"""The views over what webhooks told of a running CI, against what GitHub shows there."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select

from chalicelib.models import create_db_session
from chalicelib.store.views import View
from chalicelib.workflows.views import (
    CI_MINUTES_WEEKLY,
    DEPLOYMENT_FREQUENCY,
    OPEN_RUNS,
    QUEUE_REASONS,
    QUEUE_TIME_DAILY,
)
from chalicelib.workflows.views import REPOSITORY_RATES_WEEKLY as RATES
from tests.deliveries import SECRET, post_to, signed, webhook
from tests.organisation import Organisation, at
from tests.payloads.webhooks import payload_of
from tests.workflows.test_webhook import live


def read(org: Organisation, view: View) -> list[dict[str, Any]]:
    with create_db_session(org.db_url) as session:
        return [dict(row) for row in session.execute(select(view.table)).mappings()]


def total(rows: list[dict[str, Any]], column: str) -> Any:
    return sum(row[column] for row in rows)


def seconds(job: dict[str, Any]) -> float:
    return (at(job["completed_at"]) - at(job["started_at"])).total_seconds()


def run_the_failed_job_again(org: Organisation) -> None:
    """A run whose second attempt takes over what succeeded."""
    world = org.sandbox.world
    run = world.start_run(next(iter(world.repositories.values())), ["build"], then=["pack"])
    for _ in ("is taken", "succeeds"):
        org.advance(20)
        world.advance_run(run)
    org.advance(20)
    world.finish_run(run, "failure")
    org.advance(60)
    world.rerun(run, failed_only=True)
    org.advance(20)
    world.finish_run(run)


def test_they_say_what_github_shows(org: Organisation) -> None:
    """Whatever the order of the deliveries; copies of a re-run are counted once."""
    live(org)
    run_the_failed_job_again(org)
    assert set(org.sandbox.deliver(post_to(org), SECRET, doubled=0.3, shuffled=True)) == {200}
    jobs, runs = org.sandbox.truth.jobs(), org.sandbox.truth.runs()
    assert total(read(org, QUEUE_TIME_DAILY), "jobs") + total(read(org, QUEUE_REASONS), "jobs") == len(jobs)
    ran = [job for job in jobs if job["runner_id"] and job["completed_at"]]
    originals = [job for job in ran if job["started_at"] >= job["created_at"]]
    assert len(ran) > len(originals)
    minutes = read(org, CI_MINUTES_WEEKLY)
    assert (total(minutes, "jobs"), total(minutes, "minutes") * 60) == (len(originals), sum(map(seconds, originals)))
    assert total(read(org, RATES), "runs") == len(runs)
    assert total(read(org, RATES), "rerun") == sum(run["run_attempt"] > 1 for run in runs)
    assert {row["id"] for row in read(org, OPEN_RUNS)} == {run["id"] for run in runs if run["status"] != "completed"}


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_failed_deployment_stays_so_when_it_is_replaced(db_url: str, order: tuple[int, ...]) -> None:
    """The next deployment makes it inactive: the failure was gone from its week."""
    told = [("in_progress", "2026-05-12T08:00:00Z"), ("failure", "2026-05-12T09:00:00Z")]
    told += [("inactive", "2026-06-02T09:00:00Z")]
    deliver = webhook(db_url)
    for number in order:
        state, moment = told[number]
        status = {"id": 100 + number, "state": state, "created_at": moment}
        payload = {**payload_of("deployment_status"), "deployment_status": status}
        assert deliver(*signed("deployment_status", payload, guid=f"guid-{number}")).message == "stored"
    with create_db_session(db_url) as session:
        [row] = session.execute(select(DEPLOYMENT_FREQUENCY.table)).mappings()
    assert (row["week"], row["succeeded"], row["failed"]) == (date(2026, 5, 11), 0, 1)
