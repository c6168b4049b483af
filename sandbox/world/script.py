"""Writing the script of an item's life: who acts, and how time passes between two changes."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from sandbox.world import words
from sandbox.world.hours import next_working_moment
from sandbox.world.items import Change, Item, Kind, Label
from sandbox.world.people import Person

# Labels with a meaning of their own aren't put on at random.
SPECIAL_LABELS = {"dependencies", "stale", "duplicate", "wontfix"}


@dataclass(frozen=True, slots=True)
class Cast:
    """Who may act: somebody of the organisation, anybody (from outside, too), and the bot that tidies up."""

    insider: Callable[[], Person]
    anybody: Callable[[], Person]
    bot: Person


@dataclass(slots=True)
class Script:
    """A script being written: the item, its own random numbers, who may act, and how far its time has come."""

    item: Item
    rng: Random
    cast: Cast
    at: int

    def step(self, actor: Person, *, after: float) -> int:
        """Move on by about `after` seconds (long-tailed) and to when the actor is at work next."""
        self.at += max(int(self.rng.lognormvariate(0, 0.9) * after), 1)
        if actor.type != "Bot":
            self.at = next_working_moment(self.rng, self.at, utc_offset=actor.utc_offset)
        return self.at

    def chance(self, share: float) -> bool:
        """Draw whether something happens that happens to this share of items."""
        return self.rng.random() < share

    def count(self, mean: float) -> int:
        """Draw a small, long-tailed number."""
        return min(int(self.rng.expovariate(1 / mean)), 40)

    def label(self) -> Label | None:
        """Draw a label, if there are any; the repository's first ones are the most used."""
        labels = [label for label in self.item.repository.labels.values() if label.name not in SPECIAL_LABELS]
        return labels[min(int(self.rng.expovariate(0.35)), len(labels) - 1)] if labels else None

    def comment(self, at: int, actor: Person) -> Change:
        """Return a comment; bots write their own sort."""
        choices = words.BOT_COMMENTS if actor.type == "Bot" else words.COMMENTS
        return Change(at, Kind.COMMENTED, actor, text=self.rng.choice(choices))
