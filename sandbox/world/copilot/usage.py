"""An organisation's use of Copilot: seats, days and publications, all functions of the seed, the day and the clock."""

from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from sandbox.world.copilot.habits import Habits, UserDay, form_habits, moment_of_use, spend_day
from sandbox.world.copilot.publication import Publication, publish
from sandbox.world.copilot.seats import Seat, assign_seats, list_stays
from sandbox.world.copilot.settings import Settings, day_of, this_month
from sandbox.world.hours import DAY
from sandbox.world.items import Organisation, Team
from sandbox.world.people import Person
from sandbox.world.world import World

# GitHub forgets activity after so many days.
REMEMBERED_DAYS = 90
SMALLEST_TEAM = 5
# Enough for the 28-day reports, whose first day looks 27 days back.
KEPT_DAYS = 120


class Activity(NamedTuple):
    """Somebody's last use of Copilot."""

    at: int
    editor: str


class Usage:
    """What there is to report of an organisation; only what is asked for is generated, and the latest of it kept."""

    def __init__(self, world: World, organisation: Organisation, settings: Settings) -> None:
        self.world, self.organisation, self.settings = world, organisation, settings
        self.seed = f"{world.plan.seed}/copilot/{organisation.login}"
        self._habits: dict[int, Habits] = {}
        self._seats: tuple[tuple[int, int], list[Seat]] = ((-1, 0), [])
        self._days: OrderedDict[int, list[UserDay]] = OrderedDict()

    def all_seats(self) -> list[Seat]:
        """Return the seats there have been, are and, as far as is decided, will be."""
        known = len(self.world.movements), this_month(self.world.now)
        if self._seats[0] != known:
            stays = list_stays(self.organisation, self.world.movements)
            self._seats = known, assign_seats(self.seed, self.settings.since, stays, month=known[1])
        return self._seats[1]

    def seats(self) -> list[Seat]:
        """Return the seats that are held now, the oldest first."""
        return [seat for seat in self.all_seats() if seat.held(self.world.now)]

    def habits(self, person: Person) -> Habits:
        """Return a person's habits."""
        if person.id not in self._habits:
            self._habits[person.id] = form_habits(self.seed, person)
        return self._habits[person.id]

    def user_days(self, day: int) -> list[UserDay]:
        """Return what everybody did who used Copilot on a day that is over, in order of their ids."""
        if day not in self._days:
            active = [seat.person for seat in self._usable(day) if self._is_active(seat, day)]
            days = [spend_day(self.seed, person, self.habits(person), day) for person in active]
            self._days[day] = sorted(days, key=lambda one: one.person.id)
            if len(self._days) > KEPT_DAYS:
                self._days.popitem(last=False)
        self._days.move_to_end(day)
        return self._days[day]

    def users(self, first: int, last: int, *, having: Callable[[UserDay], object] = bool) -> int:
        """Count who was active (and did something of a kind) on any of these days."""
        days = range(max(first, self.settings.since), last + DAY, DAY)
        return len({one.person.id for day in days for one in self.user_days(day) if having(one)})

    def _usable(self, day: int) -> list[Seat]:
        return [seat for seat in self.all_seats() if seat.usable(day + DAY - 1)]

    def _is_active(self, seat: Seat, day: int) -> bool:
        return self.habits(seat.person).active(self.seed, seat.person, day, given_at=seat.given_at)

    def publication(self, day: int) -> Publication:
        """Return when a day is published and revised."""
        return publish(self.seed, self.settings, day)

    def publications(self, *, first: int | None = None) -> list[Publication]:
        """Return all days that are over, published or not, beginning with the first one offered or another one."""
        today = day_of(self.world.now)
        oldest = max(self.settings.since, today - self.settings.offered_days * DAY)
        return [self.publication(day) for day in range(oldest if first is None else first, today, DAY)]

    def offered(self, day: int, now: int) -> Publication | None:
        """Return a day's publication if its reports are offered at a moment."""
        oldest = max(self.settings.since, day_of(now) - self.settings.offered_days * DAY)
        if not oldest <= day < day_of(now):
            return None
        publication = self.publication(day)
        return publication if publication.revision(now) >= 0 else None

    def latest(self, now: int) -> int | None:
        """Return the last day that is published at a moment."""
        today = day_of(now)
        days = range(today - DAY, max(self.settings.since, today - self.settings.offered_days * DAY) - DAY, -DAY)
        return next((day for day in days if self.offered(day, now)), None)

    def last_activity(self, seat: Seat) -> Activity | None:
        """Return a seat's last use as far as GitHub remembers: in vain after 90 days."""
        now = self.world.now
        first = max(day_of(now) - REMEMBERED_DAYS * DAY, day_of(seat.given_at))
        for day in range(day_of(now), first - DAY, -DAY):
            at = moment_of_use(self.seed, seat.person, day)
            counts = now - REMEMBERED_DAYS * DAY < at <= now and seat.given_at <= at
            # As for the reports: on the day that somebody leaves nothing is counted.
            if counts and seat.usable(day + DAY - 1) and self._is_active(seat, day):
                return Activity(at, self._editor(seat.person))
        return None

    def _editor(self, person: Person) -> str:
        ide = self.habits(person).ides[0]
        return f"{ide}/1.{110 + person.id % 9}.{person.id % 4}/copilot/1.{300 + person.id % 40}.0"

    def teams(self, day: int) -> list[tuple[Person, Team, str]]:
        """Return who with a seat was in which team at a day's end, and the slug that it had.

        Teams with fewer than five of them are left out.
        """
        seated = {seat.person for seat in self._usable(day)}
        teams = self.world.teams_at(self.organisation, day + DAY - 1)
        rows = []
        for team, (slug, members) in sorted(teams.items(), key=lambda one: one[0].id):
            people = [person for person in members if person in seated]
            if len(people) >= SMALLEST_TEAM:
                rows += [(person, team, slug) for person in sorted(people, key=lambda person: person.id)]
        return rows

    def assigning_team(self, person: Person) -> Team | None:
        """Return the first of the teams that a person is in now."""
        return next((team for team in self.organisation.teams if person in team.roles), None)
