"""When a day's figures are published and revised, and how much of them is known by then."""

from bisect import bisect
from dataclasses import dataclass

from sandbox.world.copilot.settings import Settings, day_name, draw
from sandbox.world.hours import DAY, HOUR

EARLIEST, SPREAD = 3 * HOUR, 4 * HOUR
LATE_SHARE = 1 / 12
AGAIN_SHARE = 1 / 15
FALLING_SHARE = 1 / 6
# What of the final counts is there at first and after one, two and three days (on some days it is more), and which
# of the users are.
RISING = (0.82, 0.94, 0.98, 1.0)
FALLING = (1.25, 1.12, 1.04, 1.0)
PRESENT = (0.88, 0.96, 1.0, 1.0)
# A few days are revised once more, at a time when only the 28-day reports still look at them.
LAST_SHARE = 0.985
FIRST_AGAIN, LAST_AGAIN = 4, 18


@dataclass(frozen=True, slots=True)
class Publication:
    """A day's reports: the moments `at` which they are published and revised, and what is known from then on.

    `shares` are of the final counts, `present` of the users.
    """

    day: int
    at: tuple[int, ...]
    shares: tuple[float, ...]
    present: tuple[float, ...]

    @property
    def last(self) -> int:
        """The number of the last revision; 0 is the first publication."""
        return len(self.at) - 1

    def revision(self, now: int) -> int:
        """Return the number of the revision that is out at a moment: -1 before the first publication."""
        return bisect(self.at, now) - 1


def publish(seed: str, settings: Settings, day: int) -> Publication:
    """Return when a day is published and revised, always the same."""
    first = day + DAY + EARLIEST + int(draw(seed, day, "hour") * SPREAD) + _delay(seed, settings, day) * DAY
    if not settings.revisions:
        return Publication(day, (first,), (1.0,), (1.0,))
    falling = draw(seed, day, "falling") < FALLING_SHARE
    at = [first + days * DAY for days in range(4)]
    shares, present = list(FALLING if falling else RISING), list(PRESENT)
    if draw(seed, day, "again") < AGAIN_SHARE:
        again = FIRST_AGAIN + int(draw(seed, day, "days") * (LAST_AGAIN - FIRST_AGAIN + 1))
        at.append(first + again * DAY)
        shares[-1:] = [LAST_SHARE, 1.0]
        present.append(1.0)
    return Publication(day, tuple(at), tuple(shares), tuple(present))


def _delay(seed: str, settings: Settings, day: int) -> int:
    """Return by how many days a day is late."""
    if (name := day_name(day)) in settings.late:
        return settings.late[name]
    if not settings.late_days or draw(seed, day, "late") >= LATE_SHARE:
        return 0
    return 1 + int(draw(seed, day, "delay") * settings.late_days)
