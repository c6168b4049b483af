"""What can happen to an organisation at any moment, drawn at random: for tests that let hundreds of things happen."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

from sandbox.world import prose, words
from sandbox.world.alert_happenings import ALERT_HAPPENINGS
from sandbox.world.effects import DISMISSIBLE, REACTIONS, VERDICTS
from sandbox.world.items import Change, Item, Kind, Label, Milestone, Repository
from sandbox.world.people import Person
from sandbox.world.population import Happen, Happening, Population
from sandbox.world.release_happenings import RELEASE_HAPPENINGS
from sandbox.world.run_happenings import RUN_HAPPENINGS
from sandbox.world.state import check_transfer
from sandbox.world.team_happenings import TEAM_HAPPENINGS

JSON = dict[str, Any]
Choose = Callable[[Item, Random], JSON | None]
ATTEMPTS = 40


def happen(world: Population, rng: Random, kinds: Iterable[str]) -> list[Happening]:
    """Let one thing of these kinds happen; report it, or nothing if none can. KeyError for a kind unknown."""
    weights = {kind: _HAPPENINGS[kind][0] for kind in kinds}
    while weights:
        kind = rng.choices(list(weights), weights=list(weights.values()))[0]
        if done := _HAPPENINGS[kind][1](world, rng):
            return done
        del weights[kind]
    return []


def _report(kind: str, item: Item, **more: object) -> Happening:
    """Return the report of what happened to an item."""
    return {"kind": kind, "repository": item.repository.full_name, "number": item.number, "id": item.id, **more}


def _drawn(world: Population, rng: Random) -> Iterator[Item]:
    """Draw items: some by luck, which mostly is enough, then all of them in random order."""
    items = list(world.items.values())
    for _ in range(ATTEMPTS if items else 0):
        yield rng.choice(items)
    rng.shuffle(items)
    yield from items


# Changes of an item


def _one(role: str, options: Callable[[Item], Sequence[object]], **more: Sequence[str]) -> Choose:
    """Return the choice of one of an item's own things, and of words to go with it."""

    def choose(item: Item, rng: Random) -> JSON | None:
        found = options(item)
        return {role: rng.choice(found), **_words(rng, more)} if found else None

    return choose


def _some(**more: Sequence[str]) -> Choose:
    """Return the choice of words alone."""
    return lambda _, rng: _words(rng, more)


def _words(rng: Random, choices: Mapping[str, Sequence[str]]) -> JSON:
    return {name: rng.choice(words) for name, words in choices.items()}


def _comments(item: Item) -> list[Change]:
    return [change for change in item.history if change.kind is Kind.COMMENTED and not change.deleted]


def _edit(item: Item, rng: Random) -> JSON | None:
    comments = _comments(item)
    if not comments:
        return None
    comment = rng.choice(comments)
    return {"target": comment, "text": f"{comment.text} ({rng.choice(words.SENTENCES)})"}


def _members(item: Item) -> list[Person]:
    return item.repository.owner.people


def _unused_labels(item: Item) -> list[Label]:
    return [label for label in item.repository.labels.values() if label not in item.labels]


def _other_milestones(item: Item) -> list[Milestone]:
    return [one for one in item.repository.milestones if one.closed_at is None and one is not item.milestone]


def _dismissible(item: Item) -> list[Change]:
    return [one for one in item.history if one.kind is Kind.REVIEWED and one.state in DISMISSIBLE]


def _others(item: Item) -> list[Item]:
    return [other for other in item.repository.items.values() if other is not item]


