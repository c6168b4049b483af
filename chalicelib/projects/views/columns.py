"""What the views of boards share: days, what is done, how well something is known, and their first columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    Integer,
    SQLColumnExpression,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
)

from chalicelib.projects.models import ProjectStatus
from chalicelib.store.functions import DayOf, PatternFunction, constant, now, ratio, rounded, true_if
from chalicelib.store.views import ViewColumn

SPRINT_ROLE, POINTS_ROLE, STATUS_ROLE = "sprint", "points", "status"
TODO, IN_PROGRESS, DONE = "todo", "in_progress", "done"
CLOSED_STATES = ("closed", "merged")
PAST, CURRENT, FUTURE = "past", "current", "future"

# How well something is known, the weakest first.
DATES, TIMELINE, WEBHOOK, SNAPSHOT = range(4)
WORDS = {DATES: "dates", TIMELINE: "timeline", WEBHOOK: "webhook", SNAPSHOT: "snapshot"}
TOLD_BY = (
    "How it is known: snapshot (items were read on that day), webhook (changes of the sprint or points), timeline "
    "(of the issue) or dates (only how items are now); of several, the weakest"
)
POINTS_KEPT = 6  # digits: databases add fractions in different orders


class NumberIn(PatternFunction):
    """The number that a text is; NULL when it is none."""

    type = Double()
    inherit_cache = True
    plain = r"CASE WHEN {0} ~ '^-?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?$' THEN CAST({0} AS DOUBLE PRECISION) END"
    sqlite = "CASE WHEN {0} GLOB '*[0-9]*' AND {0} NOT GLOB '*[^-+.0-9eE]*' THEN CAST({0} AS REAL) END"


class DaysFrom(PatternFunction):
    """How many days after one day another one is."""

    type = Integer()
    inherit_cache = True
    plain = "({1} - {0})"
    sqlite = "CAST(julianday({1}) - julianday({0}) AS INTEGER)"


def today() -> ColumnElement[Any]:
    """The UTC day on which the view is read."""
    return DayOf(now())


def last_seen_day(end_date: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    """The last day of a sprint of which something can be known: its last one, or today."""
    return case((end_date < today(), end_date), else_=today())


def no(kind: Any) -> ColumnElement[Any]:
    """NULL of a type."""
    return cast(null(), kind)


def number(value: int) -> ColumnElement[int]:
    """A whole number, written into the view."""
    return literal(value, Integer)


def done_statuses(project_id: SQLColumnExpression[Any]) -> Any:
    """The statuses of a board that mean done."""
    status = ProjectStatus.__table__.alias().c
    return select(status.name).where(status.project_id == project_id, status.kind == DONE).scalar_subquery()


def is_done(row: Any) -> ColumnElement[bool]:
    """Whether an item (a row of project_items) is done now."""
    return true_if(or_(row.state.in_(CLOSED_STATES), row.status.in_(done_statuses(row.project_id))))


def told_by(strength: ColumnElement[Any]) -> ColumnElement[Any]:
    """The word for how well something is known; NULL for NULL."""
    return case(*((strength == known, constant(word)) for known, word in WORDS.items()))


def percent(part: SQLColumnExpression[Any], whole: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    """How many hundredths of the whole a part is; NULL when the whole is not above 0."""
    return ratio(part * 100, whole)


def sum_if(condition: ColumnElement[bool], value: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    """The sum of fractions over the rows of a group that meet a condition; 0 when there are none."""
    return func.coalesce(rounded(func.sum(case((condition, value))), POINTS_KEPT), literal(0.0, Double), type_=Double())


# Counts over groups, for the rows of these groups: SQLite passes no condition on a group on to what is grouped.


def count_over(group: Sequence[Any], condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows of a row's group meet a condition."""
    return func.count(case((condition, 1)), type_=BigInteger()).over(partition_by=group)


def sum_over(group: Sequence[Any], condition: ColumnElement[bool], value: SQLColumnExpression[Any]) -> Any:
    """The sum of fractions over the rows of a row's group that meet a condition; 0 when there are none."""
    total = func.sum(case((condition, value)), type_=Double()).over(partition_by=group)
    return func.coalesce(rounded(total, POINTS_KEPT), literal(0.0, Double), type_=Double())


def least_over(group: Sequence[Any], strength: ColumnElement[Any], *, otherwise: ColumnElement[Any]) -> Any:
    """How well the least known of a row's group is known."""
    least = func.min(strength, type_=Integer()).over(partition_by=group)
    return func.coalesce(least, otherwise, type_=Integer())


def whole(value: ColumnElement[Any]) -> ColumnElement[int]:
    """A whole number, of the same type on every database."""
    return cast(value, BigInteger)


DESCRIBED = {
    "project_id": "projects.id",
    "org": "Owner of the board",
    "project_number": "Number of the board",
    "project": "Title of the board",
    "field_id": "project_fields.id of the field that the sprints are of",
    "iteration_id": "iterations.id, unique within the board",
    "sprint": "Title of the sprint; another board may have one with the same title",
    "start_date": "First day of the sprint",
    "end_date": "Last day of the sprint; it belongs to it",
    "state": "past, current or future, by today's UTC date",
    "turn": "current, previous (the latest past one) or next of its board; NULL: another one",
    "item_id": "project_items.id",
    "type": "issue, pull_request, draft_issue or redacted",
    "repository": "Repository, as owner/name; NULL for drafts and redacted items",
    "number": "Number within the repository",
    "title": "Title; NULL when redacted",
    "url": "Web page",
    "status": "Status on the board; NULL: none",
    "points": "Points; NULL: not pointed",
    "deliverable": "Deliverable that it is a part of; NULL: none",
}
PROJECT_KEYS = ("org", "project_number", "project")
ITEM_KEYS = ("type", "repository", "number", "title", "url")


def described(row: Any, names: Sequence[str], **others: str) -> list[ViewColumn]:
    """Columns of a selectable that are called and described alike everywhere; `others` describes some of them."""
    return [ViewColumn(name, row[name], others.get(name) or DESCRIBED[name]) for name in names]


def sprint_columns(counted: Any, sprint: Any) -> list[ViewColumn]:
    """Which sprint it is. Ids come from what is counted, so that a condition on them reaches the tables."""
    return [
        *described(counted, ["project_id"]),
        *described(sprint, PROJECT_KEYS),
        *described(counted, ["iteration_id"]),
        *described(sprint, ["sprint"]),
        *described(counted if "end_date" in counted else sprint, ["start_date", "end_date"]),
    ]


def board_columns(counted: Any, project: Any) -> list[ViewColumn]:
    """Which board it is; `project` are the columns of projects."""
    return [
        *described(counted, ["project_id"]),
        ViewColumn("org", project.org, DESCRIBED["org"]),
        ViewColumn("project_number", project.number, DESCRIBED["project_number"]),
        ViewColumn("project", project.title, DESCRIBED["project"]),
    ]
