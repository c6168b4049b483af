from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from requests.adapters import HTTPAdapter
from sqlalchemy import QueuePool, select

from chalicelib.copilot.domain import COPILOT
from chalicelib.copilot.models import CopilotDay
from chalicelib.copilot.sync.days import DAYS, LATEST_DAYS, ONE_DAY, midnight
from chalicelib.copilot.sync.people import PEOPLE
from chalicelib.ingest.runner import Runner
from chalicelib.jobs.connections import open_github, scope_of
from chalicelib.models import create_db_session
from chalicelib.store.engine import make_engine
from chalicelib.store.marks import WHOLE, Marks
from tests.organisation import DAY, ORG, Organisation, organisation


@dataclass
class Copilot:
    """An organisation with Copilot, and the daily job's Copilot steps run at its time."""

    org: Organisation
    settings: dict[str, str] = field(default_factory=dict)
    # What was asked for while a connection to the database was in use, and so a transaction open.
    asked_within: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.org.environment["COPILOT"] = "on"

    @property
    def sandbox(self) -> Any:
        return self.org.sandbox.copilot

    def set_up(self, **settings: Any) -> None:
        self.sandbox.set_up(ORG, **settings)

    def live_on(self, days: float = 1) -> None:
        self.org.advance(days * DAY)

    def forget_before(self, day: date) -> None:
        """Let the first run begin at a day, or four weeks ago, and not ask for half a year of days in vain."""
        last = min(day - ONE_DAY + LATEST_DAYS, self.org.now().date() - ONE_DAY)
        with create_db_session(self.org.db_url) as session:
            for name in (DAYS, PEOPLE):
                Marks(session, ORG, WHOLE, self.org.now).cursor(name).advance(midnight(last))
            session.commit()

    def run(self) -> list[SimpleNamespace]:
        """Run the steps once; gives what the ledger says of them."""
        settings = self.org.settings
        with create_db_session(self.org.db_url) as session, open_github(settings, self.org.budget()) as github:
            runner = Runner(session, github(ORG), scope_of(settings, ORG), settings, "daily", self.org.now)
            with runner.lease() as is_ours:
                assert is_ours
                for step in COPILOT.steps_of("daily"):
                    if step.enabled(settings):
                        runner.run(step.name, step.run)
            told = ("step", "status", "fetched", "stored", "rejected", "error", "note")
            return [SimpleNamespace(**{name: getattr(run, name) for name in told}) for run in runner.runs]

    def stored(self, model: Any) -> list[Any]:
        with create_db_session(self.org.db_url) as session:
            return list(session.scalars(select(model).order_by(*model.__table__.primary_key)))

    def days(self) -> dict[str, CopilotDay]:
        return {f"{row.day}": row for row in self.stored(CopilotDay)}


@contextmanager
def no_connection_while_asking(copilot: Copilot) -> Iterator[None]:
    """See to it that the database's connection is free, and so no transaction open, whenever Copilot is asked for."""
    send = HTTPAdapter.send

    def watch(adapter: HTTPAdapter, request: Any, *args: Any, **options: Any) -> Any:
        pool = make_engine(copilot.org.db_url).pool
        assert isinstance(pool, QueuePool)
        if "/copilot/" in request.url and pool.checkedout():
            copilot.asked_within.append(request.url.partition("?")[0])
        return send(adapter, request, *args, **options)

    with mock.patch.object(HTTPAdapter, "send", watch):
        yield
    assert copilot.asked_within == []


@pytest.fixture
def make_copilot(db_url: str) -> Iterator[Callable[..., Copilot]]:
    with ExitStack() as stack:

        def make(*, days: int = 3, people: int = 12, **settings: Any) -> Copilot:
            plan = {"items": 20, "people": people, "days": days, "repositories": 2, "copilot_days": days}
            made = Copilot(stack.enter_context(organisation(db_url, **plan)))
            stack.enter_context(no_connection_while_asking(made))
            if settings:
                made.set_up(**settings)
            return made

        yield make


@pytest.fixture
def copilot(make_copilot: Callable[..., Copilot]) -> Copilot:
    return make_copilot()
