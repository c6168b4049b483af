"""Events of timelines as GraphQL shows them: each kind's own fields beside those of all."""

from collections.abc import Callable
from typing import Any

from sandbox.api.event_kinds import EVENT_KINDS
from sandbox.api.graphql.accounts import JSON
from sandbox.api.graphql.remarks import Remarks
from sandbox.api.nodeids import node_id
from sandbox.api.timelines import Entry
from sandbox.api.times import timestamp
from sandbox.world.items import Change, Item, Kind, commit
from sandbox.world.people import Person

# What an event calls the item that it happened to.
SUBJECTS = ("assignable", "closable", "labelable", "lockable", "subject", "subscribable", "target", "duplicate")
REMARKS = {
    Kind.COMMENTED,
    Kind.REVIEWED,
    Kind.COMMITTED,
    Kind.LINE_COMMENTED,
    Kind.COMMIT_COMMENTED,
    Kind.REVISION_MARKER,
}


class Events(Remarks):
    """Builds the rows of timelines."""

    def row(self, item: Item, entry: Entry) -> JSON:
        """Return a timeline's row."""
        return self.remark(item, entry) if entry.kind in REMARKS else self.event(item, entry)

    def event(self, item: Item, entry: Entry) -> JSON:
        """Return an event."""
        change, details = entry.change, _DETAILS.get(entry.kind)
        return {
            **self._about(item),
            "__typename": EVENT_KINDS[entry.kind].type_name,
            "id": self.forms.event_node_id(item, entry),
            "databaseId": entry.id,
            "actor": self.person(change.actor),
            "createdAt": timestamp(change.at),
            **(details(self, item, change, entry) if details else {}),
        }

    def _about(self, item: Item) -> JSON:
        """Return the fields that lead from an event to its item."""
        me = self.item(item)
        return {
            **dict.fromkeys(SUBJECTS, me),
            "pullRequest": me,
            "issue": me,
            "url": me["url"],
            "resourcePath": me["resourcePath"],
            "isCrossRepository": False,
        }

    def sees_entry(self, entry: Entry) -> bool:
        """Whether a row is shown: not if it needs an item that the token doesn't see."""
        if entry.kind in (Kind.CONNECTED, Kind.DISCONNECTED):
            return self.linked(entry.change.other) is not None
        return self.forms.seen(entry, self.token.reads)

    def _by_hash(self, item: Item, change: Change, sha: str | None) -> JSON | None:
        if sha is None:
            return None
        return self.commit(item.repository, sha, message=f"Change {sha[:7]}", at=change.at, person=change.actor)

    def _assigned(self, _: Item, change: Change, __: Entry) -> JSON:
        return {"assignee": self.person(change.person), "user": self.user_only(change.person)}

    def _labeled(self, item: Item, change: Change, _: Entry) -> JSON:
        label = change.label
        return {"label": None if label is None else self.label(label, item, change.text)}

    def _requested(self, _: Item, change: Change, __: Entry) -> JSON:
        reviewer = self.person(change.person) if change.team is None else self.team(change.team)
        return {"requestedReviewer": reviewer}

    def _dismissed(self, item: Item, change: Change, entry: Entry) -> JSON:
        reviews = [one for one in self.entries(item) if one.change is change.target]
        return {
            "previousReviewState": (change.before or "").upper(),
            "dismissalMessage": change.text,
            "review": lambda _: self.remark(item, reviews[0]) if reviews else None,
            "pullRequestCommit": None,
            **self.place(f"{self.forms.html_url(item)}#event-{entry.id}"),
        }

    def _closed(self, item: Item, change: Change, entry: Entry) -> JSON:
        reason = change.text if change.kind is Kind.CLOSED else "completed"
        return {
            "stateReason": None if item.is_pull or reason is None else reason.upper(),
            "closer": None if item.is_pull else self._by_hash(item, change, change.sha),
            "duplicateOf": None,
            **self.place(f"{self.forms.html_url(item)}#event-{entry.id}"),
        }

    def _merged(self, item: Item, change: Change, _: Entry) -> JSON:
        return {"commit": self._by_hash(item, change, change.sha), "mergeRefName": item.base}

    def _referenced(self, item: Item, change: Change, _: Entry) -> JSON:
        return {
            "commit": self._by_hash(item, change, change.sha),
            "commitRepository": self.repository(item.repository),
            "isDirectReference": False,
        }

    def _cross_referenced(self, item: Item, change: Change, entry: Entry) -> JSON:
        source = change.source.now() if change.source else None
        elsewhere = source is not None and source.repository is not item.repository
        return {
            "id": node_id("CRE", item.repository.id, item.id, entry.id),
            "source": None if source is None else self.item(source),
            "referencedAt": timestamp(change.at),
            "willCloseTarget": False,
            "isCrossRepository": elsewhere,
        }

    def _transferred(self, _: Item, change: Change, __: Entry) -> JSON:
        source = change.source.repository if change.source is not None else None
        shown = source is not None and self.token.reads(source)
        return {"fromRepository": self.repository(source) if source is not None and shown else None}

    def _forced(self, item: Item, change: Change, _: Entry) -> JSON:
        before, after = (self._by_hash(item, change, sha) for sha in (change.before, change.sha))
        return {"beforeCommit": before, "afterCommit": after}

    def _connected(self, _: Item, change: Change, __: Entry) -> JSON:
        return {"source": self.linked(change.other)}

    def _carded(self, _: Item, change: Change, __: Entry) -> JSON:
        names = {"projectColumnName": change.text or "", "previousProjectColumnName": change.before or ""}
        return {"project": self.project(change.project), **names}

    def _boarded(self, _: Item, change: Change, __: Entry) -> JSON:
        states = {"status": change.text or "", "previousStatus": change.before or ""}
        return {"project": self.project(change.project), "wasAutomated": change.automated, **states}

    def _queued(self, item: Item, change: Change, _: Entry) -> JSON:
        url = self.place(f"{self.forms.html}/{item.repository.full_name}/queue/{item.base}")
        queue = {"id": node_id("MQ", item.repository.id, item.repository.id), **url}
        who = self.user_only(change.actor)
        before = lambda _: self._by_hash(item, change, commit(item, f"head/{item.commits}"))  # noqa: E731
        return {"mergeQueue": queue, "enqueuer": who, "reason": change.text, "beforeCommit": before}

    def _automatic(self, _: Item, change: Change, __: Entry) -> JSON:
        who = self.user_only(change.actor)
        code = None if change.text is None else change.text.upper().replace(" ", "_")
        return {"enabler": who, "disabler": who, "reason": change.text, "reasonCode": code}

    def _deployed(self, item: Item, change: Change, entry: Entry) -> JSON:
        deployment = {
            "id": node_id("DE", item.repository.id, entry.id),
            "databaseId": entry.id,
            "environment": change.text,
            "state": "ACTIVE",
            "createdAt": timestamp(change.at),
        }
        status = {
            "id": node_id("DES", item.repository.id, entry.id),
            "environment": change.text,
            "state": "SUCCESS",
            "createdAt": timestamp(change.at),
            "deployment": deployment,
        }
        return {"deployment": deployment, "deploymentStatus": status}

    def _blocked(self, _: Item, change: Change, __: Entry) -> JSON:
        return {"blockDuration": "PERMANENT", "subject": self.user_only(change.person)}

    def deleted_author(self, person: Person | None) -> JSON:
        """Return who had written a comment that was deleted."""
        return {"deletedCommentAuthor": self.person(person)}


