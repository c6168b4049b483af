"""How far deliverables are, and which items lack what the figures need: a deliverable, or points."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Select, Subquery, and_, exists, func, not_, or_, select

from chalicelib.projects.models import Project, ProjectField, ProjectItem
from chalicelib.projects.views.columns import (
    DESCRIBED,
    ITEM_KEYS,
    POINTS_ROLE,
    board_columns,
    described,
    is_done,
    percent,
    sprint_columns,
    sum_if,
)
from chalicelib.projects.views.sprints import SPRINTS
from chalicelib.store.functions import count_if
from chalicelib.store.views import View, ViewColumn

_project = Project.__table__.alias("project")


def _present() -> Select[Any]:
    """What is on boards now, and whether it is done."""
    item = ProjectItem.__table__.alias("item").c
    return select(*item, is_done(item).label("is_done")).where(item.removed_at.is_(None))


def _by_deliverable() -> Subquery:
    item = _present().subquery("present").c
    group = (item.project_id, item.deliverable)
    is_pointed = item.points.is_not(None)
    return (
        select(
            *group,
            func.count(type_=BigInteger()).label("issues"),
            count_if(item.is_done).label("closed_issues"),
            count_if(not_(item.is_done)).label("open_issues"),
            sum_if(is_pointed, item.points).label("points"),
            sum_if(item.is_done, item.points).label("closed_points"),
            sum_if(not_(item.is_done), item.points).label("open_points"),
            count_if(is_pointed).label("pointed"),
            count_if(not_(is_pointed)).label("unpointed"),
        )
        .where(item.deliverable.is_not(None))
        .group_by(*group)
        .subquery("delivered")
    )


_grouped = _by_deliverable()
_of = _grouped.c
_not_gone = _project.c.deleted_at.is_(None)
DELIVERABLE_PROGRESS = View(
    "deliverable_progress",
    "How far each deliverable of a board is: items that are on the board now, of any type, archived ones too. Closed "
    "are those that are closed, merged, or in a status that means done",
    [
        *board_columns(_of, _project.c),
        ViewColumn("deliverable", _of.deliverable, "Deliverable: the field's value, or the title of an issue above"),
        ViewColumn("issues", _of.issues, "How many items are part of it"),
        ViewColumn("closed_issues", _of.closed_issues, "How many of them are done"),
        ViewColumn("open_issues", _of.open_issues, "How many of them are not"),
        ViewColumn("points", _of.points, "Points of its items"),
        ViewColumn("closed_points", _of.closed_points, "Points of those that are done"),
        ViewColumn("open_points", _of.open_points, "Points of those that are not"),
        ViewColumn("unpointed", _of.unpointed, "How many of its items have no points; 0 and 0.5 are points"),
        ViewColumn(
            "percent_complete_issues", percent(_of.closed_issues, _of.issues), "closed_issues in percent of issues"
        ),
        ViewColumn(
            "percent_complete_points",
            percent(_of.closed_points, _of.points),
            "closed_points in percent of points; NULL when there are none",
        ),
        ViewColumn("percent_pointed", percent(_of.pointed, _of.issues), "Items with points in percent of issues"),
    ],
    source=_grouped.join(_project, and_(_project.c.id == _of.project_id, _not_gone)),
)

_item = _present().subquery("lacking")


def _is_no_deliverable() -> Any:
    """Leave out an issue that is a deliverable itself: others on the board are below it."""
    part = ProjectItem.__table__.alias("part").c
    is_above = exists(1).where(
        *(part.project_id == _item.c.project_id, part.deliverable == _item.c.title, part.removed_at.is_(None))
    )
    return or_(_project.c.deliverables_by != "parents", ~is_above)


_has_none = _item.c.deliverable.is_(None)
_without_deliverable = and_(_has_none, _project.c.deliverables_by.is_not(None), _is_no_deliverable())
IS_DONE = "True when it is closed, merged, or in a status that means done"
PROJECT_ORPHANS = View(
    "project_orphans",
    "Items without a deliverable, on boards that have deliverables. Issues that are deliverables themselves are left "
    "out",
    [
        *board_columns(_item.c, _project.c),
        ViewColumn("item_id", _item.c.id, DESCRIBED["item_id"]),
        *described(_item.c, [*ITEM_KEYS, "status", "points"]),
        ViewColumn("is_done", _item.c.is_done, IS_DONE),
        ViewColumn("is_archived", _item.c.is_archived, "True when it is archived"),
    ],
    source=_item.join(_project, and_(_project.c.id == _item.c.project_id, _not_gone, _without_deliverable)),
)

_sprint = SPRINTS.table.alias("sprint")
_points = ProjectField.__table__.alias("points_field").c
_has_points = exists(1).where(
    *(_points.project_id == _item.c.project_id, _points.role == POINTS_ROLE, _points.deleted_at.is_(None))
)
PROJECT_UNPOINTED = View(
    "project_unpointed",
    "Items of the current or next sprint without points, on boards that have points",
    [
        *sprint_columns(_sprint.c, _sprint.c),
        *described(_sprint.c, ["turn"]),
        ViewColumn("item_id", _item.c.id, DESCRIBED["item_id"]),
        *described(_item.c, [*ITEM_KEYS, "status", "deliverable"]),
        ViewColumn("is_done", _item.c.is_done, IS_DONE),
        ViewColumn("is_archived", _item.c.is_archived, "True when it is archived"),
    ],
    source=_sprint.join(
        _item,
        and_(
            *(_item.c.project_id == _sprint.c.project_id, _item.c.iteration_id == _sprint.c.iteration_id),
            *(_item.c.points.is_(None), _sprint.c.turn.in_(("current", "next")), _has_points),
        ),
    ),
)
