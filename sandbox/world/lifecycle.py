"""The script of an item's life: the changes that will happen to it, drawn when it is opened."""

from collections.abc import Iterator
from random import Random

from sandbox.world import prose, words
from sandbox.world.hours import DAY, HOUR
from sandbox.world.items import Change, Item, Kind, commit
from sandbox.world.people import Person
from sandbox.world.reviews import review
from sandbox.world.script import Cast, Script

MINUTE = 60
HOT_SHARE = 0.006


def write_script(item: Item, rng: Random, cast: Cast) -> list[Change]:
    """Return everything that will happen to a new item, in order of time."""
    script = Script(item, rng, cast, item.created_at)
    if item.author is not None and item.author.type == "Bot" and item.is_pull:
        return list(_bump(script))
    return list(_pull(script) if item.is_pull else _issue(script))


def _triage(script: Script, *, labelled: float, assigned: float) -> Iterator[Change]:
    if script.chance(labelled):
        yield from _label(script)
    if script.chance(assigned):
        actor = script.cast.insider()
        person = actor if script.chance(0.5) else script.cast.insider()
        at = script.step(actor, after=5 * HOUR)
        yield Change(at, Kind.ASSIGNED, actor, person=person)
        if person is not actor:
            yield Change(at, Kind.SUBSCRIBED, person)
        if script.chance(0.06):
            yield Change(script.step(person, after=2 * DAY), Kind.UNASSIGNED, person, person=person)
    if script.item.repository.milestones and script.chance(0.1):
        actor = script.cast.insider()
        milestone = script.rng.choice(script.item.repository.milestones)
        yield Change(script.step(actor, after=HOUR), Kind.MILESTONED, actor, milestone=milestone)
        if script.chance(0.15):
            yield Change(script.step(actor, after=8 * DAY), Kind.DEMILESTONED, actor)


def _label(script: Script) -> Iterator[Change]:
    actor = script.cast.insider()
    at = script.step(actor, after=2 * HOUR)
    label = script.label()
    yield Change(at, Kind.LABELED, actor, label=label)
    if script.chance(0.3):
        yield Change(at, Kind.LABELED, actor, label=script.label())
    if script.chance(0.08):
        yield Change(script.step(actor, after=DAY), Kind.UNLABELED, actor, label=label)


def _said(script: Script, actor: Person, *, after: float) -> Iterator[Change]:
    """Let somebody comment, and sometimes mention another or think better of it."""
    comment = script.comment(script.step(actor, after=after), actor)
    yield comment
    if script.chance(0.1):
        person = script.cast.insider()
        yield Change(script.at, Kind.MENTIONED, person)
        yield Change(script.at, Kind.SUBSCRIBED, person)
    if script.chance(0.12):
        reaction = script.rng.choice(("+1", "heart", "rocket", "eyes", "confused"))
        yield Change(script.step(actor, after=HOUR), Kind.REACTED, script.cast.anybody(), target=comment, text=reaction)
    if script.chance(0.05):
        text = f"{comment.text}\n\nEdit: {script.rng.choice(words.SENTENCES)}"
        yield Change(script.step(actor, after=5 * MINUTE), Kind.COMMENT_EDITED, actor, target=comment, text=text)
    if script.chance(0.01):
        remover = actor if script.chance(0.7) else script.cast.insider()
        yield Change(script.step(remover, after=HOUR), Kind.COMMENT_DELETED, remover, target=comment)


def _talk(script: Script, *, mean: float, after: float) -> Iterator[Change]:
    hot = not script.item.is_pull and script.chance(HOT_SHARE)
    for index in range(script.rng.randrange(90, 220) if hot else script.count(mean)):
        author = script.item.author
        if index and author and script.chance(0.35):
            actor = author
        else:
            # The first answer is mostly one of ours.
            actor = script.cast.insider() if script.chance(0.8) else script.cast.anybody()
        yield from _said(script, actor, after=HOUR if hot else after)
    yield from _revise(script)


def _revise(script: Script) -> Iterator[Change]:
    if script.chance(0.05):
        actor = script.cast.insider()
        title = prose.issue_title(script.rng) if not script.item.is_pull else f"{script.item.title} (part 1)"
        yield Change(script.step(actor, after=HOUR), Kind.RENAMED, actor, text=title)
    if script.chance(0.06) and script.item.author:
        addition = f"\n\n**Edit:** {prose.body(script.rng, pull=False) or 'see above'}"
        text = f"{script.item.body or ''}{addition}"[: prose.MAXIMUM_BODY]
        yield Change(script.step(script.item.author, after=HOUR), Kind.EDITED, script.item.author, text=text)
    if script.chance(0.01):
        actor = script.cast.insider()
        yield Change(script.step(actor, after=DAY), Kind.UNSUBSCRIBED, actor)


