"""`app.py projects`: what the boards have, and what this app takes their fields and statuses for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from chalicelib.errors import SettingsError
from chalicelib.github import GitHubAPI
from chalicelib.github.batches import Node
from chalicelib.ingest.domain import Command
from chalicelib.ingest.fields import Row
from chalicelib.projects.api import ProjectsAPI
from chalicelib.projects.rows import field_row, project_row
from chalicelib.projects.rules import (
    DELIVERABLE,
    DONE,
    IN_PROGRESS,
    PARENTS,
    POINTS,
    ROLES,
    SPRINT,
    STATUS,
    Choice,
    Roles,
    options_of,
    roles_of,
    status_kinds,
)
from chalicelib.projects.settings import GH_PROJECT_FIELDS, GH_PROJECTS, choice_of, choice_text, is_wanted, key_of
from chalicelib.settings import Settings

NONE = "-"
# The setting gives these signs a meaning, so a name that holds one can't be written in it.
SIGNS = (";", "|")


@dataclass(frozen=True)
class Board:
    """A board, its fields, and what they are taken for."""

    name: str
    row: Row
    fields: Sequence[Row]
    choice: Choice | None

    @property
    def roles(self) -> Roles:
        """Which field says what."""
        return roles_of(self.fields, self.choice)

    def statuses(self, kind: str) -> list[str]:
        """Name the statuses that mean something."""
        options = options_of(self.fields, self.roles.field_ids.get(STATUS))
        names = dict.fromkeys(option["name"] for option in options)
        return [name for name, meant in status_kinds(names, self.choice) if meant == kind]

    def name_of(self, role: str) -> str:
        """Name what stands for a role; "" when nothing does."""
        if role == DELIVERABLE and self.roles.deliverables_by == PARENTS:
            return f"{PARENTS}:{self.roles.parent_type}" if self.roles.parent_type else PARENTS
        field_id = self.roles.field_ids.get(role)
        return next((field["name"] for field in self.fields if field["id"] == field_id), "")

    def _names(self) -> list[str]:
        """Name the fields and statuses that the setting would have to name."""
        return [*map(self.name_of, ROLES), *self.statuses(DONE), *self.statuses(IN_PROGRESS)]

    def line(self) -> str:
        """Write the board's part of the setting."""
        single = {role: name for role in ROLES if _is_plain(name := self.name_of(role))}
        done, in_progress = (tuple(filter(_is_plain, self.statuses(kind))) for kind in (DONE, IN_PROGRESS))
        chosen = Choice(
            sprint=single.get(SPRINT),
            points=single.get(POINTS),
            status=single.get(STATUS),
            deliverable=single.get(DELIVERABLE),
            done=done,
            in_progress=in_progress,
        )
        return choice_text(self.name, chosen)

    def lines(self) -> Iterator[str]:
        """Describe the board for people."""
        state = "" if self.row["closed_at"] is None else " (closed)"
        yield f"{self.name}  {self.row['title']}{state}"
        for field in self.fields:
            yield f"  {field['name']:<30} {field['data_type']}"
        yield f"  by {self.roles.chosen_by}:"
        for role in ROLES:
            yield f"    {role + ':':<13} {self.name_of(role) or NONE}"
        for kind in (DONE, IN_PROGRESS):
            yield f"    {kind + ':':<13} {', '.join(self.statuses(kind)) or NONE}"
        if unwritable := [name for name in self._names() if not _is_plain(name)]:
            yield f"    not in the line below, for it can't hold these signs: {', '.join(map(repr, unwritable))}"
        for name in self.roles.unknown:
            yield f"    {GH_PROJECT_FIELDS.name} names {name!r}, which the board lacks, or has in another type"
        yield ""


def show_projects(github: Callable[[str], GitHubAPI], settings: Settings) -> Iterator[str]:
    """Give the lines about each board of the organisations, and one to paste into `.env`.

    Raises SettingsError when the organisations lack a board that GH_PROJECTS names.
    """
    found: list[Board] = []
    for org in settings.orgs:
        for board in _boards(ProjectsAPI(github(org)), org, settings):
            found.append(board)
            yield from board.lines()
    names = {key_of(board.row["org"], board.row["number"]) for board in found}
    for setting in (GH_PROJECTS, GH_PROJECT_FIELDS):
        if missing := [name for name in settings.value(setting) if name.casefold() not in names]:
            raise SettingsError(f"{setting.name} names {missing[0]}, which the organisations of GH_ORGS do not show")
    if found:
        yield _setting(", ".join(board.line() for board in found))
    else:
        yield f"no boards are shown in {', '.join(settings.orgs)}"


def _boards(api: ProjectsAPI, org: str, settings: Settings) -> Iterator[Board]:
    nodes: list[Node] = [node for node in api.projects(org) if is_wanted(settings, org, node["number"])]
    for node in nodes:
        row = project_row(node, org=org)
        fields = [
            field_row(each, project_id=row["id"], position=place) for place, each in enumerate(api.fields(row["id"]))
        ]
        yield Board(f"{org}/{row['number']}", row, fields, choice_of(settings, org, row["number"]))


def _is_plain(name: str) -> bool:
    return not any(sign in name for sign in SIGNS)


def _setting(text: str) -> str:
    if "'" in text and '"' not in text:
        return f'{GH_PROJECT_FIELDS.name}="{text}"'
    # As python-dotenv reads it.
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"{GH_PROJECT_FIELDS.name}='{escaped}'"


COMMANDS = (
    Command(
        "projects",
        "shows the boards, and what their fields are taken for, to be set in GH_PROJECT_FIELDS",
        show_projects,
    ),
)
