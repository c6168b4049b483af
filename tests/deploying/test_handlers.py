"""Each handler of the zip that was uploaded, as its schedule calls it: nothing but Lambda's own around it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from chalicelib.jobs.schedules import JOBS
from chalicelib.models import Event, Issue, Member, PullRequest, SyncRun, create_db_session
from tests.deploying.deployment import APP, Life, State
from tests.deploying.local_aws import LocalAWS
from tests.deploying.runtime import HandlerFailedError, Runtime
from tests.organisation import Organisation

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
