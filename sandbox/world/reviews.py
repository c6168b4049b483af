"""How a pull request is reviewed: asked for, objected to, changed and approved."""

from collections.abc import Iterator

from sandbox.world import words
from sandbox.world.hours import DAY, HOUR
from sandbox.world.items import Change, Kind
from sandbox.world.people import Person
from sandbox.world.script import Script

MINUTE = 60
MOST_ROUNDS = 4
TEXTS = {"approved": words.APPROVALS, "changes_requested": words.OBJECTIONS, "commented": words.REMARKS}


def review(script: Script) -> Iterator[Change]:
    """Let one or two people review, if any do; a second one comes when the first is done."""
    author = script.item.author or script.cast.insider()
    if script.chance(0.12):
        return  # merged without
    for _ in range(2 if script.chance(0.25) else 1):
        reviewer = script.cast.insider()
        if reviewer is not author:
            yield from _by(script, reviewer, author)


def _by(script: Script, reviewer: Person, author: Person) -> Iterator[Change]:
    if script.chance(0.65):
        yield Change(script.step(author, after=10 * MINUTE), Kind.REVIEW_REQUESTED, author, person=reviewer)
        if script.chance(0.04):
            yield Change(script.step(author, after=5 * HOUR), Kind.REVIEW_REQUEST_REMOVED, author, person=reviewer)
            return
    for _ in range(MOST_ROUNDS):
        verdict = _round(script, reviewer)
        yield verdict
        if script.chance(0.08):
            yield _remark(script, Kind.LINE_COMMENTED, reviewer)
        elif script.chance(0.01):
            yield _remark(script, Kind.COMMIT_COMMENTED, reviewer)
        if verdict.state == "approved":
            if script.chance(0.03):
                yield from _dismiss(script, author, verdict)
                continue
            return
        yield from _answer(script, author)


def _round(script: Script, reviewer: Person) -> Change:
    state = script.rng.choices(("approved", "changes_requested", "commented"), weights=(58, 20, 22))[0]
    text = script.rng.choice(TEXTS[state])
    return Change(script.step(reviewer, after=4 * HOUR), Kind.REVIEWED, reviewer, state=state, text=text)


def _remark(script: Script, kind: Kind, reviewer: Person) -> Change:
    return Change(script.at, kind, reviewer, text=script.rng.choice(words.NITS))


def _answer(script: Script, author: Person) -> Iterator[Change]:
    """Let the author push what was asked for, or explain."""
    if script.chance(0.35):
        yield script.comment(script.step(author, after=HOUR), author)
    for _ in range(1 + script.count(0.5)):
        yield Change(script.step(author, after=2 * HOUR), Kind.COMMITTED, author)


def _dismiss(script: Script, author: Person, verdict: Change) -> Iterator[Change]:
    """Let the code change after an approval, which then counts no more."""
    yield Change(script.step(author, after=HOUR), Kind.COMMITTED, author)
    actor = script.cast.insider()
    text = script.rng.choice(words.DISMISSALS)
    yield Change(script.step(actor, after=DAY), Kind.REVIEW_DISMISSED, actor, target=verdict, text=text)
