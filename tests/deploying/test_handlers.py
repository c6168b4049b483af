"""Each handler of the zip that was uploaded, as its schedule calls it: nothing but Lambda's own around it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from chalicelib.jobs.schedules import JOBS
from chalicelib.models import MODELS, Event, Issue, Member, PullRequest, SyncRun, create_db_session
from tests.deploying.deployment import APP, Life, State
from tests.deploying.local_aws import LocalAWS
from tests.deploying.runtime import HandlerFailedError, Runtime
from tests.organisation import Organisation
from tests.test_app_webhook import event as request_of

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("deploying")]  # one worker has the one deployment

# What a first run of each job brings into an empty database. The daily job reads what is open.
BROUGHT = {
    "every_30_min": (PullRequest, Issue, Member),
    "nrt_events": (PullRequest, Issue, Event),
    "daily": (PullRequest, Issue),
}
# PostgreSQL is what a Lambda has: an SQLite file would lie on its read-only disk. The jobs' own tests run on both.
on_postgresql = pytest.mark.parametrize("db_url", ["postgresql"], indirect=True)


def deployed(life: Life, job: str) -> State:
    function: State = life.deployed["functions"][f"{APP}-dev-{job}"]
    return function


def call(runtime: Runtime, life: Life, aws: LocalAWS, job: str) -> None:
    runtime.call(deployed(life, job), environment={"AWS_ENDPOINT_URL": aws.url}, seconds=900)


def files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


@on_postgresql
@pytest.mark.parametrize("job", JOBS)
def test_it_brings_rows_with_secrets_from_ssm(
    runtime: Runtime, life: Life, aws: LocalAWS, org: Organisation, job: str
) -> None:
    aws.put_secrets("dev", {"token": org.sandbox.token, "db_url": org.db_url})
    before = files(runtime.task_root)

    call(runtime, life, aws, job)

    with create_db_session(org.db_url) as session:
        runs = session.execute(select(SyncRun.job, SyncRun.org, SyncRun.status).distinct()).all()
        rows = {model.__tablename__: session.scalar(select(func.count()).select_from(model)) for model in BROUGHT[job]}
    assert [tuple(run) for run in runs] == [(job, "acme", "ok")]
    assert all(rows.values()), rows
    assert files(runtime.task_root) == before  # Lambda's code is on a read-only disk


SECRET = "a secret of these tests"


def post(runtime: Runtime, life: Life, aws: LocalAWS, headers: Any, body: str) -> tuple[dict[str, Any], int]:
    """Send a request to the API's function; gives what it answers, and its peak memory in bytes."""
    function = life.deployed["functions"][f"{APP}-dev"]
    called = runtime.call(
        function, environment={"AWS_ENDPOINT_URL": aws.url}, seconds=29, event=request_of(body, headers)
    )
    return called["answer"], called["peak"]


@on_postgresql
def test_a_signed_delivery_is_stored_with_secrets_from_ssm(
    runtime: Runtime, life: Life, aws: LocalAWS, org: Organisation
) -> None:
    aws.put_secrets("dev", {"webhook_secret": SECRET, "db_url": org.db_url})
    world = org.sandbox.world
    org.sandbox.deliveries(SECRET)
    run = world.start_run(next(iter(world.repositories.values())), ["build"])
    before = files(runtime.task_root)
    [(headers, body)] = [
        (headers, body)
        for headers, body in org.sandbox.deliveries(SECRET)
        if headers["X-GitHub-Event"] == "workflow_job"
    ]

    answer, _ = post(runtime, life, aws, headers, body.decode())

    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"message": "stored"})
    with create_db_session(org.db_url) as session:
        jobs = session.scalars(select(MODELS["WorkflowJob"])).all()
    assert [(job.name, job.run_id, job.status) for job in jobs] == [("build", run.id, "queued")]
    assert files(runtime.task_root) == before


def test_without_its_secret_in_ssm_it_refuses_all(runtime: Runtime, life: Life, aws: LocalAWS) -> None:
    aws.client("ssm").delete_parameters(Names=["/contributor-metrics/dev/webhook_secret"])
    answer, _ = post(runtime, life, aws, {"Content-Type": "application/json"}, "{}")
    assert answer["statusCode"] == 401
    assert "WEBHOOK_SECRET is not set" in answer["body"]


@on_postgresql
def test_a_failed_step_fails_the_lambda(runtime: Runtime, life: Life, aws: LocalAWS, org: Organisation) -> None:
    aws.put_secrets("dev", {"token": "ghp_wrong_token", "db_url": org.db_url})
    with pytest.raises(HandlerFailedError) as failure:
        call(runtime, life, aws, "every_30_min")
    assert "401" in str(failure.value)
    assert "ghp_wrong_token" not in str(failure.value)


def test_without_its_parameter_it_says_which_one(runtime: Runtime, life: Life, aws: LocalAWS) -> None:
    prod = deployed(life, "every_30_min") | {"Environment": {"Variables": {"ENV_NAME": "prod", "GH_ORGS": "acme"}}}
    with pytest.raises(HandlerFailedError) as failure:
        runtime.call(prod, environment={"AWS_ENDPOINT_URL": aws.url}, seconds=900)
    assert "SSM parameter /contributor-metrics/prod/token can't be read: ParameterNotFound" in str(failure.value)
