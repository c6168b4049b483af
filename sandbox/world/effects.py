"""What each kind of change does to an item; one that makes no sense any more has no effect."""

from collections import Counter
from collections.abc import Callable

from sandbox.world.items import UNTOUCHING, Change, Item, Kind, commit

REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
VERDICTS = ("approved", "changes_requested", "commented")
DISMISSIBLE = ("approved", "changes_requested")


def _commented(item: Item, change: Change) -> bool:
    item.comments += 1
    change.text = change.text or "Any news?"
    return True


def _is_live_comment(item: Item, comment: Change | None) -> bool:
    return comment is not None and comment.kind is Kind.COMMENTED and not comment.deleted and comment in item.history


def _comment_edited(item: Item, change: Change) -> bool:
    comment = change.target
    if comment is None or not _is_live_comment(item, comment) or change.text in (None, comment.text):
        return False
    comment.text, comment.updated_at = change.text, change.at
    return True


def _comment_deleted(item: Item, change: Change) -> bool:
    comment = change.target
    if comment is None or not _is_live_comment(item, comment):
        return False
    comment.deleted = True
    change.person = comment.actor
    item.comments -= 1
    return True


def _reacted(item: Item, change: Change) -> bool:
    comment = change.target
    if comment is None or not _is_live_comment(item, comment) or change.text not in REACTIONS:
        return False
    comment.reactions = Counter(comment.reactions or {}) + Counter([change.text])
    return True


def _labeled(item: Item, change: Change) -> bool:
    label = change.label
    # A label that was deleted meanwhile can't be put on.
    if label is None or label in item.labels or item.repository.labels.get(label.name) is not label:
        return False
    item.labels = (*item.labels, label)
    change.text = label.name
    return True


def _unlabeled(item: Item, change: Change) -> bool:
    if change.label is None or change.label not in item.labels:
        return False
    item.labels = tuple(label for label in item.labels if label is not change.label)
    change.text = change.label.name
    return True


def _assigned(item: Item, change: Change) -> bool:
    if change.person is None or change.person in item.assignees:
        return False
    item.assignees = (*item.assignees, change.person)
    return True


def _unassigned(item: Item, change: Change) -> bool:
    if change.person not in item.assignees:
        return False
    item.assignees = tuple(person for person in item.assignees if person is not change.person)
    return True


def count_in_milestone(item: Item, *, by: int) -> None:
    """Count the item in or out of its milestone, where its state puts it."""
    if item.milestone is None:
        return
    if item.state == "open":
        item.milestone.open_issues += by
    else:
        item.milestone.closed_issues += by


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
    item.body = change.text
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


def _committed(item: Item, change: Change) -> bool:
    if not item.is_pull or item.state == "closed":
        return False
    item.commits += 1
    item.additions += 7
    item.repository.pushed_at = max(item.repository.pushed_at, change.at)
    return True


def _review_requested(item: Item, change: Change) -> bool:
    if not item.is_pull or change.person is None or change.person in item.reviewers:
        return False
    item.reviewers = (*item.reviewers, change.person)
    return True


def _review_request_removed(item: Item, change: Change) -> bool:
    if change.person not in item.reviewers:
        return False
    item.reviewers = tuple(person for person in item.reviewers if person is not change.person)
    return True


def _reviewed(item: Item, change: Change) -> bool:
    change.state = change.state or "commented"
    if not item.is_pull or change.state not in VERDICTS:
        return False
    if change.state != "commented" and change.actor is item.author:
        return False  # nobody judges a pull request of their own
    item.reviewers = tuple(person for person in item.reviewers if person is not change.actor)
    return True


def _review_dismissed(item: Item, change: Change) -> bool:
    review = change.target
    if review is None or review.state not in DISMISSIBLE or review not in item.history:
        return False
    change.before, review.state = review.state, "dismissed"
    return True


def _line_commented(item: Item, _: Change) -> bool:
    if not item.is_pull:
        return False
    item.review_comments += 1
    return True


def _commit_commented(item: Item, _: Change) -> bool:
    return item.is_pull


def _drafted(item: Item, change: Change) -> bool:
    draft = change.kind is Kind.CONVERT_TO_DRAFT
    if not item.is_pull or item.state == "closed" or item.draft == draft:
        return False
    item.draft = draft
    return True


def _locked(item: Item, change: Change) -> bool:
    lock = change.kind is Kind.LOCKED
    if item.locked == lock:
        return False
    item.locked = lock
    return True


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
    if not item.is_pull or item.state == "closed":
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


_EFFECTS: dict[Kind, Callable[[Item, Change], bool]] = {
    Kind.COMMENTED: _commented,
    Kind.COMMENT_EDITED: _comment_edited,
    Kind.COMMENT_DELETED: _comment_deleted,
    Kind.REACTED: _reacted,
    Kind.LABELED: _labeled,
    Kind.UNLABELED: _unlabeled,
    Kind.ASSIGNED: _assigned,
    Kind.UNASSIGNED: _unassigned,
    Kind.MILESTONED: _milestoned,
    Kind.DEMILESTONED: _demilestoned,
    Kind.RENAMED: _renamed,
    Kind.EDITED: _edited,
    Kind.MENTIONED: _noted,
    Kind.SUBSCRIBED: _noted,
    Kind.UNSUBSCRIBED: _noted,
    Kind.REFERENCED: _referenced,
    Kind.CROSS_REFERENCED: _cross_referenced,
    Kind.COMMITTED: _committed,
    Kind.REVIEW_REQUESTED: _review_requested,
    Kind.REVIEW_REQUEST_REMOVED: _review_request_removed,
    Kind.REVIEWED: _reviewed,
    Kind.REVIEW_DISMISSED: _review_dismissed,
    Kind.LINE_COMMENTED: _line_commented,
    Kind.COMMIT_COMMENTED: _commit_commented,
    Kind.CONVERT_TO_DRAFT: _drafted,
    Kind.READY_FOR_REVIEW: _drafted,
    Kind.LOCKED: _locked,
    Kind.UNLOCKED: _locked,
    Kind.CLOSED: _closed,
    Kind.MERGED: _merged,
    Kind.HEAD_REF_DELETED: _head_ref_deleted,
    Kind.REOPENED: _reopened,
    Kind.TRANSFERRED: _transferred,
    Kind.CONVERTED_TO_DISCUSSION: _converted_to_discussion,
}


def apply(item: Item, change: Change) -> bool:
    """Apply a change at its time; a change that makes no sense any more (closing twice) is left out: False."""
    if not _EFFECTS[change.kind](item, change):
        return False
    if change.kind not in UNTOUCHING:
        item.updated_at = max(item.updated_at, change.at)
    item.history.append(change)
    return True
