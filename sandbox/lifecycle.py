"""The script of an item's life: the changes that will happen to it, drawn when it is opened."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from sandbox import prose
from sandbox.hours import DAY, HOUR, next_working_moment
from sandbox.items import Change, Item, Kind, Label
from sandbox.people import Person

MINUTE = 60
# Labels with a meaning of their own aren't put on at random.
SPECIAL_LABELS = {"dependencies", "stale", "duplicate", "wontfix"}
Pick = Callable[[], Person]


@dataclass(slots=True)
class Script:
    """A script being written: the item, its own random numbers, who may act, and how far its time has come."""

    item: Item
    rng: Random
    pick: Pick
    bot: Person
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

    def label(self) -> Label:
        """Draw a label; the repository's first ones are the most used."""
        labels = [label for label in self.item.repository.labels.values() if label.name not in SPECIAL_LABELS]
        return labels[min(int(self.rng.expovariate(0.35)), len(labels) - 1)]


def write_script(item: Item, rng: Random, pick: Pick, bot: Person) -> list[Change]:
    """Return everything that will happen to a new item, in order of time."""
    script = Script(item, rng, pick, bot, item.created_at)
    if item.author is not None and item.author.type == "Bot" and item.is_pull:
        return list(_bump(script))
    return list(_pull(script) if item.is_pull else _issue(script))


def _triage(script: Script, *, labelled: float, assigned: float) -> Iterator[Change]:
    if script.chance(labelled):
        actor = script.pick()
        at = script.step(actor, after=2 * HOUR)
        label = script.label()
        yield Change(at, Kind.LABELED, actor, label=label)
        if script.chance(0.3):
            yield Change(at, Kind.LABELED, actor, label=script.label())
        if script.chance(0.08):
            yield Change(script.step(actor, after=DAY), Kind.UNLABELED, actor, label=label)
    if script.chance(assigned):
        actor = script.pick()
        person = actor if script.chance(0.5) else script.pick()
        yield Change(script.step(actor, after=5 * HOUR), Kind.ASSIGNED, actor, person=person)
        if script.chance(0.06):
            yield Change(script.step(person, after=2 * DAY), Kind.UNASSIGNED, person, person=person)
    if script.item.repository.milestones and script.chance(0.1):
        actor = script.pick()
        milestone = script.rng.choice(script.item.repository.milestones)
        yield Change(script.step(actor, after=HOUR), Kind.MILESTONED, actor, milestone=milestone)
        if script.chance(0.15):
            yield Change(script.step(actor, after=8 * DAY), Kind.DEMILESTONED, actor)


def _talk(script: Script, *, mean: float, after: float) -> Iterator[Change]:
    for _ in range(script.count(mean)):
        actor = script.item.author if script.chance(0.35) and script.item.author else script.pick()
        yield Change(script.step(actor, after=after), Kind.COMMENTED, actor)
    if script.chance(0.05):
        actor = script.pick()
        title = prose.issue_title(script.rng) if not script.item.is_pull else f"{script.item.title} (part 1)"
        yield Change(script.step(actor, after=HOUR), Kind.RENAMED, actor, text=title)
    if script.chance(0.06) and script.item.author:
        addition = f"\n\n**Edit:** {prose.body(script.rng, pull=False) or 'see above'}"
        text = f"{script.item.body or ''}{addition}"[: prose.MAXIMUM_BODY]
        yield Change(script.step(script.item.author, after=HOUR), Kind.EDITED, script.item.author, text=text)


def _issue(script: Script) -> Iterator[Change]:
    yield from _triage(script, labelled=0.7, assigned=0.45)
    yield from _talk(script, mean=2.6, after=14 * HOUR)
    fate = script.rng.random()
    if fate < 0.17:
        return  # it stays open
    if fate < 0.22:
        yield from _stale(script)
        return
    reason = script.rng.choices(("completed", "not_planned", "duplicate"), weights=(80, 13, 7))[0]
    actor = script.pick()
    at = script.step(actor, after=4 * DAY)
    if script.chance(0.5):
        yield Change(at, Kind.COMMENTED, actor)
    yield Change(at, Kind.CLOSED, actor, text=reason)
    yield from _afterwards(script, reason)


