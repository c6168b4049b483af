"""Reads the boards of an organisation: which there are, and each that changed, whole.

What GitHub leaves out is never taken for gone: a board, or an item, goes only with a complete answer, and a large share
of a board's items, or a whole board, only when a later answer agrees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy import select, update

from chalicelib.errors import (
    BrakeError,
    ForbiddenError,
    IncompleteReadError,
    NotFoundError,
    SingleSignOnError,
    UnprocessableError,
)
from chalicelib.github.batches import Node
from chalicelib.ingest import brake
from chalicelib.ingest.context import Context
from chalicelib.ingest.fields import Row
from chalicelib.ingest.mapping import Mapped, map_records, save_rows
from chalicelib.ingest.steps import DAILY
from chalicelib.projects.api import ProjectsAPI
from chalicelib.projects.models import Project, ProjectDay
from chalicelib.projects.rows import project_row
from chalicelib.projects.settings import GH_PROJECT_FIELDS, GH_PROJECTS, is_wanted
from chalicelib.projects.sync.reading import read_board
from chalicelib.projects.sync.saving import BOARDS

# An issue that is closed need not change its board, so a board is read again after so long in any case.
UNCHANGED = timedelta(hours=1)
NOT_READ = "boards are not read: {}. PROJECTS=off leaves them out"


@dataclass(frozen=True)
class Listed:
    """The boards that GitHub lists: as rows, and how many items each has. `is_whole`: these are all."""

    boards: Sequence[Mapped[Row]]
    totals: dict[str, int | None]
    is_whole: bool


def read_boards(context: Context) -> None:
    """Store the boards, and all that is on those which changed.

    A board that can't be read whole doesn't hold the others up. Raises its error, or the first one's, at the end.
    """
    api = ProjectsAPI(context.github)
    listed = _listed(context, api)
    if listed is None:
        return
    due = [board for board in listed.boards if _is_due(context, board.row, listed.totals[board.row["id"]])]
    failures: list[Exception] = []
    for board in due:
        try:
            read_board(context, api, board)
        except (IncompleteReadError, BrakeError, ForbiddenError, NotFoundError, UnprocessableError) as error:
            context.session.rollback()
            failures.append(error)
        context.checkpoint()
    save_rows(context, BOARDS, Project, [board for board in listed.boards if board not in due])
    if listed.is_whole:
        _mark_gone(context, {board.row["id"] for board in listed.boards})
    context.checkpoint()
    if failures:
        raise failures[0]
    if not listed.is_whole:
        raise IncompleteReadError(f"GitHub left out some of the boards of {context.scope.org}")


def _listed(context: Context, api: ProjectsAPI) -> Listed | None:
    """List the boards; None, and a note in the ledger, when this token or server has none to show, and never had."""
    nodes: list[Node] = []
    is_whole = True
    try:
        nodes.extend(api.projects(context.scope.org))  # what came before an error stays
    except IncompleteReadError:
        is_whole = False
    except SingleSignOnError:
        raise
    except (ForbiddenError, NotFoundError, UnprocessableError) as error:
        if context.settings.value(GH_PROJECTS) or _knows_boards(context):
            raise
        context.note(NOT_READ.format(error.message.rstrip(".")))
        return None
    context.run.fetched += len(nodes)
    mapped = list(map_records(context, BOARDS, nodes, partial(project_row, org=context.scope.org)))
    wanted = [each for each in mapped if is_wanted(context.settings, context.scope.org, each.row["number"])]
    _note_unknown(context, {each.row["number"] for each in mapped})
    totals = {node["id"]: _total(node) for node in nodes}
    return Listed(wanted, totals, is_whole and len(mapped) == len(nodes))


def _total(node: Node) -> int | None:
    items = node.get("items")
    total = items.get("totalCount") if isinstance(items, dict) else None
    return total if type(total) is int else None


def _knows_boards(context: Context) -> bool:
    stored = select(Project.id).where(Project.org == context.scope.org).limit(1)
    return context.session.scalar(stored) is not None


def _note_unknown(context: Context, numbers: set[int]) -> None:
    """Say in the ledger which boards of this organisation a setting names though GitHub lists none of that number."""
    org = context.scope.org.casefold()
    for setting in (GH_PROJECTS, GH_PROJECT_FIELDS):
        named = [board.split("/") for board in context.settings.value(setting)]
        here = [(owner, int(number)) for owner, number in named if owner.casefold() == org]
        if unknown := [f"{owner}/{number}" for owner, number in here if number not in numbers]:
            context.note(f"{setting.name} names boards that GitHub does not list: {', '.join(unknown)}")


def _is_due(context: Context, board: Row, total: int | None) -> bool:
    """Tell whether a board must be read: it changed, it was not read today, or not for some hours."""
    stored = context.session.get(Project, board["id"], populate_existing=True)
    if stored is None or stored.items_read_at is None:
        return True
    # Not the stored updated_at: a webhook tells it too, and so does a reading that had a gap.
    if board["updated_at"] is None or stored.items_read_for != board["updated_at"]:
        return True
    if board["closed_at"] is not None:
        return False
    now = context.now()
    today = context.session.get(ProjectDay, (board["id"], now.date()), populate_existing=True)
    is_old = now - stored.items_read_at >= UNCHANGED or context.run.job == DAILY
    return is_old or today is None or today.snapshot_at is None or today.items != total


def _mark_gone(context: Context, listed: set[str]) -> None:
    """Mark boards as gone that GitHub has not listed for some time; what it lists again is there again."""
    here = (Project.org == context.scope.org, Project.deleted_at.is_(None))
    for board in context.session.scalars(select(Project.id).where(*here)).all():
        doubt = context.marks.cursor(f"{BOARDS}.gone", scope=board)
        if board in listed:
            doubt.drop()
        elif brake.is_believed(context, doubt):
            gone = update(Project).where(Project.id == board).values(deleted_at=context.now())
            context.run.stored += context.session.connection().execute(gone).rowcount
            doubt.drop()
