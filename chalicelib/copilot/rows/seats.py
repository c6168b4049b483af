"""Maps seats from billing's list to rows."""

from __future__ import annotations

from typing import Any

from chalicelib.copilot.rows.fields import day, github_id
from chalicelib.errors import RejectedError
from chalicelib.ingest.fields import Row, cleaned, json_object, moment, text


def seat_row(seat: Any, *, org: str) -> Row:
    """Map a seat to the columns of `copilot_seats` that come from GitHub; raises RejectedError when nobody holds it.

    GitHub forgets the last use after 90 days. The row leaves its time and editor out then, so that stored ones stay.
    https://docs.github.com/en/rest/copilot/copilot-user-management#list-all-copilot-seat-assignments-for-an-organization
    """
    found = cleaned(seat)
    assignee = json_object("assignee", found.get("assignee")) or {}
    team = json_object("assigning_team", found.get("assigning_team")) or {}
    assignee_id = github_id("assignee.id", assignee.get("id"))
    if assignee_id is None:
        raise RejectedError("assignee.id is missing" if assignee else "assignee is missing")
    row = {
        "org": org,
        "assignee_id": assignee_id,
        "login": text("assignee.login", assignee.get("login")),
        "plan_type": text("plan_type", found.get("plan_type")),
        "assigning_team": text("assigning_team.slug", team.get("slug")),
        "created_at": moment("created_at", found.get("created_at")),
        "pending_cancellation_date": day("pending_cancellation_date", found.get("pending_cancellation_date")),
        "seat": found,
    }
    last = moment("last_activity_at", found.get("last_activity_at"))
    editor = text("last_activity_editor", found.get("last_activity_editor"))
    return row if last is None else row | {"last_activity_at": last, "last_activity_editor": editor}
