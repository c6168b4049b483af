"""Reads one board whole: its fields, its iterations, and all its items."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlalchemy import select

from chalicelib.errors import IncompleteReadError, RejectedError
from chalicelib.github.batches import Node
from chalicelib.ingest import brake
from chalicelib.ingest.context import Context
from chalicelib.ingest.fields import Row
from chalicelib.ingest.mapping import Mapped, map_records, reject
from chalicelib.projects.api import ItemsRead, ProjectsAPI
from chalicelib.projects.models import ProjectItem
from chalicelib.projects.rows import field_row, item_row, iteration_rows
from chalicelib.projects.rules import roles_of
from chalicelib.projects.settings import GH_PROJECT_FIELDS, choice_of
from chalicelib.projects.sync.days import doubt_day, keep_calendar, take_snapshot
from chalicelib.projects.sync.saving import (
    FIELDS,
    ITEMS,
    ITERATIONS,
    is_current,
    known_roles,
    save_board,
    save_items,
    stored_items,
)


def read_board(context: Context, api: ProjectsAPI, listed: Mapped[Row]) -> None:
    """Read a board and store it, with a snapshot of the day, in one transaction.

    Raises IncompleteReadError when something is missing: what came is stored, and nothing is taken for gone. Raises
    BrakeError when too much is missing: then nothing is stored but that.
    """
    context.commit()  # nothing is held while GitHub is asked
    board, begun = listed.row, context.now()
    nodes = api.fields(board["id"])
    fields = _field_rows(context, board, nodes)
    choice = choice_of(context.settings, board["org"], board["number"])
    roles = roles_of([each.row for each in fields], choice, known_roles(context, board["id"]))
    if roles.unknown:
        what = f"{GH_PROJECT_FIELDS.name} names what {_name(board)} does not have, or not of that type"
        context.note(f"{what}: {', '.join(roles.unknown)}")
    iterations = _iteration_rows(context, board, nodes)
    context.commit()
    read = api.items(board["id"])
    context.run.fetched += len(read.nodes)
    context.run.expected = (context.run.expected or 0) + read.total
    items = list(map_records(context, ITEMS, read.nodes, partial(item_row, project_id=board["id"], roles=roles)))
    keep_calendar(context, board, iterations)
    there = None if (gap := _gap(read)) else {str(node["id"]) for node in read.nodes}
    if there is not None:
        _check_brake(context, board, there)
    save_board(context, listed, fields, iterations, roles=roles, choice=choice, read_at=None if gap else begun)
    save_items(context, board["id"], items, listed=there)
    if gap:
        context.commit()
        raise IncompleteReadError(f"board {_name(board)}: {gap}")
    rows = [each.row for each in items]
    # One that can't be mapped is on the board still: it counts as it was.
    rejected = {str(node["id"]) for node in read.nodes} - {row["id"] for row in rows}
    take_snapshot(context, board["id"], [*rows, *stored_items(context, rejected)], at=begun)


def _name(board: Row) -> str:
    return f"{board['org']}/{board['number']}"


def _gap(read: ItemsRead) -> str | None:
    """Say what is missing of a board's items; None when nothing is."""
    if read.holes:
        return f"GitHub left out {read.holes:,} items"
    if len(read.nodes) < read.total:
        return f"GitHub announced {read.total:,} items and listed {len(read.nodes):,}"
    return None


def _field_rows(context: Context, board: Row, nodes: Sequence[Node]) -> list[Mapped[Row]]:
    found: list[Mapped[Row]] = []
    for position, node in enumerate(nodes):
        to_row = partial(field_row, project_id=board["id"], position=position)
        found += map_records(context, FIELDS, [node], to_row)
    if len(found) < len(nodes):
        # Items would be stored without what it says.
        raise IncompleteReadError(f"board {_name(board)}: a field of it can't be mapped")
    return found


def _iteration_rows(context: Context, board: Row, nodes: Sequence[Node]) -> dict[str, list[Mapped[Row]]]:
    """Map the iterations of each field that could be mapped, by the field's id."""
    found: dict[str, list[Mapped[Row]]] = {}
    for node in nodes:
        try:
            rows = iteration_rows(node, project_id=board["id"])
        except RejectedError as error:
            reject(context, ITERATIONS, node, str(error))
        else:
            found[str(node["id"])] = [Mapped(row, node) for row in rows]
    return found


def _check_brake(context: Context, board: Row, listed: set[str]) -> None:
    """Raise BrakeError when so many stored items are missing that GitHub's answer is not believed yet."""
    current = set(context.session.scalars(select(ProjectItem.id).where(*is_current(board["id"]))))
    missing, kind = current - listed, f"{ITEMS} of {board['id']}"
    doubt = context.marks.cursor(f"{ITEMS}.gone", scope=board["id"])
    if not brake.is_too_much(context, kind, len(missing), of=len(current)) or brake.is_believed(context, doubt):
        doubt.drop()
        return
    doubt_day(context, board, missing=len(missing))
    context.commit()
    raise brake.stop(f"items of board {_name(board)}", len(missing), of=len(current), reason=brake.WAITING)
