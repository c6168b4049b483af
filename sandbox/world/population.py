"""Who and what there is when history begins, and drawing somebody or something of it."""

from bisect import bisect
from collections.abc import Callable
from itertools import accumulate
from random import Random
from typing import Any

from sandbox.world import founding
from sandbox.world.items import Repository
from sandbox.world.people import CI_BOT, DEPENDABOT, RENOVATE, Person, make_apps, make_bots, make_people
from sandbox.world.state import State

# A report of what happened; and what lets something happen: it reports nothing if it can't.
Happening = dict[str, Any]
Happen = Callable[["Population", Random], list[Happening]]


class Population(State):
    """A state with organisations, people and repositories, of which some are more active than others."""

    def found(self, rng: Random) -> None:
        """Make everybody and everything that is there in the beginning."""
        plan = self.plan
        self.people = make_people(rng, plan.people)
        self.bots = make_bots()
        self.apps = make_apps(self.bots.values())
        organisations = founding.found_organisations(rng, plan)
        self.outsiders = founding.share_people(rng, organisations, self.people)
        self.organisations = {organisation.login.lower(): organisation for organisation in organisations}
        repositories = founding.found_repositories(rng, plan, organisations)
        self.repositories = {repository.full_name.lower(): repository for repository in repositories}
        self.accounts = {person.login.lower(): person for person in (*self.people, *self.bots.values())}
        active = [repository for repository in repositories if not repository.archived]
        self._active = active, list(accumulate(repository.popularity for repository in active))

    @property
    def has_active(self) -> bool:
        """Whether any repository is in use."""
        return bool(self._active[0])

    def draw_repository(self, rng: Random) -> Repository:
        """Draw a repository that is in use, the popular ones more often."""
        repositories, weights = self._active
        return repositories[bisect(weights, rng.random() * weights[-1], 0, len(weights) - 1)]

    def draw_bot(self, rng: Random) -> Person:
        """Draw a bot that opens pull requests."""
        return self.bots[rng.choices((DEPENDABOT, RENOVATE, CI_BOT), weights=(6, 3, 1))[0]]

    def draw_author(self, rng: Random, repository: Repository, *, pull: bool) -> Person:
        """Draw somebody who may open an item here: from outside, if the repository is public, or a member."""
        outside = 0.05 if pull else 0.22
        if not repository.private and self.outsiders and rng.random() < outside:
            return rng.choice(self.outsiders)
        return self.draw_insider(rng, repository)

    def draw_insider(self, rng: Random, repository: Repository) -> Person:
        """Draw a member: mostly one of the repository's core, the active ones more often."""
        members = repository.owner.members
        if repository.core and rng.random() < 0.6:
            person = rng.choice(repository.core)
            if person.login in members:
                return person
        if not members:
            return self.bots[CI_BOT]
        people = repository.owner.people
        return rng.choices(people, weights=[person.activity for person in people])[0]
