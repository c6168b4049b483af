"""What surrounds the webhook: its settings are kept for a while, and each delivery is one line of the log."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import boto3
import pytest
from moto import mock_aws
from sqlalchemy import select

from chalicelib.errors import SettingsError
from chalicelib.jobs import deliveries
from chalicelib.jobs.deliveries import DOUBTED_SECONDS, answer
from chalicelib.jobs.kept import FRESH_SECONDS, KeptSettings
from chalicelib.jobs.webhook import Reply, receive
from chalicelib.models import WebhookDelivery, create_db_session
from chalicelib.settings import Settings, load_settings
from sandbox.api.hooks import sign
from tests.jobs.runtime import Runtime
from tests.runtime.test_logs import check_metrics

OLD, NEW = "the old secret is long enough", "the new secret is long enough"
BODY = json.dumps({"action": "queued", "organization": {"login": "acme"}}).encode()


def headers(secret: str = OLD, *, guid: str = "guid-1", event: str = "ping") -> dict[str, str | None]:
    return {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": guid,
        "X-Hub-Signature-256": sign(secret, BODY),
    }


@dataclass
class Process:
    """A process with a clock, an environment, and a count of what was looked up in it."""

    variables: dict[str, str]
    seconds: float = 0.0
    asked: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)

    def lookup(self, name: str) -> str | None:
        self.asked.append(name)
        if name in self.refused:
            raise SettingsError(f"SSM parameter {name} can't be read: AccessDeniedException")
        return self.variables.get(name)

    def times(self, name: str) -> int:
        return self.asked.count(name)

    def answer(self, secret: str = OLD, *, guid: str = "guid-1", event: str = "ping") -> Reply:
        return answer(headers(secret, guid=guid, event=event), lambda: BODY)


@pytest.fixture
def process(db_url: str, monkeypatch: pytest.MonkeyPatch) -> Process:
    made = Process({"DB_URL": db_url, "GH_ORGS": "acme", "WEBHOOK_SECRET": OLD})
    kept = KeptSettings(lambda: Settings(made.lookup), lambda: made.seconds)
    monkeypatch.setattr(deliveries, "KEPT", kept)
    return made


# Settings


def test_deliveries_do_not_read_secrets_again_each_time(process: Process) -> None:
    assert [process.answer(guid=f"guid-{number}").status for number in range(5)] == [200] * 5
    assert (process.times("WEBHOOK_SECRET"), process.times("DB_URL")) == (1, 1)
    process.seconds = FRESH_SECONDS
    assert process.answer(guid="later").status == 200
    assert (process.times("WEBHOOK_SECRET"), process.times("DB_URL")) == (2, 2)


def test_a_new_secret_is_known_at_once_and_strangers_do_not_make_us_ask_for_it(process: Process) -> None:
    assert process.answer().status == 200
    process.variables["WEBHOOK_SECRET"] = f"{NEW},{OLD}"
    process.seconds = DOUBTED_SECONDS - 1
    assert [process.answer("a stranger's").status for _ in range(20)] == [401] * 20
    assert process.times("WEBHOOK_SECRET") == 1
    process.seconds = DOUBTED_SECONDS
    assert process.answer(NEW, guid="guid-2").status == 200
    assert process.answer(OLD, guid="guid-3").status == 200
    assert [process.answer("a stranger's").status for _ in range(20)] == [401] * 20
    assert process.times("WEBHOOK_SECRET") == 2


def test_a_secret_that_is_taken_away_ends_within_minutes(process: Process) -> None:
    assert process.answer().status == 200
    process.variables["WEBHOOK_SECRET"] = NEW
    process.seconds = FRESH_SECONDS
    assert process.answer(guid="guid-2").status == 401


@pytest.mark.parametrize("name", ["WEBHOOK_SECRET", "DB_URL"])
def test_what_can_not_be_read_is_not_asked_for_by_each_delivery(process: Process, name: str) -> None:
    process.refused.add(name)
    assert [process.answer().status for _ in range(20)] == [503] * 20
    assert process.times(name) == 1
    process.refused.clear()
    process.seconds = DOUBTED_SECONDS
    assert process.answer().status == 200


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"GH_ORGS": ""}, "GH_ORGS is not set: name the organisations to read, such as GH_ORGS=my-org"),
        ({"WEBHOOK_SECRET": f"{OLD},{NEW},third"}, "WEBHOOK_SECRET is malformed: it may hold two secrets"),
    ],
)
def test_a_wrong_setting_is_a_503_and_a_sentence_without_a_secret(
    process: Process, caplog: pytest.LogCaptureFixture, variables: Mapping[str, str], sentence: str
) -> None:
    """It was a traceback, and API Gateway's 502."""
    settings = Settings({**process.variables, **variables}.get)
    named = {name: str(value) for name, value in headers().items()}
    reply = receive(named, BODY, settings)
    assert reply == Reply(503, "the settings can't be used now; redeliver it later")
    [line] = caplog.messages
    assert line.startswith(f"a delivery could not be handled: {sentence}")
    assert "is long enough" not in line


