"""Writes what was read of a board, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, not_, select, update

from chalicelib.ingest.context import Context
from chalicelib.ingest.fields import Row
from chalicelib.ingest.mapping import Mapped, save_own_rows, save_rows
from chalicelib.projects.models import Iteration, Project, ProjectField, ProjectItem, ProjectStatus
from chalicelib.projects.rules import STATUS, Choice, Roles, options_of, status_kinds
from chalicelib.store.among import among

BOARDS, FIELDS, ITERATIONS, ITEMS = "projects", "project_fields", "iterations", "project_items"


def is_current(project_id: str) -> tuple[ColumnElement[bool], ...]:
    """Say which items are on a board now."""
    return ProjectItem.project_id == project_id, ProjectItem.removed_at.is_(None)


def known_roles(context: Context, project_id: str) -> dict[str, str]:
    """Give the id of the field that had each role at the last reading."""
    fields = select(ProjectField.role, ProjectField.id).where(ProjectField.project_id == project_id)
    return {row.role: row.id for row in context.session.execute(fields.where(ProjectField.role.is_not(None)))}


def save_board(
    context: Context,
    board: Mapped[Row],
    fields: Sequence[Mapped[Row]],
    iterations: Mapping[str, Sequence[Mapped[Row]]],
    *,
    roles: Roles,
    choice: Choice | None,
    read_at: datetime | None,
) -> None:
    """Write a board, its fields, statuses and iterations; `read_at` is when all its items were read.

    `iterations` are those of each field, by its id: what a field has no more is marked.
    """
    told = {"fields_chosen_by": roles.chosen_by, "deliverables_by": roles.deliverables_by}
    save_rows(context, BOARDS, Project, [board.with_columns(**told)])
    if read_at:  # apart: that it was read once more does not count as a change
        read = {"items_read_at": read_at, "items_read_for": board.row["updated_at"]}
        context.session.execute(update(Project).where(Project.id == board.row["id"]).values(**read))
    before = _names_before(context, roles.field_ids.get(STATUS))
    by_field = {field_id: role for role, field_id in roles.field_ids.items()}
    rows = [field.with_columns(role=by_field.get(field.row["id"])) for field in fields]
    save_rows(context, FIELDS, ProjectField, rows)
    _mark(context, ProjectField, ProjectField.project_id == board.row["id"], ProjectField.id, _ids(fields))
    for field_id, found in iterations.items():
        save_rows(context, ITERATIONS, Iteration, found)
        _mark(context, Iteration, Iteration.field_id == field_id, Iteration.id, _ids(found))
    options = options_of([field.row for field in fields], roles.field_ids.get(STATUS))
    _save_statuses(context, board.row["id"], options, before, choice)


def _ids(mapped: Sequence[Mapped[Row]]) -> list[str]:
    return [each.row["id"] for each in mapped]


def _mark(context: Context, model: type[Any], where: ColumnElement[bool], key: Any, there: Collection[str]) -> None:
    """Mark rows as deleted that are not there any more."""
    gone = update(model).where(where, not_(among(key, there)), model.deleted_at.is_(None))
    context.run.stored += context.session.connection().execute(gone.values(deleted_at=context.now())).rowcount


def _names_before(context: Context, field_id: str | None) -> dict[str, str]:
    """Give what a field's options were called at the last reading, by their ids."""
    options = context.session.scalar(select(ProjectField.options).where(ProjectField.id == field_id))
    return {option["id"]: option["name"] for option in options or ()}


def _save_statuses(
    context: Context, project_id: str, options: Sequence[Row], before: Mapping[str, str], choice: Choice | None
) -> None:
    """Write what the statuses mean; one that is gone stays, for what was done in it.

    Where the name doesn't say it, one that was renamed means what it meant `before`.
    """
    stored = select(ProjectStatus.name, ProjectStatus.kind).where(ProjectStatus.project_id == project_id)
    kinds = {row.name: row.kind for row in context.session.execute(stored)}
    known = {option["name"]: kinds.get(before.get(option["id"], "")) for option in options}
    rows = [
        {"project_id": project_id, "name": name, "kind": kind, "position": position}
        for position, (name, kind) in enumerate(status_kinds(known, choice))
    ]
    context.run.stored += save_own_rows(context, ProjectStatus, rows)


def save_items(
    context: Context, project_id: str, items: Sequence[Mapped[Row]], *, listed: Collection[str] | None
) -> None:
    """Write items; with `listed`, the ids of all that are on the board, mark the others as removed."""
    stored = select(ProjectItem.id, ProjectItem.first_seen_at).where(ProjectItem.project_id == project_id)
    first_seen = {row.id: row.first_seen_at for row in context.session.execute(stored)}
    now = context.now()
    rows = [item.with_columns(first_seen_at=first_seen.get(item.row["id"], now), removed_at=None) for item in items]
    save_rows(context, ITEMS, ProjectItem, rows)
    if listed is None:
        return
    # Its timeline may tell who removed it, and when.
    gone = {"removed_at": now, "timeline_read_for": None}
    removed = update(ProjectItem).where(*is_current(project_id), not_(among(ProjectItem.id, listed))).values(**gone)
    context.run.stored += context.session.connection().execute(removed).rowcount


def stored_items(context: Context, ids: Collection[str]) -> list[Row]:
    """Read items as they are stored."""
    stored = select(ProjectItem.__table__).where(among(ProjectItem.id, ids))
    return [dict(row) for row in context.session.execute(stored).mappings()] if ids else []
