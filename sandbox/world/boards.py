"""Boards with their fields, and types of issues: what an organisation's issues are put on and sorted into."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sandbox.world.hours import DAY
from sandbox.world.people import Person

# What a field is for, as a board's life here needs it; GitHub knows nothing of it.
STATUS, SPRINT, POINTS, DELIVERABLE, NOTES, TARGET = "status", "sprint", "points", "deliverable", "notes", "target"
TODO, IN_PROGRESS, DONE = "todo", "in_progress", "done"


@dataclass(frozen=True, slots=True)
class Option:
    """What may be chosen in a field; `kind` is what a status means: `todo`, `in_progress` or `done`."""

    id: str
    name: str
    color: str
    kind: str = TODO


@dataclass(frozen=True, slots=True)
class Iteration:
    """Some days of a field such as Sprint; `start` is the midnight (UTC) with which its first day begins."""

    id: str
    title: str
    start: int
    days: int

    @property
    def end(self) -> int:
        """The midnight after its last day."""
        return self.start + self.days * DAY

    def holds(self, moment: int) -> bool:
        """Whether a moment lies in it."""
        return self.start <= moment < self.end


Value = Option | Iteration | float | str


@dataclass(slots=True, eq=False)
class BoardField:
    """A field of a board; `data_type` is GitHub's word, such as `NUMBER` or `ITERATION`."""

    id: int
    name: str
    data_type: str
    created_at: int
    options: list[Option] = field(default_factory=list)
    iterations: list[Iteration] = field(default_factory=list)

    def of_kind(self, kind: str) -> list[Option]:
        """Return the options that mean `todo`, `in_progress` or `done`, in order."""
        return [option for option in self.options if option.kind == kind]

    def named(self, name: str) -> Option:
        """Return an option by its name; KeyError."""
        return {option.name: option for option in self.options}[name]

    def iteration_at(self, moment: int) -> Iteration | None:
        """Return the iteration that a moment lies in."""
        return next((one for one in self.iterations if one.holds(moment)), None)


@dataclass(slots=True, eq=False)
class Project:
    """An organisation's board; `roles` are those of its fields that are for something.

    With `workflows` its statuses follow what is closed and reopened by themselves.
    """

    id: int
    number: int
    title: str
    owner: Person
    created_at: int
    updated_at: int = 0
    creator: Person | None = None
    short_description: str | None = None
    public: bool = False
    closed_at: int | None = None
    workflows: bool = True
    fields: list[BoardField] = field(default_factory=list)
    roles: dict[str, BoardField] = field(default_factory=dict)

    def field_for(self, role: str) -> BoardField | None:
        """Return the field that is for something."""
        return self.roles.get(role)

    def named(self, name: str) -> BoardField:
        """Return a field by its name, in any case; KeyError."""
        return {one.name.lower(): one for one in self.fields}[name.lower()]


@dataclass(slots=True, eq=False)
class IssueType:
    """A type of issue of an organisation; `color` is one of GitHub's words."""

    id: int
    name: str
    color: str
    owner: Person


@dataclass(frozen=True, slots=True)
class Layout:
    """What a new board looks like: its name and those of its fields; each status comes with its kind.

    Without `deliverables` it has no field for them: they are found through the parents of issues.
    """

    title: str
    short_description: str | None = None
    status: str = "Status"
    statuses: tuple[tuple[str, str], ...] = (
        ("Backlog", TODO),
        ("Todo", TODO),
        ("In Progress", IN_PROGRESS),
        ("In Review", IN_PROGRESS),
        ("Done", DONE),
    )
    sprint: str = "Sprint"
    points: str = "Points"
    deliverables: tuple[str, ...] = ()
    days: int = 14
    workflows: bool = True


COLORS = ("GRAY", "BLUE", "YELLOW", "PURPLE", "GREEN", "RED", "ORANGE", "PINK")
# Fields that every board has, whose values are the item's own.
OWN_FIELDS = (
    ("Title", "TITLE"),
    ("Assignees", "ASSIGNEES"),
    ("Labels", "LABELS"),
    ("Milestone", "MILESTONE"),
    ("Repository", "REPOSITORY"),
)


def make_options(names: Iterable[tuple[str, str]], first: int) -> list[Option]:
    """Return options with ids that follow from a number, each with a colour."""
    return [
        Option(f"{(first * 977 + index * 65_537) % 2**32:08x}", name, COLORS[index % len(COLORS)], kind)
        for index, (name, kind) in enumerate(names)
    ]