def test_an_env_file_that_can_not_be_read_is_one_too(
    process: Process, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> Settings:
        raise SettingsError(".env can't be read: [Errno 13] Permission denied")

    monkeypatch.setattr(deliveries, "KEPT", KeptSettings(fail))
    assert process.answer().status == 503
    assert caplog.messages == ["a delivery could not be handled: .env can't be read: [Errno 13] Permission denied"]


@pytest.fixture
def ssm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Lambda's environment, and an SSM without parameters."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "contributor-metrics-dev")
    monkeypatch.setenv("GH_ORGS", "acme")
    with mock_aws():
        yield


def test_without_a_secret_in_ssm_all_is_refused(ssm: None) -> None:
    """A deployment that uses no webhook has none: that is no failure of it."""
    named = {name: str(value) for name, value in headers().items()}
    assert receive(named, BODY, load_settings()) == Reply(401, "WEBHOOK_SECRET is not set, so nothing is accepted")


# The log


@pytest.fixture
def runtime(process: Process, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """The same process, as a Lambda with its log."""
    process.variables["ENV_NAME"] = "prod"
    kept = KeptSettings(lambda: Settings(process.lookup, in_lambda=True), lambda: process.seconds)
    monkeypatch.setattr(deliveries, "KEPT", kept)
    return Runtime()


def test_each_delivery_is_one_line_which_counts_it(runtime: Runtime, process: Process) -> None:
    with runtime.logging():
        process.answer()
        process.answer()
        process.answer("a stranger's", event="push")
        process.answer(event="push", guid="guid-2")
        process.refused |= {"WEBHOOK_SECRET"}
        process.seconds = FRESH_SECONDS
        process.answer()
    *lines, error, failed = runtime.lines()
    names = ("job", "level", "status", "event", "action", "delivery", "organisation", "message")
    ping, push, nothing = ("ping", "queued", "guid-1", "acme"), ("push", "queued", "guid-2", "acme"), (None,) * 4
    answers = [
        (200, *ping, "stored"),
        (200, *ping, "it is stored already"),
        (401, *nothing, "the signature is wrong: the webhook has another secret"),
        (202, *push, "nothing is kept of the event push"),
        (503, *nothing, "the settings can't be used now; redeliver it later"),
    ]
    assert [[line.get(name) for name in names] for line in [*lines, failed]] == [
        ["webhook", "INFO", status, *about, f"a delivery was answered {status}: {message}"]
        for status, *about, message in answers
    ]
    assert (error["level"], error["message"]) == (
        "ERROR",
        "a delivery could not be handled: SSM parameter WEBHOOK_SECRET can't be read: AccessDeniedException",
    )
    counted = [check_metrics(line) for line in [*lines, failed]]
    assert counted == [
        {"DeliveriesStored": 1},
        {"DeliveriesStored": 1},
        {"DeliveriesRefused": 1},
        {"DeliveriesLeft": 1},
        {"DeliveriesFailed": 1},
    ]
    assert {line["Environment"] for line in [*lines, failed]} == {"prod"}


def test_no_line_has_a_body_a_signature_or_a_secret(runtime: Runtime, process: Process) -> None:
    with runtime.logging():
        for secret in (OLD, NEW):
            process.answer(secret)
            answer({**headers(secret), "Content-Type": None}, lambda: BODY + b"cut off")
    for text in (OLD, NEW, "sha256=", sign(OLD, BODY)[-20:], "organization", "cut off"):
        assert text not in runtime.text


def test_in_a_shell_the_log_stays_as_it_is_set_up(process: Process, caplog: pytest.LogCaptureFixture) -> None:
    before = [handler.formatter for handler in logging.getLogger().handlers]
    with caplog.at_level(logging.INFO):
        process.answer()
    assert caplog.messages == ["a delivery was answered 200: stored"]
    assert [handler.formatter for handler in logging.getLogger().handlers] == before


def test_what_is_answered_is_what_was_done(process: Process) -> None:
    process.answer()
    process.answer("a stranger's", guid="guid-2")
    with create_db_session(process.variables["DB_URL"]) as session:
        assert session.execute(select(WebhookDelivery.guid, WebhookDelivery.status)).all() == [("guid-1", "stored")]
