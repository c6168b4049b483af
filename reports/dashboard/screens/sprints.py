"""Sprints: how one goes, day by day, and how far the deliverables are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import streamlit as st
from sqlalchemy import select

from chalicelib.utils import shown
from reports.commands.boards import BOARDS, KINDS, SPRINTS, Board, Sprint
from reports.commands.deliverables import percent_complete
from reports.commands.sprints import report_on
from reports.dashboard.filters import Choice, say_unknown
from reports.dashboard.parts import show_chart, show_figures
from reports.dashboard.screen import Screen
from reports.dashboard.source import Source
from reports.report import Report

Counted = Literal["issues", "points"]
UNITS: tuple[Counted, ...] = ("issues", "points")
DOWN = ("open_{}", "ideal_{}", "{}_added", "{}_removed")
UP = ("scope_{}", "done_{}", "issues_added", "issues_removed")
NO_BOARD = (
    "No board (GitHub Project) of this organisation is stored yet. The token needs `read:project`, "
    "and the next job reads boards: see docs/boards.md."
)
NO_SPRINT = "This board has no sprints. `GH_PROJECT_FIELDS` says which of its fields they are: see docs/boards.md."


def show(source: Source, choice: Choice) -> None:
    """Show the page."""
    boards = boards_of(source, choice.org)
    if not boards:
        st.info(NO_BOARD)
        return
    asked = st.query_params.to_dict()
    first, second, third = st.columns(3)
    board = first.selectbox("Board", list(boards), key="board", bind="query-params")
    unit = third.selectbox("Unit", UNITS, key="unit", bind="query-params")
    say_unknown(asked, {"board": boards, "unit": UNITS})
    sprints = sprints_of(source, boards[board])
    if sprints:
        sprint = second.selectbox("Sprint", list(sprints), index=current(sprints), key="sprint", bind="query-params")
        say_unknown(asked, {"sprint": sprints})
        show_sprint(source, boards[board], sprints[sprint], unit)
    else:
        st.info(NO_SPRINT)
    show_report(
        percent_complete(source, project=boards[board].name, unit=unit),
        key="deliverables",
        empty="No item of this board belongs to a deliverable. `GH_PROJECT_FIELDS` says where deliverables are.",
    )


def current(sprints: Mapping[str, Sprint]) -> int:
    """Give the place of the current sprint, else of the newest."""
    return next((place for place, sprint in enumerate(sprints.values()) if sprint.turn == "current"), 0)


def show_sprint(source: Source, board: Board, sprint: Sprint, unit: Counted) -> None:
    """Show a sprint's figures and charts."""
    down = report_on(source, board, sprint, chart="burndown", counts=columns(DOWN, unit), unit=unit)
    up = report_on(source, board, sprint, chart="burnup", counts=columns(UP, unit), unit=unit)
    show_figures(down.summary)
    show_report(down, key="burndown", empty="No day of this sprint has a row yet.")
    show_report(up, key="burnup", empty="No day of this sprint has a row yet.")


def columns(names: Sequence[str], unit: str) -> list[str]:
    """Name the columns of a unit."""
    return [name.format(unit) for name in names]


def show_report(report: Report, *, key: str, empty: str) -> None:
    """Show a report's chart and table."""
    if report.figure:
        show_chart(report.results, report.figure(), key=key, empty=empty)


def boards_of(source: Source, org: str) -> dict[str, Board]:
    """List the boards of an organisation, the open ones first, as people read them."""
    rows = BOARDS.c
    query = select(rows.id, rows.org, rows.number, rows.title, rows.closed_at)
    query = query.where(rows.org == org, rows.deleted_at.is_(None)).order_by(rows.number)
    found = sorted(source.all(query), key=lambda row: row["closed_at"] is not None)
    boards = [Board(row["id"], row["org"], row["number"], row["title"]) for row in found]
    return {shown(f"{board.number} {board.title}"): board for board in boards}


def sprints_of(source: Source, board: Board) -> dict[str, Sprint]:
    """List a board's sprints, the newest first, as people read them; two may have the same title."""
    rows = SPRINTS.c
    query = select(rows.iteration_id, rows.sprint, rows.start_date, rows.end_date, rows.turn)
    query = query.where(rows.project_id == board.id).order_by(rows.start_date.desc(), rows.iteration_id)
    sprints = [Sprint(*row.values()) for row in source.all(query)]
    return {shown(f"{sprint.start} {sprint.title}"): sprint for sprint in sprints}


SCREEN = Screen("Sprints", "sprints", "How does the sprint go?", show, kinds=KINDS)
