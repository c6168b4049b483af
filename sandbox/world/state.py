"""What is there at one moment, and every way to change it; nothing here happens by itself."""

import copy
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Unpack

from sandbox.world.alerts import Alerts
from sandbox.world.board_changes import Boards
from sandbox.world.ci.runs import Runs
from sandbox.world.effects import apply, count_in_milestone
from sandbox.world.founding import Plan
from sandbox.world.items import About, Change, Item, Kind, Milestone, Repository
from sandbox.world.memberships import Memberships
from sandbox.world.noted import Noted
from sandbox.world.parents import Parents
from sandbox.world.people import COPILOT, DEPENDABOT, Person
from sandbox.world.releases import Releases
from sandbox.world.renames import Renames

UINT32 = 2**32
# Which sequence a change's id is from; the others are events.
SEQUENCES = {
    Kind.COMMENTED: "comment",
    Kind.REVIEWED: "review",
    Kind.LINE_COMMENTED: "line comment",
    Kind.COMMIT_COMMENTED: "line comment",
}


class Sequences:
    """GitHub's sequences of ids; they lie close together, so that one number can mean two things."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        # Just below 2**32, so that ids need 64 bits before long.
        start = UINT32 - rng.randrange(30_000, 60_000)
        self._last = {"event": start, "comment": start - 5_000, "review": start - 1_000, "line comment": start}

    def take(self, kind: Kind) -> int:
        """Return the next id for a change of this kind; the one after an event's is free for its companion."""
        name = SEQUENCES.get(kind, "event")
        self._last[name] += 2 + int(self._rng.random() * 40)
        return self._last[name]


@dataclass(frozen=True, slots=True)
class Transfer:
    """An issue's move: what it was, what it became, and when."""

    old: Item
    new: Item
    at: int


@dataclass(frozen=True, slots=True)
class Deletion:
    """An item that was deleted, and when."""

    item: Item
    at: int


