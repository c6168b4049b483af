"""How a board lives by itself: what comes onto it and goes, how its rows move on, and its sprints begin and end."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from sandbox.world import prose, words
from sandbox.world.board_changes import POINT_SCALE
from sandbox.world.board_founding import LARGE, LAYOUTS, found_deliverables, found_types
from sandbox.world.board_items import BoardItem
from sandbox.world.boards import (
    DELIVERABLE,
    DONE,
    IN_PROGRESS,
    NOTES,
    POINTS,
    SPRINT,
    STATUS,
    TARGET,
    TODO,
    BoardField,
    Iteration,
    Option,
    Project,
    Value,
)
from sandbox.world.hours import DAY, HOUR, SATURDAY, weekday
from sandbox.world.items import Change, Item, Kind, Organisation
from sandbox.world.parents import ancestors
from sandbox.world.people import Person
from sandbox.world.population import Population

MORNING, EVENING = 8 * HOUR, 18 * HOUR
# Of the organisation's new items: so many come onto a board, and no more than so many a day, about.
JOINING_SHARE, MOST_A_DAY = 0.4, 1.6
CARRIED_SHARE, PLANNED, PLANNED_AHEAD = 0.85, 12, 4
ARCHIVED_AFTER = 16 * DAY


def found_boards(world: Population, organisation: Organisation) -> None:
    """Make an organisation's first boards now, and let them live."""
    plan = world.plan
    rng = Random(f"{plan.seed}/boards/{organisation.login}")
    above = found_deliverables(world, organisation, rng)
    for index in range(plan.boards):
        project = world.create_board(organisation, LAYOUTS[index % len(LAYOUTS)])
        Life(world, organisation, project, Random(rng.random()), above).begin()


def found_large_board(world: Population, organisation: Organisation) -> None:
    """Make a board on which nothing happens by itself, and fill it at once."""
    world.fill_board(world.create_board(organisation, LARGE), world.plan.board_items)


