"""What was in each sprint at the end of each of its days, as far as it can be known.

On a day whose items were read (a snapshot), it is what was read. On other days, it follows from what is known next
after that day. An item was in a sprint when

- the first change of its sprint after the day, which a webhook told of, says that it was in this one before;
- or, without such a change until then, the next snapshot has it in this sprint;
- or, without either, it is in this sprint now.

These three exclude each other, so each is asked for itself: that finds the rows through indexes.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Double,
    FromClause,
    Select,
    String,
    Subquery,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)

from chalicelib.projects.models import (
    ProjectDay,
    ProjectField,
    ProjectItem,
    ProjectItemDay,
)
from chalicelib.projects.views.columns import (
    DATES,
    POINTS_ROLE,
    SNAPSHOT,
    SPRINT_ROLE,
    TIMELINE,
    TOLD_BY,
    WEBHOOK,
    NumberIn,
    described,
    done_statuses,
    number,
    sprint_columns,
    today,
    told_by,
)
from chalicelib.projects.views.events import came_at, event_table, gone_at, is_of, is_status_change
from chalicelib.projects.views.sprints import SPRINTS
from chalicelib.store.base import UTCDateTime
from chalicelib.store.functions import NextDay, StartOfDay, true_if
from chalicelib.store.views import View, ViewColumn

UNPOINTED = literal(-1e300, Double)  # stands for no points where NULL stands for no answer
NAMES = ("project_id", "iteration_id", "start_date", "end_date", "day")
KNOWN = ("day", "snapshot_at", "next_day", "read_at", "heard_at")  # of a day


def _calendar() -> Subquery:
    """Each day of each board, with the next one that has a snapshot, when that was taken, and the first webhook."""
    calendar = ProjectDay.__table__.alias("board_day")
    day = calendar.c
    after: dict[str, Any] = {"partition_by": day.project_id, "order_by": day.day.desc(), "rows": (None, -1)}
    # Window functions, and so once for each day: as scalar subqueries, they would be asked again for each item. From
    # the last day back: where a window's beginning moves on, databases look through all of it for each row.
    next_day = func.min(case((day.snapshot_at.is_not(None), day.day)), type_=Date()).over(**after)
    read_at = func.min(day.snapshot_at, type_=UTCDateTime()).over(**after)
    event = event_table()
    first = select(event.c.project_id, func.min(event.c.at, type_=UTCDateTime()).label("heard_at"))
    heard = first.where(event.c.source == "webhook").group_by(event.c.project_id).subquery("heard")
    named = (next_day.label("next_day"), read_at.label("read_at"), heard.c.heard_at)
    columns = select(day.project_id, day.day, day.snapshot_at, *named)
    return columns.outerjoin_from(calendar, heard, heard.c.project_id == day.project_id).subquery("calendar")


def _past_days(calendar: Any) -> Subquery:
    """Each day of each sprint until today, with the columns of the calendar."""
    sprint, day = SPRINTS.table.alias("sprint").c, calendar.c
    return (
        select(*(sprint[name] for name in (*NAMES[:-1], "field_id")), *(each for each in day if each.name in KNOWN))
        .where(day.project_id == sprint.project_id, day.day.between(sprint.start_date, sprint.end_date))
        .where(day.day <= today())
        .subquery("past_day")
    )


def _read_items() -> Select[Any]:
    """The items of days that have a snapshot."""
    day, item = _past_days(ProjectDay.__table__.alias("read_day")).c, ProjectItemDay.__table__.alias("read_item").c
    done = or_(item.is_closed, item.status.in_(done_statuses(item.project_id)))
    return select(
        *(day[name] for name in NAMES),
        *(item.item_id, item.points, item.status, true_if(done).label("is_done")),
        number(SNAPSHOT).label("strength"),
    ).where(
        *(day.snapshot_at.is_not(None), item.project_id == day.project_id),
        *(item.iteration_id == day.iteration_id, item.day == day.day),
    )


def _gaps() -> Subquery:
    """The days without a snapshot: when each ends, and the next day that has one."""
    day = _past_days(_calendar()).c
    names = (*NAMES, "field_id", "next_day", "read_at", "heard_at")
    ends_at = StartOfDay(NextDay(day.day)).label("ends_at")
    return select(*(day[name] for name in names), ends_at).where(day.snapshot_at.is_(None)).subquery("gap")


def _change(gap: Any, item_id: Any, *conditions: ColumnElement[bool], event: Any) -> ColumnElement[bool]:
    """Whether the sprint of an item changed after a day."""
    is_change = (event.item_id == item_id, event.kind == "field", event.field_id == gap.field_id)
    return exists(1).where(*is_change, event.at >= gap.ends_at, *conditions)


def _by_now() -> Select[Any]:
    """Items that are in the sprint now, and of which nothing else is known after the day."""
    gap, item = _gaps().c, ProjectItem.__table__.alias("present").c
    read = ProjectItemDay.__table__.alias().c
    is_read = exists(1).where(read.item_id == item.id, read.day == gap.next_day)
    return select(*gap, item.id.label("item_id")).where(
        *(item.project_id == gap.project_id, item.iteration_id == gap.iteration_id),
        *(~is_read, ~_change(gap, item.id, event=event_table().c)),
    )


def _by_next_snapshot() -> Select[Any]:
    """Items that the next snapshot has in the sprint, with no change of their sprint until then."""
    gap, item = _gaps().c, ProjectItemDay.__table__.alias("read_next").c
    event = event_table().c
    return select(*gap, item.item_id).where(
        *(item.project_id == gap.project_id, item.iteration_id == gap.iteration_id, item.day == gap.next_day),
        ~_change(gap, item.item_id, event.at <= gap.read_at, event=event),
    )


def _changes() -> Subquery:
    """The changes of items' sprints that webhooks told of, each with the time of the one before."""
    event, field = event_table("change").c, ProjectField.__table__.alias("sprint_field").c
    names = ("project_id", "field_id", "item_id", "from_id", "at")
    before = func.lag(event.at, type_=UTCDateTime()).over(
        partition_by=(event.project_id, event.item_id), order_by=(event.at, event.turn, event.id)
    )
    is_change = (event.kind == "field", field.id == event.field_id, field.role == SPRINT_ROLE)
    return (
        select(*(event[name] for name in names), before.label("before"))
        .where(*is_change, event.item_id.is_not(None))
        .subquery("changed")
    )


