"""What can happen to an organisation at any moment, drawn at random: for tests that let hundreds of things happen."""

from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any

from sandbox.world import prose, words
from sandbox.world.effects import DISMISSIBLE, REACTIONS, VERDICTS
from sandbox.world.items import About, Change, Item, Kind, Repository
from sandbox.world.population import Population
from sandbox.world.state import check_transfer

Happening = dict[str, Any]
Happen = Callable[[Population, Random], list[Happening]]
Choose = Callable[[Item, Random], About | None]
ATTEMPTS = 40


def happen(world: Population, rng: Random, kinds: Iterable[str]) -> list[Happening]:
    """Let one thing of these kinds happen; tell what did, nothing if none of them can. KeyError for a kind unknown."""
    weights = {kind: _HAPPENINGS[kind][0] for kind in kinds}
    while weights:
        kind = rng.choices(list(weights), weights=list(weights.values()))[0]
        if done := _HAPPENINGS[kind][1](world, rng):
            return done
        del weights[kind]
    return []


def told(kind: str, item: Item, **more: object) -> Happening:
    """Return a happening to an item as it is told."""
    return {"kind": kind, "repository": item.repository.full_name, "number": item.number, "id": item.id, **more}


def drawn(world: Population, rng: Random) -> Iterator[Item]:
    """Draw items: some by luck, which mostly is enough, then all of them in random order."""
    items = list(world.items.values())
    for _ in range(ATTEMPTS if items else 0):
        yield rng.choice(items)
    rng.shuffle(items)
    yield from items


def find_item(world: Population, rng: Random, fits: Callable[[Item], bool]) -> Item | None:
    """Draw an item that fits."""
    return next((item for item in drawn(world, rng) if fits(item)), None)


# Changes of an item


def _plain(_: Item, __: Random) -> About | None:
    return {}


def _with_comment_text(_: Item, rng: Random) -> About | None:
    return {"text": rng.choice(words.COMMENTS)}


def _live(item: Item, kind: Kind, rng: Random) -> Change | None:
    changes = [change for change in item.history if change.kind is kind and not change.deleted]
    return rng.choice(changes) if changes else None


def _edit_of_comment(item: Item, rng: Random) -> About | None:
    comment = _live(item, Kind.COMMENTED, rng)
    if comment is None:
        return None
    return {"target": comment, "text": f"{comment.text} ({rng.choice(words.SENTENCES)})"}


def _comment(item: Item, rng: Random) -> About | None:
    comment = _live(item, Kind.COMMENTED, rng)
    return None if comment is None else {"target": comment}


def _reaction(item: Item, rng: Random) -> About | None:
    comment = _live(item, Kind.COMMENTED, rng)
    return None if comment is None else {"target": comment, "text": rng.choice(REACTIONS)}


def _new_label(item: Item, rng: Random) -> About | None:
    labels = [label for label in item.repository.labels.values() if label not in item.labels]
    return {"label": rng.choice(labels)} if labels else None


def _own_label(item: Item, rng: Random) -> About | None:
    return {"label": rng.choice(item.labels)} if item.labels else None


def _member(item: Item, rng: Random) -> About | None:
    people = [person for person, _ in item.repository.owner.members.values()]
    return {"person": rng.choice(people)} if people else None


def _assignee(item: Item, rng: Random) -> About | None:
    return {"person": rng.choice(item.assignees)} if item.assignees else None


def _reviewer(item: Item, rng: Random) -> About | None:
    return {"person": rng.choice(item.reviewers)} if item.reviewers else None


def _milestone(item: Item, rng: Random) -> About | None:
    milestones = [one for one in item.repository.milestones if one.closed_at is None and one is not item.milestone]
    return {"milestone": rng.choice(milestones)} if milestones else None


def _title(_: Item, rng: Random) -> About | None:
    return {"text": prose.issue_title(rng)}


def _body(item: Item, rng: Random) -> About | None:
    return {"text": prose.body(rng, pull=item.is_pull)}


def _reason(_: Item, rng: Random) -> About | None:
    return {"text": rng.choice(("completed", "not_planned", "duplicate"))}


def _verdict(_: Item, rng: Random) -> About | None:
    return {"state": rng.choice(VERDICTS), "text": rng.choice(words.REMARKS)}


def _dismissal(item: Item, rng: Random) -> About | None:
    reviews = [one for one in item.history if one.kind is Kind.REVIEWED and one.state in DISMISSIBLE]
    return {"target": rng.choice(reviews), "text": rng.choice(words.DISMISSALS)} if reviews else None


def _source(item: Item, rng: Random) -> About | None:
    others = [other for other in item.repository.items.values() if other is not item]
    return {"source": rng.choice(others)} if others else None


def _nit(_: Item, rng: Random) -> About | None:
    return {"text": rng.choice(words.NITS)}