@dataclass(slots=True)
class Life:
    """The life of one board, with random numbers of its own; `above` are the issues that others may be parts of."""

    world: Population
    organisation: Organisation
    project: Project
    rng: Random
    above: list[Item]
    last_item: int = 0
    current: Iteration | None = None

    def begin(self) -> None:
        """Let the first day come, and whatever is opened from now on be seen."""
        self.last_item = next(reversed(self.world.items), 0)
        day = self.world.now - self.world.now % DAY
        self.world.later(day + DAY + MORNING, self._live_a_day)

    def _live_a_day(self) -> None:
        """Let a day go by: each working day some things happen; a sprint is planned on its first day."""
        day = self.world.now - self.world.now % DAY
        self.world.later(day + DAY + MORNING, self._live_a_day)
        if self.project not in self.organisation.projects or self.project.closed_at is not None:
            return
        self.world.extend_iterations(self.project)
        self._begin_sprint()
        self._notice_new_items()
        if weekday(day) >= SATURDAY:
            return
        current = len(self._rows(lambda row: self._in_current(row) and row.status_kind != DONE))
        deeds: tuple[tuple[float, Callable[[], None]], ...] = (
            (current * 0.14, self._progress),
            (current * 0.02, self._finish),
            (0.25, self._draft),
            (0.2, self._convert),
            (0.3, self._bring_in),
            (0.25, self._take_out),
            (0.1, self._remove),
            (0.35, self._point),
            (0.5, self._write),
            (0.9, self._tidy),
            (0.8, self._archive),
            (0.05, self._restore),
            (0.15, self._reorder),
            (0.02, self._hide),
        )
        for rate, deed in deeds:
            for _ in range(int(rate + self.rng.random())):
                self._soon(deed)

    def _soon(self, deed: Callable[[], None]) -> None:
        day = self.world.now - self.world.now % DAY
        self.world.later(day + self.rng.randrange(MORNING + HOUR, EVENING), lambda: self._if_there(deed))

    def _if_there(self, deed: Callable[[], None]) -> None:
        if self.project in self.organisation.projects:
            deed()

    # What there is

    def _rows(self, fits: Callable[[BoardItem], bool]) -> list[BoardItem]:
        """Return the rows that are not archived and fit."""
        return [row for row in self.world.board_rows(self.project) if row.archived_at is None and fits(row)]

    def _any(self, fits: Callable[[BoardItem], bool]) -> BoardItem | None:
        rows = self._rows(fits)
        return self.rng.choice(rows) if rows else None

    def _in_current(self, row: BoardItem) -> bool:
        return row.value(SPRINT) is self.current

    def _waits(self, row: BoardItem) -> bool:
        """Whether a row is in no sprint and not done."""
        return not row.is_closed and row.status_kind != DONE and row.value(SPRINT) is None

    def _actor(self) -> Person:
        people = self.organisation.people
        return self.rng.choice(people) if people else self.world.first_admin(self.organisation)

    def _set(self, row: BoardItem, role: str, value: Value | None, *, automated: bool = False) -> None:
        found = self.project.field_for(role)
        if found is not None:
            actor = self.world.automation if automated else self._actor()
            self.world.set_field(row, found, value, actor=actor, automated=automated)

    def _statuses(self, kind: str) -> list[Option]:
        found = self.project.field_for(STATUS)
        return [] if found is None else found.of_kind(kind)

    # Sprints

    def _begin_sprint(self) -> None:
        """Plan the sprint that today lies in, unless that was done."""
        sprint = self.project.field_for(SPRINT)
        found = None if sprint is None else sprint.iteration_at(self.world.now)
        if sprint is not None and found is not None and found is not self.current:
            self.current = found
            self._plan_sprint(sprint, found)

    def _plan_sprint(self, sprint: BoardField, current: Iteration) -> None:
        """Carry over what the last sprint left undone, most of it, and take more from what waits."""
        past = {one for one in sprint.iterations if one.end <= current.start}
        for row in self._rows(lambda row: row.value(SPRINT) in past and row.status_kind != DONE and not row.is_closed):
            self._set(row, SPRINT, current if self.rng.random() < CARRIED_SHARE else None)
        ahead = next((one for one in sprint.iterations if one.start >= current.end), None)
        waiting = self._rows(self._waits)
        self.rng.shuffle(waiting)
        for index, row in enumerate(waiting[: PLANNED + PLANNED_AHEAD]):
            self._set(row, SPRINT, current if index < PLANNED else ahead)
            if index < PLANNED and row.status_kind == TODO:
                self._set(row, STATUS, self._statuses(TODO)[-1])

    def _bring_in(self) -> None:
        row = self._any(self._waits)
        if row is not None:
            self._set(row, SPRINT, self.current)

    def _take_out(self) -> None:
        row = self._any(lambda row: self._in_current(row) and row.status_kind == TODO)
        if row is not None:
            self._set(row, SPRINT, None)

    # Coming and going

    def _notice_new_items(self) -> None:
        """Let some of what was opened since the last time come onto the board today."""
        since, owner = self.last_item, self.organisation
        self.last_item = next(reversed(self.world.items), since)
        daily = self.world.plan.items / max(self.world.plan.days, 1) / len(self.world.organisations)
        share = min(JOINING_SHARE, MOST_A_DAY / max(daily, 0.01))
        for item in reversed(self.world.items.values()):
            if item.id <= since:
                break
            if item.repository.owner is owner and item not in self.above and self.rng.random() < share:
                self._come(item)

    def _come(self, item: Item) -> None:
        self._soon(lambda: self._join(item.now()))

    def _join(self, item: Item) -> None:
        """Put an item on the board, with some of its fields filled and, an issue, below another one."""
        beside = [row.project for row in self.world.boards_of(item)]
        if item.id not in self.world.items or self.project in beside:
            return
        row = self.world.add_to_board(self.project, item, actor=self._actor())
        types = found_types(self.organisation)
        if not item.is_pull and item.issue_type is None and self.rng.random() < 0.7:
            kind = types[self.rng.choice(("Task", "Bug"))]
            self.world.apply(item, Change(self.world.now, Kind.ISSUE_TYPE_ADDED, self._actor(), issue_type=kind))
        # One that moved to another repository is another item there, and may stand above itself.
        above = [one for one in (each.now() for each in self.above) if one.id in self.world.items]
        above = [one for one in above if item not in (one, *ancestors(one))]
        if above and not item.is_pull and item.parent is None and self.rng.random() < 0.6:
            self.world.set_parent(item, self.rng.choice(above), actor=self._actor())
        self._dress(row)

    def _dress(self, row: BoardItem) -> None:
        """Fill a new row's fields."""
        status = self._statuses(DONE if row.is_closed and self.project.workflows else TODO)[0]
        self._set(row, STATUS, status, automated=self.project.workflows)
        found, over = self.project.field_for(DELIVERABLE), [] if row.content is None else ancestors(row.content)
        if found is not None and self.rng.random() < 0.8:
            said = [one for one in found.options if over and one.name == over[-1].title]
            self._set(row, DELIVERABLE, said[0] if said else self.rng.choice(found.options))
        if self.rng.random() < 0.7:
            self._set(row, POINTS, self.rng.choice(POINT_SCALE))
        if status.kind != DONE and self.rng.random() < 0.3:
            self._set(row, SPRINT, self.current)

    def _draft(self) -> None:
        row = self.world.draft_on_board(self.project, prose.issue_title(self.rng), actor=self._actor())
        self._dress(row)

    def _convert(self) -> None:
        row = self._any(lambda row: row.draft is not None)
        places = [one for one in self.organisation.repositories if not one.archived]
        if row is not None and places:
            self.world.convert_draft(row, self.rng.choice(places), actor=self._actor())

    def _remove(self) -> None:
        row = self._any(lambda row: row.status_kind != DONE)
        if row is not None:
            self.world.remove_from_board(row, actor=self._actor())

    def _hide(self) -> None:
        self._dress(self.world.hide_on_board(self.project))

    # What becomes of a row

    def _progress(self) -> None:
        """Let a row of the current sprint move on by one status; done is what is closed, where nothing does it."""
        row = self._any(lambda row: self._in_current(row) and row.status_kind != DONE)
        status = self.project.field_for(STATUS)
        if row is None or status is None:
            return
        here = row.value(STATUS)
        place = status.options.index(here) + 1 if isinstance(here, Option) else 0
        if status.options[place].kind != DONE or row.is_closed or row.content is None:
            self._set(row, STATUS, status.options[place])

    def _tidy(self) -> None:
        """Let a row be done whose issue was closed."""
        row = self._any(lambda row: row.is_closed and row.status_kind != DONE)
        if row is not None:
            self._set(row, STATUS, self._statuses(DONE)[0])

    def _finish(self) -> None:
        """Let a row be done although its issue stays open."""
        row = self._any(lambda row: self._in_current(row) and row.status_kind == IN_PROGRESS)
        if row is not None:
            self._set(row, STATUS, self._statuses(DONE)[0])

    def _point(self) -> None:
        row = self._any(lambda row: row.status_kind != DONE)
        if row is not None:
            self._set(row, POINTS, None if self.rng.random() < 0.15 else self.rng.choice(POINT_SCALE))

    def _write(self) -> None:
        row = self._any(lambda row: row.status_kind != DONE)
        if row is None:
            return
        if self.rng.random() < 0.5:
            self._set(row, NOTES, self.rng.choice(words.SENTENCES))
        else:
            due = self.world.now + self.rng.randrange(5, 60) * DAY
            self._set(row, TARGET, datetime.fromtimestamp(due, UTC).date().isoformat())

    def _archive(self) -> None:
        limit = self.world.now - ARCHIVED_AFTER
        row = self._any(lambda row: row.status_kind == DONE and row.updated_at < limit)
        if row is not None:
            self.world.archive_row(row, actor=self._actor())

    def _restore(self) -> None:
        rows = [row for row in self.world.board_rows(self.project) if row.archived_at is not None]
        if rows:
            self.world.restore_row(self.rng.choice(rows), actor=self._actor())

    def _reorder(self) -> None:
        rows = self.world.board_items(self.project)
        if len(rows) > 2:
            row, after = self.rng.sample(rows, 2)
            self.world.move_row(row, after, actor=self._actor())
