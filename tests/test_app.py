"""The Lambda's entry points, and the same jobs from a shell."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import app
from chalicelib.errors import JobFailedError, OutOfTimeError
from chalicelib.models import SyncRun, create_db_session
from tests.organisation import Organisation, organisation


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    with organisation(db_url, items=50) as running:
        yield running


# What EventBridge sends with a schedule.
EVENT = {
    "version": "0",
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "123456789012",
    "time": "2026-06-15T12:00:00Z",
    "region": "eu-west-1",
    "resources": ["arn:aws:events:eu-west-1:123456789012:rule/every-30-min"],
    "detail": {},
}


class LambdaContext:
    """What Lambda tells a handler of its time."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


def test_importing_reads_no_setting_and_needs_no_network(root: Path) -> None:
    code = "import app; print([name for name in app.app.handler_map])"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(root), "GH_API_URL": "nonsense", "DB_URL": "nonsense"}
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=root, capture_output=True, text=True, check=True
    )
    assert result.stdout == "['every_30_min', 'nrt_events', 'daily']\n"


def test_the_handler_runs_the_job_within_lambdas_time(org: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in org.variables.items():
        monkeypatch.setenv(name, value)
    app.every_30_min(EVENT, LambdaContext(900))
    with create_db_session(org.db_url) as session:
        assert {run.status for run in session.query(SyncRun)} == {"ok"}


def test_a_lambda_that_is_nearly_over_stops_before_it_asks_github(
    org: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in org.variables.items():
        monkeypatch.setenv(name, value)
    app.every_30_min(EVENT, LambdaContext(app.MARGIN_SECONDS))
    assert org.sandbox.stats.summary()["total"] == 0


def test_a_lambda_raises_when_a_rate_limit_outlasts_it() -> None:
    budget = app.lambda_budget(LambdaContext(60))
    with pytest.raises(OutOfTimeError):
        budget.pause(50, "primary rate limit")


def test_a_failed_step_fails_the_lambda(org: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in org.variables.items():
        monkeypatch.setenv(name, value)
    org.sandbox.tokens.revoke(org.sandbox.token)
    with pytest.raises(JobFailedError, match="401"):
        app.every_30_min(EVENT, LambdaContext(900))


def test_from_a_shell_it_says_each_step_and_exits_0(org: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["every_30_min"], org.settings) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "acme access",
        "acme pull_requests.new",
        "acme pull_requests.closed",
        "acme pull_requests.unmerged",
        "acme pull_requests.updated",
        "acme issues.new",
        "acme issues.closed",
        "acme issues.updated",
        "acme issues.transfers",
        "acme issues.count",
        "acme members",
    ]


@pytest.mark.parametrize(
    ("environment", "code", "sentence"),
    [
        ({"GH_TOKEN": "ghp_wrong_token"}, 1, "GitHub answered 401"),
        ({"GH_ORGS": "nobody"}, 1, "there is no organisation nobody"),
        ({"GH_ORGS": ""}, 2, "GH_ORGS is not set"),
        ({"NEW_DAYS": "soon"}, 2, "NEW_DAYS is malformed: 'soon' is not a whole number from 1 to 3650"),
        ({"DB_URL": "postgresql://me:hunter2@127.0.0.1:1/none"}, 2, "the database postgresql+psycopg2://me:***@127"),
        ({"DB_URL": "sqlite:////nowhere/at/all.db"}, 2, "unable to open database file"),
        ({"DB_URL": "sqlite://"}, 2, "the database has no tables of this app yet: run `make migrate`"),
        ({"GH_API_URL": "http://127.0.0.1:1"}, 1, "GitHub did not answer"),
    ],
)
def test_what_is_wrong_is_one_sentence_without_a_secret(
    org: Organisation, capsys: pytest.CaptureFixture[str], environment: dict[str, str], code: int, sentence: str
) -> None:
    org.environment.update(environment)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "Budget", lambda **_: org.budget())
        assert app.main(["every_30_min"], org.settings) == code
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith("error: ")
    assert sentence in error
    assert "hunter2" not in error
    assert "ghp_wrong_token" not in error


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        app.main(["--help"])
    assert stop.value.code == 0
    assert "example: GH_TOKEN=" in capsys.readouterr().out
