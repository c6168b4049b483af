"""The truth about boards: what stands on them, and what each row was at the end of each day."""

from collections.abc import Iterator

from sandbox.api.board_forms import content_node_id, day_of, field_node_id, project_node_id, row_node_id
from sandbox.api.forms import JSON, Forms
from sandbox.world.board_items import BoardItem, Moment
from sandbox.world.boards import DELIVERABLE, POINTS, SPRINT, STATUS, Iteration, Option, Project
from sandbox.world.hours import DAY
from sandbox.world.items import Item, Kind

CLOSING = {Kind.CLOSED: True, Kind.MERGED: True, Kind.CONVERTED_TO_DISCUSSION: True, Kind.REOPENED: False}


def board_days(forms: Forms, project: Project, *, first: int = 0, last: int | None = None) -> Iterator[JSON]:
    """Return what each row was at each day's end (UTC; today: now), between two moments; gone ones until they went.

    `sprint` is an iteration's id; `closed` is whether the issue was closed or merged then.
    """
    world = forms.world
    first = max(first, project.created_at)
    last = world.now if last is None else min(last, world.now)
    rows = [*world.board_rows(project), *(one for one in world.gone_board_items if one.project is project)]
    for day in range(first - first % DAY, last + 1, DAY):
        end = min(day + DAY, world.now + 1)
        for row in rows:
            found = row.before(end)
            if found is not None and found.there:
                yield {"day": day_of(day), **_identity(forms, row), **_values(row, found), **_content(row.content, end)}


def _identity(forms: Forms, row: BoardItem) -> JSON:
    return {
        "project": project_node_id(row.project),
        "item": row_node_id(row),
        "content": content_node_id(forms, row),
        "type": row.content_type,
        "hidden": row.content is None and row.draft is None,
    }


def _values(row: BoardItem, found: Moment) -> JSON:
    """Return what the fields said that reports are made of."""
    roles = row.project.roles
    said = {role: found.values.get(field) for role, field in roles.items()}
    sprint, status, deliverable = said.get(SPRINT), said.get(STATUS), said.get(DELIVERABLE)
    return {
        "sprint": sprint.id if isinstance(sprint, Iteration) else None,
        "points": said.get(POINTS),
        "status": status.name if isinstance(status, Option) else None,
        "deliverable": deliverable.name if isinstance(deliverable, Option) else None,
        "archived": found.archived,
    }


def _content(item: Item | None, end: int) -> JSON:
    changes = [] if item is None else [one for one in item.history if one.kind in CLOSING and one.at < end]
    return {"closed": bool(changes) and CLOSING[changes[-1].kind]}


def board(forms: Forms, project: Project) -> JSON:
    """Return a board with the node ids of its fields by what they are for, and its iterations with their ids."""
    sprint = project.roles.get(SPRINT)
    return {
        "project": project_node_id(project),
        "number": project.number,
        "title": project.title,
        "organisation": project.owner.login,
        "items": len(forms.world.board_rows(project)),
        "roles": {role: field_node_id(project, field) for role, field in project.roles.items()},
        "sprints": [
            {"id": one.id, "title": one.title, "start": day_of(one.start), "last": day_of(one.end - DAY)}
            for one in (sprint.iterations if sprint else ())
        ],
    }
