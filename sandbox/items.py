"""Issues and pull requests, and the changes that their lives are made of."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from sandbox.people import App, Person, Team


@dataclass(slots=True, eq=False)
class Label:
    """A repository's label."""

    id: int
    name: str
    color: str
    description: str | None
    default: bool


@dataclass(slots=True, eq=False)
class Milestone:
    """A repository's milestone, with the counts that GitHub shows in each item."""

    id: int
    number: int
    title: str
    creator: Person
    created_at: int
    due_on: int | None
    open_issues: int = 0
    closed_issues: int = 0


@dataclass(slots=True, eq=False)
class Organisation:
    """An organisation with its people; `members` maps a login to (person, role)."""

    account: Person
    members: dict[str, tuple[Person, str]] = field(default_factory=dict)
    collaborators: dict[str, Person] = field(default_factory=dict)
    teams: list[Team] = field(default_factory=list)
    repositories: list["Repository"] = field(default_factory=list)

    @property
    def login(self) -> str:
        """The organisation's name in paths."""
        return self.account.login


@dataclass(slots=True, eq=False)
class Repository:
    """A repository and its items by number; `contributors` are the ids of people with something merged."""

    id: int
    owner: Organisation
    name: str
    description: str | None
    language: str
    private: bool
    archived: bool
    created_at: int
    popularity: float
    conventional: bool
    pushed_at: int
    labels: dict[str, Label] = field(default_factory=dict)
    milestones: list[Milestone] = field(default_factory=list)
    core: list[Person] = field(default_factory=list)
    items: dict[int, "Item"] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    contributors: set[int] = field(default_factory=set)
    last_number: int = 0

    @property
    def full_name(self) -> str:
        """The name with its owner's, as in paths and `repo:`."""
        return f"{self.owner.login}/{self.name}"


class Kind(StrEnum):
    """What can happen to an item after it was opened; the names are those of GitHub's timeline events."""

    COMMENTED = "commented"
    LABELED = "labeled"
    UNLABELED = "unlabeled"
    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"
    MILESTONED = "milestoned"
    DEMILESTONED = "demilestoned"
    RENAMED = "renamed"
    EDITED = "edited"
    COMMITTED = "committed"
    REVIEW_REQUESTED = "review_requested"
    REVIEWED = "reviewed"
    CONVERT_TO_DRAFT = "convert_to_draft"
    READY_FOR_REVIEW = "ready_for_review"
    LOCKED = "locked"
    CLOSED = "closed"
    MERGED = "merged"
    REOPENED = "reopened"


@dataclass(slots=True, eq=False)
class Change:
    """One change: when, what, by whom, and what it is about (`text`: a title, a body or a closing reason)."""

    at: int
    kind: Kind
    actor: Person | None
    label: Label | None = None
    person: Person | None = None
    milestone: Milestone | None = None
    text: str | None = None


@dataclass(slots=True, eq=False)
class Item:
    """An issue or a pull request (`pull_id` set) as it is now; tuples, so that a shallow copy is a snapshot."""

    id: int
    pull_id: int | None
    repository: Repository
    number: int
    author: Person | None
    app: App | None
    title: str
    body: str | None
    created_at: int
    updated_at: int
    draft: bool = False
    state: str = "open"
    state_reason: str | None = None
    closed_at: int | None = None
    closed_by: Person | None = None
    merged_at: int | None = None
    merged_by: Person | None = None
    locked: bool = False
    labels: tuple[Label, ...] = ()
    assignees: tuple[Person, ...] = ()
    reviewers: tuple[Person, ...] = ()
    milestone: Milestone | None = None
    comments: int = 0
    review_comments: int = 0
    commits: int = 1
    additions: int = 0
    deletions: int = 0
    changed_files: int = 0
    branch: str = ""
    history: list[Change] = field(default_factory=list)

    @property
    def is_pull(self) -> bool:
        """Whether this is a pull request."""
        return self.pull_id is not None


def _commented(item: Item, _: Change) -> bool:
    item.comments += 1
    return True


def _labeled(item: Item, change: Change) -> bool:
    if change.label is None or change.label in item.labels:
        return False
    item.labels = (*item.labels, change.label)
    return True


def _unlabeled(item: Item, change: Change) -> bool:
    if change.label not in item.labels:
        return False
    item.labels = tuple(label for label in item.labels if label is not change.label)
    return True


