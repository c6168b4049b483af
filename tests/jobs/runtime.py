"""What surrounds a handler in Lambda: its event, its context, its log handler, and the organisation it is for."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from sqlalchemy import select

import app
from chalicelib.models import SyncRun, create_db_session
from chalicelib.runtime.logs import LOG
from tests.organisation import Organisation
from tests.runtime.test_logs import LambdaHandler, check_metrics

# What EventBridge sends with a schedule.
EVENT: dict[str, Any] = {
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
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:contributor-metrics-dev-every_30_min"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:troubles"
HOUR = 3600.0

Lines = list[dict[str, Any]]


@dataclass
class Context:
    """What Lambda tells a handler of itself."""

    seconds: float
    aws_request_id: str = "request-1"
    invoked_function_arn: str = FUNCTION

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


class Runtime:
    """A Lambda that is kept warm: its log handler stays from run to run."""

    def __init__(self) -> None:
        self.sink = io.BytesIO()
        self.handlers: list[logging.Handler] = [LambdaHandler(self.sink)]
        self.runs = 0

    @contextmanager
    def logging(self) -> Iterator[None]:
        """Log as in Lambda for a block; pytest's own handlers come back."""
        level = LOG.level
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(logging.getLogger(), "handlers", self.handlers)
            yield
        LOG.setLevel(level)

    def invoke(
        self, event: dict[str, Any] = EVENT, *, seconds: float = 900, handler: Any = app.every_30_min
    ) -> Exception | None:
        """Run a handler; gives what it raised, as Lambda reports it."""
        self.runs += 1
        with self.logging():
            try:
                handler(event, Context(seconds, f"request-{self.runs}"))
            except Exception as error:  # noqa: BLE001 - as Lambda's runtime does
                return error
        return None

    @property
    def text(self) -> str:
        return self.sink.getvalue().decode()

    def lines(self) -> Lines:
        """Every line so far."""
        return [json.loads(line) for line in self.text.splitlines()]

    def metrics(self) -> list[dict[str, float]]:
        """Every record of metrics so far, held to its format."""
        return [check_metrics(line) for line in self.lines() if "_aws" in line]

    def of_level(self, *levels: str) -> list[str]:
        """The messages of some levels."""
        return [line["message"] for line in self.lines() if line["level"] in levels]


def configure(org: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in org.variables.items():
        monkeypatch.setenv(name, value)


def runs_of(db_url: str) -> dict[str, set[str]]:
    """How the steps of each organisation ended."""
    with create_db_session(db_url) as session:
        found: dict[str, set[str]] = {}
        for run in session.scalars(select(SyncRun)):
            found.setdefault(run.org, set()).add(run.status)
        return found


class Topic:
    """A topic of moto's, and a queue that hears of it."""

    def __init__(self) -> None:
        arn = boto3.client("sns").create_topic(Name="troubles")["TopicArn"]
        assert arn == TOPIC
        self.sqs = boto3.client("sqs")
        self.queue = self.sqs.create_queue(QueueName="ours")["QueueUrl"]
        boto3.client("sns").subscribe(TopicArn=arn, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:123456789012:ours")

    def received(self) -> list[tuple[str, str]]:
        """The subjects and messages since the last time."""
        found = []
        while messages := self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
                body = json.loads(message["Body"])
                found.append((body["Subject"], body["Message"]))
        return found
