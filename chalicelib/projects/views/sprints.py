"""Sprints: which there are, and which is the current one of each board."""

from __future__ import annotations

from typing import Any

from sqlalchemy import case, func, select

from chalicelib.projects.models import Iteration, Project, ProjectField
from chalicelib.projects.views.columns import (
    CURRENT,
    DESCRIBED,
    FUTURE,
    PAST,
    SPRINT_ROLE,
    board_columns,
    described,
    today,
)
from chalicelib.store.functions import constant
from chalicelib.store.views import View, ViewColumn

_sprint = Iteration.__table__.alias("sprint")
_field, _project = ProjectField.__table__, Project.__table__


def _turn() -> Any:
    """Name the current sprint of a board, the one before and the one after it."""
    sprint = _sprint.c
    other = Iteration.__table__.alias("other").c
    among = (other.field_id == sprint.field_id, other.deleted_at.is_(None))
    latest = select(func.max(other.end_date)).where(*among, other.end_date < today()).scalar_subquery()
    soonest = select(func.min(other.start_date)).where(*among, other.start_date > today()).scalar_subquery()
    return case(
        (today().between(sprint.start_date, sprint.end_date), constant("current")),
        (sprint.end_date == latest, constant("previous")),
        (sprint.start_date == soonest, constant("next")),
    )


def _state() -> Any:
    return case(
        (_sprint.c.end_date < today(), constant(PAST)),
        (_sprint.c.start_date > today(), constant(FUTURE)),
        else_=constant(CURRENT),
    )


SPRINTS = View(
    "sprints",
    "Sprints of boards: the iterations of the field that has the role sprint. Those that the field no longer has are "
    "left out, and so are boards that GitHub no longer shows",
    [
        *board_columns(_sprint.c, _project.c),
        *described(_sprint.c, ["field_id"]),
        ViewColumn("iteration_id", _sprint.c.id, DESCRIBED["iteration_id"]),
        ViewColumn("sprint", _sprint.c.title, DESCRIBED["sprint"]),
        *described(_sprint.c, ["start_date", "end_date"]),
        ViewColumn("state", _state(), DESCRIBED["state"]),
        ViewColumn("turn", _turn(), DESCRIBED["turn"]),
    ],
    source=_sprint.join(
        _field,
        (_field.c.id == _sprint.c.field_id)
        & (_field.c.role == SPRINT_ROLE)
        & _field.c.deleted_at.is_(None)
        & _sprint.c.deleted_at.is_(None),
    ).join(_project, (_project.c.id == _sprint.c.project_id) & _project.c.deleted_at.is_(None)),
)
