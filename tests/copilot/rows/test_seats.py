"""Seats as rows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from chalicelib.copilot.models import CopilotSeat
from chalicelib.copilot.rows import seat_row
from tests.copilot.records import SEAT, Json, of

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
