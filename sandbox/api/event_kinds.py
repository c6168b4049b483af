"""What each kind of event is to GraphQL, and the prefix of its node id, which REST shows too."""

from collections.abc import Iterable
from typing import NamedTuple

from sandbox.world.items import Kind


class EventKind(NamedTuple):
    """A type of GraphQL's timelines, and the prefix of such an event's node id."""

    type_name: str
    prefix: str


EVENT_KINDS: dict[Kind, EventKind] = {
    Kind.COMMENTED: EventKind("IssueComment", "IC"),
    Kind.COMMITTED: EventKind("PullRequestCommit", "PURC"),
    Kind.CROSS_REFERENCED: EventKind("CrossReferencedEvent", "CRE"),
    Kind.REVIEWED: EventKind("PullRequestReview", "PRR"),
    Kind.LINE_COMMENTED: EventKind("PullRequestReviewThread", "PRRT"),
    Kind.COMMIT_COMMENTED: EventKind("PullRequestCommitCommentThread", "PRCCT"),
    Kind.REVISION_MARKER: EventKind("PullRequestRevisionMarker", ""),
    Kind.LABELED: EventKind("LabeledEvent", "LE"),
    Kind.UNLABELED: EventKind("UnlabeledEvent", "UNLE"),
    Kind.ASSIGNED: EventKind("AssignedEvent", "AE"),
    Kind.UNASSIGNED: EventKind("UnassignedEvent", "UNAE"),
    Kind.MILESTONED: EventKind("MilestonedEvent", "MIE"),
    Kind.DEMILESTONED: EventKind("DemilestonedEvent", "DEME"),
    Kind.RENAMED: EventKind("RenamedTitleEvent", "RTE"),
    Kind.MENTIONED: EventKind("MentionedEvent", "MEE"),
    Kind.SUBSCRIBED: EventKind("SubscribedEvent", "SE"),
    Kind.UNSUBSCRIBED: EventKind("UnsubscribedEvent", "USE"),
    Kind.REFERENCED: EventKind("ReferencedEvent", "REFE"),
    Kind.REVIEW_REQUESTED: EventKind("ReviewRequestedEvent", "RRE"),
    Kind.REVIEW_REQUEST_REMOVED: EventKind("ReviewRequestRemovedEvent", "RRRE"),
    Kind.REVIEW_DISMISSED: EventKind("ReviewDismissedEvent", "RDE"),
    Kind.CONVERT_TO_DRAFT: EventKind("ConvertToDraftEvent", "CTDE"),
    Kind.READY_FOR_REVIEW: EventKind("ReadyForReviewEvent", "RFRE"),
    Kind.LOCKED: EventKind("LockedEvent", "LOE"),
    Kind.UNLOCKED: EventKind("UnlockedEvent", "UNLOE"),
    Kind.CLOSED: EventKind("ClosedEvent", "CE"),
    Kind.MERGED: EventKind("MergedEvent", "ME"),
    Kind.HEAD_REF_DELETED: EventKind("HeadRefDeletedEvent", "HRDE"),
    Kind.REOPENED: EventKind("ReopenedEvent", "REE"),
    Kind.TRANSFERRED: EventKind("TransferredEvent", "TRE"),
    Kind.CONVERTED_TO_DISCUSSION: EventKind("ConvertedToDiscussionEvent", "CONTDE"),
    Kind.COMMENT_DELETED: EventKind("CommentDeletedEvent", "CDE"),
    Kind.ADDED_TO_PROJECT: EventKind("AddedToProjectEvent", "ATPE"),
    Kind.MOVED_COLUMNS_IN_PROJECT: EventKind("MovedColumnsInProjectEvent", "MCIPE"),
    Kind.REMOVED_FROM_PROJECT: EventKind("RemovedFromProjectEvent", "RFPE"),
    Kind.CONVERTED_NOTE_TO_ISSUE: EventKind("ConvertedNoteToIssueEvent", "CNTIE"),
    Kind.ADDED_TO_PROJECT_V2: EventKind("AddedToProjectV2Event", "ATPVTE"),
    Kind.PROJECT_V2_ITEM_STATUS_CHANGED: EventKind("ProjectV2ItemStatusChangedEvent", "PVTISC"),
    Kind.REMOVED_FROM_PROJECT_V2: EventKind("RemovedFromProjectV2Event", "RFPVTE"),
    Kind.CONVERTED_FROM_DRAFT: EventKind("ConvertedFromDraftEvent", "CFDE"),
    Kind.ISSUE_TYPE_ADDED: EventKind("IssueTypeAddedEvent", "ITAE"),
    Kind.ISSUE_TYPE_CHANGED: EventKind("IssueTypeChangedEvent", "ITCE"),
    Kind.ISSUE_TYPE_REMOVED: EventKind("IssueTypeRemovedEvent", "ITRE"),
    Kind.SUB_ISSUE_ADDED: EventKind("SubIssueAddedEvent", "SIAE"),
    Kind.SUB_ISSUE_REMOVED: EventKind("SubIssueRemovedEvent", "SIRE"),
    Kind.PARENT_ISSUE_ADDED: EventKind("ParentIssueAddedEvent", "PIAE"),
    Kind.PARENT_ISSUE_REMOVED: EventKind("ParentIssueRemovedEvent", "PIRE"),
    Kind.BLOCKED_BY_ADDED: EventKind("BlockedByAddedEvent", "BBAE"),
    Kind.BLOCKED_BY_REMOVED: EventKind("BlockedByRemovedEvent", "BBRE"),
    Kind.BLOCKING_ADDED: EventKind("BlockingAddedEvent", "BAE"),
    Kind.BLOCKING_REMOVED: EventKind("BlockingRemovedEvent", "BRE"),
    Kind.CONNECTED: EventKind("ConnectedEvent", "CONE"),
    Kind.DISCONNECTED: EventKind("DisconnectedEvent", "DISE"),
    Kind.MARKED_AS_DUPLICATE: EventKind("MarkedAsDuplicateEvent", "MADE"),
    Kind.UNMARKED_AS_DUPLICATE: EventKind("UnmarkedAsDuplicateEvent", "UMADE"),
    Kind.PINNED: EventKind("PinnedEvent", "PINE"),
    Kind.UNPINNED: EventKind("UnpinnedEvent", "UNPINE"),
    Kind.USER_BLOCKED: EventKind("UserBlockedEvent", "UBE"),
    Kind.ADDED_TO_MERGE_QUEUE: EventKind("AddedToMergeQueueEvent", "ATMQE"),
    Kind.REMOVED_FROM_MERGE_QUEUE: EventKind("RemovedFromMergeQueueEvent", "RFMQE"),
    Kind.AUTO_MERGE_ENABLED: EventKind("AutoMergeEnabledEvent", "AMEE"),
    Kind.AUTO_MERGE_DISABLED: EventKind("AutoMergeDisabledEvent", "AMDE"),
    Kind.AUTO_REBASE_ENABLED: EventKind("AutoRebaseEnabledEvent", "AREE"),
    Kind.AUTO_SQUASH_ENABLED: EventKind("AutoSquashEnabledEvent", "ASEE"),
    Kind.AUTOMATIC_BASE_CHANGE_FAILED: EventKind("AutomaticBaseChangeFailedEvent", "ABCFE"),
    Kind.AUTOMATIC_BASE_CHANGE_SUCCEEDED: EventKind("AutomaticBaseChangeSucceededEvent", "ABCSE"),
    Kind.BASE_REF_CHANGED: EventKind("BaseRefChangedEvent", "BRCE"),
    Kind.BASE_REF_DELETED: EventKind("BaseRefDeletedEvent", "BRDE"),
    Kind.BASE_REF_FORCE_PUSHED: EventKind("BaseRefForcePushedEvent", "BRFPE"),
    Kind.HEAD_REF_FORCE_PUSHED: EventKind("HeadRefForcePushedEvent", "HRFPE"),
    Kind.HEAD_REF_RESTORED: EventKind("HeadRefRestoredEvent", "HRRE"),
    Kind.DEPLOYED: EventKind("DeployedEvent", "DE"),
    Kind.DEPLOYMENT_ENVIRONMENT_CHANGED: EventKind("DeploymentEnvironmentChangedEvent", "DECE"),
}
# Copilot's coding agent is shown at work by REST alone: it has such events' ids all the same.
REST_ONLY = {Kind.COPILOT_WORK_STARTED: "CWSE", Kind.COPILOT_WORK_FINISHED: "CWFE"}
GRAPHQL_ONLY = {Kind.REVISION_MARKER}


def prefix_of(kind: Kind) -> str:
    """Return the prefix of the node ids of events of a kind."""
    return REST_ONLY.get(kind) or EVENT_KINDS[kind].prefix


def item_type(type_name: str) -> str:
    """Return a type's name among the values of `itemTypes`: `LabeledEvent` is `LABELED_EVENT`."""
    return "".join(_with_gaps(type_name)).upper()


def _with_gaps(name: str) -> Iterable[str]:
    for before, letter in zip(" " + name, name, strict=False):
        yield f"_{letter}" if letter.isupper() and before != " " else letter
