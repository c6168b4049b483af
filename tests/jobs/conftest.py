"""A Lambda that is kept warm, and the organisations to which its environment, or settings alone, lead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.jobs import lambdas
from sandbox import Limits, Plan, World, serve
from tests.jobs.asking import API
from tests.jobs.runtime import TOPIC, Runtime, Topic, configure
from tests.organisation import GENEROUS, NEEDED, Organisation, organisation, this_moment
from tests.sandbox.keys import keys


@pytest.fixture
def new_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has been told of anything yet; AWS's client takes what the environment says now."""
    monkeypatch.setattr(lambdas, "_alerted_at", {})
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")


@pytest.fixture
def runtime(new_lambda: None) -> Runtime:
    return Runtime()


@pytest.fixture
def org(db_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Organisation]:
    """An organisation, to which the environment leads."""
    with organisation(db_url, items=24, now=this_moment()) as running:
        configure(running, monkeypatch)
        yield running


@pytest.fixture
def both(db_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Organisation]:
    """Two organisations, acme and globex, to which the environment leads."""
    sizes = {"repositories": 6, "people": 20, "days": 60, "items": 40, "seed": 7, "now": this_moment()}
    with serve(World(Plan(organisations=("acme", "globex"), **sizes)), limits=Limits(replace(GENEROUS))) as sandbox:
        running = Organisation(sandbox, db_url, {"GH_ORGS": "acme,globex"})
        configure(running, monkeypatch)
        yield running


@pytest.fixture
def topic(new_lambda: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Topic]:
    with mock_aws():
        monkeypatch.setenv("SNS_TOPIC_ARN", TOPIC)
        yield Topic()


@pytest.fixture
def two(db_url: str) -> Iterator[Organisation]:
    """Two organisations, acme and umbrella, to which settings lead."""
    with organisation(db_url, organisations=("acme", "umbrella"), items=30) as running:
        running.environment["GH_ORGS"] = "acme,umbrella"
        yield running


@pytest.fixture
def app(two: Organisation) -> Any:
    """The two, read by a GitHub App that is installed in both."""
    registered = two.sandbox.integrations.register(public_key=keys().public, permissions=NEEDED)
    two.environment |= {"GH_TOKEN": "", "GH_APP_ID": str(registered.id), "GH_APP_PRIVATE_KEY": keys().private}
    return registered


@pytest.fixture
def api(db_url: str) -> API:
    return API(db_url)


@pytest.fixture
def alone() -> API:
    """One without a database: what is wrong is refused before one is asked."""
    return API("sqlite:////nowhere/at/all.db")
