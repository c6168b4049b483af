"""What every part of the world's state works with: the plan, the time, and who and what there is."""

import threading

from sandbox.world.founding import Plan
from sandbox.world.items import Item, Organisation, Repository
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

    def _withdraw(self, item: Item) -> None:
        """Take an item away; the state does."""
        raise NotImplementedError

    def first_admin(self, organisation: Organisation) -> Person:
        """Return the admin that acts when nobody else is named."""
        admins = (person for person, role in organisation.members.values() if role == "admin")
        return next(admins, self.bots[CI_BOT])