_NOTHING = _some()
_REASONS = ("completed", "not_planned", "duplicate")
# How often, and what a change of the kind is about (None: it can't happen to this item).
_CHANGES: dict[Kind, tuple[int, Choose]] = {
    Kind.COMMENTED: (14, _some(text=words.COMMENTS)),
    Kind.COMMENT_EDITED: (4, _edit),
    Kind.COMMENT_DELETED: (3, _one("target", _comments)),
    Kind.REACTED: (2, _one("target", _comments, text=REACTIONS)),
    Kind.LABELED: (6, _one("label", _unused_labels)),
    Kind.UNLABELED: (3, _one("label", lambda item: item.labels)),
    Kind.ASSIGNED: (3, _one("person", _members)),
    Kind.UNASSIGNED: (2, _one("person", lambda item: item.assignees)),
    Kind.MILESTONED: (2, _one("milestone", _other_milestones)),
    Kind.DEMILESTONED: (1, _NOTHING),
    Kind.RENAMED: (2, lambda _, rng: {"text": prose.issue_title(rng)}),
    Kind.EDITED: (2, lambda item, rng: {"text": prose.body(rng, pull=item.is_pull)}),
    Kind.REFERENCED: (1, _NOTHING),
    Kind.CROSS_REFERENCED: (2, _one("source", _others)),
    Kind.COMMITTED: (3, _NOTHING),
    Kind.REVIEW_REQUESTED: (2, _one("person", _members)),
    Kind.REVIEW_REQUEST_REMOVED: (1, _one("person", lambda item: item.reviewers)),
    Kind.REVIEWED: (6, _some(state=VERDICTS, text=words.REMARKS)),
    Kind.REVIEW_DISMISSED: (2, _one("target", _dismissible, text=words.DISMISSALS)),
    Kind.LINE_COMMENTED: (1, _some(text=words.NITS)),
    Kind.COMMIT_COMMENTED: (1, _some(text=words.NITS)),
    Kind.CONVERT_TO_DRAFT: (1, _NOTHING),
    Kind.READY_FOR_REVIEW: (1, _NOTHING),
    Kind.LOCKED: (1, _NOTHING),
    Kind.UNLOCKED: (1, _NOTHING),
    Kind.CLOSED: (5, _some(text=_REASONS)),
    Kind.MERGED: (5, _NOTHING),
    Kind.HEAD_REF_DELETED: (1, _NOTHING),
    Kind.REOPENED: (4, _NOTHING),
    Kind.CONVERTED_TO_DISCUSSION: (1, _NOTHING),
}
_PULLS_ONLY = {
    Kind.COMMITTED,
    Kind.REVIEW_REQUESTED,
    Kind.REVIEWED,
    Kind.REVIEW_DISMISSED,
    Kind.LINE_COMMENTED,
    Kind.COMMIT_COMMENTED,
    Kind.MERGED,
    Kind.HEAD_REF_DELETED,
}


def _change(kind: Kind) -> Happen:
    def run(world: Population, rng: Random) -> list[Happening]:
        choose = _CHANGES[kind][1]
        for item in _drawn(world, rng):
            about = choose(item, rng) if item.is_pull or kind not in _PULLS_ONLY else None
            if about is None:
                continue
            actor = world.draw_author(rng, item.repository, pull=kind not in (Kind.COMMENTED, Kind.REACTED))
            if world.change(item, kind, actor=actor, **about):
                return [_report(str(kind), item, actor=actor.login)]
        return []

    return run


def _mention(world: Population, rng: Random) -> list[Happening]:
    """Comment and mention somebody, who is subscribed by that."""
    done = _change(Kind.COMMENTED)(world, rng)
    item = world.items[done[0]["id"]] if done else None
    members = [] if item is None else _members(item)
    if item is None or not members:
        return done
    person = rng.choice(members)
    kinds = [kind for kind in (Kind.MENTIONED, Kind.SUBSCRIBED) if world.change(item, kind, actor=person)]
    return done + [_report(str(kind), item) for kind in kinds]


# Coming and going


def _open(*, pull: bool) -> Happen:
    def run(world: Population, rng: Random) -> list[Happening]:
        if not any(not repository.archived for repository in world.repositories.values()):
            return []
        repository = world.draw_repository(rng)
        author = world.draw_author(rng, repository, pull=pull)
        title = prose.pull_title(rng, conventional=repository.conventional) if pull else prose.issue_title(rng)
        item = world.open(repository, world.now, author, title, prose.body(rng, pull=pull), pull=pull, rng=rng)
        return [_report("opened", item, actor=author.login)]

    return run


def _delete(world: Population, rng: Random) -> list[Happening]:
    """Delete an issue; one that others refer to stays, for their timelines would change unnoticed."""
    item = next((one for one in _drawn(world, rng) if not one.is_pull and not one.referring), None)
    if item is None:
        return []
    world.delete(item)
    return [_report("deleted", item)]


def _targets(item: Item) -> list[Repository]:
    return [] if item.is_pull else [target for target in item.repository.owner.repositories if _may_move(item, target)]


def _may_move(item: Item, target: Repository) -> bool:
    try:
        check_transfer(item, target)
    except ValueError:
        return False
    return True


def _move(world: Population, item: Item, target: Repository) -> list[Happening]:
    new = world.transfer(item, target)
    return [_report("transferred", item, to=target.full_name, new_number=new.number, new_id=new.id)]


def _transfer(world: Population, rng: Random) -> list[Happening]:
    item = next((one for one in _drawn(world, rng) if not one.referring and _targets(one)), None)
    return [] if item is None else _move(world, item, rng.choice(_targets(item)))


