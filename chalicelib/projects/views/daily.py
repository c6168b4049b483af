"""Burndown and burnup: what was in each sprint, and what of it was done, at the end of each of its days."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Double,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    not_,
    or_,
    select,
    union_all,
)

from chalicelib.projects.models import ProjectDay
from chalicelib.projects.views.columns import (
    DATES,
    SNAPSHOT,
    TOLD_BY,
    DaysFrom,
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
from chalicelib.projects.views.sprints import SPRINTS
from chalicelib.projects.views.stays import KEYS, stays
from chalicelib.store.functions import NextDay, ratio
from chalicelib.store.views import View, ViewColumn

COUNTS = (
    *("total", "total_points", "done", "done_points", "unpointed"),
    *("issues_added", "issues_removed", "points_added", "points_removed"),
)


def _days() -> Select[Any]:
    """Every day of every sprint, so that those without items count too."""
    sprint, day = SPRINTS.table.alias("sprint").c, ProjectDay.__table__.alias("every_day").c
    is_read = day.snapshot_at.is_not(None)
    return select(
        *(sprint[key] for key in KEYS),
        *(sprint.start_date, day.day, day.is_working),
        case((is_read, number(SNAPSHOT))).label("strength"),
        *(no(Double).label("points"), no(Boolean).label("is_done")),
        *(no(Boolean).label(name) for name in ("is_in", "came", "went")),
    ).where(day.project_id == sprint.project_id, day.day.between(sprint.start_date, sprint.end_date))


def _moves() -> Select[Any]:
    """Each item on each day that it was in a sprint, and on the day on which it was no longer."""
    row = stays().c
    turn = union_all(select(literal(0, Integer).label("no")), select(literal(1, Integer))).subquery("turn").c
    is_in = turn.no == 0
    return select(
        *(row[key] for key in KEYS),
        *(row.start_date, case((is_in, row.day), else_=NextDay(row.day)), no(Boolean)),
        *(case((is_in, row.strength)), row.points, row.is_done, is_in, and_(is_in, row.came), not_(is_in)),
    ).where(or_(is_in, row.leaves))


def _counted() -> Subquery:
    """The days of sprints with what was in them."""
    row = union_all(_days(), _moves()).subquery("move").c
    day = [*(row[key] for key in KEYS), row.day]
    is_done, is_unpointed = and_(row.is_in, row.is_done), and_(row.is_in, row.points.is_(None))
    counts = {
        "total": count_over(day, row.is_in),
        "total_points": sum_over(day, row.is_in, row.points),
        "done": count_over(day, is_done),
        "done_points": sum_over(day, is_done, row.points),
        "unpointed": count_over(day, is_unpointed),
        "issues_added": count_over(day, row.came),
        "issues_removed": count_over(day, row.went),
        "points_added": sum_over(day, row.came, row.points),
        "points_removed": sum_over(day, row.went, row.points),
    }
    each = select(
        *(*day, row.start_date, row.is_working),
        least_over(day, row.strength, otherwise=number(DATES)).label("strength"),
        *(count.label(name) for name, count in counts.items()),
    ).subquery("each")
    # The rows that _days gives, one for each day.
    return select(*each.c).where(each.c.is_working.is_not(None)).subquery("counted")


def _with_ideal() -> Subquery:
    """The same with the share of the work that the ideal line leaves, and what was in it at the end of day one."""
    day = _counted().c
    of_sprint = [day[key] for key in KEYS]
    works = case((day.is_working, 1), else_=0)

    def whole_sprint(value: Any) -> Any:
        return func.sum(value).over(partition_by=of_sprint)

    def until_now(value: Any) -> Any:
        return func.sum(value).over(partition_by=of_sprint, order_by=day.day)

    is_first = and_(day.day == day.start_date, day.start_date <= today())
    one = literal(1, BigInteger)
    placed = select(
        *day,
        whole_sprint(works).label("working"),
        until_now(works).label("worked"),
        whole_sprint(one).label("days"),
        until_now(one).label("over"),
        *(whole_sprint(case((is_first, day[name]))).label(f"first_{name}") for name in ("total", "total_points")),
    ).subquery("placed")
    row = placed.c
    left = case((row.working > 0, row.working - row.worked), else_=row.days - row.over)
    of = case((row.working > 0, row.working), else_=row.days)
    ideals = (ratio(row[f"first_{name}"] * left, of).label(f"ideal_{name}") for name in ("total", "total_points"))
    return select(*(column for column in row), *ideals).subquery("burning")


def _columns(names: Iterable[str]) -> tuple[list[ViewColumn], Any]:
    burning, sprint = _with_ideal(), SPRINTS.table.alias("named")
    row = burning.c
    is_known = row.day <= today()

    def known(value: Any) -> Any:
        return case((is_known, value))

    values = {
        "open_issues": known(whole(row.total - row.done)),
        "open_points": known(row.total_points - row.done_points),
        "ideal_issues": cast(row.ideal_total, Double),
        "ideal_points": cast(row.ideal_total_points, Double),
        "scope_issues": known(row.total),
        "scope_points": known(row.total_points),
        "done_issues": known(row.done),
        "done_points": known(row.done_points),
        **{name: known(row[name]) for name in COUNTS[4:]},
    }
    source = burning.join(
        sprint, and_(sprint.c.project_id == row.project_id, sprint.c.iteration_id == row.iteration_id)
    )
    columns = [
        *sprint_columns(row, sprint.c),
        ViewColumn("day", row.day, "Day of the sprint, UTC; of days to come, only the ideal line is known"),
        ViewColumn("day_number", whole(DaysFrom(sprint.c.start_date, row.day) + 1), "1 for the first day"),
        ViewColumn("is_working", row.is_working, "True on the days of the setting WORK_DAYS"),
        *(ViewColumn(name, values[name], SAYS[name]) for name in names),
        ViewColumn("told_by", known(told_by(row.strength)), f"{TOLD_BY}. NULL for days to come"),
    ]
    return columns, source


SAYS = {
    "open_issues": "How many items were in the sprint and not done at the end of the day; NULL: the day is to come",
    "open_points": "Their points",
    "ideal_issues": "Ideal line: from what was in the sprint at the end of day one to 0 on its last day, over working "
    "days. Without any working day, over all of its days. NULL until the sprint begins",
    "ideal_points": "The same for points",
    "scope_issues": "How many items were in the sprint at the end of the day; NULL: the day is to come",
    "scope_points": "Their points",
    "done_issues": "How many of them were done",
    "done_points": "Points of those done",
    "unpointed": "How many of the items in it had no points, done or not; 0 and 0.5 are points",
    "issues_added": "How many items were in it that were not on the day before; 0 on day one",
    "issues_removed": "How many items were in it on the day before, and no longer",
    "points_added": "Points of the items added; a new estimate of an item counts in neither",
    "points_removed": "Points, on the day before, of the items removed",
}
CHANGES = ("issues_added", "issues_removed", "points_added", "points_removed")

_down, _down_source = _columns(
    ("open_issues", "open_points", "ideal_issues", "ideal_points", "unpointed", *CHANGES),
)
SPRINT_BURNDOWN = View(
    "sprint_burndown",
    "What was left to do at the end of each day of each sprint: items of any type, archived ones too. Day one belongs "
    "to the sprint. Choose by project_id and iteration_id: that is fast",
    _down,
    source=_down_source,
)

_up, _up_source = _columns(("scope_issues", "scope_points", "done_issues", "done_points", "unpointed", *CHANGES))
SPRINT_BURNUP = View(
    "sprint_burnup",
    "What was in each sprint at the end of each of its days, and what of it was done: items of any type, archived ones "
    "too. Choose by project_id and iteration_id: that is fast",
    _up,
    source=_up_source,
)
