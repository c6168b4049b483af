"""What the topic hears of, and how often."""

from __future__ import annotations

import time
from datetime import timedelta
from types import SimpleNamespace

import boto3
import pytest

import app
from chalicelib.domains import DOMAINS
from chalicelib.errors import JobFailedError, SettingsError
from chalicelib.jobs import lambdas
from chalicelib.jobs.lambdas import ALERT_INTERVAL, alert
from chalicelib.models import SyncRun, create_db_session
from chalicelib.settings import Settings
from chalicelib.utils import utc_now
from tests.jobs.runtime import HOUR, TOPIC, Runtime, Topic
from tests.organisation import Organisation

pytestmark = pytest.mark.slow

LISTS = [stream for domain in DOMAINS for stream in domain.streams]


class Clock:
    """Time as `time.monotonic` tells it, which a test may let pass."""

    def __init__(self) -> None:
        self.passed = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.passed


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(lambdas, "time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


def told(topic: Topic) -> list[str]:
    return [subject for subject, _ in topic.received()]


def test_after_a_run_without_trouble_nobody_is_told(org: Organisation, runtime: Runtime, topic: Topic) -> None:
    assert runtime.invoke() is None
    assert topic.received() == []


def test_a_failed_job_is_told_once_in_six_hours(
    org: Organisation, runtime: Runtime, topic: Topic, clock: Clock
) -> None:
    org.sandbox.tokens.revoke(org.sandbox.token)
    error = runtime.invoke()
    assert topic.received() == [("contributor-metrics dev: every_30_min of acme failed", str(error))]
    clock.passed += 5.9 * HOUR
    runtime.invoke()
    assert told(topic) == []
    clock.passed += 0.2 * HOUR
    runtime.invoke()
    assert told(topic) == ["contributor-metrics dev: every_30_min of acme failed"]


def test_another_trouble_is_told_at_once(org: Organisation, runtime: Runtime, topic: Topic) -> None:
    org.sandbox.tokens.revoke(org.sandbox.token)
    for handler in (app.every_30_min, app.nrt_events, app.every_30_min):
        runtime.invoke(handler=handler)
    assert told(topic) == [f"contributor-metrics dev: {job} of acme failed" for job in ("every_30_min", "nrt_events")]


def test_what_has_grown_stale_is_told(org: Organisation, runtime: Runtime, topic: Topic, clock: Clock) -> None:
    age_of_the_ledger(org.db_url, timedelta(hours=3))
    assert runtime.invoke() is None
    assert topic.received() == [
        ("contributor-metrics dev: acme is stale: events", "acme events: stale: more than 1 h"),
    ]
    for name in (*(stream.name for stream in LISTS), "webhook_deliveries.redeliver"):
        age_of_the_ledger(org.db_url, timedelta(), step=name, job="daily")
    age_of_the_ledger(org.db_url, timedelta(hours=60), step="issues.sweep", job="daily")
    assert runtime.invoke() is None
    assert topic.received() == [
        (
            "contributor-metrics dev: acme is stale: events, reconciliation",
            "acme events: stale: more than 1 h\nacme reconciliation: stale: more than 50 h",
        ),
    ]
    assert runtime.invoke() is None
    assert topic.received() == []


def age_of_the_ledger(db_url: str, age: timedelta, *, step: str = "events", job: str = "nrt_events") -> None:
    """Write that a step last ran so long ago."""
    then = utc_now() - age
    with create_db_session(db_url) as session:
        session.add(SyncRun(job=job, step=step, org="acme", status="ok", started_at=then, finished_at=then))
        session.commit()


def test_wrong_settings_are_told(
    org: Organisation, runtime: Runtime, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEW_DAYS", "soon")
    assert isinstance(runtime.invoke(), SettingsError)
    ((subject, message),) = topic.received()
    assert subject == "contributor-metrics dev: every_30_min failed"
    assert message.startswith("NEW_DAYS is malformed: 'soon'")


def test_without_a_topic_aws_is_not_asked(org: Organisation, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    org.sandbox.tokens.revoke(org.sandbox.token)
    assert isinstance(runtime.invoke(), JobFailedError)
    assert [message for message in runtime.of_level("ERROR") if "could not send the alert" in message] == []


def test_a_topic_that_refuses_does_not_hide_the_job_s_own_error(
    org: Organisation, runtime: Runtime, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    org.sandbox.tokens.revoke(org.sandbox.token)
    monkeypatch.setenv("SNS_TOPIC_ARN", f"{TOPIC}-of-somebody-else")
    error = runtime.invoke()
    assert isinstance(error, JobFailedError)
    assert "401" in str(error)
    assert runtime.of_level("ERROR")[-1] == (
        "could not send the alert 'every_30_min of acme failed': AWS refused sns:publish: NotFound"
    )


def test_a_malformed_topic_does_not_hide_what_else_is_wrong(
    org: Organisation, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second failure was raised in the place of the first."""
    monkeypatch.setenv("SNS_TOPIC_ARN", "troubles")
    monkeypatch.setenv("GH_TOKEN", "")
    assert "GH_TOKEN is not set" in str(runtime.invoke())


def test_what_nobody_heard_of_is_told_next_time(topic: Topic, runtime: Runtime) -> None:
    """A topic that was away for a minute heard nothing of a trouble for six hours."""
    told_of = Settings({"SNS_TOPIC_ARN": TOPIC}.get)
    boto3.client("sns").delete_topic(TopicArn=TOPIC)
    with runtime.logging():
        alert(told_of, "acme is stale", "first")
    assert topic.received() == []
    again = boto3.client("sns").create_topic(Name="troubles")["TopicArn"]
    boto3.client("sns").subscribe(TopicArn=again, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:123456789012:ours")
    with runtime.logging():
        alert(told_of, "acme is stale", "second")
        alert(told_of, "acme is stale", "third")
    assert topic.received() == [("contributor-metrics dev: acme is stale", "second")]


def test_silence_is_kept_for_each_subject(topic: Topic, clock: Clock) -> None:
    told_of = Settings({"SNS_TOPIC_ARN": TOPIC, "ENV_NAME": "prod"}.get)
    for number, subject in enumerate(("a", "b", "a")):
        alert(told_of, subject, str(number))
    clock.passed += ALERT_INTERVAL
    alert(told_of, "b", "3")
    beginning = "contributor-metrics prod: "
    assert topic.received() == [(f"{beginning}a", "0"), (f"{beginning}b", "1"), (f"{beginning}b", "3")]
