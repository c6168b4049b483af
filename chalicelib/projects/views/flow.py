"""Cumulative flow: how many items were in each status at the end of each day."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Integer,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    union,
    union_all,
)

from chalicelib.projects.models import Project, ProjectDay, ProjectItemDay, ProjectStatus
from chalicelib.projects.views.columns import (
    DATES,
    SNAPSHOT,
    TIMELINE,
    TOLD_BY,
    WEBHOOK,
    board_columns,
    number,
    today,
    told_by,
    whole,
)
from chalicelib.projects.views.statuses import KIND, PROJECT_STATUS_TIMES, STATUS
from chalicelib.store.functions import DayOf
from chalicelib.store.views import View, ViewColumn

NONE = literal(0, Integer)


def _every_day() -> Select[Any]:
    """Each day until today with each status that the board has, or an item had."""
    status, stay = ProjectStatus.__table__.alias("status").c, PROJECT_STATUS_TIMES.table.alias("had").c
    name = union(select(status.project_id, status.name), select(stay.project_id, stay.status)).subquery("name").c
    day = ProjectDay.__table__.alias("day").c
    is_read = case((day.snapshot_at.is_not(None), 1), else_=0)
    return select(
        *(day.project_id, name[1].label("status"), day.day, is_read.label("is_read")),
        *(NONE.label(each) for each in ("read", "change", "by_dates", "by_timeline")),
    ).where(name.project_id == day.project_id, day.day <= today())


def _read() -> Select[Any]:
    """How many items had a status, on days with a snapshot."""
    item = ProjectItemDay.__table__.alias("read").c
    group = (item.project_id, item.status, item.day)
    return select(*group, number(1), cast(func.count(), Integer), NONE, NONE, NONE).group_by(*group)


def _moved(*, into: bool) -> Select[Any]:
    """Items that came into a status, or left it."""
    stay = PROJECT_STATUS_TIMES.table.alias("came" if into else "left").c
    at, change = (stay.since, number(1)) if into else (stay.until, number(-1))
    moved = select(
        *(stay.project_id, stay.status, DayOf(at), number(0), NONE, change),
        *(case((stay.strength == strength, change), else_=0) for strength in (DATES, TIMELINE)),
    )
    return moved if into else moved.where(stay.until.is_not(None))


def _flow() -> Subquery:
    """Each day's changes added up, of a status and of the whole board."""
    row = union_all(_every_day(), _read(), _moved(into=True), _moved(into=False)).subquery("entry").c
    group = (row.project_id, row.status, row.day)
    sums = ("read", "change", "by_dates", "by_timeline")
    day = (
        select(*group, func.max(row.is_read).label("is_read"), *(func.sum(row[name]).label(name) for name in sums))
        .group_by(*group)
        .subquery("summed")
        .c
    )
    by_status: dict[str, Any] = {"partition_by": (day.project_id, day.status), "order_by": day.day}
    by_board: dict[str, Any] = {"partition_by": day.project_id, "order_by": day.day}
    return select(
        *(day.project_id, day.status, day.day, day.is_read, day.read),
        func.sum(day.change).over(**by_status).label("reckoned"),
        *(func.sum(day[name]).over(**by_board).label(f"board_{name}") for name in ("by_dates", "by_timeline")),
    ).subquery("flow")


_flows, _project, _kind = _flow(), Project.__table__.alias("project"), ProjectStatus.__table__.alias("kind")
_row = _flows.c
_strength = case(
    (_row.is_read == 1, number(SNAPSHOT)),
    (_row.board_by_dates > 0, number(DATES)),
    (_row.board_by_timeline > 0, number(TIMELINE)),
    else_=number(WEBHOOK),
)
PROJECT_CUMULATIVE_FLOW = View(
    "project_cumulative_flow",
    "How many items of a board were in each status at the end of each day until today, archived ones too. Days whose "
    "items were not read follow from project_status_times",
    [
        *board_columns(_row, _project.c),
        ViewColumn("day", _row.day, "Day, UTC"),
        ViewColumn("status", cast(_row.status, String), STATUS),
        ViewColumn("status_kind", _kind.c.kind, KIND),
        ViewColumn("position", _kind.c.position, "Place among the board's statuses, from 0"),
        ViewColumn("items", whole(case((_row.is_read == 1, _row.read), else_=_row.reckoned)), "How many items"),
        ViewColumn("told_by", told_by(_strength), f"{TOLD_BY}, of all items on the board"),
    ],
    source=_flows.join(
        _project,
        and_(*(_project.c.id == _row.project_id, _project.c.deleted_at.is_(None))),
    ).outerjoin(_kind, and_(_kind.c.project_id == _row.project_id, _kind.c.name == _row.status)),
)
