"""The messages of boards: how the current sprint of each stands."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from sqlalchemy import RowMapping, select

from chalicelib.ingest.context import Context
from chalicelib.ingest.messages import Message, Post
from chalicelib.projects.models import Project
from chalicelib.projects.settings import is_wanted
from chalicelib.projects.sync.saving import BOARDS
from chalicelib.projects.views import SPRINT_REPORT
from chalicelib.slack.words import message
from chalicelib.utils import format_utc

ISSUES, POINTS = "issues", "points"
NOTHING = "-"


def sprint_posts(context: Context, *, unit: str) -> Iterator[Post]:
    """Tell how the current sprint of each open board stands, by issues or by points."""
    report, board = SPRINT_REPORT.table.c, Project.__table__.c
    query = (
        select(*report, board.items_read_at)
        .join_from(SPRINT_REPORT.table, Project.__table__, report.project_id == board.id)
        .where(report.org == context.scope.org, report.turn == "current", board.closed_at.is_(None))
        .order_by(report.project_number)
    )
    for row in context.session.execute(query).mappings():
        if is_wanted(context.settings, row["org"], row["project_number"]):
            about = f"{row['org']}/{row['project_number']}"
            title = f"Burndown summary for {row['sprint']} in project {about} by {unit}"
            yield Post(row["project_id"], about, message(title, _summary(context, row, unit)))


def _summary(context: Context, row: RowMapping, unit: str) -> list[tuple[str, str]]:
    """Give the lines of a message; when the board was not read on this day, the last one says so."""
    read_at = row["items_read_at"]
    is_of_today = read_at is not None and read_at.date() >= context.now().date()
    as_of = [] if is_of_today else [("As of", "never read whole" if read_at is None else format_utc(read_at))]
    return [
        ("Sprint start date", f"{row['start_date']}"),
        ("Sprint end date", f"{row['end_date']}"),
        ("Total opened", _number(row[f"total_{unit}"])),
        ("Total closed", _number(row[f"completed_{unit}"])),
        ("Percent closed", _percent(row[f"percent_completed_{unit}"])),
        ("Percent pointed", _percent(row["percent_pointed"])),
        *as_of,
    ]


def _number(value: Any) -> str:
    """Write a count, or a sum of points, without needless zeros."""
    return NOTHING if value is None else f"{value:,.2f}".rstrip("0").rstrip(".")


def _percent(value: Any) -> str:
    return NOTHING if value is None else f"{value:.0f} %"


MESSAGES = (
    Message(BOARDS, "sprints", partial(sprint_posts, unit=ISSUES)),
    Message(BOARDS, "sprints-by-points", partial(sprint_posts, unit=POINTS)),
)
