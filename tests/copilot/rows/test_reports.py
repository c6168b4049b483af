"""People and their teams, of today's reports, as rows. Their days' other tests are in test_days.py."""

from __future__ import annotations

import pytest

from chalicelib.copilot.models import (
    CopilotUserDay,
    CopilotUserPeriod,
    CopilotUserTeam,
)
from chalicelib.copilot.rows import (
    user_day_row,
    user_period_row,
    user_team_row,
)
from tests.copilot.records import (
    ACTIVITY,
    DAY,
    LAST,
    NO_ACTIVITY,
    PLACE,
    USER,
    Json,
    of,
)

# People


USER_ROW = {"org": "acme", "day": DAY, "user_id": 3_000_000_000, "login": "ada", "source": "report"} | NO_ACTIVITY
USER_ROW |= {"used_agent": None, "used_chat": None, "used_cli": None, "ai_credits_used": None}


@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        ({}, {}),
        (ACTIVITY, ACTIVITY),
        ({"used_agent": True, "used_chat": False}, {"used_agent": True, "used_chat": False}),
        ({"used_cli": None, "ai_credits_used": 3}, {"ai_credits_used": 3.0}),
        ({"ai_credits_used": 2.5, "ai_adoption_phase": {"phase": "Phase 2"}}, {"ai_credits_used": 2.5}),
        ({"user_login": ..., "login": "grace"}, {"login": "grace"}),
        ({"user_login": ...}, {"login": None}),
        ({"user_id": "17"}, {"user_id": 17}),
    ],
    ids=["least", "counters", "flags", "null flag", "credits", "login", "no login", "quoted id"],
)
def test_a_persons_day(changes: Json, columns: Json) -> None:
    record = of(USER, **changes)
    row = user_day_row(record, org="acme")
    assert row == USER_ROW | {"report": record} | columns
    assert row.keys() == set(CopilotUserDay.__table__.columns.keys()) - {"revision", "first_seen_at", "revised_at"}


def test_a_persons_period() -> None:
    record = {"login": "ada", "user_id": 1, "total_active_days": 22} | ACTIVITY
    row = user_period_row(record, org="acme", start_day=DAY, end_day=LAST)
    key = {"org": "acme", "start_day": DAY, "end_day": LAST, "user_id": 1}
    assert row == key | ACTIVITY | {"login": "ada", "total_active_days": 22, "report": record}
    assert row.keys() == set(CopilotUserPeriod.__table__.columns.keys())
    least = user_period_row({"user_id": 1}, org="acme", start_day=DAY, end_day=LAST)
    assert least == key | NO_ACTIVITY | {"login": "", "total_active_days": None, "report": {"user_id": 1}}


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        ({"slug": "core", "user_login": "ada", "organization_id": "7"}, {"team_slug": "core", "login": "ada"}),
        ({"team_slug": "core", "login": "ada"}, {"team_slug": "core", "login": "ada"}),
        ({"slug": None}, {"team_slug": None, "login": None}),
        ({"team_id": "9"}, {"team_slug": None, "login": None}),
    ],
    ids=["as documented", "other names", "nameless", "quoted id"],
)
def test_a_persons_place_in_a_team(names: Json, columns: Json) -> None:
    row = user_team_row(PLACE | names, org="acme")
    assert row == {"org": "acme", "day": DAY, "team_id": 9, "user_id": 1} | columns
    assert row.keys() == set(CopilotUserTeam.__table__.columns.keys())
