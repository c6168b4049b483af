"""`percent-complete`: how much of each deliverable of a board is done."""

from __future__ import annotations

from sqlalchemy import select

from reports.commands.boards import KINDS, Board, find_board
from reports.commands.drawing import drawn
from reports.options import Org, Project, Unit
from reports.output import written
from reports.reading import Database, Table, view
from reports.report import Report

PROGRESS = view(
    "deliverable_progress",
    "project_id project deliverable issues closed_issues open_issues points closed_points open_points unpointed "
    "percent_complete_issues percent_complete_points percent_pointed",
)
ITEMS = view(
    "project_items",
    "id project_id type repository number title url state status points deliverable is_archived closed_at removed_at",
)
HUNDRED = 100


def percent_complete(database: Database, *, project: Project = None, unit: Unit = "issues", org: Org = None) -> Report:
    """Show how much of each deliverable of a board is done."""
    board = find_board(database, project, org)
    rows = PROGRESS.c
    counts = (
        ["issues", "closed_issues", "open_issues"]
        if unit == "issues"
        else ["points", "closed_points", "open_points", "unpointed"]
    )
    columns = ["project", "deliverable", *counts, f"percent_complete_{unit}", "percent_pointed"]
    query = select(*(rows[name] for name in columns)).where(rows.project_id == board.id).order_by(rows.deliverable)
    results = database.read(
        query, title=f"Percent complete by deliverable in {board} by {unit}", kinds=KINDS, orgs=[board.org]
    )

    return Report(
        name="percent-complete",
        title=results.title,
        summary=summarise(results, unit),
        results=results,
        source=read_items(database, board),
        figure=drawn("percent_complete", results, unit=unit),
        orgs=(board.org,),
        empty="no item of this board belongs to a deliverable; GH_PROJECT_FIELDS says where deliverables are",
    )


def summarise(results: Table, unit: str) -> list[tuple[str, str]]:
    """Add the deliverables up."""
    total = sum(value or 0 for value in results.values(unit))
    closed = sum(value or 0 for value in results.values(f"closed_{unit}"))
    percent = HUNDRED * closed / total if total else None
    return [
        ("Deliverables", str(len(results.rows))),
        ("Total opened", written(unit, total)),
        ("Total closed", written(unit, closed)),
        ("Percent closed", written("percent", percent)),
    ]


def read_items(database: Database, board: Board) -> Table:
    """Read the items that are on the board now."""
    items = ITEMS.c
    query = select(*(each for each in items if each.name not in ("project_id", "removed_at")))
    query = query.where(items.project_id == board.id, items.removed_at.is_(None))
    return database.read_source(query.order_by(items.repository, items.number, items.id), title="Items")
