"""What became of each sprint and of each item that was ever in it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    Double,
    Integer,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    not_,
    select,
    union_all,
)

from chalicelib.projects.models import ProjectDay, ProjectItem
from chalicelib.projects.views.columns import (
    DATES,
    DESCRIBED,
    FUTURE,
    ITEM_KEYS,
    PAST,
    SNAPSHOT,
    TOLD_BY,
    count_over,
    described,
    is_done,
    least_over,
    no,
    number,
    percent,
    sprint_columns,
    sum_over,
    today,
    told_by,
)
from chalicelib.projects.views.sprints import SPRINTS
from chalicelib.projects.views.stays import KEYS, stays
from chalicelib.store.functions import true_if
from chalicelib.store.views import View, ViewColumn

FLAGS = ("is_committed", "is_first", "is_last", "is_end")
NAMES = (*KEYS, "item_id", "day", "points", "status", "is_done", *FLAGS, "strength")


def _stays() -> Select[Any]:
    row = stays().c
    return select(*(row[name] for name in NAMES))


def _planned() -> Select[Any]:
    """What is in sprints to come, as far as it is planned now."""
    sprint, item = SPRINTS.table.alias("coming").c, ProjectItem.__table__.alias("planned").c
    # Both first and last: what it is in the end is what it is now.
    flags = (no(Boolean), no(Boolean), item.removed_at.is_(None), item.removed_at.is_(None))
    return select(
        *(sprint[key] for key in KEYS),
        *(item.id, no(Date), item.points, item.status, is_done(item), *flags, no(Integer)),
    ).where(
        *(item.project_id == sprint.project_id, item.iteration_id == sprint.iteration_id),
        *(item.removed_at.is_(None), sprint.start_date > today()),
    )


def _days() -> Select[Any]:
    """The days of sprints until today: sprints without items have rows, too."""
    sprint, day = SPRINTS.table.alias("sprint").c, ProjectDay.__table__.alias("past_day").c
    strength = case((day.snapshot_at.is_not(None), number(SNAPSHOT)))
    return select(*(sprint[key] for key in KEYS), no(String), day.day, *NOTHING, strength).where(
        day.project_id == sprint.project_id, day.day.between(sprint.start_date, sprint.end_date), day.day <= today()
    )


def _sprints() -> Select[Any]:
    """A row for each sprint, known by having neither an item nor a day."""
    sprint = SPRINTS.table.alias("every").c
    return select(*(sprint[key] for key in KEYS), no(String), no(Date), *NOTHING, no(Integer))


NOTHING = (no(Double), no(String), no(Boolean), *(no(Boolean) for _ in FLAGS))


def _reported() -> Subquery:
    """Each sprint with what became of its items."""
    entry = union_all(_stays(), _planned(), _days(), _sprints()).subquery("entry").c
    of_day = [*(entry[key] for key in KEYS), entry.day]
    known = least_over(of_day, entry.strength, otherwise=number(DATES))
    # Of a day without a snapshot and without items, only dates say that there were none.
    row = select(*entry, case((entry.day.is_not(None), known)).label("known")).subquery("known_entry").c
    group = [row[key] for key in KEYS]
    at_end = and_(row.is_last, row.is_end)
    sets = {
        "committed": row.is_committed,
        "added": and_(row.is_first, not_(row.is_committed)),
        "removed": and_(row.is_last, not_(row.is_end)),
        "completed": and_(at_end, row.is_done),
        "unfinished": and_(at_end, not_(row.is_done)),
        "total": at_end,
    }
    reported = select(
        *(*group, row.item_id, row.day),
        *(count_over(group, condition).label(f"{name}_issues") for name, condition in sets.items()),
        *(sum_over(group, condition, row.points).label(f"{name}_points") for name, condition in sets.items()),
        count_over(group, and_(at_end, row.points.is_not(None))).label("pointed_issues"),
        least_over(group, row.known, otherwise=no(Integer)).label("strength"),
    ).subquery("each")
    return select(*reported.c).where(reported.c.item_id.is_(None), reported.c.day.is_(None)).subquery("reported")


SETS = {
    "committed": ("in it at the end of day one", "NULL until the sprint begins"),
    "added": ("that came later, wherever they are now", "NULL until the sprint begins"),
    "removed": ("that were in it, and no longer at its end (or now)", "NULL until the sprint begins"),
    "completed": ("in it at its end (or now), and done then", "NULL until the sprint begins"),
    "carried_over": ("in it at its end, and not done then", "NULL until the sprint is over"),
    "total": ("in it at its end; now while it runs or is to come", ""),
}


def _set_columns(row: Any, state: Any) -> list[ViewColumn]:
    columns = []
    for name, (what, until) in SETS.items():
        for unit, kind in (("issues", BigInteger), ("points", Double)):
            value: Any = cast(row[f"{'unfinished' if name == 'carried_over' else name}_{unit}"], kind)
            if name == "carried_over":
                value = case((state == PAST, value))
            elif name != "total":
                value = case((state != FUTURE, value))
            words = f"{'Items' if unit == 'issues' else 'Points of the items'} {what}"
            columns.append(ViewColumn(f"{name}_{unit}", value, f"{words}. {until}".removesuffix(". ")))
    return columns


_row, _named = _reported(), SPRINTS.table.alias("named")
_report, _state = _row.c, _named.c.state
SPRINT_REPORT = View(
    "sprint_report",
    "What became of each sprint: committed, added, removed, completed, carried over. Once it is over, what happens to "
    "its items later changes nothing, if items were read on its days (told_by: snapshot)",
    [
        *sprint_columns(_report, _named.c),
        *described(_named.c, ["state", "turn"]),
        *_set_columns(_report, _state),
        ViewColumn("pointed_issues", _report.pointed_issues, "Items of total_issues that have points; 0 is pointed"),
        ViewColumn(
            "percent_completed_issues",
            case((_state != FUTURE, percent(_report.completed_issues, _report.total_issues))),
            "completed_issues in percent of total_issues; NULL when there are none",
        ),
        ViewColumn(
            "percent_completed_points",
            case((_state != FUTURE, percent(_report.completed_points, _report.total_points))),
            "completed_points in percent of total_points; NULL when there are none",
        ),
        ViewColumn(
            "percent_pointed",
            percent(_report.pointed_issues, _report.total_issues),
            "pointed_issues in percent of total_issues; NULL when there are none",
        ),
        ViewColumn("told_by", told_by(_report.strength), f"{TOLD_BY}. NULL until the sprint begins"),
    ],
    source=_row.join(
        _named, and_(_named.c.project_id == _report.project_id, _named.c.iteration_id == _report.iteration_id)
    ),
)


def _items() -> Subquery:
    """Each item that was ever in a sprint: its last day in it, and what the other ones tell."""
    row = union_all(_stays(), _planned()).subquery("entry").c
    item = [*(row[key] for key in KEYS), row.item_id]

    def ever(condition: Any) -> Any:
        return count_over(item, condition) > 0

    has_begun = row.day.is_not(None)
    each = select(
        *(*item, row.points, row.status, row.is_last),
        case((has_begun, ever(row.is_committed))).label("was_committed"),
        case((has_begun, ever(and_(row.is_first, not_(row.is_committed))))).label("was_added"),
        case((has_begun, not_(row.is_end))).label("was_removed"),
        true_if(and_(row.is_end, row.is_done)).label("is_completed"),
        true_if(and_(row.is_end, not_(row.is_done))).label("is_unfinished"),
        least_over(item, row.strength, otherwise=no(Integer)).label("strength"),
    ).subquery("each")
    return select(*each.c).where(each.c.is_last).subquery("in_sprint")


_in_sprint, _of, _item = _items(), SPRINTS.table.alias("named"), ProjectItem.__table__.alias("about")
_entry = _in_sprint.c
SPRINT_ITEMS = View(
    "sprint_items",
    "A row per item that was in a sprint at the end of any of its days, or is planned for one to come",
    [
        *sprint_columns(_entry, _of.c),
        *described(_of.c, ["state", "turn"]),
        *described(_entry, ["item_id"]),
        *described(_item.c, ITEM_KEYS),
        ViewColumn("points", _entry.points, "Points on its last day in the sprint; NULL: not pointed"),
        ViewColumn("status", _entry.status, "Status on its last day in the sprint"),
        ViewColumn("deliverable", _item.c.deliverable, f"{DESCRIBED['deliverable']}. As it is now"),
        ViewColumn(
            "was_committed",
            _entry.was_committed,
            "True when it was in the sprint at the end of day one; NULL until the sprint begins",
        ),
        ViewColumn("was_added", _entry.was_added, "True when it came after day one; NULL until the sprint begins"),
        ViewColumn(
            "was_removed",
            _entry.was_removed,
            "True when it was no longer in it at its end (or now); NULL until the sprint begins",
        ),
        ViewColumn("is_completed", _entry.is_completed, "True when it was in it and done at its end (or now)"),
        ViewColumn(
            "is_carried_over",
            case((_of.c.state == PAST, _entry.is_unfinished)),
            "True when it was in it at its end, and not done; NULL until the sprint is over",
        ),
        ViewColumn("told_by", told_by(_entry.strength), f"{TOLD_BY}. NULL until the sprint begins"),
    ],
    source=_in_sprint.join(
        _of, and_(_of.c.project_id == _entry.project_id, _of.c.iteration_id == _entry.iteration_id)
    ).join(_item, _item.c.id == _entry.item_id),
)
