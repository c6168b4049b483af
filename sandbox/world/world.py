"""The world: generated history up to a moment, going on from there; the state is the changes applied so far."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from itertools import count
from random import Random

from sandbox.world import board_life, everything, founding, happenings, prose
from sandbox.world.alert_happenings import CHANGES, CHANGES_SHARE, OPENINGS
from sandbox.world.founding import Plan
from sandbox.world.hours import DAY, HOUR, SATURDAY, moment_of_day, weekday
from sandbox.world.items import Change, Item, Kind, Organisation, Repository, Team
from sandbox.world.lifecycle import write_script
from sandbox.world.people import CI_BOT, Person
from sandbox.world.population import Happening, Population
from sandbox.world.release_happenings import RELEASE_HAPPENINGS
from sandbox.world.run_happenings import RUN_CHANGES, RUN_CHANGES_SHARE, RUN_STARTS, plan_rush
from sandbox.world.script import Cast
from sandbox.world.team_happenings import TEAM_HAPPENINGS

BOT_SHARE = 0.13
PULL_SHARE = 0.58
WEEKEND_WEIGHT = 0.06
# A day is drawn this long before its UTC midnight: somewhere it has begun already.
DAY_LEAD = 15 * HOUR
MOVE_SHARE = 0.2
# Some of the people from outside delete their accounts; what they wrote stays, without a user.
GHOST_SHARE = 0.04
REFERRING_SHARE = 0.1


@dataclass(slots=True, eq=False)
class Birth:
    """An item that is about to be opened, with random numbers of its own."""

    repository: Repository
    author: Person
    pull: bool
    rng: Random


@dataclass(slots=True, eq=False)
class Membership:
    """Somebody who is about to join an organisation, and teams of it with these roles, or to leave it (`role` None)."""

    organisation: Organisation
    person: Person
    role: str | None
    teams: dict[Team, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Incident:
    """Something out of the ordinary that is about to happen somewhere, of one of some kinds."""

    kinds: tuple[str, ...]
    rng: Random


@dataclass(slots=True, eq=False)
class Deed:
    """Something that was put off until now."""

    do: Callable[[], None]


# A number is a day (its UTC midnight) whose births are to be drawn.
Event = Birth | Membership | Incident | Deed | int | tuple[Item, Change]


class World(Population):
    """Everything the API shows, at one moment of world time, and what will happen to it."""

    def __init__(self, plan: Plan, *, index_lag: int = 0) -> None:
        super().__init__(plan, index_lag=index_lag)
        self._heap: list[tuple[int, int, Event]] = []
        self._sequence = count()
        rng = Random(f"{plan.seed}/founding")
        self.found(rng)
        self._plan(rng)
        self.advance(plan.now)

    def _plan(self, rng: Random) -> None:
        """Plan what is known to happen, and the drawing of the first day."""
        plan = self.plan
        for organisation in self.organisations.values():
            founding.form_teams(rng, organisation)
            founding.arrange_teams(Random(f"{plan.seed}/teams/{organisation.login}"), organisation)
            self._plan_moves(rng, organisation)
            self._plan_boards(organisation)
            self._plan_turnover(organisation)
        self.number_from(rng)
        first_day = plan.start - plan.start % DAY
        # The share of a day's weight that the whole history's items come to.
        days = range(first_day, plan.now, DAY)
        self._daily = plan.items / max(sum(self._weight(day) for day in days), 1)
        self._push(first_day - DAY_LEAD, first_day)
        if plan.rush_hours:
            plan_rush(self, Random(f"{plan.seed}/rush"), plan.now + plan.rush_hours * HOUR)

    def _plan_boards(self, organisation: Organisation) -> None:
        """Let boards begin on the second day, and the large one when history ends."""
        if self.plan.boards:
            self.later(self.plan.start + DAY, lambda: board_life.found_boards(self, organisation))
        if self.plan.board_items:
            self.later(self.plan.now, lambda: board_life.found_large_board(self, organisation))

    def _plan_moves(self, rng: Random, organisation: Organisation) -> None:
        """Let some members join and some leave while the world is watched, half of them in its future."""
        for person, role in list(organisation.members.values()):
            if role == "admin" or rng.random() >= MOVE_SHARE:
                continue
            at = self.plan.start + rng.randrange(2 * self.plan.days) * DAY + rng.randrange(9, 17) * HOUR
            if rng.random() < 0.6 and at < self.plan.now:
                del organisation.members[person.login]
                teams = {team: team.roles.pop(person) for team in organisation.teams if person in team.roles}
                self._push(at, Membership(organisation, person, role, teams))
            else:
                self._push(at, Membership(organisation, person, None))

    def _plan_turnover(self, organisation: Organisation) -> None:
        """Let some members leave when history has ended, and the first of them come back."""
        for index in range(self.plan.turnover):
            rng = Random(f"{self.plan.seed}/turnover/{organisation.login}/{index}")
            at = self.plan.now + rng.randrange(DAY, 2 * DAY - HOUR) if index else self.plan.now + HOUR
            self.later(at, partial(self._leave, organisation, rng, comes_back=index == 0))

    def _leave(self, organisation: Organisation, rng: Random, *, comes_back: bool) -> None:
        people = [person for person, role in organisation.members.values() if role != "admin"]
        if people:
            person = rng.choice(people)
            self.move(organisation, person, None)
            if comes_back:
                self._push(self.now + DAY, Membership(organisation, person, "member"))

    def _weight(self, day: int) -> float:
        growth = 0.85 + 0.3 * (day - self.plan.start) / (self.plan.days * DAY)
        return growth * (WEEKEND_WEIGHT if weekday(day) >= SATURDAY else 1.0)

    def _push(self, at: int, event: Event) -> None:
        heappush(self._heap, (at, next(self._sequence), event))

    def later(self, at: int, deed: Callable[[], None]) -> None:
        """Do something when a moment comes, unless the world stands still by then."""
        self._push(at, Deed(deed))

    def advance(self, to: int) -> None:
        """Let everything happen that is due up to a moment; going back is not possible and changes nothing."""
        with self.lock:
            while self._heap and self._heap[0][0] <= to:
                at, _, event = heappop(self._heap)
                self.now = max(self.now, at)
                self._occur(at, event)
            self.now = max(self.now, to)

    def stand_still(self) -> None:
        """Forget what would happen by itself from now on; time goes on, and what is asked for still happens."""
        with self.lock:
            self._heap.clear()

    def _occur(self, at: int, event: Event) -> None:
        if isinstance(event, tuple):
            self.apply(*event)
        elif isinstance(event, Birth):
            if at >= self.plan.start:
                self._be_born(at, event)
        elif isinstance(event, Membership):
            self.move(event.organisation, event.person, event.role)
            for team, role in event.teams.items():
                if team in event.organisation.teams:
                    self.set_team_role(team, event.person, role)
        elif isinstance(event, Incident):
            if at >= self.plan.start:
                happenings.happen(self, event.rng, event.kinds)
        elif isinstance(event, Deed):
            event.do()
        else:
            self._draw_day(event)

    def happen(self, rng: Random, kinds: Iterable[str] = ()) -> list[Happening]:
        """Let one thing happen now, of these kinds or of any (`KINDS`, with alerts `ALERT_KINDS`, too); report it.

        With runs of workflows `RUN_KINDS`, too.
        """
        usual = happenings.KINDS + (happenings.ALERT_KINDS if self.plan.alerts else ())
        usual += happenings.RUN_KINDS if self.plan.runs else ()
        with self.lock:
            return happenings.happen(self, rng, tuple(kinds) or usual)

    def happen_all(self, item: Item) -> list[Kind]:
        """Let each kind of change that GitHub has happen to an open item; return those that did."""
        with self.lock:
            return everything.happen_all(self, item)

    def invite(self) -> tuple[Person, Person]:
        """Let Copilot's coding agent and a mannequin act; return both."""
        with self.lock:
            return everything.invite(self)

    def _draw_day(self, day: int) -> None:
        """Plan what happens on a day, and the drawing of the next one."""
        self._push(day + DAY - DAY_LEAD, day + DAY)
        if self.has_active:
            self._draw_births(day)
        self._draw_incidents(day)

    def _draw_births(self, day: int) -> None:
        """Plan the items that are opened on a day."""
        rng = Random(f"{self.plan.seed}/{day}")
        expected = self._daily * self._weight(day) * rng.uniform(0.7, 1.3)
        for index in range(int(expected + rng.random())):
            bot = rng.random() < BOT_SHARE
            repository = self.draw_repository(rng)
            pull = bot or rng.random() < PULL_SHARE
            author = self.draw_bot(rng) if bot else self.draw_author(rng, repository, pull=pull)
            at = moment_of_day(rng, day, utc_offset=author.utc_offset)
            if bot:
                at = day + rng.randrange(4, 7) * HOUR + rng.randrange(HOUR)
            self._push(at, Birth(repository, author, pull, Random(f"{self.plan.seed}/{day}/{index}")))

    def _draw_incidents(self, day: int) -> None:
        """Plan what else happens on a day, at working hours in UTC; each sort has random numbers of its own."""
        plan = self.plan
        alerts = plan.alerts * len(self.repositories) * len(OPENINGS) / max(plan.days, 1)
        runs = plan.runs * len(self.repositories)
        rates = (
            (plan.transfers, happenings.TRANSFERS),
            (plan.deletions, happenings.DELETIONS),
            (plan.silent_changes, happenings.SILENT_CHANGES),
            (plan.releases * len(self.repositories), tuple(RELEASE_HAPPENINGS)),
            (plan.team_changes * len(self.organisations), tuple(TEAM_HAPPENINGS)),
            (alerts, tuple(OPENINGS)),
            (alerts * CHANGES_SHARE, tuple(CHANGES)),
            (runs, tuple(RUN_STARTS)),
            (runs * RUN_CHANGES_SHARE, tuple(RUN_CHANGES)),
        )
        for rate, kinds in rates:
            if not rate:
                continue
            rng = Random(f"{plan.seed}/{day}/{kinds[0]}")
            for _ in range(int(rate + rng.random())):
                self._push(day + rng.randrange(7 * HOUR, 19 * HOUR), Incident(kinds, Random(rng.random())))

    def _be_born(self, at: int, birth: Birth) -> None:
        if birth.repository.full_name.lower() not in self.repositories:
            return  # it was deleted
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
        cast = Cast(
            partial(self.draw_insider, rng, birth.repository),
            partial(self.draw_author, rng, birth.repository, pull=False),
            self.bots[CI_BOT],
        )
        for change in write_script(item, rng, cast):
            self._push(change.at, (item, change))
        self._refer(item, rng)

    def _refer(self, item: Item, rng: Random) -> None:
        """Let some new items mention one of the repository's latest."""
        if rng.random() >= REFERRING_SHARE or item.author is None:
            return
        number = item.number - 1 - int(rng.expovariate(0.12))
        mentioned = item.repository.items.get(number)
        if mentioned is not None:
            self.apply(mentioned, Change(item.created_at, Kind.CROSS_REFERENCED, item.author, source=item))
