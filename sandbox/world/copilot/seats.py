"""Who holds a seat from when to when: drawn from the memberships there have been, which never change afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from random import Random

from sandbox.world.copilot.settings import draw, next_month
from sandbox.world.hours import DAY, HOUR
from sandbox.world.items import Organisation
from sandbox.world.memberships import Movement
from sandbox.world.people import Person

HOLDERS = 0.88
AT_ONCE, USUAL_DELAY = 0.6, 60
FORGOTTEN = 0.5
# Each month somebody looks through the seats and cancels one of so many, where there are enough to look through.
OF_WHICH_ONE_IS_CANCELLED, LOOKED_THROUGH = 40, 24
THROUGH_TEAM = 0.3


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody's time in an organisation: from a moment (0: always) to another (None: still)."""

    person: Person
    joined: int
    left: int | None


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat: given, perhaps cancelled, taken away when the billing cycle ends; who left doesn't use it any more."""

    person: Person
    given_at: int
    cancelled_at: int | None
    ends_at: int | None
    left_at: int | None
    through_team: bool

    def held(self, at: int) -> bool:
        """Whether it is billed at a moment."""
        return self.given_at <= at and (self.ends_at is None or at < self.ends_at)

    def usable(self, at: int) -> bool:
        """Whether it is held by somebody who is still in the organisation."""
        return self.held(at) and (self.left_at is None or at < self.left_at)

    def pending(self, at: int) -> bool:
        """Whether it is held, but cancelled."""
        return self.held(at) and self.cancelled_at is not None and self.cancelled_at <= at


def list_stays(organisation: Organisation, movements: Iterable[Movement]) -> list[Stay]:
    """Return everybody's times in an organisation, in order of their ids."""
    found: list[Stay] = []
    joined: dict[Person, int] = {}
    for movement in movements:
        if movement.organisation is not organisation or (movement.before is None) == (movement.after is None):
            continue
        if movement.before is None:
            joined[movement.person] = movement.at
        else:
            found.append(Stay(movement.person, joined.pop(movement.person, 0), movement.at))
    found += [Stay(person, joined.get(person, 0), None) for person, _ in organisation.members.values()]
    return sorted(found, key=lambda stay: (stay.person.id, stay.joined))


def assign_seats(seed: str, since: int, stays: Iterable[Stay], *, month: int) -> list[Seat]:
    """Return all seats there have been and are known of, the oldest first, as they are after a month's first hours."""
    last: dict[Person, Seat] = {}
    seats = []
    for stay in stays:
        seat = _give(Random(f"{seed}/seat/{stay.person.id}/{stay.joined}"), since, stay)
        held = last.get(stay.person)
        if seat is None or (held is not None and held.held(seat.given_at)):
            continue
        last[stay.person] = seat
        seats.append(seat)
    return _cancel_monthly(seed, since, sorted(seats, key=lambda seat: (seat.given_at, seat.person.id)), last=month)


def _cancel_monthly(seed: str, since: int, seats: list[Seat], *, last: int) -> list[Seat]:
    """Cancel some seats in the first hours of each month: nothing that comes later changes what was decided."""
    month = next_month(since)
    while month <= last:
        held = [index for index, seat in enumerate(seats) if seat.usable(month)]
        count = -(-len(held) // OF_WHICH_ONE_IS_CANCELLED) if len(held) >= LOOKED_THROUGH else 0
        for index in sorted(held, key=lambda index: draw(seed, month, seats[index].person.id, "cancelled"))[:count]:
            seat = seats[index]
            seats[index] = _cancel(seat, month + int(draw(seed, month, seat.person.id, "hour") * 9 * HOUR))
        month = next_month(month)
    return seats


def _cancel(seat: Seat, at: int) -> Seat:
    earlier = seat.cancelled_at is not None and seat.cancelled_at <= at
    return seat if earlier else replace(seat, cancelled_at=at, ends_at=next_month(at))


def _give(rng: Random, since: int, stay: Stay) -> Seat | None:
    # All is drawn before anything is decided, so that leaving changes nothing of what was before.
    holds, at_once, hour = rng.random() < HOLDERS, rng.random() < AT_ONCE, rng.randrange(HOUR, 9 * HOUR)
    delay, forgotten = int(rng.expovariate(1 / USUAL_DELAY)), rng.random() < FORGOTTEN
    through_team = rng.random() < THROUGH_TEAM
    given_at = max(stay.joined, since) + hour + (0 if at_once else delay * DAY)
    if not holds or (stay.left is not None and stay.left <= given_at):
        return None
    cancelled_at = None if forgotten else stay.left
    ends_at = None if cancelled_at is None else next_month(cancelled_at)
    return Seat(stay.person, given_at, cancelled_at, ends_at, stay.left, through_team)
