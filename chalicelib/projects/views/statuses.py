"""Which status items had, since when and until when; how long items take, and how long they are in each status."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Integer, Select, Subquery, Text, and_, case, func, or_, select, union_all

from chalicelib.projects.models import Project, ProjectItem, ProjectStatus
from chalicelib.projects.views.columns import (
    CLOSED_STATES,
    DATES,
    DONE,
    IN_PROGRESS,
    ITEM_KEYS,
    TIMELINE,
    WEBHOOK,
    board_columns,
    described,
    no,
    number,
    told_by,
)
from chalicelib.projects.views.events import (
    came_at,
    event_table,
    gone_at,
    is_status_by_timeline,
    is_status_by_webhook,
    tells_own_status,
)
from chalicelib.store.base import UTCDateTime
from chalicelib.store.functions import constant, hours_between, later, now
from chalicelib.store.percentiles import MEDIAN, Ranked
from chalicelib.store.views import View, ViewColumn

P75, P85 = 0.75, 0.85
TOLD = (
    "How it is known: webhook, timeline, or dates: no change of it is known, so that it counts as having been the same "
    "since the item came onto the board"
)


def _begins() -> Select[Any]:
    """Each item when it came onto its board; which status it had then, the first change says."""
    item = ProjectItem.__table__.alias("item").c
    return select(
        *(item.project_id, item.id.label("item_id"), came_at(item).label("at"), number(0).label("turn")),
        no(Text).label("from_value"),
        item.status.label("to_value"),
        no(Text).label("source"),
        *(item.timeline_read_at, gone_at(item).label("gone_at"), constant("").label("event_id")),
    )


def _or_none(status: Any) -> Any:
    """NULL for a status without a name: there was none."""
    return func.nullif(status, "", type_=Text())


def _changes(*, by_webhook: bool) -> Select[Any]:
    """Changes of statuses while the item was on its board, each once: the timeline has what webhooks told before it."""
    item, event = ProjectItem.__table__.alias("item").c, event_table().c
    if by_webhook:
        is_unread = or_(item.timeline_read_at.is_(None), event.at > item.timeline_read_at)
        is_of = and_(event.item_id == item.id, or_(is_unread, ~tells_own_status(item.project_id)))
        is_change = is_status_by_webhook(event)
    else:
        is_of = and_(event.project_id == item.project_id, event.content_node_id == item.content_node_id)
        is_change = is_status_by_timeline(event)
    return select(
        *(item.project_id, item.id, event.at, (event.turn + 1).label("turn")),
        *(_or_none(event.from_value), _or_none(event.to_value), event.source),
        *(item.timeline_read_at, gone_at(item), event.id),
    ).where(
        *(is_of, is_change, event.at >= came_at(item)),
        or_(item.removed_at.is_(None), event.at <= gone_at(item)),
    )


def _stays() -> Subquery:
    """From when to when each item had a status."""
    row = union_all(_begins(), _changes(by_webhook=True), _changes(by_webhook=False)).subquery("change").c
    order: dict[str, Any] = {
        "partition_by": (row.project_id, row.item_id),
        "order_by": (row.at, row.turn, row.event_id),
    }

    def following(column: Any) -> Any:
        return func.lead(column, type_=column.type).over(**order)

    stay = (
        select(
            *row,
            following(row.at).label("next_at"),
            following(row.from_value).label("next_from"),
            following(row.source).label("next_source"),
        )
        .subquery("followed")
        .c
    )
    is_begin = stay.turn == 0
    source = case((is_begin, stay.next_source), else_=stay.source)
    strength = case(
        (source == "webhook", number(WEBHOOK)),
        (stay.timeline_read_at.is_not(None), number(TIMELINE)),
        else_=number(DATES),
    )
    return select(
        *(stay.project_id, stay.item_id, stay.at.label("since")),
        case((and_(is_begin, stay.next_at.is_not(None)), stay.next_from), else_=stay.to_value).label("status"),
        func.coalesce(stay.next_at, stay.gone_at, type_=UTCDateTime()).label("until"),
        strength.label("strength"),
    ).subquery("stay")


_stay, _project, _kind = _stays(), Project.__table__.alias("project"), ProjectStatus.__table__.alias("kind")
_row = _stay.c
_is_kind = and_(_kind.c.project_id == _row.project_id, _kind.c.name == _row.status)
STATUS = "Status; NULL: it had none"
KIND = "What the status means: todo, in_progress or done; NULL when the board no longer has it"
PROJECT_STATUS_TIMES = View(
    "project_status_times",
    "A row for each stay of an item in a status, from when it came onto the board on: from timelines and webhooks. "
    "Stays of less than a second are left out",
    [
        *board_columns(_row, _project.c),
        *described(_row, ["item_id"]),
        ViewColumn("status", _row.status, STATUS),
        ViewColumn("status_kind", _kind.c.kind, KIND),
        ViewColumn("since", _row.since, "Since when it had the status"),
        ViewColumn("until", _row.until, "Until when; NULL: it still has it"),
        ViewColumn(
            "hours",
            hours_between(_row.since, func.coalesce(_row.until, later(now(), _row.since), type_=UTCDateTime())),
            "Hours from since to until; to now while it still has it",
        ),
        ViewColumn("told_by", told_by(_row.strength), TOLD),
        ViewColumn("strength", _row.strength, "told_by as a number: 0 dates, 1 timeline, 2 webhook"),
    ],
    source=_stay.join(
        _project,
        and_(
            *(_project.c.id == _row.project_id, _project.c.deleted_at.is_(None)),
            or_(_row.until.is_(None), _row.until > _row.since),
        ),
    ).outerjoin(_kind, _is_kind),
)


def _ended() -> Subquery:
    stay = PROJECT_STATUS_TIMES.table.alias("ended").c
    ended = select(stay.project_id, stay.status, stay.hours, stay.strength).where(stay.until.is_not(None))
    ranked = Ranked(ended.subquery("each"), by=("project_id", "status"), values=("hours",))
    shares = {"median_hours": MEDIAN, "p75_hours": P75, "p85_hours": P85}
    return (
        select(
            *(ranked.c.project_id, ranked.c.status, func.count(ranked.c.hours, type_=BigInteger()).label("n_hours")),
            *(ranked.percentile("hours", share).label(name) for name, share in shares.items()),
            func.min(ranked.c.strength).label("strength"),
        )
        .group_by(ranked.c.project_id, ranked.c.status)
        .subquery("timed")
    )


_timed = _ended()
_time = _timed.c
PROJECT_TIME_IN_STATUS = View(
    "project_time_in_status",
    "How long items of a board stay in each status, each stay for itself. Stays that go on don't count",
    [
        *board_columns(_time, _project.c),
        ViewColumn("status", _time.status, STATUS),
        ViewColumn("status_kind", _kind.c.kind, KIND),
        ViewColumn("position", _kind.c.position, "Place among the board's statuses, from 0"),
        ViewColumn("n_hours", _time.n_hours, "How many stays ended"),
        ViewColumn("median_hours", _time.median_hours, "Median of their hours"),
        ViewColumn("p75_hours", _time.p75_hours, "75th percentile of their hours"),
        ViewColumn("p85_hours", _time.p85_hours, "85th percentile of their hours"),
        ViewColumn("told_by", told_by(_time.strength), f"{TOLD}. Of several, the weakest"),
    ],
    source=_timed.join(_project, and_(_project.c.id == _time.project_id, _project.c.deleted_at.is_(None))).outerjoin(
        _kind, and_(_kind.c.project_id == _time.project_id, _kind.c.name == _time.status)
    ),
)


def _times() -> Subquery:
    """When work on each item began, and since when it has been in a status that means done."""
    stay = PROJECT_STATUS_TIMES.table.alias("status_time").c
    began = func.min(case((stay.status_kind == IN_PROGRESS, stay.since)), type_=UTCDateTime())
    done = func.max(case((and_(stay.status_kind == DONE, stay.until.is_(None)), stay.since)), type_=UTCDateTime())
    return (
        select(
            *(stay.project_id, stay.item_id, func.min(stay.since, type_=UTCDateTime()).label("added_at")),
            *(began.label("started_at"), done.label("in_done_since")),
            func.min(stay.strength, type_=Integer()).label("strength"),
        )
        .group_by(stay.project_id, stay.item_id)
        .subquery("spent")
    )


def _dated() -> tuple[Subquery, Any]:
    """The same with when the item was done: closed, or in a status that means so, whichever was first."""
    times, item = _times(), ProjectItem.__table__.alias("item")
    closed = case((item.c.state.in_(CLOSED_STATES), item.c.closed_at))
    since = times.c.in_done_since
    done = case((closed < since, closed), else_=func.coalesce(since, closed, type_=UTCDateTime()))
    columns = (item.c[name] for name in (*ITEM_KEYS, "removed_at"))
    dated = select(*times.c, *columns, done.label("done_at")).select_from(
        times.join(item, item.c.id == times.c.item_id)
    )
    return dated.where(item.c.removed_at.is_(None)).subquery("dated"), item


_dates, _ = _dated()
_at = _dates.c


def _hours(start: Any, end: Any) -> Any:
    """Hours between two times; NULL when the second is not known, or was before the first."""
    return case((end >= start, hours_between(start, end)))


LEAD = "Hours from added_at to done_at; NULL: not done, or done before that"
CYCLE = "Hours from started_at to done_at; NULL: not begun, not done, or done before that"
PROJECT_ITEM_TIMES = View(
    "project_item_times",
    "When each item on a board came onto it, when work on it began, and when it was done: lead and cycle time",
    [
        *board_columns(_at, _project.c),
        *described(_at, ["item_id", *ITEM_KEYS]),
        ViewColumn("added_at", _at.added_at, "When it came onto the board"),
        ViewColumn("started_at", _at.started_at, "When it first had a status that means in progress; NULL: never"),
        ViewColumn(
            "done_at",
            _at.done_at,
            "Since when it has been done: closed, merged, or in a status that means done, whichever was first. NULL "
            "while it is not; of what was done several times, the last",
        ),
        ViewColumn(
            "lead_hours",
            _hours(_at.added_at, _at.done_at),
            LEAD,
        ),
        ViewColumn(
            "cycle_hours",
            _hours(_at.started_at, _at.done_at),
            CYCLE,
        ),
        ViewColumn("told_by", told_by(_at.strength), f"{TOLD}. Of several, the weakest"),
    ],
    source=_dates.join(_project, and_(_project.c.id == _at.project_id, _project.c.deleted_at.is_(None))),
)
