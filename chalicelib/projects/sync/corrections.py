"""Adds to a day's snapshot what happened later on that day: it says what was at the day's end.

The snapshot was taken when the board was last read, perhaps an hour before midnight. What happened after it comes by
webhook, or the next day by a timeline.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, select, update
from sqlalchemy.orm import Session

from chalicelib.ingest.fields import Row
from chalicelib.projects.models import Project, ProjectDay, ProjectField, ProjectItem, ProjectItemDay
from chalicelib.projects.rows.events import CLOSED, REOPENED, STATUS, STATUS_FIELD
from chalicelib.projects.rules import STATUS as STATUS_ROLE

A_DAY = timedelta(days=1)


def day_bounds(at: datetime) -> tuple[datetime, datetime]:
    """Give when the UTC day of a moment begins, and when the next one does."""
    begins = datetime.combine(at.date(), time(), UTC)
    return begins, begins + A_DAY


def _is_later(at: datetime) -> tuple[ColumnElement[bool], ...]:
    """Say that a row is of the day of a moment, and its snapshot was taken before that."""
    of_board = ProjectDay.project_id == ProjectItemDay.project_id
    taken = exists(1).where(of_board, ProjectDay.day == at.date(), ProjectDay.snapshot_at < at)
    return ProjectItemDay.day == at.date(), taken


def correct_item(session: Session, item_id: str, at: datetime, **values: Any) -> None:
    """Write what an item became at a moment into that day's snapshot, if that was taken before."""
    session.execute(update(ProjectItemDay).where(ProjectItemDay.item_id == item_id, *_is_later(at)).values(**values))


def remove_item(session: Session, item_id: str, at: datetime) -> None:
    """Take an item out of the snapshot of the day on which it left the board."""
    session.execute(delete(ProjectItemDay).where(ProjectItemDay.item_id == item_id, *_is_later(at)))


def snapshot_days(session: Session, org: str) -> set[date]:
    """Give the days on which any board of an organisation has a snapshot."""
    days = select(ProjectDay.day).join(Project, Project.id == ProjectDay.project_id).distinct()
    return set(session.scalars(days.where(Project.org == org, ProjectDay.snapshot_at.is_not(None))))


def correct_by_timeline(session: Session, node_id: str, events: Iterable[Row], days: set[date]) -> None:
    """Write what a timeline tells of an issue or pull request into the snapshots of these days."""
    for event in _last_of_days(each for each in events if each["at"].date() in days):
        values = {"status": event["to_value"]} if event["kind"] == STATUS else {"is_closed": event["kind"] == CLOSED}
        items = ProjectItemDay.item_id.in_(_items(node_id, event))
        session.execute(update(ProjectItemDay).where(items, *_is_later(event["at"])).values(**values))


def _last_of_days(events: Iterable[Row]) -> Iterator[Row]:
    """Give the last event of each day: the last closing or reopening, and the last status on each board."""
    last: dict[Any, Row] = {}
    for event in sorted(events, key=lambda each: (each["at"], each["turn"])):
        if event["kind"] in {CLOSED, REOPENED, STATUS}:
            last[event["at"].date(), event["project_id"], event["kind"] == STATUS] = event
    yield from last.values()


def _items(node_id: str, event: Mapping[str, Any]) -> Select[Any]:
    """Select the items that an event is about; of a status, only where the board's status is GitHub's own field."""
    items = select(ProjectItem.id).where(ProjectItem.content_node_id == node_id)
    if event["kind"] != STATUS:
        return items
    own = (ProjectField.role == STATUS_ROLE, ProjectField.name == STATUS_FIELD)
    of_board = ProjectField.project_id == ProjectItem.project_id
    return items.where(ProjectItem.project_id == event["project_id"], exists(1).where(of_board, *own))
