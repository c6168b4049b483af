"""Others can work on the database while GitHub is asked about Copilot: no transaction waits for an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from chalicelib.models import CopilotUserDay
from sandbox.api.messages import Answer, Request
from tests.copilot.conftest import Copilot
from tests.copilot.lies import one_more_file
from tests.holding import Holders, holders
from tests.organisation import ORG

pytestmark = pytest.mark.slow

KINDS = ("organization-1-day", "users-1-day", "user-teams-1-day", "billing/seats")


def kinds_asked(watch: Holders) -> Counter[str]:
    names = (path.removesuffix("/latest").partition("/copilot/")[2] for path in watch.asked)
    return Counter(name.removeprefix("metrics/reports/") for name in names)


@pytest.fixture
def copilot(make_copilot: Callable[..., Copilot], monkeypatch: pytest.MonkeyPatch) -> Copilot:
    """With days besides the latest 28, and several pages of seats."""
    monkeypatch.setattr("chalicelib.copilot.api.PER_PAGE", 2)
    copilot = make_copilot(days=31, people=12, late_days=0)
    copilot.forget_before(date(2026, 5, 15))
    return copilot


def rejecting(watch: Holders) -> Callable[[Request, Answer], Answer]:
    """The watch, and a page of seats with one that is kept aside: that is written too."""

    def told(request: Request, answer: Answer) -> Answer:
        answer = watch(request, answer)
        if not request.path.endswith("billing/seats"):
            return answer
        seats = [answer.data["seats"][0] | {"assignee": None}, *answer.data["seats"][1:]]
        return replace(answer, data=answer.data | {"seats": seats})

    return told


def test_the_daily_steps(copilot: Copilot) -> None:
    """A day's teams were asked for while people were being written, and each day after its cursor was read."""
    broken = one_more_file(copilot, lambda name, first, last, rows: [{"day": first, "user_id": None}])
    with holders(copilot.org.db_url) as watch, broken, copilot.org.sandbox.oddities.telling(rejecting(watch)):
        runs = copilot.run()
    assert [run.error for run in runs] == [None, None, None]
    assert (watch.held, copilot.asked_within) == ([], [])
    assert all(kinds_asked(watch)[name] >= 2 for name in KINDS)
    assert sum(run.rejected for run in runs) > 0
    assert people(copilot) == truth(copilot)


def test_a_backfill(copilot: Copilot) -> None:
    """Which days are stored was read, and the first day asked for, in one transaction."""
    with holders(copilot.org.db_url) as watch, copilot.org.sandbox.oddities.telling(watch):
        assert copilot.org.backfill("--only", "copilot", "--since", "2026-06-08") == 0
    assert (watch.held, copilot.asked_within) == ([], [])
    assert people(copilot) == {key for key in truth(copilot) if key[0] >= "2026-06-08"}


def people(copilot: Copilot) -> set[tuple[str, int]]:
    return {(f"{row.day}", row.user_id) for row in copilot.stored(CopilotUserDay)}


def truth(copilot: Copilot) -> set[tuple[str, int]]:
    return {(row["day"], row["user_id"]) for row in copilot.sandbox.users(ORG, final=False)}
