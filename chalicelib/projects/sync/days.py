"""The days of boards: their calendar, and what was on them at the end of each day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, delete, not_, select, update

from chalicelib.ingest.context import Context
from chalicelib.ingest.fields import Row
from chalicelib.ingest.mapping import Mapped, save_own_rows
from chalicelib.ingest.working_time import WORK_DAYS
from chalicelib.projects.models import ProjectDay, ProjectItem, ProjectItemDay
from chalicelib.store.among import among

A_DAY = timedelta(days=1)
# What a board holds may be older than GitHub is, and a sprint may be planned for any year.
FIRST_DAY, LONGEST_PLAN = date(2008, 1, 1), timedelta(days=731)
OPEN = "open"


def keep_calendar(context: Context, board: Row, iterations: Mapping[str, Sequence[Mapped[Row]]]) -> None:
    """Write the days of a board, from its first one until the last sprint ends, and whether people work on them."""
    table = ProjectDay.__table__.c
    stored = select(table.day, table.is_working).where(table.project_id == board["id"])
    known = {row.day: row.is_working for row in context.session.execute(stored)}
    work_days, days = context.settings.value(WORK_DAYS), _days(context, board, iterations, known)
    wanted = {day: day.weekday() in work_days for day in days}
    rows = [
        {"project_id": board["id"], "day": day, "is_working": is_working}
        for day, is_working in wanted.items()
        if known.get(day) is not is_working
    ]
    save_own_rows(context, ProjectDay, rows)


def _days(
    context: Context, board: Row, iterations: Mapping[str, Sequence[Mapped[Row]]], known: Iterable[date]
) -> Iterator[date]:
    """Give each day from the first that matters to the last; those that are stored are among them."""
    today = context.now().date()
    oldest = select(ProjectItem.created_at).where(ProjectItem.project_id == board["id"])
    first_item = context.session.scalar(oldest.order_by(ProjectItem.created_at.nulls_last()).limit(1))
    times = [each.date() for each in (board["created_at"], first_item) if each]
    sprints = [each.row for found in iterations.values() for each in found]
    starts, ends = ([row[name] for row in sprints] for name in ("start_date", "end_date"))
    first = min([today, *times, *starts, *known])
    last = max([today, *ends, *known])
    day = max(first, FIRST_DAY)
    while day <= min(last, today + LONGEST_PLAN):
        yield day
        day += A_DAY


def take_snapshot(context: Context, project_id: str, items: Sequence[Row], *, at: datetime) -> None:
    """Write what all items of a board are, as those of the day; what was written before on that day is replaced."""
    day = at.date()
    rows = [_day_row(item, project_id, day) for item in items]
    context.run.stored += save_own_rows(context, ProjectItemDay, rows)
    there = among(ProjectItemDay.item_id, [item["id"] for item in items])
    old = (ProjectItemDay.project_id == project_id, ProjectItemDay.day == day)
    context.session.execute(delete(ProjectItemDay).where(*old, not_(there)))
    taken = {"snapshot_at": at, "items": len(items)}
    context.session.execute(update(ProjectDay).where(*_of(project_id, day)).values(**taken))


def _day_row(item: Row, project_id: str, day: date) -> Row:
    same = ("status", "points", "iteration_id", "deliverable", "is_archived")
    is_closed = item["state"] not in {None, OPEN}
    return {
        "item_id": item["id"],
        "day": day,
        "project_id": project_id,
        **{name: item[name] for name in same},
        "is_closed": is_closed,
    }


def doubt_day(context: Context, board: Row, *, missing: int) -> None:
    """Write down that today's answer is not believed, for it leaves so many items out."""
    doubted = {"doubted_at": context.now(), "items_missing": missing}
    context.session.execute(update(ProjectDay).where(*_of(board["id"], context.now().date())).values(**doubted))


def _of(project_id: str, day: date) -> tuple[ColumnElement[bool], ...]:
    return ProjectDay.project_id == project_id, ProjectDay.day == day
