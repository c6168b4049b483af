"""What happens on boards: rows come, change, are archived and go; timelines and webhooks tell of it."""

import copy
from collections.abc import Collection, Sequence
from random import Random
from typing import Any

from sandbox.world import words
from sandbox.world.board_items import BoardItem, Draft, Held
from sandbox.world.board_setup import BoardSetup
from sandbox.world.boards import DONE, IN_PROGRESS, POINTS, STATUS, BoardField, Option, Project, Value
from sandbox.world.founding import Plan
from sandbox.world.items import Change, Item, Kind, Repository
from sandbox.world.people import Person

# The workflows that GitHub's boards have: what a status becomes when an issue is closed, merged or opened again.
FOLLOWED = {Kind.CLOSED: DONE, Kind.MERGED: DONE, Kind.CONVERTED_TO_DISCUSSION: DONE, Kind.REOPENED: IN_PROGRESS}
# Close below 2**32, so that ids need 64 bits before long.
FIRST_ITEM = 2**32 - 1_200
POINT_SCALE = (0.5, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 5.0, 5.0, 8.0)


class Boards(BoardSetup):
    """The part of the state that has what stands on boards."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self._last_row = FIRST_ITEM
        self._rows: dict[Project, dict[int, BoardItem]] = {}
        self._by_content: dict[Item, list[BoardItem]] = {}
        self.gone_board_items: list[BoardItem] = []

    def board_rows(self, project: Project) -> Collection[BoardItem]:
        """Return what stands on a board in the order in which it came."""
        return self._rows.get(project, {}).values()

    def board_items(self, project: Project) -> list[BoardItem]:
        """Return what stands on a board, archived rows too, in its order."""
        return sorted(self.board_rows(project), key=lambda one: (one.position, one.id))

    def board_item(self, project: Project, number: int) -> BoardItem | None:
        """Return a board's row by its id."""
        return self._rows.get(project, {}).get(number)

    def boards_of(self, item: Item) -> list[BoardItem]:
        """Return the rows that an issue or a pull request has on boards."""
        return list(self._by_content.get(item, ()))

    def delete_board(self, project: Project, *, actor: Person | None = None) -> None:
        """Delete a board with all that stands on it; timelines keep what they say of it."""
        with self.lock:
            for row in self._rows.pop(project, {}).values():
                if row.content is not None:
                    self._by_content[row.content].remove(row)
            super().delete_board(project, actor=actor)

    # Coming and going

    def add_to_board(
        self, project: Project, item: Item, *, actor: Person | None = None, automated: bool = False
    ) -> BoardItem:
        """Put an issue or a pull request on a board; ValueError if it stands there already."""
        if any(one.project is project for one in self.boards_of(item)):
            raise ValueError(f"{item.repository.full_name}#{item.number} is on {project.title} already")
        with self.lock:
            row = self._enter_row(project, actor, content=item)
            self._by_content.setdefault(item, []).append(row)
            kind = Kind.ADDED_TO_PROJECT_V2
            self.apply(item, Change(self.now, kind, row.creator, project=project, automated=automated))
            self._tell_row(row, "created", actor)
            return row

    def draft_on_board(self, project: Project, title: str, body: str = "", *, actor: Person | None = None) -> BoardItem:
        """Write a draft on a board."""
        with self.lock:
            creator = actor or self.first_admin(self.organisation_of(project))
            draft = Draft(self._last_row + 7, title, body, creator, self.now, self.now)
            row = self._enter_row(project, actor, draft=draft)
            self._tell_row(row, "created", actor)
            return row

    def hide_on_board(self, project: Project) -> BoardItem:
        """Put something on a board that no token may see; nobody is told."""
        with self.lock:
            return self._enter_row(project, None)

    def _enter_row(self, project: Project, actor: Person | None, **what: Any) -> BoardItem:
        self._last_row += 1 + self._last_row % 23
        row = BoardItem(
            id=self._last_row,
            project=project,
            creator=actor or self.first_admin(self.organisation_of(project)),
            created_at=self.now,
            updated_at=self.now,
            position=float(self._last_row),
            **what,
        )
        self._rows.setdefault(project, {})[row.id] = row
        row.note(self.now)
        self._board_changed(project)
        return row

    def convert_draft(self, row: BoardItem, repository: Repository, *, actor: Person | None = None) -> Item:
        """Make a draft an issue of a repository; ValueError if it is none."""
        draft = row.draft
        if draft is None:
            raise ValueError("only a draft can be converted")
        with self.lock:
            rng = Random(f"{self.plan.seed}/draft/{row.id}")
            author = actor or draft.creator
            item = self.open(repository, self.now, author, draft.title, draft.body, pull=False, rng=rng)
            row.draft, row.content = None, item
            self._by_content.setdefault(item, []).append(row)
            self._row_changed(row)
            self.apply(item, Change(self.now, Kind.CONVERTED_FROM_DRAFT, author, project=row.project))
            self._tell_row(row, "converted", actor, converted=True)
            return item

    def remove_from_board(self, row: BoardItem, *, actor: Person | None = None, automated: bool = False) -> None:
        """Take a row off its board."""
        with self.lock:
            self._drop(row)
            if row.content is not None:
                actor = actor or self.first_admin(self.organisation_of(row.project))
                kind = Kind.REMOVED_FROM_PROJECT_V2
                self.apply(row.content, Change(self.now, kind, actor, project=row.project, automated=automated))
            self._tell_row(row, "deleted", actor)

    def _drop(self, row: BoardItem) -> None:
        del self._rows[row.project][row.id]
        if row.content is not None:
            self._by_content[row.content].remove(row)
        row.updated_at = self.now
        row.note(self.now, there=False)
        self.gone_board_items.append(row)
        self._board_changed(row.project)

    def _leave_boards(self, item: Item) -> None:
        """Take an item that is deleted off all boards."""
        for row in list(self._by_content.get(item, ())):
            self._drop(row)
            self._tell_row(row, "deleted", None)

    def _move_on_boards(self, item: Item, new: Item) -> None:
        """Let an issue that moves to another repository stay where it is on boards."""
        rows = self._by_content.pop(item, [])
        if rows:
            self._by_content[new] = rows
        for row in rows:
            row.content = new

    # Changing

    def set_field(
        self,
        row: BoardItem,
        field: BoardField,
        value: Value | None,
        *,
        actor: Person | None = None,
        automated: bool = False,
    ) -> bool:
        """Put a value into a field of a row, or None to empty it; False if it had it already."""
        held = row.values.get(field)
        before = None if held is None else held.value
        if before == value:
            return False
        with self.lock:
            actor = actor or self.first_admin(self.organisation_of(row.project))
            if value is None:
                del row.values[field]
            else:
                first, since = (actor, self.now) if held is None else (held.creator, held.created_at)
                row.values[field] = Held(value, first, since, self.now)
            self._row_changed(row)
            if field is row.project.field_for(STATUS) and row.content is not None:
                self.apply(
                    row.content,
                    Change(
                        self.now,
                        Kind.PROJECT_V2_ITEM_STATUS_CHANGED,
                        actor,
                        project=row.project,
                        before=_name(before),
                        text=_name(value),
                        automated=automated,
                    ),
                )
            self._tell_row(row, "edited", actor, field=field, before=before, after=value)
            return True

    def archive_row(self, row: BoardItem, *, actor: Person | None = None) -> None:
        """Archive a row: it stays on the board, out of sight."""
        with self.lock:
            row.archived_at = self.now
            self._row_changed(row)
            self._tell_row(row, "archived", actor)

    def restore_row(self, row: BoardItem, *, actor: Person | None = None) -> None:
        """Bring an archived row back; ValueError if it isn't archived."""
        if row.archived_at is None:
            raise ValueError("it is not archived")
        with self.lock:
            before, row.archived_at = row.archived_at, None
            self._row_changed(row)
            self._tell_row(row, "restored", actor, archived_at=before)

    def move_row(self, row: BoardItem, after: BoardItem | None, *, actor: Person | None = None) -> None:
        """Put a row right after another one, or first."""
        with self.lock:
            rows = [one for one in self.board_items(row.project) if one is not row]
            place = 0 if after is None else rows.index(after) + 1
            low = rows[place - 1].position if place else rows[0].position - 2 if rows else 0.0
            high = rows[place].position if place < len(rows) else low + 2
            row.position = (low + high) / 2
            self._row_changed(row)
            self._tell_row(row, "reordered", actor, after=after)

    def _row_changed(self, row: BoardItem) -> None:
        row.updated_at = self.now
        row.note(self.now)
        self._board_changed(row.project)

    def _tell_row(self, row: BoardItem, action: str, actor: Person | None, **about: Any) -> None:
        if self.journal.watched:
            organisation = self.organisation_of(row.project)
            self.tell(organisation, "projects_v2_item", action, copy.copy(row), actor, **about)

    def _follow(self, item: Item, change: Change) -> None:
        """Let the statuses of an item follow its being closed or opened again, where a board has such workflows."""
        kind = FOLLOWED.get(change.kind)
        if kind is None or item not in self._by_content:
            return
        for row in self.boards_of(item):
            status = row.project.field_for(STATUS)
            if status is None or not row.project.workflows or row.archived_at is not None or row.status_kind == kind:
                continue
            self.set_field(row, status, status.of_kind(kind)[0], actor=self.automation, automated=True)

    def fill_board(self, project: Project, count: int) -> None:
        """Put so many rows on a board at once: the organisation's items, and drafts where these don't suffice."""
        rng = Random(f"{self.plan.seed}/fill/{project.id}")
        places = self.organisation_of(project).repositories
        known = {row.content for row in self.board_items(project)}
        items = [item for place in places for item in place.items.values() if item not in known]
        with self.lock:
            for index in range(count):
                there = index < len(items)
                title = f"{rng.choice(words.SENTENCES)} ({index + 1})"
                row = self.add_to_board(project, items[index]) if there else self.draft_on_board(project, title)
                for role, field in project.roles.items():
                    choices: Sequence[Value] = POINT_SCALE if role == POINTS else field.options or field.iterations
                    if choices and rng.random() < 0.85:
                        self.set_field(row, field, rng.choice(choices))


def _name(value: Value | None) -> str:
    return value.name if isinstance(value, Option) else ""
