"""What each kind of change does to an item; one that makes no sense any more has no effect."""

from collections import Counter

from sandbox.world.items import UNTOUCHING, Change, Item, Kind, commit
from sandbox.world.rare_effects import RARE_EFFECTS, Effect

REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
VERDICTS = ("approved", "changes_requested", "commented")
DISMISSIBLE = ("approved", "changes_requested")


def _commented(item: Item, change: Change) -> bool:
    item.comments += 1
    change.text = change.text or "Any news?"
    return True


def _comment(item: Item, change: Change) -> Change | None:
    """Return the comment that a change is about, if it is still there."""
    comment = change.target
    if comment is None or comment.kind is not Kind.COMMENTED or comment.deleted or comment not in item.history:
        return None
    return comment


def _comment_edited(item: Item, change: Change) -> bool:
    comment = _comment(item, change)
    if comment is None or change.text in (None, comment.text):
        return False
    change.before, comment.text, comment.updated_at = comment.text, change.text, change.at
    return True


def _comment_deleted(item: Item, change: Change) -> bool:
    comment = _comment(item, change)
    if comment is None:
        return False
    comment.deleted = True
    change.person = comment.actor
    item.comments -= 1
    return True


def _reacted(item: Item, change: Change) -> bool:
    comment = _comment(item, change)
    if comment is None or change.text not in REACTIONS:
        return False
    comment.reactions = Counter(comment.reactions or {}) + Counter([change.text])
    return True


def _added(item: Item, field: str, thing: object) -> bool:
    """Put something on an item that isn't there yet."""
    things = getattr(item, field)
    if thing is None or thing in things:
        return False
    setattr(item, field, (*things, thing))
    return True


def _removed(item: Item, field: str, thing: object) -> bool:
    """Take something off an item."""
    things = getattr(item, field)
    setattr(item, field, tuple(one for one in things if one is not thing))
    return thing in things


def _labeled(item: Item, change: Change) -> bool:
    label = change.label
    # A label that was deleted meanwhile can't be put on.
    if label is None or item.repository.labels.get(label.name) is not label:
        return False
    change.text = label.name
    return _added(item, "labels", label)


def _unlabeled(item: Item, change: Change) -> bool:
    change.text = change.label.name if change.label else None
    return _removed(item, "labels", change.label)


def count_in_milestone(item: Item, *, by: int) -> None:
    """Count the item in or out of its milestone, where its state puts it."""
    field = "open_issues" if item.state == "open" else "closed_issues"
    if item.milestone is not None:
        setattr(item.milestone, field, getattr(item.milestone, field) + by)


def _milestoned(item: Item, change: Change) -> bool:
    if change.milestone is None or change.milestone is item.milestone:
        return False
    count_in_milestone(item, by=-1)
    item.milestone = change.milestone
    count_in_milestone(item, by=1)
    change.text = change.milestone.title
    return True


def _demilestoned(item: Item, change: Change) -> bool:
    if item.milestone is None:
        return False
    count_in_milestone(item, by=-1)
    change.text = item.milestone.title
    item.milestone = None
    return True


def _renamed(item: Item, change: Change) -> bool:
    if change.text is None or change.text == item.title:
        return False
    change.before, item.title = item.title, change.text
    return True


def _edited(item: Item, change: Change) -> bool:
    change.before, item.body = item.body, change.text
    return True


def _noted(_: Item, change: Change) -> bool:
    return change.actor is not None


def _referenced(item: Item, change: Change) -> bool:
    change.sha = change.sha or commit(item, f"reference/{len(item.history)}")
    return True


def _cross_referenced(item: Item, change: Change) -> bool:
    source = change.source
    if source is None or source is item:
        return False
    if any(one.source is source for one in item.history):
        return False  # GitHub shows the first mention only
    source.referring = True
    return True


def _asked(change: Change) -> tuple[str, object]:
    """Return where those are kept who are asked for a review, and who is: a team or somebody."""
    return ("requested_teams", change.team) if change.team is not None else ("reviewers", change.person)


def _is_open_pull(item: Item) -> bool:
    return item.is_pull and item.state == "open"


def _committed(item: Item, change: Change) -> bool:
    if not _is_open_pull(item):
        return False
    item.commits += 1
    item.additions += 7
    item.repository.pushed_at = max(item.repository.pushed_at, change.at)
    return True


def _reviewed(item: Item, change: Change) -> bool:
    change.state = change.state or "commented"
    if not item.is_pull or change.state not in VERDICTS:
        return False
    if change.state != "commented" and change.actor is item.author:
        return False  # nobody judges a pull request of their own
    _removed(item, "reviewers", change.actor)
    return True


def _review_dismissed(item: Item, change: Change) -> bool:
    review = change.target
    if review is None or review.state not in DISMISSIBLE or review not in item.history:
        return False
    change.before, review.state, review.updated_at = review.state, "dismissed", change.at
    return True


