"""The world: generated history up to a moment, going on from there; the state is the changes applied so far."""

import copy
import threading
from bisect import bisect
from collections import deque
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush
from itertools import accumulate, count
from random import Random

from sandbox import founding, prose
from sandbox.founding import Plan
from sandbox.hours import DAY, HOUR, SATURDAY, moment_of_day, weekday
from sandbox.items import Change, Item, Kind, Label, Milestone, Organisation, Repository, apply
from sandbox.lifecycle import write_script
from sandbox.people import CI_BOT, DEPENDABOT, RENOVATE, Person, make_apps, make_bots, make_people

BOT_SHARE = 0.13
PULL_SHARE = 0.58
WEEKEND_WEIGHT = 0.06
# A day is drawn this long before its UTC midnight: somewhere it has begun already.
DAY_LEAD = 15 * HOUR
MOVE_SHARE = 0.2
# Some of the people from outside delete their accounts; what they wrote stays, without a user.
GHOST_SHARE = 0.04


@dataclass(slots=True, eq=False)
class Birth:
    """An item that is about to be opened, with random numbers of its own."""

    repository: Repository
    author: Person
    pull: bool
    rng: Random


@dataclass(slots=True, eq=False)
class Membership:
    """Somebody who is about to join an organisation or to leave it (`role` None)."""

    organisation: Organisation
    person: Person
    role: str | None


# A number is a day (its UTC midnight) whose births are to be drawn.
Event = Birth | Membership | int | tuple[Item, Change]


