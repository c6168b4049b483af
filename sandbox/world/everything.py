"""Everything that can happen to an item, each kind once: for tests that compare what is shown of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from random import Random

from sandbox.world.boards import IssueType, Project
from sandbox.world.items import About, Change, Item, Kind, Milestone, Organisation
from sandbox.world.people import DEPENDABOT, RENOVATE, Person, make_agent, make_apps, make_mannequin
from sandbox.world.population import Population

Planned = tuple[Kind, About]
TYPES = ((4_001, "Bug", "red"), (4_002, "Feature", "blue"))
STEP = 60  # seconds from one change to the next
# What brings its own actor: who is mentioned or subscribed, or who works.
WITHOUT_GHOST = {Kind.MENTIONED, Kind.SUBSCRIBED, Kind.UNSUBSCRIBED, Kind.COMMENT_DELETED}


def invite(world: Population) -> tuple[Person, Person]:
    """Let Copilot's coding agent and a mannequin be there; return both."""
    guests = [world.accounts.setdefault(one.login.lower(), one) for one in (make_agent(), make_mannequin())]
    for number, app in make_apps(guests[:1]).items():
        world.apps.setdefault(number, app)
    return guests[0], guests[1]


def found_boards(organisation: Organisation, at: int) -> None:
    """Give an organisation a board and two types of issue, unless it has some."""
    account = organisation.account
    if not organisation.projects:
        organisation.projects.append(Project(7_000_000 + account.id % 100_000, 3, "Roadmap", account, at))
    if not organisation.issue_types:
        organisation.issue_types.extend(IssueType(number, name, color, account) for number, name, color in TYPES)


def happen_all(world: Population, item: Item) -> list[Kind]:
    """Let each kind of change that fits happen to an open item, a minute apart until now; return those that did.

    By people, a bot, Copilot, a mannequin and somebody whose account is gone, in turns.
    """
    stage = _Stage.set(world, item)
    planned = list(stage.pull() if item.is_pull else stage.issue())
    start = max(world.now - len(planned) * STEP, item.updated_at)
    done = []
    for number, (kind, about) in enumerate(planned):
        actor = stage.actor(kind)
        change = Change(min(start + number * STEP, world.now), kind, actor, **about)
        if kind in (Kind.REVIEW_DISMISSED, Kind.REACTED, Kind.COMMENT_EDITED, Kind.COMMENT_DELETED):
            change.target = _target(item, kind)
        if world.apply(item, change):
            done.append(kind)
    return done


def _target(item: Item, kind: Kind) -> Change | None:
    """Return the last review, or the last comment, to be changed."""
    wanted = Kind.REVIEWED if kind is Kind.REVIEW_DISMISSED else Kind.COMMENTED
    found = [one for one in item.history if one.kind is wanted and not one.deleted and one.state != "commented"]
    return found[-1] if found else None


def _another_milestone(item: Item, creator: Person) -> Milestone:
    """Return a milestone that the item isn't in, a new one if need be."""
    repository = item.repository
    others = [one for one in repository.milestones if one is not item.milestone]
    if not others:
        number = len(repository.milestones) + 1
        at = repository.created_at
        identifier = 8_000_000 + repository.id % 1_000_000 + number
        others = [Milestone(identifier, number, f"Milestone {number}", creator, at, None)]
        repository.milestones.extend(others)
    return others[0]


