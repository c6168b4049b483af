from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from chalicelib.copilot.domain import COPILOT
from chalicelib.copilot.models import CopilotDay
from chalicelib.ingest.runner import Runner
from chalicelib.jobs.connections import open_github, scope_of
from chalicelib.models import create_db_session
from tests.organisation import DAY, ORG, Organisation, organisation


@dataclass
class Copilot:
    """An organisation with Copilot, and the daily job's Copilot steps run at its time."""

    org: Organisation
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.org.environment["COPILOT"] = "on"

    @property
    def sandbox(self) -> Any:
        return self.org.sandbox.copilot

    def set_up(self, **settings: Any) -> None:
        self.sandbox.set_up(ORG, **settings)

    def live_on(self, days: float = 1) -> None:
        self.org.advance(days * DAY)

    def run(self) -> list[SimpleNamespace]:
        """Run the steps once; gives what the ledger says of them."""
        settings = self.org.settings
        with create_db_session(self.org.db_url) as session, open_github(settings, self.org.budget()) as github:
            runner = Runner(session, github(ORG), scope_of(settings, ORG), settings, "daily", self.org.now)
            with runner.lease() as is_ours:
                assert is_ours
                for step in COPILOT.steps_of("daily"):
                    runner.run(step.name, step.run)
            told = ("step", "status", "fetched", "stored", "rejected", "error", "note")
            return [SimpleNamespace(**{name: getattr(run, name) for name in told}) for run in runner.runs]

    def stored(self, model: Any) -> list[Any]:
        with create_db_session(self.org.db_url) as session:
            return list(session.scalars(select(model).order_by(*model.__table__.primary_key)))

    def days(self) -> dict[str, CopilotDay]:
        return {f"{row.day}": row for row in self.stored(CopilotDay)}


@pytest.fixture
def make_copilot(db_url: str) -> Iterator[Callable[..., Copilot]]:
    with ExitStack() as stack:

        def make(*, days: int = 3, people: int = 12, **settings: Any) -> Copilot:
            plan = {"items": 20, "people": people, "days": days, "repositories": 2, "copilot_days": days}
            made = Copilot(stack.enter_context(organisation(db_url, **plan)))
            if settings:
                made.set_up(**settings)
            return made

        yield make


@pytest.fixture
def copilot(make_copilot: Callable[..., Copilot]) -> Copilot:
    return make_copilot()
