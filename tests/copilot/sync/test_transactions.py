"""Others can work on the database while GitHub is asked about Copilot: no transaction waits for an answer."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

import pytest
from sqlalchemy import make_url

from chalicelib.models import CopilotUserDay
from sandbox.api.messages import Answer, Request
from tests.copilot.conftest import Copilot
from tests.copilot.lies import one_more_file
from tests.organisation import ORG

pytestmark = pytest.mark.slow

# PostgreSQL ends a transaction that does nothing for so long, in milliseconds; an answer takes longer, in seconds.
TIMEOUT, SLOW = 1000, 1.4
# Of the requests for each of these, this one is answered slowly.
DAILY = dict.fromkeys(("organization-1-day", "users-1-day", "user-teams-1-day", "billing/seats"), 2)


@dataclass
class Others:
    """Tries, at each request, to write as another process would (SQLite), or lets some answers be slow (PostgreSQL)."""

    copilot: Copilot
    slow: dict[str, int]
    asked: Counter[str] = field(default_factory=Counter)
    locked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.file = make_url(self.copilot.org.db_url).database if "sqlite" in self.copilot.org.db_url else None
        if self.file is None:
            self.copilot.org.db_url += f"&options=-c%20idle_in_transaction_session_timeout%3D{TIMEOUT}"

    def __call__(self, request: Request, answer: Answer) -> Answer:
        name = request.path.removesuffix("/latest").partition("/copilot/")[2].removeprefix("metrics/reports/")
        self.asked[name] += 1
        if self.file is not None:
            self.try_to_write(name)
        elif self.asked[name] == self.slow.get(name):
            time.sleep(SLOW)
        if name == "billing/seats":
            # What is kept aside is written too.
            seats = [answer.data["seats"][0] | {"assignee": None}, *answer.data["seats"][1:]]
            return replace(answer, data=answer.data | {"seats": seats})
        return answer

    def try_to_write(self, name: str) -> None:
        connection = sqlite3.connect(str(self.file), timeout=0)
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            self.locked.append(name)
        finally:
            connection.close()


@pytest.fixture
def copilot(make_copilot: Callable[..., Copilot], monkeypatch: pytest.MonkeyPatch) -> Copilot:
    """With days besides the latest 28, and several pages of seats."""
    monkeypatch.setattr("chalicelib.copilot.api.PER_PAGE", 2)
    copilot = make_copilot(days=31, people=12, late_days=0)
    copilot.forget_before(date(2026, 5, 15))
    return copilot


def test_the_daily_steps(copilot: Copilot) -> None:
    """A day's teams were asked for while people were being written, and each day after its cursor was read."""
    others = Others(copilot, DAILY)
    broken = one_more_file(copilot, lambda name, first, last, rows: [{"day": first, "user_id": None}])
    with broken, copilot.org.sandbox.oddities.telling(others):
        runs = copilot.run()
    assert [run.error for run in runs] == [None, None, None]
    assert (others.locked, copilot.asked_within) == ([], [])
    assert all(others.asked[name] >= number for name, number in DAILY.items())
    assert sum(run.rejected for run in runs) > 0
    assert people(copilot) == truth(copilot)


def test_a_backfill(copilot: Copilot) -> None:
    """Which days are stored was read, and the first day asked for, in one transaction."""
    others = Others(copilot, {"users-1-day": 1})
    with copilot.org.sandbox.oddities.telling(others):
        assert copilot.org.backfill("--only", "copilot", "--since", "2026-06-08") == 0
    assert (others.locked, copilot.asked_within) == ([], [])
    assert people(copilot) == {key for key in truth(copilot) if key[0] >= "2026-06-08"}


def people(copilot: Copilot) -> set[tuple[str, int]]:
    return {(f"{row.day}", row.user_id) for row in copilot.stored(CopilotUserDay)}


def truth(copilot: Copilot) -> set[tuple[str, int]]:
    return {(row["day"], row["user_id"]) for row in copilot.sandbox.users(ORG, final=False)}