def _chain(world: Population, rng: Random) -> list[Happening]:
    """Move an issue on to a third repository, at once."""
    done = _transfer(world, rng)
    if not done:
        return []
    last = world.transfers[-1]
    further = [target for target in _targets(last.new) if target is not last.old.repository]
    return done + _move(world, last.new, rng.choice(further)) if further else done


def _move_back(world: Population, rng: Random) -> list[Happening]:
    """Move an issue back to where it came from."""
    returnable = [
        transfer
        for transfer in world.transfers
        if transfer.new.id in world.items and _may_move(transfer.new, transfer.old.repository)
    ]
    if not returnable:
        return []
    transfer = rng.choice(returnable)
    return _move(world, transfer.new, transfer.old.repository)


# Silent changes


def _a_label(world: Population, rng: Random) -> tuple[Repository, str] | None:
    repositories = [one for one in world.repositories.values() if one.labels]
    if not repositories:
        return None
    repository = rng.choice(repositories)
    return repository, rng.choice(list(repository.labels))


def _rename_label(world: Population, rng: Random) -> list[Happening]:
    found = _a_label(world, rng)
    if found is None:
        return []
    repository, name = found
    new = name.removeprefix("kind/") if name.startswith("kind/") else f"kind/{name}"
    if new in repository.labels:
        return []
    world.rename_label(repository, name, new)
    return [{"kind": "label_renamed", "repository": repository.full_name, "label": name, "to": new}]


def _delete_label(world: Population, rng: Random) -> list[Happening]:
    found = _a_label(world, rng)
    if found is None:
        return []
    repository, name = found
    world.delete_label(repository, name)
    return [{"kind": "label_deleted", "repository": repository.full_name, "label": name}]


def _change_milestone(*, close: bool) -> Happen:
    def run(world: Population, rng: Random) -> list[Happening]:
        places = [(r, m) for r in world.repositories.values() for m in r.milestones if m.closed_at is None]
        if not places:
            return []
        repository, milestone = rng.choice(places)
        about = {"repository": repository.full_name, "milestone": milestone.number}
        if close:
            world.close_milestone(repository, milestone.number)
            return [{"kind": "milestone_closed", **about}]
        world.rename_milestone(repository, milestone.number, f"{milestone.title}.{rng.randrange(1, 10)}"[:60])
        return [{"kind": "milestone_renamed", **about, "to": milestone.title}]

    return run


def _move_person(kind: str, role: str | None) -> Happen:
    def run(world: Population, rng: Random) -> list[Happening]:
        organisation = rng.choice(list(world.organisations.values()))
        if role is None:
            people = [person for person, held in organisation.members.values() if held != "admin"]
        else:
            people = [person for person in world.people if person.login not in organisation.members]
        if not people:
            return []
        person = rng.choice(people)
        world.move(organisation, person, role)
        return [{"kind": kind, "organisation": organisation.login, "login": person.login}]

    return run


TRANSFERS = ("transferred", "transferred_twice", "transferred_back")
DELETIONS = ("deleted",)
SILENT_CHANGES = ("label_renamed", "label_deleted", "milestone_renamed", "milestone_closed")
_HAPPENINGS: dict[str, tuple[int, Happen]] = {
    "opened_issue": (6, _open(pull=False)),
    "opened_pull": (6, _open(pull=True)),
    **{str(kind): (weight, _change(kind)) for kind, (weight, _) in _CHANGES.items()},
    "mentioned": (2, _mention),
    "deleted": (2, _delete),
    "transferred": (4, _transfer),
    "transferred_twice": (1, _chain),
    "transferred_back": (1, _move_back),
    "label_renamed": (2, _rename_label),
    "label_deleted": (1, _delete_label),
    "milestone_renamed": (1, _change_milestone(close=False)),
    "milestone_closed": (1, _change_milestone(close=True)),
    "member_joined": (1, _move_person("member_joined", "member")),
    "member_left": (1, _move_person("member_left", None)),
    **RELEASE_HAPPENINGS,
    **TEAM_HAPPENINGS,
}
KINDS = tuple(_HAPPENINGS)
# These happen by themselves only where there are alerts.
ALERT_KINDS = tuple(ALERT_HAPPENINGS)
# And these where there are runs of workflows.
RUN_KINDS = tuple(RUN_HAPPENINGS)
_HAPPENINGS |= ALERT_HAPPENINGS | RUN_HAPPENINGS
# These move no item's `updated_at`: who looks only at that doesn't see them.
UNNOTICED = (
    *SILENT_CHANGES,
    "reacted",
    "deleted",
    "member_joined",
    "member_left",
    *RELEASE_HAPPENINGS,
    *TEAM_HAPPENINGS,
    *ALERT_KINDS,
    *RUN_KINDS,
)
