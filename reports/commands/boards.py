"""Which board, and which of its sprints, somebody means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from reports.errors import NothingToShowError, ReportError
from reports.output import clean
from reports.reading import Database, among_orgs, view

BOARDS = view("projects", "id org number title closed_at deleted_at")
SPRINTS = view("sprints", "project_id iteration_id sprint start_date end_date state turn")
KINDS = ("projects",)  # of data_health
MOST_CHOICES = 12
TURNS = {"@current": "current", "@previous": "previous", "@next": "next"}


@dataclass(frozen=True)
class Board:
    """A board."""

    id: str
    org: str
    number: int
    title: str

    @property
    def name(self) -> str:
        """How it is named on the command line."""
        return f"{self.org}/{self.number}"

    def __str__(self) -> str:
        return f"{self.name} ({self.title})"


@dataclass(frozen=True)
class Sprint:
    """A sprint of a board."""

    id: str
    title: str
    start: date
    end: date
    turn: str | None

    def __str__(self) -> str:
        return f"{self.title} ({self.start} to {self.end})"


def find_board(database: Database, project: str | None, org: str | None) -> Board:
    """Find the board of this name or title, or the only one; raises ReportError, which lists the choices."""
    rows = BOARDS.c
    query = select(rows.id, rows.org, rows.number, rows.title, rows.closed_at).where(
        rows.deleted_at.is_(None), *among_orgs(rows.org, [org] if org else [])
    )
    found = [(_board(row), row["closed_at"] is None) for row in database.all(query.order_by(rows.org, rows.number))]
    boards = [board for board, _ in found]
    if not boards and project is None:
        raise NothingToShowError(f"no board (GitHub Project){f' of {org}' if org else ''} is stored yet")
    if project is None:
        return _only([board for board, is_open in found if is_open] or boards, "name one with --project")
    wanted = project.casefold()
    matches = [board for board in boards if wanted == board.name.casefold()]
    matches = matches or [board for board in boards if wanted == board.title.casefold()]
    # The number alone will do, where only one organisation has such a board.
    matches = matches or [board for board in boards if wanted == board.name.partition("/")[2]]
    if not matches:
        raise ReportError(f"there is no board {project!r}: choose one of {listed(boards) or 'none yet'}")
    return _only(matches, f"--project {project!r} may be any of them: name it as ORG/NUMBER")


def _board(row: dict[str, Any]) -> Board:
    return Board(row["id"], row["org"], row["number"], row["title"])


def _only(boards: Sequence[Board], advice: str) -> Board:
    if len(boards) > 1:
        raise ReportError(f"there are {len(boards)} boards, and {advice}: {listed(boards)}")
    return boards[0]


def find_sprint(database: Database, board: Board, sprint: str) -> Sprint:
    """Find a board's sprint by its turn, its name or a day of it; raises ReportError, which lists the choices."""
    rows = SPRINTS.c
    query = select(rows.iteration_id, rows.sprint, rows.start_date, rows.end_date, rows.turn)
    query = query.where(rows.project_id == board.id).order_by(rows.start_date.desc(), rows.iteration_id)
    sprints = [Sprint(*row.values()) for row in database.all(query)]
    if not sprints:
        raise NothingToShowError(
            f"the board {board} has no sprints: GH_PROJECT_FIELDS says which of its fields they are"
        )
    matches = list(_matching(sprints, sprint))
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise ReportError(
            f"the board {board} has {len(matches)} sprints of that name: give a day of one, of {listed(matches)}"
        )
    what = f"{TURNS[sprint]} sprint today" if sprint in TURNS else f"sprint {sprint!r}"
    raise ReportError(f"the board {board} has no {what}: choose one of {listed(sprints)}")


def _matching(sprints: Sequence[Sprint], sprint: str) -> Iterable[Sprint]:
    if sprint in TURNS:
        return [each for each in sprints if each.turn == TURNS[sprint]]
    named = [each for each in sprints if each.title.casefold() == sprint.casefold()]
    return named or [each for each in sprints if each.start <= _day(sprint) <= each.end]


def _day(text: str) -> date:
    """Read a day; what is none is on no sprint's days."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min


def listed(choices: Sequence[object]) -> str:
    """Write choices on one line, the first ones when there are many."""
    more = len(choices) - MOST_CHOICES
    names = ", ".join(clean(str(choice)) for choice in choices[:MOST_CHOICES])
    return f"{names} and {more} more" if more > 0 else names
