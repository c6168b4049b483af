"""Organisations, repositories, issues and pull requests, and the changes that their lives are made of."""

from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha1
from typing import TypedDict

from sandbox.world.assets import Asset
from sandbox.world.audit import Audit, draw_audit
from sandbox.world.boards import IssueType, Project
from sandbox.world.inventory import Features, Inventory
from sandbox.world.people import App, Person


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
    updated_at: int | None = None
    closed_at: int | None = None


@dataclass(slots=True, eq=False)
class Organisation:
    """An organisation with its people; `members` maps a login to (person, role).

    `former_logins` are names that it had before, in lower case.
    """

    account: Person
    members: dict[str, tuple[Person, str]] = field(default_factory=dict)
    collaborators: dict[str, Person] = field(default_factory=dict)
    teams: list["Team"] = field(default_factory=list)
    repositories: list["Repository"] = field(default_factory=list)
    former_logins: set[str] = field(default_factory=set)
    projects: list[Project] = field(default_factory=list)
    issue_types: list[IssueType] = field(default_factory=list)
    security: Features = field(default_factory=Features)

    @property
    def login(self) -> str:
        """The organisation's name in paths."""
        return self.account.login

    @property
    def people(self) -> list[Person]:
        """The members."""
        return [person for person, _ in self.members.values()]

    @property
    def id(self) -> int:
        """The organisation's id."""
        return self.account.id


@dataclass(slots=True, eq=False)
class Team:
    """A team of an organisation; `roles` are `member` or `maintainer`, of those who are in it themselves."""

    id: int
    organisation: Organisation
    name: str
    slug: str
    parent: "Team | None" = None
    roles: dict[Person, str] = field(default_factory=dict)

    @property
    def members(self) -> list[Person]:
        """Who is in the team itself."""
        return list(self.roles)

    @property
    def children(self) -> "list[Team]":
        """The teams right below this one."""
        return [team for team in self.organisation.teams if team.parent is self]

    @property
    def all_roles(self) -> dict[Person, str]:
        """The roles of all members: who is only in a team below this one is a member, whatever the role there."""
        below = [person for child in self.children for person in child.all_roles]
        return self.roles | dict.fromkeys((person for person in below if person not in self.roles), "member")


def slug_of(name: str) -> str:
    """Return a team's name as it is in paths."""
    return name.lower().replace(" ", "-")


@dataclass(slots=True, eq=False, kw_only=True)
class Release:
    """A release of a repository; without `published_at` a draft."""

    id: int
    repository: "Repository"
    author: Person
    tag_name: str
    name: str | None
    body: str | None
    prerelease: bool
    created_at: int
    updated_at: int
    published_at: int | None
    assets: tuple[Asset, ...] = ()

    @property
    def is_draft(self) -> bool:
        """Whether it is not published yet."""
        return self.published_at is None


@dataclass(slots=True, eq=False)
class Repository(Inventory):
    """A repository and its items by number; `contributors` are the ids of people with something merged.

    `releases` are by id; `moved` leads from the number of a transferred issue to what it became elsewhere.
    """

    id: int
    owner: Organisation
    name: str
    description: str | None
    language: str | None
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
    moved: dict[int, "Item"] = field(default_factory=dict)
    contributors: set[int] = field(default_factory=set)
    releases: dict[int, Release] = field(default_factory=dict)
    last_number: int = 0
    last_version: tuple[int, int, int] = (0, 0, 0)
    drawn: Audit | None = None

    @property
    def stars(self) -> int:
        """How many people starred it; private ones have none."""
        return 0 if self.private else int(self.popularity * 400)

    @property
    def audit(self) -> Audit:
        """What an audit sees of it; drawn when somebody looks for the first time, unless it was set."""
        if self.drawn is None:
            people = [*self.owner.collaborators.values(), *self.core]
            self.drawn = draw_audit(self.id, people, private=self.private)
        return self.drawn

    @audit.setter
    def audit(self, audit: Audit) -> None:
        self.drawn = audit

    @property
    def visibility(self) -> str:
        """Who sees it, in GitHub's word."""
        return "internal" if self.private and self.internal else "private" if self.private else "public"

    @property
    def full_name(self) -> str:
        """The name with its owner's, as in paths and `repo:`."""
        return f"{self.owner.login}/{self.name}"