@dataclass(slots=True)
class _Stage:
    """Who and what takes part."""

    item: Item
    issue_beside: Item
    pull_beside: Item
    people: list[Person]
    project: Project
    types: list[IssueType]
    milestone: Milestone
    cast: Iterator[Person | None]

    @classmethod
    def set(cls, world: Population, item: Item) -> "_Stage":
        repository, owner = item.repository, item.repository.owner
        copilot, mannequin = invite(world)
        found_boards(owner, repository.created_at)
        rng = Random(f"{world.plan.seed}/beside")
        beside = {
            pull: next((one for one in repository.items.values() if one.is_pull == pull and one is not item), None)
            or world.open(repository, world.now, owner.people[0], "Beside", None, pull=pull, rng=rng)
            for pull in (False, True)
        }
        bots = world.bots[RENOVATE], world.bots[DEPENDABOT]
        cast = cycle((*owner.people[:2], copilot, bots[0], mannequin, None, bots[1]))
        types = owner.issue_types
        people = [*owner.people[:2], copilot, mannequin]
        milestone = _another_milestone(item, people[0])
        return cls(item, beside[False], beside[True], people, owner.projects[0], types, milestone, cast)

    def actor(self, kind: Kind) -> Person | None:
        """Return whose turn it is."""
        actor = next(self.cast)
        while actor is None and kind in WITHOUT_GHOST:
            actor = next(self.cast)
        return actor

    def issue(self) -> Iterator[Planned]:
        """Plan what happens to an issue."""
        yield from self._both()
        yield Kind.ISSUE_TYPE_ADDED, {"issue_type": self.types[0]}
        yield Kind.ISSUE_TYPE_CHANGED, {"issue_type": self.types[1]}
        yield Kind.ISSUE_TYPE_REMOVED, {}
        for kind in (Kind.SUB_ISSUE_ADDED, Kind.SUB_ISSUE_REMOVED, Kind.PARENT_ISSUE_ADDED, Kind.PARENT_ISSUE_REMOVED):
            yield kind, {"other": self.issue_beside}
        for kind in (Kind.PINNED, Kind.UNPINNED):
            yield kind, {}
        for reason in ("completed", "not_planned", "duplicate"):
            yield Kind.CLOSED, {"text": reason, "sha": "ab" * 20 if reason == "completed" else None}
            yield Kind.REOPENED, {}
        yield Kind.TRANSFERRED, {"source": self.issue_beside}
        yield Kind.CONVERTED_TO_DISCUSSION, {}

    def pull(self) -> Iterator[Planned]:
        """Plan what happens to a pull request, which is merged in the end."""
        yield from self._both()
        yield from self._reviewed()
        yield from self._branches()
        for kind in (Kind.CLOSED, Kind.REOPENED, Kind.MERGED, Kind.HEAD_REF_DELETED, Kind.HEAD_REF_RESTORED):
            yield kind, {}
        yield Kind.DEPLOYED, {"text": "production"}
        yield Kind.DEPLOYMENT_ENVIRONMENT_CHANGED, {"text": "production"}

    def _reviewed(self) -> Iterator[Planned]:
        yield Kind.COMMITTED, {}
        yield Kind.REVISION_MARKER, {}
        for person in self.people:
            yield Kind.REVIEW_REQUESTED, {"person": person}
        yield Kind.REVIEW_REQUEST_REMOVED, {"person": self.people[0]}
        teams = self.item.repository.owner.teams[:1]
        for team in teams:
            yield Kind.REVIEW_REQUESTED, {"team": team}
        for state in ("approved", "commented", "changes_requested"):
            yield Kind.REVIEWED, {"state": state, "text": f"This is {state}."}
        yield Kind.REVIEW_DISMISSED, {"text": "It changed since."}
        yield Kind.LINE_COMMENTED, {"text": "Here, too."}
        yield Kind.COMMIT_COMMENTED, {"text": "Why this one?"}
        yield (Kind.READY_FOR_REVIEW if self.item.draft else Kind.CONVERT_TO_DRAFT), {}
        yield (Kind.CONVERT_TO_DRAFT if self.item.draft else Kind.READY_FOR_REVIEW), {}

    def _branches(self) -> Iterator[Planned]:
        for kind in (Kind.HEAD_REF_FORCE_PUSHED, Kind.BASE_REF_FORCE_PUSHED, Kind.BASE_REF_DELETED):
            yield kind, {}
        yield Kind.BASE_REF_CHANGED, {"text": "next"}
        yield Kind.AUTOMATIC_BASE_CHANGE_FAILED, {"text": "gone"}
        yield Kind.AUTOMATIC_BASE_CHANGE_SUCCEEDED, {"text": "main"}
        for kind in (Kind.AUTO_MERGE_ENABLED, Kind.AUTO_REBASE_ENABLED, Kind.AUTO_SQUASH_ENABLED):
            yield kind, {}
        yield Kind.AUTO_MERGE_DISABLED, {"text": "Head branch was modified"}
        yield Kind.ADDED_TO_MERGE_QUEUE, {}
        yield Kind.REMOVED_FROM_MERGE_QUEUE, {"text": "failed_checks"}

    def _both(self) -> Iterator[Planned]:
        yield from self._said()
        yield from self._sorted()
        yield from self._boards()
        for kind in (Kind.BLOCKED_BY_ADDED, Kind.BLOCKED_BY_REMOVED, Kind.BLOCKING_ADDED, Kind.BLOCKING_REMOVED):
            yield kind, {"other": self.issue_beside}
        for kind in (Kind.CONNECTED, Kind.DISCONNECTED):
            yield kind, {"other": self.issue_beside if self.item.is_pull else self.pull_beside}
        for kind in (Kind.MARKED_AS_DUPLICATE, Kind.UNMARKED_AS_DUPLICATE):
            yield kind, {"other": self.pull_beside if self.item.is_pull else self.issue_beside}
        yield Kind.USER_BLOCKED, {"person": self.people[1]}
        for kind in (Kind.COPILOT_WORK_STARTED, Kind.COPILOT_WORK_FINISHED):
            yield kind, {}

    def _said(self) -> Iterator[Planned]:
        yield Kind.COMMENTED, {"text": "To be deleted."}
        yield Kind.COMMENT_DELETED, {}
        for text in ("First.", "Second.", "Third.", "Fourth.", "Fifth.", "Sixth.", "Seventh."):
            yield Kind.COMMENTED, {"text": text}
        yield Kind.COMMENT_EDITED, {"text": "Seventh, edited."}
        for reaction in ("+1", "heart"):
            yield Kind.REACTED, {"text": reaction}
        for kind in (Kind.MENTIONED, Kind.SUBSCRIBED, Kind.UNSUBSCRIBED, Kind.REFERENCED):
            yield kind, {}
        yield Kind.RENAMED, {"text": f"{self.item.title}, again"}
        for beside in (self.issue_beside, self.pull_beside):
            yield Kind.CROSS_REFERENCED, {"source": beside}

    def _sorted(self) -> Iterator[Planned]:
        unused = [one for one in self.item.repository.labels.values() if one not in self.item.labels]
        for label in unused[:1]:
            yield Kind.LABELED, {"label": label}
            yield Kind.UNLABELED, {"label": label}
        for person in self.people:
            yield Kind.ASSIGNED, {"person": person}
        for person in self.people:
            yield Kind.UNASSIGNED, {"person": person}
        yield Kind.MILESTONED, {"milestone": self.milestone}
        yield Kind.DEMILESTONED, {}
        for kind in (Kind.LOCKED, Kind.UNLOCKED):
            yield kind, {}

    def _boards(self) -> Iterator[Planned]:
        board: About = {"project": self.project}
        yield Kind.ADDED_TO_PROJECT, {**board, "text": "To do"}
        yield Kind.MOVED_COLUMNS_IN_PROJECT, {**board, "text": "Done", "before": "To do"}
        yield Kind.REMOVED_FROM_PROJECT, {**board, "text": "Done"}
        yield Kind.CONVERTED_NOTE_TO_ISSUE, {**board, "text": "To do"}
        yield Kind.CONVERTED_FROM_DRAFT, board
        yield Kind.ADDED_TO_PROJECT_V2, {**board, "automated": True}
        yield Kind.PROJECT_V2_ITEM_STATUS_CHANGED, {**board, "before": "", "text": "Todo", "automated": True}
        yield Kind.PROJECT_V2_ITEM_STATUS_CHANGED, {**board, "before": "Todo", "text": "Done"}
        yield Kind.REMOVED_FROM_PROJECT_V2, board
