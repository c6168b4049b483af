"""Reads what the timelines of issues and pull requests tell of boards: it reaches back before this app's first day."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import or_, select, update

from chalicelib.errors import ForbiddenError, NotFoundError, SingleSignOnError, UnprocessableError
from chalicelib.github.batches import Node
from chalicelib.ingest.context import Context, counted
from chalicelib.ingest.mapping import Mapped, map_records, save_rows
from chalicelib.projects.api import ProjectsAPI
from chalicelib.projects.models import Project, ProjectItem, ProjectItemEvent
from chalicelib.projects.rows import timeline_event_row
from chalicelib.projects.sync.corrections import correct_by_timeline, snapshot_days
from chalicelib.store.among import among
from chalicelib.utils import in_parts

EVENTS = ProjectItemEvent.__tablename__
STEP = "projects.timelines"
AT_ONCE = 100
NOT_READ = "timelines don't tell of boards: {}. Without them, the past is known by dates and daily snapshots alone"


def read_timelines(context: Context) -> None:
    """Read the timelines of what is on boards, and changed since they were last read.

    A timeline that GitHub doesn't give stays due. On a server that knows no such events, a note in the ledger says so.
    """
    api = ProjectsAPI(context.github)
    for part in in_parts(_due(context), AT_ONCE):
        seen = dict(part)
        context.commit()  # nothing is held while GitHub is asked
        try:
            found = api.timelines(list(seen))
        except SingleSignOnError:
            raise
        except (ForbiddenError, NotFoundError, UnprocessableError) as error:
            context.note(NOT_READ.format(error.message.rstrip(".")))
            return
        _save(context, api, found, seen)
        context.checkpoint()


def _due(context: Context) -> Sequence[tuple[str, datetime | None]]:
    """Name the issues and pull requests whose timelines are to be read, with when they last changed."""
    read_for, changed = ProjectItem.timeline_read_for, ProjectItem.content_updated_at
    found = (
        select(ProjectItem.content_node_id, changed)
        .join(Project, Project.id == ProjectItem.project_id)
        .where(Project.org == context.scope.org, Project.deleted_at.is_(None))
        .where(ProjectItem.content_node_id.is_not(None), or_(read_for.is_(None), changed > read_for))
        .order_by(ProjectItem.content_node_id, changed)
    )
    # The same issue may be on several boards: the newest of its times counts.
    newest = {node_id: at for node_id, at in context.session.execute(found) if node_id}
    return list(newest.items())


def _save(
    context: Context, api: ProjectsAPI, found: Mapping[str, list[Node] | None], seen: Mapping[str, datetime | None]
) -> None:
    days = snapshot_days(context.session, context.scope.org)
    whole = {node_id: events for node_id, events in found.items() if events is not None}
    for node_id, events in whole.items():
        context.run.fetched += len(events)
        to_row = partial(timeline_event_row, content_node_id=node_id)
        mapped = map_records(context, EVENTS, events, to_row)
        rows = [Mapped({**each.row, "turn": turn}, each.record) for turn, each in enumerate(mapped) if each.row]
        save_rows(context, EVENTS, ProjectItemEvent, rows)
        correct_by_timeline(context.session, node_id, [each.row for each in rows], days)
    _mark_read(context, {node_id: seen[node_id] for node_id in whole}, without_boards=api.without_boards)
    if lost := [node_id for node_id, events in found.items() if events is None]:
        context.note(f"{counted(lost, 'timeline')} could not be read: the next run asks again")


def _mark_read(context: Context, read: Mapping[str, datetime | None], *, without_boards: Collection[str]) -> None:
    """Write down up to which change timelines were read; what changed meanwhile stays due.

    Where GitHub does not tell of boards, a timeline was not read whole: its past is not known by it.
    """
    now = context.now()
    groups: dict[tuple[datetime, bool], list[str]] = {}
    for node_id, changed_at in read.items():
        groups.setdefault((changed_at or now, node_id in without_boards), []).append(node_id)
    for (read_for, is_partial), ids in groups.items():
        told = {"timeline_read_at": None if is_partial else now, "timeline_read_for": read_for}
        context.session.execute(update(ProjectItem).where(among(ProjectItem.content_node_id, ids)).values(**told))
