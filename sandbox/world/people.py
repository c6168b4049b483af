"""The people and bots of the generated world."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from sandbox.world import words


@dataclass(slots=True, eq=False)
class Person:
    """An account: a user, a bot or, as a repository's owner, an organisation; `email` is None unless it is public."""

    id: int
    login: str
    name: str
    type: str
    created_at: int
    utc_offset: int = 0
    location: str | None = None
    activity: float = 0.0
    site_admin: bool = False
    email: str | None = None


@dataclass(slots=True, eq=False)
class App:
    """A GitHub App that acts through a bot."""

    id: int
    slug: str
    name: str
    created_at: int


DEPENDABOT, RENOVATE, CI_BOT = "dependabot[bot]", "renovate[bot]", "release-robot[bot]"
BOTS = ((49_699_333, DEPENDABOT), (29_139_614, RENOVATE), (61_204_718, CI_BOT))
# GitHub's coding agent, as REST calls it; GraphQL calls it by its App's name.
COPILOT, COPILOT_ID, COPILOT_APP = "Copilot", 198_982_749, "copilot-swe-agent"
ACCOUNT_EPOCH = 1_262_304_000  # 2010-01-01
SHOW_EMAIL = 5  # one of so many people
SECONDS_PER_ID = 2.4  # accounts made per second, roughly: ids grow with time


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _login(rng: Random, given: str, family: str, taken: set[str]) -> str:
    given, family = _ascii(given).lower(), _ascii(family).lower()
    first, last = given[0], family[0]
    styles = (f"{given}{family}", f"{first}{family}", f"{given}-{family}", f"{given}{last}", f"{family}{first}")
    login = rng.choices(styles, weights=(3, 4, 3, 2, 1))[0]
    while login in taken:
        login = f"{given}-{family}{rng.randrange(2, 99)}"
    taken.add(login)
    return login


def make_people(rng: Random, count: int) -> list[Person]:
    """Return people with long-tailed activity, the most active first."""
    taken: set[str] = set()
    people: list[Person] = []
    ids = sorted(rng.sample(range(1_500_000, 180_000_000), count))
    rng.shuffle(ids)
    for rank, number in enumerate(ids):
        given, family = rng.choice(words.GIVEN_NAMES), rng.choice(words.FAMILY_NAMES)
        location, utc_offset = rng.choice(words.LOCATIONS)
        login = _login(rng, given, family, taken)
        created_at = ACCOUNT_EPOCH + int(number * SECONDS_PER_ID)
        person = Person(number, login, f"{given} {family}", "User", created_at, utc_offset, location)
        person.activity = 1.0 / (rank + 1) ** 0.85
        # As few show theirs on GitHub; the reserved domain is nobody's.
        person.email = f"{login}@example.com" if number % SHOW_EMAIL == 0 else None
        people.append(person)
    return people


def make_bots() -> dict[str, Person]:
    """Return the bots by login."""
    return {
        login: Person(number, login, login.removesuffix("[bot]"), "Bot", ACCOUNT_EPOCH + int(number * SECONDS_PER_ID))
        for number, login in BOTS
    }


def make_agent() -> Person:
    """Return Copilot's coding agent."""
    return Person(COPILOT_ID, COPILOT, COPILOT_APP, "Bot", ACCOUNT_EPOCH + int(COPILOT_ID * SECONDS_PER_ID))


def make_mannequin() -> Person:
    """Return what stands for somebody whose issues were imported from elsewhere."""
    number = 131_072_001
    return Person(number, "old-tracker-user", "Old Tracker User", "Mannequin", ACCOUNT_EPOCH + number)


def make_apps(bots: Iterable[Person]) -> dict[int, App]:
    """Return the apps behind the bots, by the bot's id."""
    return {bot.id: App(10_000 + bot.id % 90_000, bot.name, bot.name.title(), bot.created_at) for bot in bots}