def _line_commented(item: Item, _: Change) -> bool:
    if not item.is_pull:
        return False
    item.review_comments += 1
    return True


def _switched(field: str, *, to: bool) -> Effect:
    """Return the effect of changes that switch something on or off."""

    def switch(item: Item, _: Change) -> bool:
        if getattr(item, field) == to or (field == "draft" and not _is_open_pull(item)):
            return False
        setattr(item, field, to)
        return True

    return switch


def _set_state(item: Item, change: Change, state: str) -> None:
    count_in_milestone(item, by=-1)
    change.before, item.state = item.state, state
    closed = state == "closed"
    item.closed_at, item.closed_by = (change.at, change.actor) if closed else (None, None)
    count_in_milestone(item, by=1)


def _closed(item: Item, change: Change) -> bool:
    if item.state == "closed":
        return False
    _set_state(item, change, "closed")
    item.state_reason = None if item.is_pull else change.text or "completed"
    change.text = item.state_reason
    return True


def _merged(item: Item, change: Change) -> bool:
    if not _is_open_pull(item):
        return False
    _set_state(item, change, "closed")
    item.draft = False
    item.merged_at, item.merged_by = change.at, change.actor
    change.sha = commit(item, "merge")
    item.repository.pushed_at = max(item.repository.pushed_at, change.at)
    if item.author is not None:
        item.repository.contributors.add(item.author.id)
    return True


def _head_ref_deleted(item: Item, change: Change) -> bool:
    return item.is_pull and item.state == "closed" and not any(one.kind is change.kind for one in item.history)


def _reopened(item: Item, change: Change) -> bool:
    if item.state == "open" or item.merged_at is not None:
        return False
    _set_state(item, change, "open")
    item.state_reason = None if item.is_pull else "reopened"
    return True


def _transferred(_: Item, change: Change) -> bool:
    return change.source is not None  # made by a transfer alone, see State.transfer


def _converted_to_discussion(item: Item, change: Change) -> bool:
    if item.is_pull or any(one.kind is change.kind for one in item.history):
        return False
    if item.state == "open":
        _set_state(item, change, "closed")
        item.state_reason = "completed"
    item.locked = True
    return True


_EFFECTS: dict[Kind, Effect] = {
    Kind.COMMENTED: _commented,
    Kind.COMMENT_EDITED: _comment_edited,
    Kind.COMMENT_DELETED: _comment_deleted,
    Kind.REACTED: _reacted,
    Kind.LABELED: _labeled,
    Kind.UNLABELED: _unlabeled,
    Kind.ASSIGNED: lambda item, change: _added(item, "assignees", change.person),
    Kind.UNASSIGNED: lambda item, change: _removed(item, "assignees", change.person),
    Kind.MILESTONED: _milestoned,
    Kind.DEMILESTONED: _demilestoned,
    Kind.RENAMED: _renamed,
    Kind.EDITED: _edited,
    **dict.fromkeys((Kind.MENTIONED, Kind.SUBSCRIBED, Kind.UNSUBSCRIBED), _noted),
    Kind.REFERENCED: _referenced,
    Kind.CROSS_REFERENCED: _cross_referenced,
    Kind.COMMITTED: _committed,
    Kind.REVIEW_REQUESTED: lambda item, change: item.is_pull and _added(item, *_asked(change)),
    Kind.REVIEW_REQUEST_REMOVED: lambda item, change: _removed(item, *_asked(change)),
    Kind.REVIEWED: _reviewed,
    Kind.REVIEW_DISMISSED: _review_dismissed,
    Kind.LINE_COMMENTED: _line_commented,
    Kind.COMMIT_COMMENTED: lambda item, _: item.is_pull,
    Kind.CONVERT_TO_DRAFT: _switched("draft", to=True),
    Kind.READY_FOR_REVIEW: _switched("draft", to=False),
    Kind.LOCKED: _switched("locked", to=True),
    Kind.UNLOCKED: _switched("locked", to=False),
    Kind.CLOSED: _closed,
    Kind.MERGED: _merged,
    Kind.HEAD_REF_DELETED: _head_ref_deleted,
    Kind.REOPENED: _reopened,
    Kind.TRANSFERRED: _transferred,
    Kind.CONVERTED_TO_DISCUSSION: _converted_to_discussion,
    **RARE_EFFECTS,
}


def apply(item: Item, change: Change) -> bool:
    """Apply a change at its time; a change that makes no sense any more (closing twice) is left out: False."""
    if not _EFFECTS[change.kind](item, change):
        return False
    if change.kind not in UNTOUCHING:
        item.updated_at = max(item.updated_at, change.at)
    item.history.append(change)
    return True
