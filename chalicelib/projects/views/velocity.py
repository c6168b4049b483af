"""How much was done in each sprint, and on average in the last ones."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Double, String, Subquery, and_, case, cast, func, select, union_all

from chalicelib.projects.models import ProjectDay
from chalicelib.projects.views.columns import (
    DATES,
    SNAPSHOT,
    TOLD_BY,
    count_over,
    least_over,
    no,
    number,
    sprint_columns,
    sum_over,
    today,
    told_by,
    whole,
)
from chalicelib.projects.views.knowledge import SPRINT_ITEM_DAYS
from chalicelib.projects.views.sprints import SPRINTS
from chalicelib.projects.views.stays import KEYS
from chalicelib.store.views import View, ViewColumn

AVERAGED = 5  # sprints


def _ends() -> Subquery:
    """Each sprint that is over, with what was done at its end."""
    row = SPRINT_ITEM_DAYS.table.alias("last_day").c
    sprint, day = SPRINTS.table.alias("over"), ProjectDay.__table__.alias("end_day")
    done = select(*(row[key] for key in KEYS), row.item_id, row.points, row.is_done, row.strength).where(
        row.day == row.end_date, row.end_date < today()
    )
    is_end = and_(day.c.project_id == sprint.c.project_id, day.c.day == sprint.c.end_date)
    read = case((day.c.snapshot_at.is_not(None), number(SNAPSHOT)))
    over = (
        select(*(sprint.c[key] for key in KEYS), no(String), no(Double), no(Boolean), read)
        .select_from(sprint.outerjoin(day, is_end))
        .where(sprint.c.end_date < today())
    )
    entry = union_all(done, over).subquery("entry").c
    group = [entry[key] for key in KEYS]
    ended = select(
        *(*group, entry.item_id),
        count_over(group, entry.is_done).label("completed_issues"),
        sum_over(group, entry.is_done, entry.points).label("completed_points"),
        least_over(group, entry.strength, otherwise=number(DATES)).label("strength"),
    ).subquery("each")
    return select(*ended.c).where(ended.c.item_id.is_(None)).subquery("ended")


def _velocity() -> Subquery:
    ended, sprint = _ends(), SPRINTS.table.alias("named")
    row, named = ended.c, sprint.c
    over: dict[str, Any] = {
        "partition_by": row.project_id,
        "order_by": (named.start_date, row.iteration_id),
        "rows": (1 - AVERAGED, 0),
    }
    n = func.count().over(**over)
    means = (
        (func.sum(row[f"completed_{unit}"]).over(**over) / cast(n, Double)).label(f"average_{unit}")
        for unit in ("issues", "points")
    )
    is_of = and_(named.project_id == row.project_id, named.iteration_id == row.iteration_id)
    columns = (named[name] for name in ("org", "project_number", "project", "sprint", "start_date", "end_date"))
    return select(*row, *columns, *means, n.label("n_sprints")).select_from(ended.join(sprint, is_of)).subquery("paced")


_pace = _velocity().c
SPRINT_VELOCITY = View(
    "sprint_velocity",
    f"What was done in each sprint that is over, and the mean of up to {AVERAGED} sprints of the same board that end "
    "with it",
    [
        *sprint_columns(_pace, _pace),
        ViewColumn("completed_issues", _pace.completed_issues, "Items in it at its end, and done then"),
        ViewColumn("completed_points", _pace.completed_points, "Points of these"),
        ViewColumn("average_issues", _pace.average_issues, "Mean of completed_issues of the n_sprints"),
        ViewColumn("average_points", _pace.average_points, "Mean of completed_points of the n_sprints"),
        ViewColumn("n_sprints", whole(_pace.n_sprints), f"How many sprints the means are of, at most {AVERAGED}"),
        ViewColumn("told_by", told_by(_pace.strength), TOLD_BY),
    ],
)