def _linked(name: str) -> Callable[[Events, Item, Change, Entry], JSON]:
    return lambda events, _, change, __: {name: events.linked(change.other)}


def _issue_linked(name: str) -> Callable[[Events, Item, Change, Entry], JSON]:
    def details(events: Events, _: Item, change: Change, __: Entry) -> JSON:
        other = change.other
        return {name: None if other is None or other.is_pull else events.linked(other)}

    return details


def _bases(_: Events, __: Item, change: Change, ___: Entry) -> JSON:
    return {
        "oldBase": change.before,
        "newBase": change.text,
        "previousRefName": change.before,
        "currentRefName": change.text,
    }


_DETAILS: dict[Kind, Callable[[Any, Item, Change, Entry], JSON]] = {
    **dict.fromkeys((Kind.ASSIGNED, Kind.UNASSIGNED), Events._assigned),
    **dict.fromkeys((Kind.LABELED, Kind.UNLABELED), Events._labeled),
    **dict.fromkeys(
        (Kind.MILESTONED, Kind.DEMILESTONED), lambda _, __, change, ___: {"milestoneTitle": change.text or ""}
    ),
    **dict.fromkeys((Kind.REVIEW_REQUESTED, Kind.REVIEW_REQUEST_REMOVED), Events._requested),
    Kind.RENAMED: lambda _, __, change, ___: {"previousTitle": change.before, "currentTitle": change.text},
    Kind.REVIEW_DISMISSED: Events._dismissed,
    Kind.LOCKED: lambda *_: {"lockReason": "RESOLVED"},
    **dict.fromkeys((Kind.CLOSED,), Events._closed),
    Kind.REOPENED: lambda *_: {"stateReason": None},
    Kind.MERGED: Events._merged,
    Kind.REFERENCED: Events._referenced,
    Kind.CROSS_REFERENCED: Events._cross_referenced,
    Kind.TRANSFERRED: Events._transferred,
    Kind.CONVERTED_TO_DISCUSSION: lambda *_: {"discussion": None},
    Kind.COMMENT_DELETED: lambda events, _, change, __: events.deleted_author(change.person),
    Kind.HEAD_REF_DELETED: lambda _, item, __, ___: {"headRefName": f"{item.branch}-{item.number}"},
    Kind.BASE_REF_DELETED: lambda _, item, __, ___: {"baseRefName": item.base},
    **dict.fromkeys((Kind.HEAD_REF_FORCE_PUSHED, Kind.BASE_REF_FORCE_PUSHED), Events._forced),
    **dict.fromkeys(
        (Kind.BASE_REF_CHANGED, Kind.AUTOMATIC_BASE_CHANGE_FAILED, Kind.AUTOMATIC_BASE_CHANGE_SUCCEEDED), _bases
    ),
    **dict.fromkeys(
        (
            Kind.ADDED_TO_PROJECT,
            Kind.MOVED_COLUMNS_IN_PROJECT,
            Kind.REMOVED_FROM_PROJECT,
            Kind.CONVERTED_NOTE_TO_ISSUE,
        ),
        Events._carded,
    ),
    **dict.fromkeys(
        (
            Kind.ADDED_TO_PROJECT_V2,
            Kind.PROJECT_V2_ITEM_STATUS_CHANGED,
            Kind.REMOVED_FROM_PROJECT_V2,
            Kind.CONVERTED_FROM_DRAFT,
        ),
        Events._boarded,
    ),
    **dict.fromkeys(
        (Kind.ISSUE_TYPE_ADDED, Kind.ISSUE_TYPE_CHANGED, Kind.ISSUE_TYPE_REMOVED),
        lambda events, _, change, __: {
            "issueType": events.issue_type(change.issue_type),
            "prevIssueType": events.issue_type(change.former_type),
        },
    ),
    **dict.fromkeys((Kind.SUB_ISSUE_ADDED, Kind.SUB_ISSUE_REMOVED), _issue_linked("subIssue")),
    **dict.fromkeys((Kind.PARENT_ISSUE_ADDED, Kind.PARENT_ISSUE_REMOVED), _issue_linked("parent")),
    **dict.fromkeys((Kind.BLOCKED_BY_ADDED, Kind.BLOCKED_BY_REMOVED), _issue_linked("blockingIssue")),
    **dict.fromkeys((Kind.BLOCKING_ADDED, Kind.BLOCKING_REMOVED), _issue_linked("blockedIssue")),
    **dict.fromkeys((Kind.CONNECTED, Kind.DISCONNECTED), Events._connected),
    **dict.fromkeys((Kind.MARKED_AS_DUPLICATE, Kind.UNMARKED_AS_DUPLICATE), _linked("canonical")),
    Kind.USER_BLOCKED: Events._blocked,
    **dict.fromkeys((Kind.ADDED_TO_MERGE_QUEUE, Kind.REMOVED_FROM_MERGE_QUEUE), Events._queued),
    **dict.fromkeys(
        (Kind.AUTO_MERGE_ENABLED, Kind.AUTO_MERGE_DISABLED, Kind.AUTO_REBASE_ENABLED, Kind.AUTO_SQUASH_ENABLED),
        Events._automatic,
    ),
    **dict.fromkeys((Kind.DEPLOYED, Kind.DEPLOYMENT_ENVIRONMENT_CHANGED), Events._deployed),
}
