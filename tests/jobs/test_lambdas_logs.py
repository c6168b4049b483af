"""What a run logs: JSON lines, metrics, and no secret."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

import app
from chalicelib.errors import JobFailedError
from chalicelib.jobs import lambdas
from chalicelib.models import Issue, PullRequest, SyncRun, create_db_session
from tests.jobs.runtime import HOUR, Runtime, Topic
from tests.organisation import Organisation


def test_every_line_is_an_object_that_says_what_it_is_about(org: Organisation, runtime: Runtime) -> None:
    assert runtime.invoke() is None
    lines = runtime.lines()
    assert {(line["job"], line["request_id"], line["organisation"]) for line in lines} == {
        ("every_30_min", "request-1", "acme")
    }
    with create_db_session(org.db_url) as session:
        runs = session.scalars(select(SyncRun).order_by(SyncRun.id)).all()
    counts = ("step", "fetched", "stored", "rejected", "requests")
    said = [tuple(line[name] for name in counts) for line in lines if "fetched" in line]
    assert said == [tuple(getattr(run, name) for name in counts) for run in runs]


def test_a_warm_lambda_says_everything_once(org: Organisation, runtime: Runtime) -> None:
    for _ in range(3):
        assert runtime.invoke() is None
    steps = [(line["request_id"], line["step"]) for line in runtime.lines() if "step" in line]
    assert len(steps) == len(set(steps))
    assert {request for request, _ in steps} == {"request-1", "request-2", "request-3"}
    assert len(runtime.handlers) == 1


def test_the_metrics_are_the_ledger_s_sums(
    org: Organisation, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEW_DAYS", "3650")
    assert runtime.invoke() is None
    org.sandbox.tokens.add(org.sandbox.token, [])
    assert isinstance(runtime.invoke(), JobFailedError)
    first, second = runtime.metrics()
    with create_db_session(org.db_url) as session:
        runs = session.scalars(select(SyncRun)).all()
        items = sum(session.query(model).count() for model in (Issue, PullRequest))
    sums = {name: first[name] + second[name] for name in ("RowsStored", "RecordsRejected", "Requests", "StepsFailed")}
    assert sums == {
        "RowsStored": sum(run.stored for run in runs),
        "RecordsRejected": sum(run.rejected for run in runs),
        "Requests": sum(run.requests for run in runs),
        "StepsFailed": sum(run.status == "failed" for run in runs),
    }
    left = [run.rate_limit_left for run in runs if run.rate_limit_left is not None]
    assert first["RateLimitLeft"] > second["RateLimitLeft"] == min(left)
    # A minute's limit says nothing of the hour's.
    assert {run.rate_limit_left for run in runs if run.step.endswith((".new", ".updated"))} == {None}
    assert first["RowsStored"] > items > 0
    assert second["RowsStored"] == first["StepsFailed"] == 0
    assert second["StepsFailed"] > 0


def test_the_lag_is_known_once_everything_was_read(org: Organisation, runtime: Runtime) -> None:
    for handler in (app.every_30_min, app.nrt_events):
        assert runtime.invoke(handler=handler) is None
    hours_pass(org, 3)
    assert runtime.invoke(handler=app.every_30_min) is None
    first, second, third = runtime.metrics()
    assert "Lag" not in first
    # Whole hours: how long the runs themselves took doesn't matter.
    assert (second["Lag"] // HOUR, third["Lag"] // HOUR) == (0, 3)


def hours_pass(org: Organisation, hours: int) -> None:
    """Make all that the ledger knows so much older."""
    with create_db_session(org.db_url) as session:
        for run in session.scalars(select(SyncRun)):
            session.execute(
                update(SyncRun).where(SyncRun.id == run.id).values(started_at=run.started_at - timedelta(hours=hours))
            )
        session.commit()


def test_no_secret_is_in_what_is_said(
    org: Organisation, runtime: Runtime, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    token, password = "ghp_SeCrEtSeCrEtSeCrEt", "hunter2hunter2"
    monkeypatch.setenv("GH_TOKEN", token)
    errors = [runtime.invoke()]
    for url in ("postgresql://me:{}@127.0.0.1:1/none", "postgresql://me:{}@[::1/none", "postgresql://m:x@{}@/", "x{}"):
        monkeypatch.setenv("DB_URL", url.format(password))
        errors.append(runtime.invoke())
    monkeypatch.setenv("GH_TOKEN", f"{token} {token}")
    errors.append(runtime.invoke())
    said = runtime.text + "".join(capfd.readouterr()) + "".join(map(str, errors))
    assert None not in errors
    assert len(runtime.of_level("ERROR")) >= len(errors)
    assert token not in said
    assert password not in said


def test_a_bug_is_raised_and_named_but_not_quoted(
    org: Organisation, runtime: Runtime, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a library puts into an exception may be anything."""

    def stumble(*_: object, **__: object) -> None:
        raise ZeroDivisionError("with a secret")

    monkeypatch.setattr(lambdas, "run_job", stumble)
    assert isinstance(runtime.invoke(), ZeroDivisionError)
    sentence = "a bug (ZeroDivisionError); the log has its traceback"
    assert runtime.of_level("ERROR") == [f"every_30_min of acme failed: {sentence}"]
    assert topic.received() == [("contributor-metrics dev: every_30_min of acme failed", sentence)]