class Kind(StrEnum):
    """What can happen to an item after it was opened; the names are those of GitHub's timeline events.

    Changes of a body (`edited`) and of a comment (`comment_edited`, `reacted`) are no events on GitHub;
    `revision_marker`, how far the reader has seen a pull request, is one in GraphQL alone.
    """

    COMMENTED = "commented"
    COMMENT_EDITED = "comment_edited"
    COMMENT_DELETED = "comment_deleted"
    REACTED = "reacted"
    LABELED = "labeled"
    UNLABELED = "unlabeled"
    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"
    MILESTONED = "milestoned"
    DEMILESTONED = "demilestoned"
    RENAMED = "renamed"
    EDITED = "edited"
    MENTIONED = "mentioned"
    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    REFERENCED = "referenced"
    CROSS_REFERENCED = "cross-referenced"
    COMMITTED = "committed"
    REVIEW_REQUESTED = "review_requested"
    REVIEW_REQUEST_REMOVED = "review_request_removed"
    REVIEWED = "reviewed"
    REVIEW_DISMISSED = "review_dismissed"
    LINE_COMMENTED = "line-commented"
    COMMIT_COMMENTED = "commit-commented"
    CONVERT_TO_DRAFT = "convert_to_draft"
    READY_FOR_REVIEW = "ready_for_review"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    CLOSED = "closed"
    MERGED = "merged"
    HEAD_REF_DELETED = "head_ref_deleted"
    REOPENED = "reopened"
    TRANSFERRED = "transferred"
    CONVERTED_TO_DISCUSSION = "converted_to_discussion"
    # These come only when they are asked for.
    ADDED_TO_PROJECT = "added_to_project"
    MOVED_COLUMNS_IN_PROJECT = "moved_columns_in_project"
    REMOVED_FROM_PROJECT = "removed_from_project"
    CONVERTED_NOTE_TO_ISSUE = "converted_note_to_issue"
    ADDED_TO_PROJECT_V2 = "added_to_project_v2"
    PROJECT_V2_ITEM_STATUS_CHANGED = "project_v2_item_status_changed"
    REMOVED_FROM_PROJECT_V2 = "removed_from_project_v2"
    CONVERTED_FROM_DRAFT = "converted_from_draft"
    ISSUE_TYPE_ADDED = "issue_type_added"
    ISSUE_TYPE_CHANGED = "issue_type_changed"
    ISSUE_TYPE_REMOVED = "issue_type_removed"
    SUB_ISSUE_ADDED = "sub_issue_added"
    SUB_ISSUE_REMOVED = "sub_issue_removed"
    PARENT_ISSUE_ADDED = "parent_issue_added"
    PARENT_ISSUE_REMOVED = "parent_issue_removed"
    BLOCKED_BY_ADDED = "blocked_by_added"
    BLOCKED_BY_REMOVED = "blocked_by_removed"
    BLOCKING_ADDED = "blocking_added"
    BLOCKING_REMOVED = "blocking_removed"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    MARKED_AS_DUPLICATE = "marked_as_duplicate"
    UNMARKED_AS_DUPLICATE = "unmarked_as_duplicate"
    PINNED = "pinned"
    UNPINNED = "unpinned"
    USER_BLOCKED = "user_blocked"
    ADDED_TO_MERGE_QUEUE = "added_to_merge_queue"
    REMOVED_FROM_MERGE_QUEUE = "removed_from_merge_queue"
    AUTO_MERGE_ENABLED = "auto_merge_enabled"
    AUTO_MERGE_DISABLED = "auto_merge_disabled"
    AUTO_REBASE_ENABLED = "auto_rebase_enabled"
    AUTO_SQUASH_ENABLED = "auto_squash_enabled"
    AUTOMATIC_BASE_CHANGE_FAILED = "automatic_base_change_failed"
    AUTOMATIC_BASE_CHANGE_SUCCEEDED = "automatic_base_change_succeeded"
    BASE_REF_CHANGED = "base_ref_changed"
    BASE_REF_DELETED = "base_ref_deleted"
    BASE_REF_FORCE_PUSHED = "base_ref_force_pushed"
    HEAD_REF_FORCE_PUSHED = "head_ref_force_pushed"
    HEAD_REF_RESTORED = "head_ref_restored"
    DEPLOYED = "deployed"
    DEPLOYMENT_ENVIRONMENT_CHANGED = "deployment_environment_changed"
    COPILOT_WORK_STARTED = "copilot_work_started"
    COPILOT_WORK_FINISHED = "copilot_work_finished"
    REVISION_MARKER = "revision_marker"


