"""What stands on a board: issues, pull requests and drafts, with the values that they have and had there."""

from dataclasses import dataclass, field

from sandbox.world.boards import BoardField, Option, Project, Value
from sandbox.world.items import Item
from sandbox.world.people import Person


@dataclass(slots=True, eq=False)
class Draft:
    """A draft on a board, which is no issue yet."""

    id: int
    title: str
    body: str
    creator: Person
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Held:
    """A value in a field: who put it there, and when it was first and last put."""

    value: Value
    creator: Person
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Moment:
    """What an item was from a moment on: its values, and whether it was archived and on the board at all."""

    at: int
    values: dict[BoardField, Value]
    archived: bool
    there: bool


@dataclass(slots=True, eq=False, kw_only=True)
class BoardItem:
    """A row of a board; without `content` and `draft` it is something that no token may see.

    `log` is what it was since it came; the rows of a board are in the order of `position`.
    """

    id: int
    project: Project
    creator: Person
    created_at: int
    updated_at: int
    position: float
    content: Item | None = None
    draft: Draft | None = None
    archived_at: int | None = None
    values: dict[BoardField, Held] = field(default_factory=dict)
    log: list[Moment] = field(default_factory=list)

    @property
    def content_type(self) -> str:
        """What it is, as REST says it; what is hidden counts as an issue."""
        if self.draft is not None:
            return "DraftIssue"
        return "PullRequest" if self.content is not None and self.content.is_pull else "Issue"

    def value(self, role: str) -> Value | None:
        """Return the value in the field that is for something."""
        found = self.project.roles.get(role)
        held = None if found is None else self.values.get(found)
        return None if held is None else held.value

    @property
    def is_closed(self) -> bool:
        """Whether the issue or pull request is closed."""
        return self.content is not None and self.content.state == "closed"

    @property
    def status_kind(self) -> str | None:
        """What its status means: `todo`, `in_progress`, `done`, or nothing."""
        status = self.value("status")
        return status.kind if isinstance(status, Option) else None

    def note(self, at: int, *, there: bool = True) -> None:
        """Write down what it is now."""
        values = {one: held.value for one, held in self.values.items()}
        self.log.append(Moment(at, values, self.archived_at is not None, there))

    def before(self, end: int) -> Moment | None:
        """Return what it was right before a moment."""
        return next((one for one in reversed(self.log) if one.at < end), None)