def _issue(script: Script) -> Iterator[Change]:
    yield from _triage(script, labelled=0.7, assigned=0.45)
    yield from _talk(script, mean=2.6, after=14 * HOUR)
    fate = script.rng.random()
    if fate < 0.17:
        return  # it stays open
    if fate < 0.22:
        yield from _stale(script)
        return
    if fate < 0.23:
        actor = script.cast.insider()
        yield Change(script.step(actor, after=4 * DAY), Kind.CONVERTED_TO_DISCUSSION, actor)
        return
    yield from _settle(script)


def _settle(script: Script) -> Iterator[Change]:
    """Close an issue: by a commit that fixes it, or by hand, with a word or without."""
    reason = script.rng.choices(("completed", "not_planned", "duplicate"), weights=(80, 13, 7))[0]
    actor = script.cast.insider()
    at = script.step(actor, after=4 * DAY)
    sha = commit(script.item, "fix") if reason == "completed" and script.chance(0.25) else None
    if sha is not None:
        yield Change(at, Kind.REFERENCED, actor, sha=sha)
    elif script.chance(0.5):
        yield script.comment(at, actor)
    yield Change(at, Kind.CLOSED, actor, text=reason, sha=sha)
    yield from _afterwards(script, reason)


def _stale(script: Script) -> Iterator[Change]:
    bot = script.cast.bot
    at = script.step(bot, after=60 * DAY)
    label = script.item.repository.labels.get("stale") or script.label()
    yield Change(at, Kind.LABELED, bot, label=label)
    yield script.comment(at, bot)
    yield Change(script.step(bot, after=14 * DAY), Kind.CLOSED, bot, text="not_planned")


def _afterwards(script: Script, reason: str | None) -> Iterator[Change]:
    if script.chance(0.06):
        actor = script.item.author or script.cast.insider()
        at = script.step(actor, after=3 * DAY)
        yield script.comment(at, actor)
        yield Change(at, Kind.REOPENED, actor)
        if script.chance(0.8):
            actor = script.cast.insider()
            yield Change(script.step(actor, after=3 * DAY), Kind.CLOSED, actor, text=reason)
    if script.chance(0.12):
        actor = script.cast.anybody()
        yield script.comment(script.step(actor, after=2 * DAY), actor)
    if script.chance(0.01):
        yield Change(script.step(script.cast.bot, after=90 * DAY), Kind.LOCKED, script.cast.bot)


def _pull(script: Script) -> Iterator[Change]:
    author = script.item.author or script.cast.insider()
    if script.item.draft:
        for _ in range(script.count(2)):
            yield Change(script.step(author, after=5 * HOUR), Kind.COMMITTED, author)
        if script.chance(0.12):
            return  # given up as a draft
        yield Change(script.step(author, after=16 * HOUR), Kind.READY_FOR_REVIEW, author)
    elif script.chance(0.02):
        yield Change(script.step(author, after=HOUR), Kind.CONVERT_TO_DRAFT, author)
    if script.chance(0.15):
        yield script.comment(script.step(script.cast.bot, after=4 * MINUTE), script.cast.bot)
    yield from _triage(script, labelled=0.4, assigned=0.25)
    yield from review(script)
    yield from _talk(script, mean=1.0, after=4 * HOUR)
    yield from _verdict(script, merged=0.83, abandoned=0.06)


def _verdict(script: Script, *, merged: float, abandoned: float) -> Iterator[Change]:
    if script.chance(abandoned):
        return
    actor = script.cast.insider()
    if script.chance(merged):
        yield Change(script.step(actor, after=5 * HOUR), Kind.MERGED, actor)
        if script.chance(0.7):
            script.at += script.rng.randrange(1, MINUTE)
            yield Change(script.at, Kind.HEAD_REF_DELETED, actor)
        if script.chance(0.08):
            yield script.comment(script.step(actor, after=DAY), actor)
        return
    yield Change(script.step(actor, after=6 * DAY), Kind.CLOSED, actor)
    yield from _afterwards(script, None)


def _bump(script: Script) -> Iterator[Change]:
    author = script.item.author or script.cast.bot
    label = script.item.repository.labels.get("dependencies")
    if label is not None:
        yield Change(script.at + 2, Kind.LABELED, author, label=label)
    if script.chance(0.3):
        # A newer version came out: the bot closes its own pull request with a word.
        at = script.step(author, after=6 * DAY)
        yield script.comment(at, author)
        yield Change(at + 1, Kind.CLOSED, author)
        return
    if script.chance(0.6):
        actor = script.cast.insider()
        text = script.rng.choice(words.APPROVALS)
        yield Change(script.step(actor, after=8 * HOUR), Kind.REVIEWED, actor, state="approved", text=text)
    yield from _verdict(script, merged=0.9, abandoned=0.15)
