"""`sprint-burndown` and `sprint-burnup`: a sprint, day by day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import select

from reports.commands.boards import KINDS, Board, Sprint, find_board, find_sprint
from reports.commands.drawing import drawn
from reports.options import Org, Project, Unit
from reports.options import Sprint as SprintOption
from reports.output import written
from reports.reading import Database, Table, view
from reports.report import Report

DAY = "project_id iteration_id project sprint day day_number is_working told_by unpointed"
BURNDOWN = view(
    "sprint_burndown",
    f"{DAY} open_issues open_points ideal_issues ideal_points issues_added issues_removed points_added points_removed",
)
BURNUP = view(
    "sprint_burnup",
    f"{DAY} scope_issues scope_points done_issues done_points issues_added issues_removed points_added points_removed",
)
REPORT = view(
    "sprint_report",
    "project_id iteration_id state total_issues total_points completed_issues completed_points "
    "percent_completed_issues percent_completed_points percent_pointed committed_issues committed_points "
    "added_issues added_points removed_issues removed_points carried_over_issues carried_over_points told_by",
)
ITEMS = view(
    "sprint_items",
    "project_id iteration_id item_id type repository number title url points status deliverable was_committed "
    "was_added was_removed is_completed is_carried_over told_by",
)
SUMMARY = {
    "Total opened": "total",
    "Total closed": "completed",
    "Percent closed": "percent_completed",
    "Committed on day one": "committed",
    "Added later": "added",
    "Removed": "removed",
}


def sprint_burndown(
    database: Database,
    *,
    project: Project = None,
    sprint: SprintOption = "@current",
    unit: Unit = "issues",
    org: Org = None,
) -> Report:
    """Show what is open at the end of each day of a sprint, beside the ideal line."""
    board = find_board(database, project, org)
    counts = [f"open_{unit}", f"ideal_{unit}", f"{unit}_added", f"{unit}_removed"]
    return report_on(database, board, find_sprint(database, board, sprint), chart="burndown", counts=counts, unit=unit)


def sprint_burnup(
    database: Database,
    *,
    project: Project = None,
    sprint: SprintOption = "@current",
    unit: Unit = "issues",
    org: Org = None,
) -> Report:
    """Show a sprint's scope, and what of it is done, at the end of each day."""
    board = find_board(database, project, org)
    counts = [f"scope_{unit}", f"done_{unit}", f"{unit}_added", f"{unit}_removed"]
    return report_on(database, board, find_sprint(database, board, sprint), chart="burnup", counts=counts, unit=unit)


def report_on(
    database: Database,
    board: Board,
    sprint: Sprint,
    *,
    chart: Literal["burndown", "burnup"],
    counts: list[str],
    unit: str,
) -> Report:
    """Make the report of a sprint's days."""
    days = {"burndown": BURNDOWN, "burnup": BURNUP}[chart]
    columns = ["project", "sprint", "day", "day_number", "is_working", *counts, "unpointed", "told_by"]
    query = select(*(days.c[name] for name in columns))
    query = query.where(days.c.project_id == board.id, days.c.iteration_id == sprint.id).order_by(days.c.day)
    title = f"{chart.capitalize()} of {sprint.title} in {board} by {unit}"
    results = database.read(query, title=title, kinds=KINDS, orgs=[board.org])
    return Report(
        name=f"sprint-{chart}",
        title=title,
        summary=summarise(database, board, sprint, unit),
        results=results,
        source=read_items(database, board, sprint),
        figure=drawn(chart, results, unit=unit),
        orgs=(board.org,),
        empty="no day of this sprint has a row yet",
    )


def read_items(database: Database, board: Board, sprint: Sprint) -> Table:
    """Read the items that ever were in a sprint."""
    items = ITEMS.c
    query = select(*(each for each in items if each.name not in ("project_id", "iteration_id")))
    query = query.where(items.project_id == board.id, items.iteration_id == sprint.id)
    return database.read_source(query.order_by(items.repository, items.number, items.item_id), title="Items")


def summarise(database: Database, board: Board, sprint: Sprint, unit: str) -> list[tuple[str, str]]:
    """Say how a sprint stands: what sprint_report has of it."""
    dates = [("Sprint start date", str(sprint.start)), ("Sprint end date", str(sprint.end))]
    query = select(REPORT).where(REPORT.c.project_id == board.id, REPORT.c.iteration_id == sprint.id)
    row = database.first(query)
    if row is None:
        return dates
    counts = [(label, written(f"{name}_{unit}", row[f"{name}_{unit}"])) for label, name in SUMMARY.items()]
    pointed = ("Percent pointed", written("percent_pointed", row["percent_pointed"]))
    carried = ("Carried over", written("carried_over", row[f"carried_over_{unit}"]))
    return [
        *dates,
        *counts[:3],
        pointed,
        *counts[3:],
        *estimated_anew(row, unit),
        *([carried] if row["state"] == "past" else []),
    ]


def estimated_anew(row: Mapping[str, Any], unit: str) -> list[tuple[str, str]]:
    """Say by how much new estimates changed the points, when they did: total is committed + added - removed + this."""
    total, committed, added, removed = (row[f"{name}_{unit}"] for name in ("total", "committed", "added", "removed"))
    if unit != "points" or None in (total, committed):
        return []
    change = round(total - committed - (added or 0) + (removed or 0), 6)
    sign = "+" if change > 0 else "\u2212"
    return [("Re-estimated", f"{sign}{written('points', abs(change))}")] if change else []