# How often, and what a change of the kind is about (None: it can't happen to this item).
_CHANGES: dict[Kind, tuple[int, Choose]] = {
    Kind.COMMENTED: (14, _with_comment_text),
    Kind.COMMENT_EDITED: (4, _edit_of_comment),
    Kind.COMMENT_DELETED: (3, _comment),
    Kind.REACTED: (2, _reaction),
    Kind.LABELED: (6, _new_label),
    Kind.UNLABELED: (3, _own_label),
    Kind.ASSIGNED: (3, _member),
    Kind.UNASSIGNED: (2, _assignee),
    Kind.MILESTONED: (2, _milestone),
    Kind.DEMILESTONED: (1, _plain),
    Kind.RENAMED: (2, _title),
    Kind.EDITED: (2, _body),
    Kind.REFERENCED: (1, _plain),
    Kind.CROSS_REFERENCED: (2, _source),
    Kind.COMMITTED: (3, _plain),
    Kind.REVIEW_REQUESTED: (2, _member),
    Kind.REVIEW_REQUEST_REMOVED: (1, _reviewer),
    Kind.REVIEWED: (6, _verdict),
    Kind.REVIEW_DISMISSED: (2, _dismissal),
    Kind.LINE_COMMENTED: (1, _nit),
    Kind.COMMIT_COMMENTED: (1, _nit),
    Kind.CONVERT_TO_DRAFT: (1, _plain),
    Kind.READY_FOR_REVIEW: (1, _plain),
    Kind.LOCKED: (1, _plain),
    Kind.UNLOCKED: (1, _plain),
    Kind.CLOSED: (5, _reason),
    Kind.MERGED: (5, _plain),
    Kind.HEAD_REF_DELETED: (1, _plain),
    Kind.REOPENED: (4, _plain),
    Kind.CONVERTED_TO_DISCUSSION: (1, _plain),
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
        for item in drawn(world, rng):
            about = choose(item, rng) if item.is_pull or kind not in _PULLS_ONLY else None
            if about is None:
                continue
            actor = world.draw_author(rng, item.repository, pull=kind not in (Kind.COMMENTED, Kind.REACTED))
            if world.change(item, kind, actor=actor, **about):
                return [told(str(kind), item, actor=actor.login)]
        return []

    return run


def _mention(world: Population, rng: Random) -> list[Happening]:
    """Comment and mention somebody, who is subscribed by that."""
    done = _change(Kind.COMMENTED)(world, rng)
    item = world.items[done[0]["id"]] if done else None
    about = None if item is None else _member(item, rng)
    if item is None or about is None:
        return done
    kinds = [kind for kind in (Kind.MENTIONED, Kind.SUBSCRIBED) if world.change(item, kind, actor=about["person"])]
    return done + [told(str(kind), item) for kind in kinds]


# Coming and going


def _open(*, pull: bool) -> Happen:
    def run(world: Population, rng: Random) -> list[Happening]:
        if not any(not repository.archived for repository in world.repositories.values()):
            return []
        repository = world.draw_repository(rng)
        author = world.draw_author(rng, repository, pull=pull)
        title = prose.pull_title(rng, conventional=repository.conventional) if pull else prose.issue_title(rng)
        item = world.open(repository, world.now, author, title, prose.body(rng, pull=pull), pull=pull, rng=rng)
        return [told("opened", item, actor=author.login)]

    return run


def _delete(world: Population, rng: Random) -> list[Happening]:
    """Delete an issue; one that others refer to stays, for their timelines would change unnoticed."""
    item = find_item(world, rng, lambda item: not item.is_pull and not item.referring)
    if item is None:
        return []
    world.delete(item)
    return [told("deleted", item)]


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
    return [told("transferred", item, to=target.full_name, new_number=new.number, new_id=new.id)]


def _transfer(world: Population, rng: Random) -> list[Happening]:
    item = find_item(world, rng, lambda item: not item.referring and bool(_targets(item)))
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


def _rename_label(world: Population, rng: Random) -> list[Happening]:
    repository = rng.choice([one for one in world.repositories.values() if one.labels] or [None])
    if repository is None:
        return []
    name = rng.choice(list(repository.labels))
    new = name.removeprefix("kind/") if name.startswith("kind/") else f"kind/{name}"
    if new in repository.labels:
        return []
    world.rename_label(repository, name, new)
    return [{"kind": "label_renamed", "repository": repository.full_name, "label": name, "to": new}]


def _delete_label(world: Population, rng: Random) -> list[Happening]:
    repository = rng.choice([one for one in world.repositories.values() if one.labels] or [None])
    if repository is None:
        return []
    name = rng.choice(list(repository.labels))
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


def _join(world: Population, rng: Random) -> list[Happening]:
    organisation = rng.choice(list(world.organisations.values()))
    others = [person for person in world.people if person.login not in organisation.members]
    if not others:
        return []
    person = rng.choice(others)
    world.move(organisation, person, "member")
    return [{"kind": "member_joined", "organisation": organisation.login, "login": person.login}]


def _leave(world: Population, rng: Random) -> list[Happening]:
    organisation = rng.choice(list(world.organisations.values()))
    members = [person for person, role in organisation.members.values() if role != "admin"]
    if not members:
        return []
    person = rng.choice(members)
    world.move(organisation, person, None)
    return [{"kind": "member_left", "organisation": organisation.login, "login": person.login}]


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
    "member_joined": (1, _join),
    "member_left": (1, _leave),
}
KINDS = tuple(_HAPPENINGS)
# These move no item's `updated_at`: who looks only at that doesn't see them.
UNNOTICED = (*SILENT_CHANGES, "reacted", "deleted", "member_joined", "member_left")
