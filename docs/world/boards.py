"""The organisation's board: sprints of May 2025, the current one, and what happened to its items."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from chalicelib.projects.models import (
    Iteration,
    Project,
    ProjectDay,
    ProjectField,
    ProjectItem,
    ProjectItemDay,
    ProjectItemEvent,
    ProjectStatus,
)
from chalicelib.store.functions import WORKING_DAYS
from docs.world.writer import FIRST_LOOK, ORG, Writer, at

BOARD = "PVT_roadmap"
SPRINT_FIELD = f"{BOARD}_sprint"
FIELDS = {"sprint": "ITERATION", "points": "NUMBER", "status": "SINGLE_SELECT"}  # by their roles
STATUSES = {"Todo": "todo", "In progress": "in_progress", "Done": "done"}
FIRST, LAST = date(2025, 4, 21), date(2025, 5, 16)
# Sprints of one week: those of the past, by their first day.
SPRINTS = {"Sprint 1": date(2025, 4, 28), "Sprint 2": date(2025, 5, 5), "Sprint 3": date(2025, 5, 12)}
# Title: points, deliverable, day of April or May on which it came, sprint by its first day.
ITEMS: dict[str, tuple[float | None, str | None, date]] = {
    "Search by colour": (3, "Search", FIRST),
    "Search by size": (2, "Search", FIRST),
    "Sort by price": (0.5, "Search", FIRST),
    "Pay by card": (5, "Checkout", FIRST),
    "Fix totals": (None, "Checkout", date(2025, 5, 7)),
    "Update packages": (1, None, FIRST),
}
# What happened: title, when, which status from then on.
MOVES: tuple[tuple[str, datetime, str, str], ...] = (
    ("Update packages", at(4, 29, 9), "Todo", "In progress"),
    ("Update packages", at(4, 30, 15), "In progress", "Done"),
    ("Search by colour", at(5, 5, 9), "Todo", "In progress"),
    ("Search by colour", at(5, 6, 15), "In progress", "Done"),
    ("Search by size", at(5, 6, 10), "Todo", "In progress"),
    ("Search by size", at(5, 8, 16), "In progress", "Done"),
    ("Pay by card", at(5, 7, 9), "Todo", "In progress"),
)
CARRIED_OVER = at(5, 12, 8)


def sprint_of(title: str, day: date) -> str | None:
    """Which sprint an item was in on a day."""
    if day < ITEMS[title][2]:
        return None
    if title == "Update packages":
        return "Sprint 1"
    return "Sprint 3" if day >= CARRIED_OVER.date() and title in ("Pay by card", "Sort by price") else "Sprint 2"


def status_of(title: str, day: date) -> str:
    """What an item's status was at the end of a day."""
    moves = [after for moved, when, _, after in MOVES if moved == title and when.date() <= day]
    return moves[-1] if moves else "Todo"


def plan_sprints(writer: Writer) -> None:
    """Write the board, its sprints and items, what was read of them in Sprint 2, and what happened before that."""
    board: dict[str, Any] = {"project_id": BOARD}
    columns = {"number": 5, "title": "Roadmap", "deliverables_by": "field", "fields_chosen_by": "guess"}
    writer.add(Project, columns, id=BOARD, org=ORG, created_at=at(4, 21))
    for position, (role, kind) in enumerate(
        (("sprint", "ITERATION"), ("points", "NUMBER"), ("status", "SINGLE_SELECT"))
    ):
        field = {"id": f"{BOARD}_{role}", "name": role.capitalize(), "data_type": kind, "role": role}
        writer.add(ProjectField, board | field, position=position)
    for position, (name, kind) in enumerate(STATUSES.items()):
        writer.add(ProjectStatus, board, name=name, kind=kind, position=position)
    _sprints(writer, board)
    for number, title in enumerate(ITEMS, start=41):
        _item(writer, board, number, title)
    for number, (title, when, before, after) in enumerate(MOVES):
        event = {"id": f"move {number}", "source": "timeline", "kind": "status", "content_node_id": title, "turn": 0}
        writer.add(ProjectItemEvent, board | event, at=when, from_value=before, to_value=after)


def _sprints(writer: Writer, board: dict[str, Any]) -> None:
    now = writer.now.date()
    for title, first in (SPRINTS | {"Sprint 40": now}).items():
        sprint = {"id": title, "title": title, "start_date": first, "end_date": first + timedelta(days=4), "days": 5}
        writer.add(Iteration, board | sprint, field_id=SPRINT_FIELD, is_completed=title != "Sprint 40")
    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    for day in [*days, *(now + timedelta(days=number) for number in range(5))]:
        # Items were read on the days of Sprint 2.
        read_at = at(5, day.day, 20) if date(2025, 5, 5) <= day <= date(2025, 5, 9) else None
        writer.add(ProjectDay, board, day=day, is_working=day.weekday() < WORKING_DAYS, snapshot_at=read_at)
    new = {
        "id": "PVTI_99",
        "type": "draft_issue",
        "title": "Try passkeys",
        "status": "Todo",
        "iteration_id": "Sprint 40",
    }
    seen = {"created_at": writer.ago(days=2), "first_seen_at": writer.ago(days=2)}
    writer.add(
        ProjectItem, board | new | seen, iteration_id="Sprint 40", deliverable="Checkout", fields={}, is_archived=False
    )


def _item(writer: Writer, board: dict[str, Any], number: int, title: str) -> None:
    points, deliverable, came = ITEMS[title]
    is_done, key = status_of(title, LAST) == "Done", f"PVTI_{number}"
    closings = [when for moved, when, _, after in MOVES if moved == title and after == "Done"]
    row = {"id": key, "type": "issue", "content_node_id": title, "repository": f"{ORG}/shop", "number": number}
    row |= {"title": title, "url": f"https://github.com/{ORG}/shop/issues/{number}", "status": status_of(title, LAST)}
    row |= {"state": "closed" if is_done else "open", "closed_at": closings[-1] if closings else None}
    row |= {"points": points, "deliverable": deliverable, "iteration_id": sprint_of(title, LAST)}
    times = {"created_at": at(came.month, came.day, 9), "first_seen_at": FIRST_LOOK, "timeline_read_at": at(5, 20)}
    writer.add(ProjectItem, board | row | times, fields={}, is_archived=False)
    for day in (date(2025, 5, each) for each in range(5, 10)):
        if day >= came:
            was = {"status": status_of(title, day), "iteration_id": sprint_of(title, day), "points": points}
            closed = {"is_closed": status_of(title, day) == "Done", "is_archived": False}
            writer.add(ProjectItemDay, board | was | closed, item_id=key, day=day, deliverable=deliverable)