def _by_change() -> Select[Any]:
    """Items whose next change says that they were in the sprint before."""
    gap, change = _gaps().c, _changes().c
    read = ProjectItemDay.__table__.alias().c
    is_read = exists(1).where(read.item_id == change.item_id, read.day == gap.next_day, gap.read_at < change.at)
    return select(*gap, change.item_id).where(
        *(change.project_id == gap.project_id, change.field_id == gap.field_id, change.from_id == gap.iteration_id),
        *(change.at >= gap.ends_at, or_(change.before.is_(None), change.before < gap.ends_at)),
        ~is_read,
    )


def _first_after(row: Any, value: ColumnElement[Any], event: Any, *conditions: ColumnElement[bool]) -> Any:
    """What an item's first event after a day says, among those before the next snapshot that has the item."""
    return (
        select(value)
        .where(*conditions, event.at >= row.ends_at, or_(row.known_at.is_(None), event.at <= row.known_at))
        .order_by(event.at, event.turn, event.id)
        .limit(1)
        .scalar_subquery()
    )


def _status_then(row: Any) -> ColumnElement[Any]:
    event = event_table().c
    before = _first_after(row, func.coalesce(event.from_value, ""), event, is_status_change(event), is_of(event, row))
    return func.nullif(func.coalesce(before, row.next_status, ""), "", type_=String())


def _field(role: str, field_id: Any) -> ColumnElement[bool]:
    field = ProjectField.__table__.alias().c
    return exists(1).where(field.id == field_id, field.role == role)


def _points_then(row: Any) -> ColumnElement[Any]:
    event = event_table().c
    conditions = (event.item_id == row.id, event.kind == "field", _field(POINTS_ROLE, event.field_id))
    before = _first_after(row, func.coalesce(NumberIn(event.from_value), UNPOINTED), event, *conditions)
    return func.nullif(func.coalesce(before, row.next_points, UNPOINTED), UNPOINTED, type_=Double())