class State(Memberships, Releases, Renames, Alerts, Runs, Boards, Parents, Noted):
    """Organisations, people and items as they are now, and every way to change them."""

    def __init__(self, plan: Plan, *, index_lag: int = 0) -> None:
        super().__init__(plan)
        self.index_lag = index_lag
        self.items: dict[int, Item] = {}
        self.pulls: dict[int, Item] = {}  # by the ids of `/pulls`
        self.transfers: list[Transfer] = []
        self.deletions: list[Deletion] = []
        self.ids = Sequences(Random(f"{plan.seed}/ids"))
        self._moves = Random(f"{plan.seed}/moves")
        self._next_id = self._next_pull_id = 0
        self._unindexed: deque[tuple[int, int, Item | None]] = deque()
        self._indexed: dict[int, Item] = {}

    def number_from(self, rng: Random) -> None:
        """Draw where the ids of issues and of pull requests begin."""
        self._next_id = rng.randrange(2_900_000_000, 3_000_000_000)
        self._next_pull_id = rng.randrange(2_200_000_000, 2_300_000_000)

    def open(
        self,
        repository: Repository,
        at: int,
        author: Person | None,
        title: str,
        body: str | None,
        *,
        pull: bool,
        rng: Random,
    ) -> Item:
        """Open an issue or a pull request: it gets the next number and ids and nothing else happens to it by itself."""
        with self.lock:
            self._next_id += rng.randrange(20, 9_000)
            item = Item(
                id=self._next_id,
                repository=repository,
                author=author,
                title=title,
                body=body,
                created_at=at,
                updated_at=at,
            )
            if author is not None and author.type == "Bot" and author.login not in (DEPENDABOT, COPILOT):
                item.app = self.apps[author.id]
            if pull:
                self._dress_pull(item, rng)
            self._enter(item, at)
            self._tell_item(item, "opened")
            return item

    def _dress_pull(self, item: Item, rng: Random) -> None:
        self._next_pull_id += rng.randrange(20, 9_000)
        item.pull_id = self._next_pull_id
        bot = item.author is not None and item.author.type == "Bot"
        item.draft = not bot and rng.random() < 0.15
        item.commits = 1 + int(rng.expovariate(0.6))
        item.additions = int(rng.lognormvariate(3.5, 1.6))
        item.deletions = int(rng.lognormvariate(2.4, 1.7))
        item.changed_files = 1 + int(rng.expovariate(0.25))
        words = "".join(c if c.isalnum() else "-" for c in item.title.lower()).strip("-")
        item.branch = "-".join(part for part in words.split("-") if part)[:60]
        item.repository.pushed_at = max(item.repository.pushed_at, item.created_at)

    def _enter(self, item: Item, at: int) -> None:
        """Give an item its repository's next number and a place in it."""
        repository = item.repository
        repository.last_number += 1
        item.number = repository.last_number
        repository.items[item.number] = item
        self.items[item.id] = item
        if item.pull_id is not None:
            self.pulls[item.pull_id] = item
        self._changed(item, at)

    def _withdraw(self, item: Item) -> None:
        del self.items[item.id]
        if item.pull_id is not None:
            del self.pulls[item.pull_id]
        del item.repository.items[item.number]
        count_in_milestone(item, by=-1)
        self.version += 1
        if self.index_lag:
            self._unindexed.append((self.now + self.index_lag, item.id, None))

    def apply(self, item: Item, change: Change) -> bool:
        """Apply a change to an item that is still there, wherever it went; False if it made no sense."""
        with self.lock:
            if item.moved_to is not None:
                item = item.now()
                _follow(item.repository, change)
            if item.id not in self.items or not apply(item, change):
                return False
            change.id = change.id or self.ids.take(change.kind)
            self._changed(item, change.at)
            self._tell_change(item, change)
            self._follow(item, change)
            return True

    def change(self, item: Item, kind: Kind, *, actor: Person | None = None, **about: Unpack[About]) -> bool:
        """Apply a change now, by the organisation's first admin unless `actor` says otherwise."""
        actor = actor or self.first_admin(item.repository.owner)
        return self.apply(item, Change(self.now, kind, actor, **about))

    def delete(self, item: Item) -> None:
        """Delete an item: its number answers 410 from now on."""
        with self.lock:
            self._leave_boards(item)
            self._withdraw(item)
            item.repository.deleted.add(item.number)
            self.deletions.append(Deletion(item, self.now))
            if not item.is_pull:
                self._tell_item(item, "deleted", Change(self.now, Kind.CLOSED, None))

    def transfer(self, item: Item, target: Repository, *, actor: Person | None = None) -> Item:
        """Move an issue to another repository of its owner; return what it becomes there.

        It gets a new id and number; author, times of opening and closing, assignees and comments go along, labels
        and the milestone only if the target has such ones. ValueError if GitHub would refuse.
        """
        with self.lock:
            check_transfer(item, target)
            self._withdraw(item)
            new = copy.copy(item)
            self._next_id += self._moves.randrange(20, 9_000)
            new.id, new.repository, new.referring = self._next_id, target, False
            new.labels = tuple(target.labels[label.name] for label in item.labels if label.name in target.labels)
            new.milestone = _same_milestone(item.milestone, target.milestones)
            new.history = [self._carry(change) for change in item.history]
            count_in_milestone(new, by=1)
            self._enter(new, self.now)
            item.moved_to = item.repository.moved[item.number] = new
            self._move_on_boards(item, new)
            actor = actor or self.first_admin(target.owner)
            self.apply(new, Change(self.now, Kind.TRANSFERRED, actor, source=item))
            self.transfers.append(Transfer(item, new, self.now))
            moved = Change(self.now, Kind.TRANSFERRED, actor)
            self._tell_item(item, "transferred", moved, new_issue=copy.copy(new))
            self._tell_item(new, "opened", moved, old_issue=copy.copy(item))
            return new

    def _carry(self, change: Change) -> Change:
        """Return what a change becomes in another repository: a comment stays itself, an event gets a new id."""
        if change.kind is Kind.COMMENTED:
            return change
        carried = copy.copy(change)
        carried.id = self.ids.take(change.kind)
        return carried

    def rename_label(self, repository: Repository, name: str, new: str) -> None:
        """Rename a label: all its items show the new name, none of them counts as updated; KeyError, ValueError."""
        with self.lock:
            if new in repository.labels:
                raise ValueError(f"{repository.full_name} has a label {new} already")
            repository.labels[name].name = new
            repository.labels = {label.name: label for label in repository.labels.values()}
            self.version += 1

    def delete_label(self, repository: Repository, name: str) -> None:
        """Delete a label: it is gone from all items, none of which counts as updated; KeyError."""
        with self.lock:
            label = repository.labels.pop(name)
            for item in repository.items.values():
                if label in item.labels:
                    item.labels = tuple(one for one in item.labels if one is not label)
                    self._changed(item, self.now)
            self.version += 1

    def rename_milestone(self, repository: Repository, number: int, title: str) -> None:
        """Rename a milestone; none of its items counts as updated; KeyError."""
        with self.lock:
            milestone = milestone_of(repository, number)
            milestone.title, milestone.updated_at = title, self.now
            self.version += 1

    def close_milestone(self, repository: Repository, number: int) -> None:
        """Close a milestone; none of its items counts as updated, nor is closed; KeyError."""
        with self.lock:
            milestone = milestone_of(repository, number)
            milestone.closed_at = milestone.updated_at = self.now
            self.version += 1

    def _changed(self, item: Item, at: int) -> None:
        self.version += 1
        if self.index_lag:
            self._unindexed.append((at + self.index_lag, item.id, copy.copy(item)))

    def searchable(self) -> dict[int, Item]:
        """Return the items as the search index knows them: `index_lag` seconds behind."""
        if not self.index_lag:
            return self.items
        while self._unindexed and self._unindexed[0][0] <= self.now:
            _, number, snapshot = self._unindexed.popleft()
            self.version += 1
            if snapshot is None:
                self._indexed.pop(number, None)
            else:
                self._indexed[number] = snapshot
        return self._indexed

    def association(self, item: Item) -> str:
        """Return how the author stands to the repository, now."""
        return self.standing(item.author, item.repository)

    def standing(self, person: Person | None, repository: Repository) -> str:
        """Return how somebody stands to a repository, now."""
        if person is None:
            return "NONE"
        if person.login in repository.owner.members:
            return "MEMBER"
        if person.login in repository.owner.collaborators:
            return "COLLABORATOR"
        return "CONTRIBUTOR" if person.id in repository.contributors else "NONE"


def check_transfer(item: Item, target: Repository) -> None:
    """Raise ValueError for a transfer that GitHub refuses."""
    source = item.repository
    if item.is_pull or item.moved_to is not None:
        raise ValueError("only issues can be transferred, from where they are")
    if target is source or target.owner is not source.owner or target.archived:
        raise ValueError("an issue moves to another repository of the same owner that is not archived")
    if source.private and not target.private:
        raise ValueError("an issue never moves from a private repository to a public one")


def milestone_of(repository: Repository, number: int) -> Milestone:
    """Return a repository's milestone by its number; KeyError."""
    return {milestone.number: milestone for milestone in repository.milestones}[number]


def _same_milestone(milestone: Milestone | None, others: Iterable[Milestone]) -> Milestone | None:
    if milestone is None:
        return None
    wanted = milestone.title, milestone.due_on
    return next((other for other in others if (other.title, other.due_on) == wanted), None)


def _follow(repository: Repository, change: Change) -> None:
    """Let a change that was planned for another repository speak of this one's label and milestone."""
    if change.label is not None:
        change.label = repository.labels.get(change.label.name)
    if change.milestone is not None:
        change.milestone = _same_milestone(change.milestone, repository.milestones)
