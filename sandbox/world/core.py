"""What every part of the world's state works with: the plan, the time, and who and what there is."""

import threading
from collections.abc import Callable
from random import Random
from typing import Any

from sandbox.world.founding import Plan
from sandbox.world.items import Change, Item, Organisation, Repository
from sandbox.world.journal import Journal, Occurrence
from sandbox.world.people import CI_BOT, App, Person


class Core:
    """A moment of the world; hold `lock` while reading several things. `version` grows with every change."""

    people: list[Person]
    bots: dict[str, Person]
    apps: dict[int, App]
    outsiders: list[Person]
    organisations: dict[str, Organisation]
    repositories: dict[str, Repository]
    accounts: dict[str, Person]

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.lock = threading.RLock()
        self.now = plan.start
        self.version = 0
        self.journal = Journal()

    def tell(
        self,
        organisation: Organisation,
        event: str,
        action: str,
        subject: Any,
        sender: Person | None = None,
        **about: Any,
    ) -> None:
        """Tell who watches what happened now: the event in GitHub's words, and a snapshot of what it is about."""
        if self.journal.watched:
            sender = sender or self.first_admin(organisation)
            self.journal.note(Occurrence(self.now, organisation, event, action, subject, sender, about))

    def _withdraw(self, item: Item) -> None:
        """Take an item away; the state does."""
        raise NotImplementedError

    def _leave_boards(self, item: Item) -> None:
        """Take an item that is deleted off all boards; the part of the state that has boards does."""
        raise NotImplementedError

    def apply(self, item: Item, change: Change) -> bool:
        """Apply a change to an item; the state does."""
        raise NotImplementedError

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
        """Open an issue or a pull request; the state does."""
        raise NotImplementedError

    def later(self, at: int, deed: Callable[[], None]) -> None:
        """Do something when a moment comes; the world does."""
        raise NotImplementedError

    def first_admin(self, organisation: Organisation) -> Person:
        """Return the admin that acts when nobody else is named."""
        admins = (person for person, role in organisation.members.values() if role == "admin")
        return next(admins, self.bots[CI_BOT])