def _assigned(item: Item, change: Change) -> bool:
    if change.person is None or change.person in item.assignees:
        return False
    item.assignees = (*item.assignees, change.person)
    return True


def _unassigned(item: Item, change: Change) -> bool:
    if change.person not in item.assignees:
        return False
    item.assignees = tuple(person for person in item.assignees if person is not change.person)
    return True


def _count(item: Item, *, by: int) -> None:
    """Count the item in or out of its milestone, where its state puts it."""
    if item.milestone is None:
        return
    if item.state == "open":
        item.milestone.open_issues += by
    else:
        item.milestone.closed_issues += by


def _milestoned(item: Item, change: Change) -> bool:
    if change.milestone is item.milestone:
        return False
    _count(item, by=-1)
    item.milestone = change.milestone
    _count(item, by=1)
    return True


def _demilestoned(item: Item, change: Change) -> bool:
    change.milestone = None
    return _milestoned(item, change)


def _renamed(item: Item, change: Change) -> bool:
    if change.text is None or change.text == item.title:
        return False
    item.title = change.text
    return True


def _edited(item: Item, change: Change) -> bool:
    item.body = change.text
    return True


def _committed(item: Item, change: Change) -> bool:
    if not item.is_pull or item.state == "closed":
        return False
    item.commits += 1
    item.additions += 7
    item.repository.pushed_at = max(item.repository.pushed_at, change.at)
    return True


def _review_requested(item: Item, change: Change) -> bool:
    if not item.is_pull or change.person is None or change.person in item.reviewers:
        return False
    item.reviewers = (*item.reviewers, change.person)
    return True


def _reviewed(item: Item, change: Change) -> bool:
    if not item.is_pull:
        return False
    item.review_comments += 1
    item.reviewers = tuple(person for person in item.reviewers if person is not change.actor)
    return True


def _drafted(item: Item, change: Change) -> bool:
    draft = change.kind is Kind.CONVERT_TO_DRAFT
    if not item.is_pull or item.state == "closed" or item.draft == draft:
        return False
    item.draft = draft
    return True


def _locked(item: Item, _: Change) -> bool:
    item.locked = True
    return True


def _set_state(item: Item, change: Change, state: str) -> None:
    _count(item, by=-1)
    item.state = state
    closed = state == "closed"
    item.closed_at, item.closed_by = (change.at, change.actor) if closed else (None, None)
    _count(item, by=1)


def _closed(item: Item, change: Change) -> bool:
    if item.state == "closed":
        return False
    _set_state(item, change, "closed")
    item.state_reason = None if item.is_pull else change.text or "completed"
    return True


def _merged(item: Item, change: Change) -> bool:
    if not item.is_pull or item.state == "closed":
        return False
    _set_state(item, change, "closed")
    item.draft = False
    item.merged_at, item.merged_by = change.at, change.actor
    item.repository.pushed_at = max(item.repository.pushed_at, change.at)
    if item.author is not None:
        item.repository.contributors.add(item.author.id)
    return True


def _reopened(item: Item, change: Change) -> bool:
    if item.state == "open" or item.merged_at is not None:
        return False
    _set_state(item, change, "open")
    item.state_reason = None if item.is_pull else "reopened"
    return True


_EFFECTS: dict[Kind, Callable[[Item, Change], bool]] = {
    Kind.COMMENTED: _commented,
    Kind.LABELED: _labeled,
    Kind.UNLABELED: _unlabeled,
    Kind.ASSIGNED: _assigned,
    Kind.UNASSIGNED: _unassigned,
    Kind.MILESTONED: _milestoned,
    Kind.DEMILESTONED: _demilestoned,
    Kind.RENAMED: _renamed,
    Kind.EDITED: _edited,
    Kind.COMMITTED: _committed,
    Kind.REVIEW_REQUESTED: _review_requested,
    Kind.REVIEWED: _reviewed,
    Kind.CONVERT_TO_DRAFT: _drafted,
    Kind.READY_FOR_REVIEW: _drafted,
    Kind.LOCKED: _locked,
    Kind.CLOSED: _closed,
    Kind.MERGED: _merged,
    Kind.REOPENED: _reopened,
}


def apply(item: Item, change: Change) -> bool:
    """Apply a change at its time; a change that makes no sense any more (closing twice) is left out: False."""
    if not _EFFECTS[change.kind](item, change):
        return False
    item.updated_at = max(item.updated_at, change.at)
    item.history.append(change)
    return True
