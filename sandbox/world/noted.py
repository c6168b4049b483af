"""What a change of an item is called when it is told of: GitHub's events and actions."""

import copy
from typing import Any

from sandbox.world.core import Core
from sandbox.world.items import Change, Item, Kind

# https://docs.github.com/webhooks/webhook-events-and-payloads
BOTH = {
    Kind.CLOSED: "closed",
    Kind.REOPENED: "reopened",
    Kind.RENAMED: "edited",
    Kind.EDITED: "edited",
    Kind.LABELED: "labeled",
    Kind.UNLABELED: "unlabeled",
    Kind.ASSIGNED: "assigned",
    Kind.UNASSIGNED: "unassigned",
    Kind.MILESTONED: "milestoned",
    Kind.DEMILESTONED: "demilestoned",
    Kind.LOCKED: "locked",
    Kind.UNLOCKED: "unlocked",
}
ISSUE_ACTIONS = BOTH | {Kind.CONVERTED_TO_DISCUSSION: "closed", Kind.PINNED: "pinned", Kind.UNPINNED: "unpinned"}
PULL_ACTIONS = BOTH | {
    Kind.MERGED: "closed",
    Kind.COMMITTED: "synchronize",
    Kind.CONVERT_TO_DRAFT: "converted_to_draft",
    Kind.READY_FOR_REVIEW: "ready_for_review",
    Kind.REVIEW_REQUESTED: "review_requested",
    Kind.REVIEW_REQUEST_REMOVED: "review_request_removed",
}
REMARKS = {
    Kind.COMMENTED: ("issue_comment", "created"),
    Kind.COMMENT_EDITED: ("issue_comment", "edited"),
    Kind.COMMENT_DELETED: ("issue_comment", "deleted"),
    Kind.REVIEWED: ("pull_request_review", "submitted"),
    Kind.REVIEW_DISMISSED: ("pull_request_review", "dismissed"),
}


class Noted(Core):
    """The part of the state that tells of changes of items."""

    def _tell_item(self, item: Item, action: str, change: Change | None = None, **about: Any) -> None:
        """Tell of an item; `change` is what happened to it, by whom, and what stood there before."""
        if not self.journal.watched:
            return
        sender = item.author if change is None else change.actor
        event = "pull_request" if item.is_pull else "issues"
        self.tell(item.repository.owner, event, action, copy.copy(item), sender, change=copy.copy(change), **about)

    def _tell_change(self, item: Item, change: Change) -> None:
        """Tell of a change that was applied, if GitHub has an event for it."""
        if not self.journal.watched:
            return
        if change.kind in REMARKS:
            event, action = REMARKS[change.kind]
            # What the change is about, or what it is itself: a comment, a review.
            remark = copy.copy(change.target or change)
            about = {"remark": remark, "change": copy.copy(change)}
            self.tell(item.repository.owner, event, action, copy.copy(item), change.actor, **about)
        else:
            action = (PULL_ACTIONS if item.is_pull else ISSUE_ACTIONS).get(change.kind, "")
            if action:
                self._tell_item(item, action, change)