def _was_closed(row: Any) -> ColumnElement[bool]:
    """Whether the issue was closed when the day ended."""
    event = event_table().c
    last = (
        select(event.kind)
        .where(event.project_id.is_(None), event.content_node_id == row.content_node_id)
        .where(event.kind.in_(("closed", "reopened")), event.at < row.ends_at)
        .order_by(event.at.desc(), event.turn.desc(), event.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    # Whatever is closed now was so since closed_at, even if the timeline was read before that.
    return case((row.closed_at < row.ends_at, True), (row.timeline_read_at.is_not(None), true_if(last == "closed")))


def _strength(row: Any) -> ColumnElement[Any]:
    event = event_table().c
    is_told = exists(1).where(
        *(event.item_id == row.id, event.kind == "field", event.source == "webhook"),
        or_(_field(SPRINT_ROLE, event.field_id), _field(POINTS_ROLE, event.field_id)),
    )
    # Of days before the first one, no webhook tells: what was later changed may have changed before.
    was_heard = and_(row.heard_at < row.ends_at, is_told)
    return case(
        (was_heard, number(WEBHOOK)), (row.timeline_read_at.is_not(None), number(TIMELINE)), else_=number(DATES)
    )


def _candidates() -> Subquery:
    """The items of days without a snapshot, with what is known of them next, and until when."""
    found = union_all(_by_now(), _by_next_snapshot(), _by_change()).subquery("found")
    item, read = ProjectItem.__table__.alias("item"), ProjectItemDay.__table__.alias("read")
    is_read, gone = read.c.item_id.is_not(None), gone_at(item.c)
    same = found.join(item, item.c.id == found.c.item_id)
    source = same.outerjoin(read, and_(read.c.item_id == found.c.item_id, read.c.day == found.c.next_day))
    return (
        select(
            *(found.c[name] for name in (*NAMES, "ends_at", "heard_at")),
            *(item.c[name] for name in ("id", "content_node_id", "closed_at", "timeline_read_at")),
            case((is_read, read.c.status), else_=item.c.status).label("next_status"),
            case((is_read, read.c.points), else_=item.c.points).label("next_points"),
            case((is_read, found.c.read_at), else_=gone).label("known_at"),
        )
        .select_from(source)
        .where(came_at(item.c) < found.c.ends_at, or_(item.c.removed_at.is_(None), gone >= found.c.ends_at))
        .subquery("candidate")
    )


def _concluded_items() -> Select[Any]:
    """The items of days without a snapshot."""
    row = _candidates().c
    status = _status_then(row)
    done = case((_was_closed(row), True), else_=true_if(status.in_(done_statuses(row.project_id))))
    return select(
        *(row[name] for name in NAMES),
        *(row.id.label("item_id"), _points_then(row).label("points"), status.label("status"), done.label("is_done")),
        _strength(row).label("strength"),
    )


def _columns() -> tuple[list[ViewColumn], FromClause]:
    known = union_all(_read_items(), _concluded_items()).subquery("known")
    sprint = SPRINTS.table.alias("named")
    source = known.join(
        sprint, and_(sprint.c.project_id == known.c.project_id, sprint.c.iteration_id == known.c.iteration_id)
    )
    columns = [
        *sprint_columns(known.c, sprint.c),
        ViewColumn("day", known.c.day, "Day of the sprint, UTC, until today"),
        *described(known.c, ["item_id"]),
        ViewColumn("points", known.c.points, "Points at the end of that day; NULL: not pointed"),
        ViewColumn("status", known.c.status, "Status at the end of that day"),
        ViewColumn("is_done", known.c.is_done, "True when it was done: closed, merged, or in a status that means done"),
        ViewColumn("told_by", told_by(known.c.strength), TOLD_BY),
        ViewColumn("strength", known.c.strength, "told_by as a number: 0 dates, 1 timeline, 2 webhook, 3 snapshot"),
    ]
    return columns, source


_known, _source = _columns()
SPRINT_ITEM_DAYS = View(
    "sprint_item_days",
    "What was in each sprint at the end of each of its days until today: items of any type, archived ones too. Days "
    "whose items were not read follow from what is known next. Choose by project_id and iteration_id: that is fast",
    _known,
    source=_source,
)
