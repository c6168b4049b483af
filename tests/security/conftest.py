from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from chalicelib.github import Budget
from chalicelib.ingest.runner import Runner
from chalicelib.jobs.connections import open_github, scope_of
from chalicelib.models import create_db_session
from chalicelib.security.domain import SECURITY
from chalicelib.settings import Settings
from tests.github.local_server import LocalServer, Reply, Seen, reply

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
# What a GitHub without any of it says.
OFF = reply(403, {"message": "Dependabot alerts are disabled for this organization."})


@dataclass
class Stub:
    """A GitHub that lists these alerts, by the end of the list's path, and the security steps run against it."""

    server: LocalServer
    db_url: str
    org: str = "acme"
    lists: dict[str, list[Any] | Reply] = field(default_factory=dict)
    single: dict[str, Reply] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.server.answer = self._answer

    def _answer(self, request: Seen) -> Reply:
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.target).query).items()}
        if request.path in self.single:
            return self.single[request.path]
        name = request.path.removeprefix(f"/orgs/{self.org}/") + ("?secret_type" if "secret_type" in query else "")
        found = self.lists.get(name, OFF)
        if isinstance(found, Reply):
            return found
        alerts = sorted(found, key=lambda alert: _moment(alert, query), reverse=query["direction"] == "desc")
        start, length = int(query.get("after", 0)), int(query["per_page"])
        following = f"{request.path}?{_written(query, after=start + length)}"
        link = f'<{self.server.url}{following}>; rel="next"' if start + length < len(alerts) else ""
        return reply(
            body=alerts[start : start + length], headers={"Link": link, "Date": "Fri, 20 Nov 2026 06:00:00 GMT"}
        )

    @property
    def asked(self) -> list[str]:
        """The lists and alerts that were asked for."""
        return [request.path for request in self.server.seen]

    def run(self, *names: str) -> dict[str, SimpleNamespace]:
        """Run the steps of alerts, or those of these names; gives what the ledger says of each."""
        variables = {"GH_TOKEN": "sandbox-token", "GH_ORGS": self.org, "GH_API_URL": self.server.url}
        settings = Settings({**variables, "DB_URL": self.db_url, **self.environment}.get)
        return run_steps(settings, self.org, self.now, names)

    def later(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)


def _written(query: dict[str, str], **changed: object) -> str:
    return "&".join(f"{name}={value}" for name, value in {**query, **changed}.items())


def _moment(alert: Any, query: dict[str, str]) -> str:
    if not isinstance(alert, dict):
        return ""
    return str((query["sort"] == "updated" and alert.get("updated_at")) or alert["created_at"])


def run_steps(
    settings: Settings, org: str, now: datetime, names: tuple[str, ...] = (), *, budget: Budget | None = None
) -> dict[str, SimpleNamespace]:
    """Run security's steps of the daily job; gives what the ledger says of each."""
    wanted = names or ("dependabot_alerts", "secret_scanning_alerts", "code_scanning_alerts")
    budget = budget or Budget(sleep=lambda seconds: None)
    with create_db_session(settings.db_url) as session, open_github(settings, budget) as github:
        runner = Runner(session, github(org), scope_of(settings, org), settings, "daily", lambda: now)
        with runner.lease() as is_ours:
            assert is_ours
            for step in SECURITY.steps_of("daily"):
                if step.name in wanted:
                    runner.run(step.name, step.run)
        told = ("status", "fetched", "stored", "rejected", "requests", "error", "note")
        return {run.step: SimpleNamespace(**{name: getattr(run, name) for name in told}) for run in runner.runs}


@pytest.fixture
def stub(server: LocalServer, db_url: str) -> Stub:
    return Stub(server, db_url)


def rows_of(db_url: str, model: Any, *order: str) -> list[dict[str, Any]]:
    """A table's rows, in order."""
    table = model.__table__
    by = [table.c[name] for name in order] or list(table.primary_key)
    with create_db_session(db_url) as session:
        return [dict(row) for row in session.execute(select(table).order_by(*by)).mappings()]
