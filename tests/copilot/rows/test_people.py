"""People, their teams and their seats as rows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from chalicelib.copilot.models import (
    CopilotSeat,
    CopilotUserDay,
    CopilotUserPeriod,
    CopilotUserTeam,
)
from chalicelib.copilot.rows import (
    seat_row,
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
    SEAT,
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


# Seats


SEAT_ROW = {
    "org": "acme",
    "assignee_id": 1,
    "login": "ada",
    "plan_type": "business",
    "assigning_team": "core",
    "created_at": datetime(2026, 1, 2, tzinfo=UTC),
    "pending_cancellation_date": date(2026, 6, 1),
    "last_activity_at": datetime(2026, 5, 1, 5, 30, tzinfo=UTC),
    "last_activity_editor": "vscode/1.99.0/copilot/1.308.0",
}


@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        ({}, {}),
        ({"assigning_team": None, "plan_type": ...}, {"assigning_team": None, "plan_type": None}),
        ({"pending_cancellation_date": None}, {"pending_cancellation_date": None}),
        ({"pending_cancellation_date": "2026-05-31T20:00:00-06:00"}, {}),
        ({"last_activity_editor": None}, {"last_activity_editor": None}),
        ({"created_at": ...}, {"created_at": None}),
    ],
    ids=["whole", "no team", "stays", "cancelled at a time", "no editor", "no date"],
)
def test_a_seat(changes: Json, columns: Json) -> None:
    seat = of(SEAT, **changes)
    row = seat_row(seat, org="acme")
    assert row == SEAT_ROW | {"seat": seat} | columns
    ours = {"monthly_price", "first_seen_at", "removed_at"}
    assert row.keys() == set(CopilotSeat.__table__.columns.keys()) - ours


@pytest.mark.parametrize("last", [None, ...], ids=["null", "left out"])
def test_a_use_that_github_forgot_is_left_out(last: Any) -> None:
    """Written as null it would empty what is known, and a seat that was used would look as if it never was."""
    seat = of(SEAT, last_activity_at=last, last_activity_editor=last)
    expected = of(SEAT_ROW, last_activity_at=..., last_activity_editor=...)
    assert seat_row(seat, org="acme") == expected | {"seat": seat}
