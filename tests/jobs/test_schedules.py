"""Several organisations in one run: each with the App's own credentials there, and none in another's way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from chalicelib.errors import JobFailedError
from chalicelib.jobs import schedules
from chalicelib.jobs.connections import open_github
from chalicelib.jobs.schedules import run_job
from chalicelib.models import Issue, PullRequest, SyncRun, create_db_session
from chalicelib.store.leases import take_lease
from tests.organisation import Organisation, organisation
from tests.sandbox.keys import keys

BOTH = ("acme", "umbrella")


@pytest.fixture
def two(db_url: str) -> Iterator[Organisation]:
    with organisation(db_url, organisations=BOTH, items=60) as running:
        running.environment["GH_ORGS"] = ",".join(BOTH)
        yield running


@pytest.fixture
def app(two: Organisation) -> Any:
    """The two, read by a GitHub App that is installed in both."""
    permissions = {"issues": "read", "pull_requests": "read", "members": "read"}
    registered = two.sandbox.integrations.register(public_key=keys().public, permissions=permissions)
    two.environment |= {"GH_TOKEN": "", "GH_APP_ID": str(registered.id), "GH_APP_PRIVATE_KEY": keys().private}
    return registered


def items_of(two: Organisation) -> dict[str, int]:
    with create_db_session(two.db_url) as session:
        counts = {
            org: sum(
                session.scalar(select(func.count()).where(model.org == org)) or 0 for model in (Issue, PullRequest)
            )
            for org in BOTH
        }
    return {org: count for org, count in counts.items() if count}


def statuses(two: Organisation, org: str) -> set[str]:
    with create_db_session(two.db_url) as session:
        return set(session.scalars(select(SyncRun.status).where(SyncRun.org == org)))


def test_an_app_reads_all_its_organisations(two: Organisation, app: Any) -> None:
    assert two.backfill("--since", "2026-01-01", "--only", "issues,pull_requests,members,events") == 0
    two.run_job("nrt_events")
    two.run_job("every_30_min")
    two.run_job("daily")
    two.assert_equal_to_truth()
    assert set(items_of(two)) == set(BOTH)
    assert statuses(two, "acme") == statuses(two, "umbrella") == {"ok"}


def test_with_a_token_all_share_one_client_and_its_limits(two: Organisation) -> None:
    with open_github(two.settings) as github:
        assert github("acme") is github("umbrella")


def test_an_app_has_a_client_and_limits_in_each(two: Organisation, app: Any) -> None:
    with open_github(two.settings) as github:
        first, second = github("acme"), github("umbrella")
        for _ in range(3):
            first.get("/orgs/acme")
        second.get("/orgs/umbrella")
        left = [client.rate_limits["core"].remaining for client in (first, second)]
    assert left[1] - left[0] == 2


def test_where_the_app_is_not_installed_is_named_and_holds_nobody_up(two: Organisation, app: Any) -> None:
    two.sandbox.integrations.change(app.id, organisations=["umbrella"])
    with pytest.raises(JobFailedError) as failed:
        two.run_job()
    assert str(failed.value).startswith("acme access: ")
    assert "the GitHub App is not installed in acme" in str(failed.value)
    assert "umbrella" not in str(failed.value)
    assert set(items_of(two)) == {"umbrella"}


def test_tokens_that_end_before_their_time_fail_this_run_and_not_the_next(two: Organisation, app: Any) -> None:
    """An owner may revoke an installation's token; the next run has a new one."""
    with open_github(two.settings) as github:
        client = github("acme")
        client.get("/orgs/acme")
        two.sandbox.integrations.end_tokens(app.id)
    two.run_job()
    assert statuses(two, "acme") == {"ok"}


def test_what_another_run_took_over_does_not_hold_up_the_others(
    two: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ended the whole job: the organisations after it were left out."""
    steps = schedules.steps_of

    def overtaken(job: str, settings: Any) -> Any:
        for number, planned in enumerate(steps(job, settings)):
            if number == 2:
                with create_db_session(two.db_url) as session:
                    later = two.now() + timedelta(hours=2)
                    assert take_lease(session, name="every_30_min:acme", owner="another:1:x", now=later) is None
            yield planned

    monkeypatch.setattr(schedules, "steps_of", overtaken)
    with pytest.raises(JobFailedError, match="every_30_min:acme: another:1:x took over while this run waited"):
        two.run_job()
    assert "umbrella" in items_of(two)


def test_a_job_may_be_for_one_of_them(two: Organisation) -> None:
    run_job("every_30_min", two.settings, orgs=["umbrella"], budget=two.budget(), now=two.now)
    assert set(items_of(two)) == {"umbrella"}
