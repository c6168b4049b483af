"""A backfill of Copilot: the days that GitHub still offers and that are not stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from chalicelib.models import CopilotUserDay
from tests.copilot.conftest import Copilot
from tests.organisation import ORG

pytestmark = pytest.mark.slow

MakeCopilot = Callable[..., Copilot]


def test_a_backfill_reads_the_days_that_are_not_stored(make_copilot: MakeCopilot) -> None:
    copilot = make_copilot(days=60, late_days=0)
    since = sorted(row["day"] for row in copilot.sandbox.days(ORG))[5]
    assert copilot.org.backfill("--only", "copilot", "--since", since) == 0
    assert min(copilot.days()) == since
    assert len(copilot.days()) == (copilot.org.now().date() - date.fromisoformat(since)).days
    assert {f"{row.day}" for row in copilot.stored(CopilotUserDay)} <= copilot.days().keys()
    copilot.org.sandbox.stats.reset()
    assert copilot.org.backfill("--only", "copilot", "--since", since) == 0
    assert not [route for route in copilot.org.requests() if "organization-1-day" in route]


def test_a_backfill_names_the_days_that_are_lost(make_copilot: MakeCopilot, capsys: pytest.CaptureFixture[str]) -> None:
    copilot = make_copilot(days=40, late={"2026-05-20": 30})
    assert copilot.org.backfill("--only", "copilot", "--since", "2026-05-10", "--until", "2026-06-01") == 0
    assert "2026-05-20" not in copilot.days()
    assert "GitHub has no report of 2026-05-20" in capsys.readouterr().out


def test_a_backfill_brings_people_s_days_too_that_are_missing(copilot: Copilot) -> None:
    """It looked at the organisation's days only: people's that were missed, or switched off, never came."""
    copilot.org.environment["COPILOT_USER_DATA"] = "off"
    copilot.run()
    copilot.org.environment["COPILOT_USER_DATA"] = "on"
    since = min(copilot.days())
    assert copilot.org.backfill("--only", "copilot", "--since", since) == 0
    truth = {(row["day"], row["user_id"]) for row in copilot.sandbox.users(ORG)}
    assert {(f"{row.day}", row.user_id) for row in copilot.stored(CopilotUserDay)} >= {
        key for key in truth if key[0] in copilot.days()
    }