def _stale(script: Script) -> Iterator[Change]:
    at = script.step(script.bot, after=60 * DAY)
    label = script.item.repository.labels.get("stale") or script.label()
    yield Change(at, Kind.LABELED, script.bot, label=label)
    yield Change(at, Kind.COMMENTED, script.bot)
    yield Change(script.step(script.bot, after=14 * DAY), Kind.CLOSED, script.bot, text="not_planned")


def _afterwards(script: Script, reason: str | None) -> Iterator[Change]:
    if script.chance(0.06):
        actor = script.item.author or script.pick()
        at = script.step(actor, after=3 * DAY)
        yield Change(at, Kind.COMMENTED, actor)
        yield Change(at, Kind.REOPENED, actor)
        if script.chance(0.8):
            actor = script.pick()
            yield Change(script.step(actor, after=3 * DAY), Kind.CLOSED, actor, text=reason)
    if script.chance(0.12):
        actor = script.pick()
        yield Change(script.step(actor, after=2 * DAY), Kind.COMMENTED, actor)
    if script.chance(0.01):
        yield Change(script.step(script.bot, after=90 * DAY), Kind.LOCKED, script.bot)


def _review(script: Script) -> Iterator[Change]:
    reviewer = script.pick()
    author = script.item.author or reviewer
    if script.chance(0.65) and reviewer is not author:
        yield Change(script.step(author, after=10 * MINUTE), Kind.REVIEW_REQUESTED, author, person=reviewer)
    for _ in range(script.count(1.1)):
        yield Change(script.step(reviewer, after=4 * HOUR), Kind.REVIEWED, reviewer)
        if script.chance(0.6):
            yield Change(script.step(author, after=2 * HOUR), Kind.COMMITTED, author)


def _pull(script: Script) -> Iterator[Change]:
    author = script.item.author or script.pick()
    if script.item.draft:
        for _ in range(script.count(2)):
            yield Change(script.step(author, after=5 * HOUR), Kind.COMMITTED, author)
        if script.chance(0.12):
            return  # given up as a draft
        yield Change(script.step(author, after=16 * HOUR), Kind.READY_FOR_REVIEW, author)
    elif script.chance(0.02):
        yield Change(script.step(author, after=HOUR), Kind.CONVERT_TO_DRAFT, author)
    yield from _triage(script, labelled=0.4, assigned=0.25)
    yield from _review(script)
    yield from _talk(script, mean=1.2, after=5 * HOUR)
    yield from _verdict(script, merged=0.83, abandoned=0.06)


def _verdict(script: Script, *, merged: float, abandoned: float) -> Iterator[Change]:
    if script.chance(abandoned):
        return
    actor = script.pick()
    if script.chance(merged):
        yield Change(script.step(actor, after=5 * HOUR), Kind.MERGED, actor)
        if script.chance(0.08):
            yield Change(script.step(actor, after=DAY), Kind.COMMENTED, actor)
        return
    yield Change(script.step(actor, after=6 * DAY), Kind.CLOSED, actor)
    yield from _afterwards(script, None)


def _bump(script: Script) -> Iterator[Change]:
    author = script.item.author or script.bot
    label = script.item.repository.labels.get("dependencies")
    if label is not None:
        yield Change(script.at + 2, Kind.LABELED, author, label=label)
    if script.chance(0.3):
        # A newer version came out: the bot closes its own pull request with a word.
        at = script.step(author, after=6 * DAY)
        yield Change(at, Kind.COMMENTED, author)
        yield Change(at + 1, Kind.CLOSED, author)
    else:
        yield from _verdict(script, merged=0.9, abandoned=0.15)
