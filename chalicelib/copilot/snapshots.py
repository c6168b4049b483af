"""The snapshot of Copilot: its seats and its last 28 days, of the whole organisation and of nobody in it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from chalicelib.copilot.models import CopilotDay, CopilotSeatDay
from chalicelib.copilot.sync.days import COPILOT, DAYS, LATEST_DAYS
from chalicelib.copilot.sync.seats import SEATS
from chalicelib.ingest.context import Context
from chalicelib.ingest.snapshots import Snapshot
from chalicelib.store.base import JsonObject

# What is ours alone, or stands in the name of the organisation already. GitHub's whole record may grow anything.
LEFT_OUT = {"org", "report", "first_seen_at", "revised_at"}


def copilot_content(context: Context, as_of: datetime) -> JsonObject:
    """Show the last count of seats, and the figures of the 28 days that end with the last one that GitHub reported."""
    day = select(func.max(CopilotDay.day)).where(CopilotDay.org == context.scope.org, CopilotDay.day <= as_of.date())
    last = context.session.scalar(day)
    seats = _rows(context, CopilotSeatDay, CopilotSeatDay.day <= as_of.date())
    days = _rows(context, CopilotDay, CopilotDay.day <= last, CopilotDay.day > last - LATEST_DAYS) if last else []
    return {"seats": seats[-1] if seats else None, "days": days}


def _rows(context: Context, model: Any, *conditions: Any) -> list[JsonObject]:
    """Read an organisation's days, oldest first, each as a JSON object."""
    columns = [column for column in model.__table__.columns if column.name not in LEFT_OUT]
    rows = select(*columns).where(model.org == context.scope.org, *conditions).order_by(model.day)
    return [{**row, "day": f"{row['day']}"} for row in context.session.execute(rows).mappings()]


SNAPSHOTS = (Snapshot(COPILOT, "copilot", copilot_content, marks=(DAYS, SEATS)),)