class World:
    """Everything the API shows, at one moment of world time; hold `lock` while reading several things."""

    def __init__(self, plan: Plan, *, index_lag: int = 0) -> None:
        self.plan = plan
        self.index_lag = index_lag
        self.lock = threading.RLock()
        self.now = plan.start
        self.version = 0
        self.items: dict[int, Item] = {}
        self._heap: list[tuple[int, int, Event]] = []
        self._sequence = count()
        self._unindexed: deque[tuple[int, int, Item | None]] = deque()
        self._indexed: dict[int, Item] = {}
        self._found(Random(f"{plan.seed}/founding"))
        self.advance(plan.now)

    def _found(self, rng: Random) -> None:
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
        for organisation in organisations:
            founding.form_teams(rng, organisation)
            self._plan_moves(rng, organisation)
        active = [repository for repository in repositories if not repository.archived]
        self._active = active, list(accumulate(repository.popularity for repository in active))
        self._next_id = rng.randrange(2_900_000_000, 3_000_000_000)
        self._next_pull_id = rng.randrange(2_200_000_000, 2_300_000_000)
        first_day = plan.start - plan.start % DAY
        # The share of a day's weight that the whole history's items come to.
        days = range(first_day, plan.now, DAY)
        self._daily = plan.items / max(sum(self._weight(day) for day in days), 1)
        self._push(first_day - DAY_LEAD, first_day)

    def _plan_moves(self, rng: Random, organisation: Organisation) -> None:
        """Let some members join and some leave while the world is watched, half of them in its future."""
        for person, role in list(organisation.members.values()):
            if role == "admin" or rng.random() >= MOVE_SHARE:
                continue
            at = self.plan.start + rng.randrange(2 * self.plan.days) * DAY + rng.randrange(9, 17) * HOUR
            if rng.random() < 0.6 and at < self.plan.now:
                del organisation.members[person.login]
                self._push(at, Membership(organisation, person, role))
            else:
                self._push(at, Membership(organisation, person, None))

    def _weight(self, day: int) -> float:
        growth = 0.85 + 0.3 * (day - self.plan.start) / (self.plan.days * DAY)
        return growth * (WEEKEND_WEIGHT if weekday(day) >= SATURDAY else 1.0)

    def _push(self, at: int, event: Event) -> None:
        heappush(self._heap, (at, next(self._sequence), event))

    def advance(self, to: int) -> None:
        """Let everything happen that is due up to a moment; going back is not possible and changes nothing."""
        with self.lock:
            while self._heap and self._heap[0][0] <= to:
                at, _, event = heappop(self._heap)
                self._happen(at, event)
            self.now = max(self.now, to)

    def _happen(self, at: int, event: Event) -> None:
        if isinstance(event, tuple):
            self.apply(*event)
        elif isinstance(event, Birth):
            if at >= self.plan.start:
                self._be_born(at, event)
        elif isinstance(event, Membership):
            self.move(event.organisation, event.person, event.role)
        else:
            self._draw_day(event)

    def move(self, organisation: Organisation, person: Person, role: str | None) -> None:
        """Make a person a member with a role, or (None) no member any more, of the organisation and its teams."""
        with self.lock:
            organisation.members.pop(person.login, None)
            if role is not None:
                organisation.members[person.login] = (person, role)
                organisation.collaborators.pop(person.login, None)
            else:
                for team in organisation.teams:
                    team.members = [member for member in team.members if member is not person]
            self.version += 1

    def _draw_day(self, day: int) -> None:
        """Plan the births of a day and the drawing of the next one."""
        self._push(day + DAY - DAY_LEAD, day + DAY)
        if not self._active[0]:
            return
        rng = Random(f"{self.plan.seed}/{day}")
        expected = self._daily * self._weight(day) * rng.uniform(0.7, 1.3)
        for index in range(int(expected + rng.random())):
            bot = rng.random() < BOT_SHARE
            repository = self._draw_repository(rng)
            pull = bot or rng.random() < PULL_SHARE
            author = self._draw_bot(rng) if bot else self._draw_author(rng, repository, pull=pull)
            at = moment_of_day(rng, day, utc_offset=author.utc_offset)
            if bot:
                at = day + rng.randrange(4, 7) * HOUR + rng.randrange(HOUR)
            self._push(at, Birth(repository, author, pull, Random(f"{self.plan.seed}/{day}/{index}")))

    def _draw_repository(self, rng: Random) -> Repository:
        repositories, weights = self._active
        return repositories[bisect(weights, rng.random() * weights[-1], 0, len(weights) - 1)]

    def _draw_bot(self, rng: Random) -> Person:
        return self.bots[rng.choices((DEPENDABOT, RENOVATE, CI_BOT), weights=(6, 3, 1))[0]]

    def _draw_author(self, rng: Random, repository: Repository, *, pull: bool) -> Person:
        outside = 0.05 if pull else 0.22
        if not repository.private and self.outsiders and rng.random() < outside:
            return rng.choice(self.outsiders)
        return self._draw_insider(rng, repository)

    def _draw_insider(self, rng: Random, repository: Repository) -> Person:
        """Draw a member: mostly one of the repository's core, the active ones more often."""
        members = repository.owner.members
        if repository.core and rng.random() < 0.6:
            person = rng.choice(repository.core)
            if person.login in members:
                return person
        if not members:
            return self.bots[CI_BOT]
        people = [person for person, _ in members.values()]
        return rng.choices(people, weights=[person.activity for person in people])[0]

    def _be_born(self, at: int, birth: Birth) -> None:
        rng = birth.rng
        bot = birth.author.type == "Bot"
        if bot:
            title = prose.bump_title(rng)
            body: str | None = prose.bump_body(title)
        elif birth.pull:
            title = prose.pull_title(rng, conventional=birth.repository.conventional)
            body = prose.body(rng, pull=True)
        else:
            title, body = prose.issue_title(rng), prose.body(rng, pull=False)
        ghost = not bot and birth.author in self.outsiders and rng.random() < GHOST_SHARE
        author = None if ghost else birth.author
        item = self.open(birth.repository, at, author, title, body, pull=birth.pull, rng=rng)
        pick = partial(self._draw_insider, rng, birth.repository)
        for change in write_script(item, rng, pick, self.bots[CI_BOT]):
            self._push(change.at, (item, change))

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
            repository.last_number += 1
            self._next_id += rng.randrange(20, 9_000)
            item = Item(self._next_id, None, repository, repository.last_number, author, None, title, body, at, at)
            if author is not None and author.type == "Bot" and author.login != DEPENDABOT:
                item.app = self.apps[author.id]
            if pull:
                self._dress_pull(item, rng)
            repository.items[item.number] = item
            self.items[item.id] = item
            self._changed(item, at)
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

    def apply(self, item: Item, change: Change) -> bool:
        """Apply a change to an item that is still there; False if it made no sense."""
        with self.lock:
            if item.id not in self.items or not apply(item, change):
                return False
            self._changed(item, change.at)
            return True

    def change(
        self,
        item: Item,
        kind: Kind,
        *,
        actor: Person | None = None,
        label: Label | None = None,
        person: Person | None = None,
        milestone: Milestone | None = None,
        text: str | None = None,
    ) -> bool:
        """Apply a change now, by the organisation's first admin unless `actor` says otherwise."""
        actor = actor or self.first_admin(item.repository.owner)
        change = Change(self.now, kind, actor, label=label, person=person, milestone=milestone, text=text)
        return self.apply(item, change)

    def first_admin(self, organisation: Organisation) -> Person:
        """Return the admin that acts when nobody else is named."""
        admins = (person for person, role in organisation.members.values() if role == "admin")
        return next(admins, self.bots[CI_BOT])

    def delete(self, item: Item) -> None:
        """Delete an item: its number answers 410 from now on."""
        with self.lock:
            del self.items[item.id]
            del item.repository.items[item.number]
            item.repository.deleted.add(item.number)
            self.version += 1
            if self.index_lag:
                self._unindexed.append((self.now + self.index_lag, item.id, None))

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
        author, repository = item.author, item.repository
        if author is None:
            return "NONE"
        if author.login in repository.owner.members:
            return "MEMBER"
        if author.login in repository.owner.collaborators:
            return "COLLABORATOR"
        return "CONTRIBUTOR" if author.id in repository.contributors else "NONE"
