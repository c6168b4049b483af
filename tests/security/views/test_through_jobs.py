"""The views over what the daily job stored of a sandbox organisation, against what GitHub shows there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from chalicelib.models import create_db_session
from chalicelib.security.views import ALERT_CLOSE_REASONS, ALERT_FIX_TIMES, ALERTS_WEEKLY, OPEN_ALERTS
from chalicelib.store.views import View
from sandbox import CodeAlert, DependabotAlert, SecretAlert
from tests.organisation import DAY, ORG, Organisation, at, organisation
from tests.security.conftest import run_steps

KINDS: dict[str, Any] = {"dependabot": DependabotAlert, "secret_scanning": SecretAlert, "code_scanning": CodeAlert}


@pytest.fixture
def org(db_url: str) -> Iterator[Organisation]:
    """Two months, and two weeks of jobs."""
    with organisation(db_url, items=10, days=60, repositories=4, alerts=8) as org:
        org.environment["SECURITY"] = "on"
        for _ in range(3):
            run_steps(org.settings, ORG, org.now())
            org.advance(7 * DAY)
        org.sandbox.world.stand_still()
        run_steps(org.settings, ORG, org.now())
        yield org


def read(org: Organisation, view: View) -> list[dict[str, Any]]:
    with create_db_session(org.db_url) as session:
        return [dict(row) for row in session.execute(select(view.table)).mappings()]


def shown(org: Organisation, kind: str) -> list[dict[str, Any]]:
    """What GitHub lists; of code scanning, default branches only."""
    listed = {
        (alert.repository.id, alert.number)
        for alert in org.sandbox.world.alerts(KINDS[kind])
        if getattr(alert, "branch", None) in (None, alert.repository.default_branch)
    }
    records = org.sandbox.truth.alerts(KINDS[kind], org=ORG)
    return [record for record in records if (record["repository"]["id"], record["number"]) in listed]


def test_they_say_what_github_shows(org: Organisation) -> None:
    records = [(kind, record) for kind in KINDS for record in shown(org, kind)]
    is_open = {key(kind, record) for kind, record in records if record["state"] == "open"}
    assert {row_key(row) for row in read(org, OPEN_ALERTS)} == is_open
    assert sum(row["net"] for row in read(org, ALERTS_WEEKLY)) == len(is_open)
    assert sum(row["alerts"] for row in read(org, ALERT_CLOSE_REASONS)) == len(records) - len(is_open)
    ends = {key(kind, record): end(record) for kind, record in records if record["state"] in {"fixed", "resolved"}}
    assert {row_key(row): row["fixed_at"] for row in read(org, ALERT_FIX_TIMES)} == ends
    assert is_open
    assert ends


def key(kind: str, record: dict[str, Any]) -> tuple[str, int, int]:
    return kind, record["repository"]["id"], record["number"]


def row_key(row: dict[str, Any]) -> tuple[str, int, int]:
    return row["kind"], row["repository_id"], row["number"]


def end(record: dict[str, Any]) -> Any:
    return at(record["fixed_at"] if record["state"] == "fixed" else record["resolved_at"])
