"""Brings items up to date with what webhooks tell, until the next reading of their board.

Deliveries come in any order, so an item takes what its newest event says, and only when that is news.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, select, update

from chalicelib.ingest.context import Saving
from chalicelib.ingest.fields import Row
from chalicelib.projects.models import Project, ProjectField, ProjectItem, ProjectItemEvent
from chalicelib.projects.rules import DELIVERABLE, FIELD, POINTS, SPRINT, STATUS, Change, in_order
from chalicelib.projects.sync.corrections import correct_item, day_bounds, remove_item

NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]{1,2})?", re.ASCII)
_event = ProjectItemEvent.__table__.c
# Which column a role fills, and how an event says its value.
COLUMNS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    SPRINT: ("iteration_id", lambda event: event.to_id),
    POINTS: ("points", lambda event: None if event.to_value is None else float(event.to_value)),
    STATUS: ("status", lambda event: event.to_value),
    DELIVERABLE: ("deliverable", lambda event: event.to_value),
}


def follow(saving: Saving, told: Row) -> None:
    """Bring the item of an event up to date; one that is not stored is left to the next reading."""
    if told["kind"] == "removed":
        gone = update(ProjectItem).where(ProjectItem.id == told["item_id"], ProjectItem.removed_at.is_(None))
        saving.session.execute(gone.values(removed_at=told["at"], timeline_read_for=None))
        remove_item(saving.session, told["item_id"], told["at"])
    elif told["field_id"] is not None:
        same = (_event.item_id == told["item_id"], _event.field_id == told["field_id"], _event.source == "webhook")
        _put_in_order(saving, *same, _event.at == told["at"])
        _take_newest(saving, told, *same)


def _put_in_order(saving: Saving, *same: ColumnElement[bool]) -> None:
    """Number the changes of a field in one second."""
    columns = (_event.id, _event.from_id, _event.from_value, _event.to_id, _event.to_value)
    found = saving.session.execute(select(*columns).where(*same)).all()
    changes = [Change(row.id, row.from_id or row.from_value, row.to_id or row.to_value) for row in found]
    if len(changes) > 1:
        for turn, change in enumerate(in_order(changes)):
            numbered = update(ProjectItemEvent).where(ProjectItemEvent.id == change.id)
            saving.session.execute(numbered.values(turn=turn))


def _take_newest(saving: Saving, told: Row, *same: ColumnElement[bool]) -> None:
    """Give the item what its field says now, unless its board was read since."""
    role = saving.session.scalar(select(ProjectField.role).where(ProjectField.id == told["field_id"]))
    board = saving.session.get(Project, told["project_id"])
    if role is None or board is None or (role == DELIVERABLE and board.deliverables_by != FIELD):
        return
    newest = select(_event.at, _event.to_value, _event.to_id).where(*same)
    newest = newest.order_by(_event.at.desc(), _event.turn.desc()).limit(1)
    column, value_of = COLUMNS[role]
    event = saving.session.execute(newest).one()
    if role == POINTS and not _is_number(event.to_value):
        return
    if board.items_read_at is None or event.at > board.items_read_at:
        changed = update(ProjectItem).where(ProjectItem.id == told["item_id"])
        saving.session.execute(changed.values({column: value_of(event)}))
    begins, ends = day_bounds(told["at"])
    last = saving.session.execute(newest.where(_event.at >= begins, _event.at < ends)).one()
    correct_item(saving.session, told["item_id"], last.at, **{column: value_of(last)})


def _is_number(text: str | None) -> bool:
    """Tell whether points can be read from a value; none is an answer, too."""
    return text is None or NUMBER.fullmatch(text) is not None
