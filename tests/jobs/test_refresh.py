"""What a person asks for at once: which jobs it takes, when it must wait, and what it says when it is not all done."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

import pytest
import requests
from sqlalchemy import func, select

from chalicelib.errors import JobFailedError, NotNowError, OutOfTimeError, SettingsError, UnauthorizedError
from chalicelib.jobs.refresh import jobs_for, refresh, without_messages
from chalicelib.jobs.schedules import steps_of
from chalicelib.models import SyncRun, create_db_session
from chalicelib.settings import Settings
from chalicelib.store.leases import take_lease
from sandbox.api.access import Token
from tests.organisation import Organisation

ALL = ["nrt_events", "every_30_min", "daily"]


@pytest.mark.parametrize(
    ("kinds", "jobs"),
    [
        ([], ALL),
        (["pull_requests", "events"], ["nrt_events"]),
        (["members"], ["every_30_min"]),
        (["projects"], ["every_30_min"]),
        (["teams", "members", "issues"], ALL),
        (["copilot"], ["daily"]),
        (["dependabot_alerts", "repository_checks"], ["daily"]),
        (["workflow_runs", "workflow_jobs", "runners"], ["nrt_events"]),
        (["reconciliation"], ["daily"]),
    ],
)
def test_of_a_kind_s_jobs_it_takes_the_one_that_runs_most_often(kinds: list[str], jobs: list[str]) -> None:
    assert jobs_for(kinds, Settings({"COPILOT": "on"}.get)) == jobs


def test_a_kind_that_there_is_not_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"there is no kind of data 'pulls': choose from pull_requests, issues, "):
        jobs_for(["pulls"], Settings({"COPILOT": "on"}.get))


def test_what_is_switched_off_is_not_read() -> None:
    settings = Settings({"COPILOT": "off"}.get)
    assert jobs_for(["copilot", "issues"], settings) == ["nrt_events"]
    with pytest.raises(SettingsError, match="no job reads copilot: the settings switch that off"):
        jobs_for(["copilot"], settings)


def ask(org: Organisation, *kinds: str, deadline: float | None = None) -> None:
    refresh(kinds, org.settings, budget=org.budget(deadline), now=org.now)


def runs(org: Organisation) -> dict[str, set[str]]:
    """Which jobs of which organisations are in the ledger."""
    found: dict[str, set[str]] = {}
    with create_db_session(org.db_url) as session:
        for name, job in session.execute(select(SyncRun.org, SyncRun.job).distinct()):
            found.setdefault(name, set()).add(job)
    return found


def test_it_runs_the_jobs_of_all_organisations(two: Organisation) -> None:
    ask(two, "members", "events")
    assert runs(two) == {"acme": {"nrt_events", "every_30_min"}, "umbrella": {"nrt_events", "every_30_min"}}


def use_up(org: Organisation, *, limit: int, used: int) -> None:
    """Leave less of an hour's requests."""
    org.sandbox.limits.update(core=limit)
    headers = {"Authorization": f"Bearer {org.sandbox.token}"}
    for _ in range(used):
        assert requests.get(f"{org.sandbox.url}/orgs/acme", headers=headers, timeout=10).ok


def test_a_low_limit_refuses_it_and_says_until_when(two: Organisation) -> None:
    use_up(two, limit=10, used=9)
    reset = requests.get(
        f"{two.sandbox.url}/rate_limit", headers={"Authorization": f"Bearer {two.sandbox.token}"}, timeout=10
    ).json()["resources"]["core"]["reset"]
    two.sandbox.stats.reset()
    with pytest.raises(NotNowError) as refused:
        ask(two, "issues")
    with create_db_session(two.db_url) as session:
        assert session.scalar(select(func.count()).select_from(SyncRun)) == 0
    moment = str(refused.value).partition("until ")[2].partition(" UTC")[0]
    assert str(refused.value) == (
        f"GitHub's rate limit is low: 1 of 10 requests are left until {moment} UTC, "
        "and the scheduled jobs need these; nothing was read"
    )
    assert datetime.fromisoformat(f"{moment}+00:00").timestamp() == reset
    # One for both organisations, which share the token.
    assert two.requests() == {"/rate_limit": 1}


def test_a_low_limit_of_graphql_refuses_it_too(two: Organisation) -> None:
    two.sandbox.limits.update(graphql=100)
    two.sandbox.limits.charge_points(Token(two.sandbox.token).account, 81)
    with pytest.raises(NotNowError, match=r"19 of 100 points of GraphQL are left until "):
        ask(two, "issues")


def test_a_fifth_is_enough(two: Organisation) -> None:
    use_up(two, limit=10_000, used=1)
    two.environment["GH_ORGS"] = "acme"
    ask(two, "members")
    assert runs(two) == {"acme": {"every_30_min"}}


def test_each_organisation_of_an_app_has_its_limit(two: Organisation, app: Any) -> None:
    ask(two, "members")
    assert two.requests()["/rate_limit"] == 2


def test_what_another_run_is_reading_is_said_and_the_rest_is_read(two: Organisation) -> None:
    with create_db_session(two.db_url) as session:
        take_lease(session, name="nrt_events:acme", owner="elsewhere:1:a", now=two.now())
    with pytest.raises(NotNowError, match=r"^another run of nrt_events is reading acme already$"):
        ask(two, "issues")
    assert runs(two) == {"umbrella": {"nrt_events"}}


def test_a_step_that_fails_holds_up_no_other_job(two: Organisation) -> None:
    two.environment["GH_ORGS"] = "acme"
    two.sandbox.faults.script("500", path="/search/issues", count=6)
    with pytest.raises(JobFailedError, match=r"^acme pull_requests.updated: GitHub answered 500"):
        ask(two, "issues", "members")
    assert runs(two) == {"acme": {"nrt_events", "every_30_min"}}


def test_no_time_left_is_said(two: Organisation, caplog: pytest.LogCaptureFixture) -> None:
    two.environment["GH_ORGS"] = "acme"
    two.sandbox.faults.update(retry_after=900)
    two.sandbox.faults.script("secondary-403", path="/search/issues", count=100)
    with caplog.at_level(logging.INFO), pytest.raises(OutOfTimeError) as stopped:
        ask(two, "members", deadline=600)
    assert str(stopped.value).startswith("stopped early, and the next run goes on: acme pull_requests.new: a wait of ")


def test_credentials_that_are_wrong_are_one_sentence(two: Organisation) -> None:
    two.environment["GH_TOKEN"] = "ghp_wrong_token"
    with pytest.raises(UnauthorizedError, match=r"^GitHub answered 401 to GET /rate_limit: Bad credentials"):
        ask(two, "issues")
    assert runs(two) == {}


def test_it_posts_nothing_to_slack() -> None:
    settings = Settings({"SLACK_MESSAGES": "sprints"}.get)
    posting = [step.name for step in steps_of("daily", settings) if step.name.endswith(".message")]
    quiet = [step.name for step in steps_of("daily", without_messages(settings)) if step.name.endswith(".message")]
    assert (posting, quiet) == (["projects.sprints.message"], [])
