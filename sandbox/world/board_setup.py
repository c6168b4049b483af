"""Boards themselves: made, changed, closed and deleted, and their fields and iterations."""

import copy
from random import Random
from typing import Any

from sandbox.world.boards import (
    DELIVERABLE,
    NOTES,
    OWN_FIELDS,
    POINTS,
    SPRINT,
    STATUS,
    TARGET,
    TODO,
    BoardField,
    Iteration,
    Layout,
    Project,
    make_options,
)
from sandbox.world.core import Core
from sandbox.world.founding import Plan
from sandbox.world.hours import DAY, weekday
from sandbox.world.items import Organisation
from sandbox.world.people import ACCOUNT_EPOCH, SECONDS_PER_ID, Person, make_apps

AUTOMATION_ID, AUTOMATION = 113_052_574, "github-project-automation[bot]"
# How many iterations lie ahead of the current one.
AHEAD = 2


class BoardSetup(Core):
    """The part of the state that has boards."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        rng = Random(f"{plan.seed}/boards")
        self._last_board, self._last_field = rng.randrange(15_000_000, 18_000_000), rng.randrange(2 * 10**8, 3 * 10**8)
        created_at = ACCOUNT_EPOCH + int(AUTOMATION_ID * SECONDS_PER_ID)
        self.automation = Person(AUTOMATION_ID, AUTOMATION, AUTOMATION.removesuffix("[bot]"), "Bot", created_at)

    def organisation_of(self, project: Project) -> Organisation:
        """Return the organisation that a board belongs to."""
        return next(one for one in self.organisations.values() if one.account is project.owner)

    def create_board(self, organisation: Organisation, layout: Layout, *, actor: Person | None = None) -> Project:
        """Make a board with the usual fields; its iterations begin with this week."""
        with self.lock:
            self.accounts.setdefault(AUTOMATION.lower(), self.automation)
            self.apps |= make_apps([self.automation])
            self._last_board += 1 + self._last_board % 977
            number = max((one.number for one in organisation.projects), default=0) + 1
            account = organisation.account
            project = Project(self._last_board, number, layout.title, account, self.now, self.now)
            project.creator = actor or self.first_admin(organisation)
            project.short_description, project.workflows = layout.short_description, layout.workflows
            self._lay_out(project, layout)
            organisation.projects.append(project)
            self._tell_board(project, "created", actor)
            return project

    def _lay_out(self, project: Project, layout: Layout) -> None:
        for name, data_type in OWN_FIELDS:
            self._field(project, name, data_type)
        status = self._field(project, layout.status, "SINGLE_SELECT", STATUS)
        status.options = make_options(layout.statuses, status.id)
        self._field(project, layout.sprint, "ITERATION", SPRINT)
        self._field(project, layout.points, "NUMBER", POINTS)
        if layout.deliverables:
            deliverable = self._field(project, "Deliverable", "SINGLE_SELECT", DELIVERABLE)
            deliverable.options = make_options(((name, TODO) for name in layout.deliverables), deliverable.id)
        self._field(project, "Notes", "TEXT", NOTES)
        self._field(project, "Target date", "DATE", TARGET)
        self.extend_iterations(project, days=layout.days)

    def _field(self, project: Project, name: str, data_type: str, role: str | None = None) -> BoardField:
        self._last_field += 1 + self._last_field % 89
        field = BoardField(self._last_field, name, data_type, self.now)
        project.fields.append(field)
        if role is not None:
            project.roles[role] = field
        return field

    def add_field(self, project: Project, name: str, data_type: str = "TEXT") -> BoardField:
        """Give a board one more field; nobody is told."""
        with self.lock:
            self.version += 1
            return self._field(project, name, data_type)

    def extend_iterations(self, project: Project, *, days: int = 0) -> None:
        """Let a board have iterations until beyond the current one; by default as long as the last one."""
        field = project.field_for(SPRINT)
        if field is None:
            return
        with self.lock:
            monday = self.now - self.now % DAY - weekday(self.now) * DAY
            while sum(one.end > self.now for one in field.iterations) <= AHEAD:
                last = field.iterations[-1] if field.iterations else None
                start, length = (monday, days or 14) if last is None else (last.end, days or last.days)
                number = len(field.iterations) + 1
                identifier = f"{(field.id * 613 + number * 40_503) % 2**32:08x}"
                field.iterations.append(Iteration(identifier, f"{field.name} {number}", start, length))
            self.version += 1

    def edit_board(self, project: Project, *, actor: Person | None = None, **about: Any) -> None:
        """Change a board's `title`, `short_description` or `public`; AttributeError for anything else."""
        with self.lock:
            before = {name: getattr(project, name) for name in about}
            for name, value in about.items():
                setattr(project, name, value)
            self._board_changed(project)
            self._tell_board(project, "edited", actor, before=before)

    def close_board(self, project: Project, *, actor: Person | None = None) -> None:
        """Close a board."""
        with self.lock:
            project.closed_at = self.now
            self._board_changed(project)
            self._tell_board(project, "closed", actor)

    def reopen_board(self, project: Project, *, actor: Person | None = None) -> None:
        """Open a board that was closed."""
        with self.lock:
            project.closed_at = None
            self._board_changed(project)
            self._tell_board(project, "reopened", actor)

    def delete_board(self, project: Project, *, actor: Person | None = None) -> None:
        """Delete a board."""
        with self.lock:
            self.organisation_of(project).projects.remove(project)
            self._board_changed(project)
            self._tell_board(project, "deleted", actor)

    def _board_changed(self, project: Project) -> None:
        project.updated_at = self.now
        self.version += 1

    def _tell_board(self, project: Project, action: str, actor: Person | None, **about: Any) -> None:
        if self.journal.watched:
            self.tell(self.organisation_of(project), "projects_v2", action, copy.copy(project), actor, **about)
