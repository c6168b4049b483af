"""What events say of items: when each came onto its board, when it left, and what its status was."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select

from chalicelib.projects.models import ProjectField, ProjectItemEvent
from chalicelib.projects.views.columns import STATUS_ROLE

OWN_STATUS = "Status"  # the field of which timelines tell


def event_table(name: str | None = None) -> Any:
    """Events, under a name of their own."""
    return ProjectItemEvent.__table__.alias(name)


def came_at(item: Any) -> ColumnElement[Any]:
    """When an item came onto the board; an issue that comes again is a new item, so its own time counts first."""
    table = event_table()
    is_adding = (table.c.kind == "added", is_of(table.c, item))
    added = select(func.min(table.c.at)).where(*is_adding).correlate_except(table).scalar_subquery()
    return func.coalesce(item.created_at, added, item.first_seen_at, type_=item.created_at.type)


def gone_at(item: Any) -> ColumnElement[Any]:
    """When an item left the board: as an event says, else when this app saw it. NULL while it is on it."""
    table = event_table()
    is_removal = (table.c.kind == "removed", is_of(table.c, item), table.c.at.between(came_at(item), item.removed_at))
    removed = select(func.min(table.c.at)).where(*is_removal).correlate_except(table).scalar_subquery()
    gone = func.coalesce(removed, item.removed_at, type_=item.removed_at.type)
    return case((item.removed_at.is_not(None), gone))


def is_of(event: Any, item: Any) -> ColumnElement[bool]:
    """Whether an event of a board is an item's: timelines know items by their issues only."""
    by_issue = and_(
        event.item_id.is_(None),
        event.project_id == item.project_id,
        event.content_node_id == item.content_node_id,
    )
    return or_(event.item_id == item.id, by_issue)


def tells_own_status(project_id: Any) -> ColumnElement[bool]:
    """Whether a board's status is GitHub's own field, so that timelines tell of it."""
    field = ProjectField.__table__.alias().c
    return exists(1).where(field.project_id == project_id, field.role == STATUS_ROLE, field.name == OWN_STATUS)


def is_status_by_webhook(event: Any) -> ColumnElement[bool]:
    """Whether a webhook's event is a change of the field that is its board's status."""
    field = ProjectField.__table__.alias().c
    is_of_role = exists(1).where(field.id == event.field_id, field.role == STATUS_ROLE)
    return and_(event.source == "webhook", event.kind.in_(("status", "field")), is_of_role)


def is_status_by_timeline(event: Any) -> ColumnElement[bool]:
    """Whether a timeline's event is such a change."""
    return and_(event.source == "timeline", event.kind == "status", tells_own_status(event.project_id))


def is_status_change(event: Any) -> ColumnElement[bool]:
    """Whether an event is such a change, whoever tells it."""
    return or_(is_status_by_timeline(event), is_status_by_webhook(event))