# They come with another change, or are none of the item's own: its `updated_at` stays.
UNTOUCHING = frozenset({Kind.REACTED, Kind.MENTIONED, Kind.SUBSCRIBED, Kind.UNSUBSCRIBED, Kind.REVISION_MARKER})


@dataclass(slots=True, eq=False)
class Change:
    """One change: when, what, by whom, and what it is about; `id` comes when it is applied.

    `text` is a title, a body, a comment, a reaction, a closing reason, or the name that a label or milestone had then;
    `before` what stood there before. `target` is the comment or review that the change is about, `source` the item
    that refers to this one, `other` one that it is put beside. Comments and reviews themselves change: `text`,
    `state`, `updated_at`, `deleted`.
    """

    at: int
    kind: Kind
    actor: Person | None
    label: Label | None = None
    person: Person | None = None
    milestone: Milestone | None = None
    text: str | None = None
    id: int = 0
    state: str | None = None
    sha: str | None = None
    target: "Change | None" = None
    source: "Item | None" = None
    before: str | None = None
    updated_at: int | None = None
    reactions: dict[str, int] | None = None
    deleted: bool = False
    other: "Item | None" = None
    team: Team | None = None
    project: Project | None = None
    issue_type: IssueType | None = None
    former_type: IssueType | None = None
    automated: bool = False


class About(TypedDict, total=False):
    """What a change may be about, beside its time, kind and actor."""

    label: Label | None
    person: Person | None
    milestone: Milestone | None
    text: str | None
    id: int
    state: str | None
    sha: str | None
    target: Change | None
    source: "Item | None"
    before: str | None
    other: "Item | None"
    team: Team | None
    project: Project | None
    issue_type: IssueType | None
    automated: bool


@dataclass(slots=True, eq=False, kw_only=True)
class Item:
    """An issue or a pull request (`pull_id` set) as it is now; tuples, so that a shallow copy is a snapshot."""

    id: int
    repository: Repository
    author: Person | None
    title: str
    body: str | None
    created_at: int
    updated_at: int
    pull_id: int | None = None
    number: int = 0
    app: App | None = None
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
    base: str = "main"
    issue_type: IssueType | None = None
    requested_teams: tuple[Team, ...] = ()
    parent: "Item | None" = None
    sub_issues: "tuple[Item, ...]" = ()
    history: list[Change] = field(default_factory=list)
    moved_to: "Item | None" = None
    # Whether others show a cross-reference to this one, which goes when it does.
    referring: bool = False

    @property
    def is_pull(self) -> bool:
        """Whether this is a pull request."""
        return self.pull_id is not None

    def now(self) -> "Item":
        """Return what this item has become: itself, unless it was transferred."""
        item = self
        while item.moved_to is not None:
            item = item.moved_to
        return item

    def find(self, kind: Kind, number: int) -> Change | None:
        """Return the comment or review of this id, unless it is deleted."""
        matches = (change for change in self.history if change.kind is kind and change.id == number)
        return next((change for change in matches if not change.deleted), None)


def commit(item: Item, role: str) -> str:
    """Return a commit's hash, the same for the same item and role."""
    return sha1(f"{item.id}/{role}".encode(), usedforsecurity=False).hexdigest()
