"""A board, row by row, as tests of views write it: what is not given is as plain as can be."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chalicelib.projects.models import (
    Iteration,
    Project,
    ProjectDay,
    ProjectField,
    ProjectItem,
    ProjectItemDay,
    ProjectItemEvent,
    ProjectStatus,
)
from chalicelib.projects.views.columns import today
from chalicelib.store.views import View

KINDS = {"Todo": "todo", "Doing": "in_progress", "Done": "done"}
EVENT_IDS = count(1)


def may(day: int, hour: int = 0) -> datetime:
    """A time in May 2026, UTC; the fourth is a Monday."""
    return datetime(2026, 5, day, hour, tzinfo=UTC)


def day(number: int) -> date:
    """A day in May 2026."""
    return date(2026, 5, number)


class Board:
    """Writes a board's rows to a session, and reads views of it."""

    def __init__(self, session: Session, key: str = "P", **columns: Any) -> None:
        self.session, self.key = session, key
        self.add(
            Project, id=key, **{"org": "acme", "number": 1, "title": "Roadmap", "deliverables_by": "field", **columns}
        )
        for position, role in enumerate(("sprint", "points", "status")):
            named = {"id": f"{key}-{role}", "name": role.capitalize(), "role": role}
            self.add(ProjectField, **named, data_type="TEXT", position=position)
        for position, (name, kind) in enumerate(KINDS.items()):
            self.add(ProjectStatus, name=name, kind=kind, position=position)

    def add(self, model: Any, **row: Any) -> None:
        """Write a row of the board."""
        board = {} if model is Project else {"project_id": self.key}
        self.session.execute(insert(model), [board | row])

    def sprint(self, key: str, first: date, last: date, title: str = "Sprint") -> None:
        self.add(
            *(Iteration,),
            id=key,
            field_id=f"{self.key}-sprint",
            title=title,
            start_date=first,
            end_date=last,
            days=(last - first).days + 1,
            is_completed=False,
        )

    def calendar(self, first: date, last: date, *, working: Collection[int] = range(5)) -> None:
        """The days of the board, without snapshots; `working` are weekdays, from 0 for Monday."""
        for number in range((last - first).days + 1):
            each = first + timedelta(days=number)
            self.add(ProjectDay, day=each, is_working=each.weekday() in working)

    def item(self, key: str, **columns: Any) -> None:
        """An open issue that has been on the board since April."""
        row: dict[str, Any] = {
            "id": key,
            "type": "issue",
            "content_node_id": f"issue of {key}",
            "title": key,
            "state": "open",
        }
        row |= {"fields": {}, "is_archived": False, "created_at": may(1), "first_seen_at": may(1), "status": "Todo"}
        self.add(ProjectItem, **row | columns)

    def snapshot(self, when: date, items: Mapping[str, Mapping[str, Any]]) -> None:
        """What was read at noon of a day, whose row in the calendar is there already."""
        this = (ProjectDay.project_id == self.key, ProjectDay.day == when)
        read_at = datetime(when.year, when.month, when.day, 12, tzinfo=UTC)
        self.session.query(ProjectDay).filter(*this).update({"snapshot_at": read_at, "items": len(items)})
        for key, columns in items.items():
            row: dict[str, Any] = {"item_id": key, "day": when, "is_closed": False, "is_archived": False}
            self.add(ProjectItemDay, **row | dict(columns))

    def event(self, kind: str, item: str, at: datetime, **columns: Any) -> None:
        """An event of a timeline: it knows the issue only, and of a closing not even the board."""
        row: dict[str, Any] = {"id": f"event {next(EVENT_IDS)}", "kind": kind, "source": "timeline", "at": at}
        row |= {"content_node_id": f"issue of {item}", "turn": 0}
        if kind in ("closed", "reopened"):
            self.session.execute(insert(ProjectItemEvent), [row | columns])
        else:
            self.add(ProjectItemEvent, **row | columns)

    def changed(self, role: str, item: str, at: datetime, **columns: Any) -> None:
        """A webhook's word of a change of a field."""
        kind = "status" if role == "status" else "field"
        self.event(kind, item, at, source="webhook", item_id=item, field_id=f"{self.key}-{role}", **columns)

    def read(self, view: View, *names: str, **where: Any) -> list[tuple[Any, ...]]:
        """These columns of a view's rows of the board, in the order of its first columns."""
        table = view.table
        columns = [table.c[name] for name in names]
        chosen = select(*columns).where(table.c.project_id == self.key).filter_by(**where)
        order = [column.nulls_last() for column in table.columns if column.name != "project"]
        return [tuple(row) for row in self.session.execute(chosen.order_by(*order[:9]))]

    def row(self, view: View, *names: str, **where: Any) -> tuple[Any, ...]:
        """The one row."""
        (row,) = self.read(view, *names, **where)
        return row


def today_of(session: Session) -> date:
    """The day as the database has it."""
    found: date = session.scalars(select(today())).one()
    return found
