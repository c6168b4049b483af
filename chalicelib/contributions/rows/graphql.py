"""Gives events of GraphQL the form that REST's timelines have, so that both become the same rows.

What only GraphQL tells goes into the key `graphql_details`. Times and texts are the same on both sides; enums are in
lower case in REST, and ids are within the node ids.

https://docs.github.com/en/graphql/reference/unions#issuetimelineitems
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.contributions.rows.accounts import JSON, Node, account, team
from chalicelib.errors import RejectedError
from chalicelib.github.nodes import numeric_id
from chalicelib.ingest.fields import cleaned

LOCK_REASONS = {"TOO_HEATED": "too heated", "OFF_TOPIC": "off-topic"}
REACTIONS = {
    "THUMBS_UP": "+1",
    "THUMBS_DOWN": "-1",
    "LAUGH": "laugh",
    "HOORAY": "hooray",
    "CONFUSED": "confused",
    "HEART": "heart",
    "ROCKET": "rocket",
    "EYES": "eyes",
}


@dataclass(frozen=True)
class Timeline:
    """Where a timeline stands, and what was asked for apart: threads' comments and reactions, by node id."""

    base_url: str
    org: str
    repo: str
    comments: Mapping[str, Sequence[Node]] = field(default_factory=dict)
    reactions: Mapping[str, Sequence[Node]] = field(default_factory=dict)
    # Few people do most things: each is written once for many events.
    people: dict[tuple[str, ...], JSON] = field(default_factory=dict)

    def person(self, actor: Node | None) -> JSON | None:
        """Give whoever did something the form of REST's users; None for the ghost of a deleted account."""
        if not actor:
            return None
        key = (actor["__typename"], actor["login"], actor["avatarUrl"])
        if key not in self.people:
            self.people[key] = account(actor, self.base_url) or {}
        return self.people[key]

    def reviewer(self, node: Node | None) -> JSON | None:
        """Give whoever is asked for a review: a person in REST's form, or a team."""
        return team(node) if node and node["__typename"] == "Team" else self.person(node)

    @property
    def url(self) -> str:
        """The repository's URL in REST."""
        return f"{self.base_url}/repos/{self.org}/{self.repo}"

    def reactions_to(self, node: Node, url: str) -> JSON:
        """Count the reactions to a comment, by REST's names."""
        groups = self.reactions.get(node["id"], ())
        counts = {REACTIONS[group["content"]]: group["reactors"]["totalCount"] for group in groups}
        numbers = {name: counts.get(name, 0) for name in REACTIONS.values()}
        return {"url": f"{url}/reactions", "total_count": sum(numbers.values()), **numbers}


def rest_event(node: Any, timeline: Timeline, *, kind: str) -> JSON:
    """Give an event the form of REST's timelines; raises RejectedError when a field that it must have is missing."""
    try:
        return SPECIAL.get(kind, _plain)(cleaned(node), timeline, kind)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise RejectedError(f"{kind} of GraphQL is not as its schema says: {type(error).__name__} {error}") from error


def has_reactions(node: Node) -> bool:
    """Tell whether anybody has reacted: a kind of reaction has a time from its first one on."""
    groups = node.get("reactionGroups")
    return isinstance(groups, list) and any(isinstance(each, dict) and each.get("createdAt") for each in groups)


def _plain(node: Node, timeline: Timeline, kind: str) -> JSON:
    details, more = DETAILS.get(kind), MORE.get(kind)
    found = more(node) if more else {}
    return {
        "id": numeric_id(node["id"]),
        "node_id": node["id"],
        "event": kind,
        "actor": timeline.person(node["actor"]),
        "created_at": node["createdAt"],
        **(details(node, timeline) if details else {}),
        "graphql_details": {name: value for name, value in found.items() if value is not None} or None,
    }


def _commented(node: Node, timeline: Timeline, kind: str) -> JSON:
    number = numeric_id(node["id"])
    return {
        "id": number,
        "node_id": node["id"],
        "event": kind,
        "user": timeline.person(node["author"]),
        "created_at": node["createdAt"],
        "updated_at": node["updatedAt"],
        "body": node["body"],
        "author_association": node["authorAssociation"],
        "reactions": timeline.reactions_to(node, f"{timeline.url}/issues/comments/{number}"),
    }


def _reviewed(node: Node, timeline: Timeline, kind: str) -> JSON:
    return {
        "id": numeric_id(node["id"]),
        "node_id": node["id"],
        "event": kind,
        "user": timeline.person(node["author"]),
        "body": node["body"],
        "state": node["reviewState"].lower(),
        "submitted_at": node["submittedAt"],
        "updated_at": node["updatedAt"],
        "author_association": node["authorAssociation"],
        "commit_id": _oid(node["commit"]),
    }


def _committed(node: Node, _: Timeline, kind: str) -> JSON:
    commit = node["commitOfPull"]
    return {
        "event": kind,
        "sha": commit["oid"],
        "node_id": commit["id"],
        "message": commit["message"],
        "author": {**_signature(commit["author"]), "date": commit["authoredDate"]},
        "committer": {**_signature(commit["committer"]), "date": commit["committedDate"]},
    }


def _signature(person: Node | None) -> JSON:
    return {"name": person["name"], "email": person["email"]} if person else {}


def _cross_referenced(node: Node, timeline: Timeline, kind: str) -> JSON:
    return {
        "event": kind,
        "actor": timeline.person(node["actor"]),
        "created_at": node["createdAt"],
        "updated_at": node["createdAt"],
        "source": {"type": "issue", "issue": _source(node["source"], timeline)},
        "graphql_details": {"will_close_target": node["willCloseTarget"]},
    }


def _source(item: Node, timeline: Timeline) -> JSON:
    is_pull = item["__typename"] == "PullRequest"
    return {
        **({"pull_request": {"merged_at": item["mergedAt"]}} if is_pull else {"id": numeric_id(item["id"])}),
        "number": item["number"],
        "title": item["title"],
        "state": "open" if (item["pullState"] if is_pull else item["issueState"]) == "OPEN" else "closed",
        "html_url": item["url"],
        "repository_url": f"{timeline.base_url}/repos/{item['repository']['nameWithOwner']}",
    }


def _line_commented(node: Node, timeline: Timeline, kind: str) -> JSON:
    return {
        "event": kind,
        "node_id": node["id"],
        "comments": [_line_comment(comment, node, timeline) for comment in timeline.comments[node["id"]]],
        "graphql_details": {"is_resolved": node["isResolved"]},
    }


def _line_comment(node: Node, thread: Node, timeline: Timeline) -> JSON:
    number = numeric_id(node["id"])
    return {
        **_remark(node, timeline, f"{timeline.url}/pulls/comments/{number}"),
        "pull_request_review_id": _number(node["pullRequestReview"]),
        "in_reply_to_id": _number(node["replyTo"]),
        "diff_hunk": node["diffHunk"],
        "path": node["path"],
        "position": node["position"],
        "original_position": node["originalPosition"],
        "line": node["line"],
        "original_line": node["originalLine"],
        "start_line": node["startLine"],
        "original_start_line": node["originalStartLine"],
        "side": thread["diffSide"],
        "start_side": thread["startDiffSide"],
        "subject_type": _lower(node["subjectType"]),
        "commit_id": _oid(node["commit"]),
        "original_commit_id": _oid(node["originalCommit"]),
    }


def _commit_commented(node: Node, timeline: Timeline, kind: str) -> JSON:
    return {
        "event": kind,
        "node_id": node["id"],
        "commit_id": _oid(node["commitOfThread"]),
        "comments": [_commit_comment(comment, timeline) for comment in timeline.comments[node["id"]]],
    }


def _commit_comment(node: Node, timeline: Timeline) -> JSON:
    place = {"path": node["commitPath"], "position": node["position"], "commit_id": _oid(node["commit"])}
    return {**_remark(node, timeline, f"{timeline.url}/comments/{numeric_id(node['id'])}"), **place}


def _remark(node: Node, timeline: Timeline, url: str) -> JSON:
    """Give what comments on lines and on commits have in common."""
    return {
        "url": url,
        "id": numeric_id(node["id"]),
        "node_id": node["id"],
        "user": timeline.person(node["author"]),
        "body": node["body"],
        "created_at": node["createdAt"],
        "updated_at": node["updatedAt"],
        "author_association": node["authorAssociation"],
        "reactions": timeline.reactions_to(node, url),
    }


def _number(node: Node | None) -> int | None:
    return numeric_id(node["id"]) if node else None


def _oid(commit: Node | None) -> str | None:
    return commit["oid"] if commit else None


def _lower(value: str | None) -> str | None:
    return value.lower() if value else None


def _assignee(node: Node, timeline: Timeline) -> JSON:
    return {"assignee": timeline.person(node["assignee"])}


def _reviewer(node: Node, timeline: Timeline) -> JSON:
    asked = node["requestedReviewer"]
    name = "requested_team" if asked and asked["__typename"] == "Team" else "requested_reviewer"
    requester = timeline.person(node["actor"])
    return {"review_requester": requester, name: timeline.reviewer(asked)}


def _dismissed(node: Node, _: Timeline) -> JSON:
    commit = node["pullRequestCommit"]
    review = {
        "state": node["previousReviewState"].lower(),
        "review_id": _number(node["review"]),
        "dismissal_message": node["dismissalMessage"],
        "dismissal_commit_id": _oid(commit["commit"]) if commit else None,
    }
    return {"dismissed_review": review}


def _closed(node: Node, _: Timeline) -> JSON:
    closer = node["closer"]
    commit_id = closer["oid"] if closer and closer["__typename"] == "Commit" else None
    return {"commit_id": commit_id, "state_reason": _lower(node["stateReason"])}


def _linked(field_name: str, name: str) -> Callable[[Node, Timeline], JSON]:
    """Give a linked issue under REST's name, cut to what REST tells of it."""

    def give(node: Node, _: Timeline) -> JSON:
        issue = node[field_name]
        return {name: None if issue is None else _reference(issue)}

    return give


def _reference(issue: Node) -> JSON:
    repository = issue["repository"]
    return {
        "number": issue["number"],
        "title": issue["title"],
        "state": issue["issueState"].lower(),
        "state_reason": _lower(issue["stateReason"]),
        "repository": {"id": repository["databaseId"], "full_name": repository["nameWithOwner"]},
    }


def _type(node: Node | None) -> JSON | None:
    return {"id": numeric_id(node["id"]), "name": node["name"], "color": node["color"].lower()} if node else None


def _types(node: Node, _: Timeline) -> JSON:
    return {"issue_type": _type(node["issueType"]), "prev_issue_type": _type(node["prevIssueType"])}


def _board(node: Node) -> JSON:
    board = node.get("project")
    known = {"number": board["number"], "title": board["title"], "url": board["url"]} if board else None
    statuses = {"status": node.get("status"), "previous_status": node.get("previousStatus")}
    return {"project": known, **statuses, "was_automated": node.get("wasAutomated")}


def _subject(node: Node | None) -> JSON | None:
    """Name an issue or pull request."""
    if not node:
        return None
    return {"type": node["__typename"], "repository": node["repository"]["nameWithOwner"], "number": node["number"]}


def _closer(node: Node) -> JSON:
    closer = node["closer"]
    return {"closer": _subject(closer) if closer and closer["__typename"] == "PullRequest" else None}


def _from_repository(node: Node) -> JSON:
    repository = node["fromRepository"]
    return {"from_repository": repository["nameWithOwner"] if repository else None}


def _renamed_fields(**names: str) -> Callable[[Node], JSON]:
    return lambda node: {name: node.get(field_name) for name, field_name in names.items()}


SPECIAL: dict[str, Callable[[Node, Timeline, str], JSON]] = {
    "commented": _commented,
    "reviewed": _reviewed,
    "committed": _committed,
    "cross-referenced": _cross_referenced,
    "line-commented": _line_commented,
    "commit-commented": _commit_commented,
}
# What REST tells of a kind beside the usual.
DETAILS: dict[str, Callable[[Node, Timeline], JSON]] = {
    **dict.fromkeys(("labeled", "unlabeled"), lambda node, _: {"label": dict(node["label"])}),
    **dict.fromkeys(("assigned", "unassigned"), _assignee),
    **dict.fromkeys(("milestoned", "demilestoned"), lambda node, _: {"milestone": {"title": node["milestoneTitle"]}}),
    **dict.fromkeys(("review_requested", "review_request_removed"), _reviewer),
    "review_dismissed": _dismissed,
    "renamed": lambda node, _: {"rename": {"from": node["previousTitle"], "to": node["currentTitle"]}},
    "locked": lambda node, _: {"lock_reason": LOCK_REASONS.get(node["lockReason"]) or _lower(node["lockReason"])},
    "closed": _closed,
    "reopened": lambda node, _: {"state_reason": _lower(node["stateReason"])},
    **dict.fromkeys(("merged", "referenced"), lambda node, _: {"commit_id": _oid(node["commit"])}),
    **dict.fromkeys(
        ("head_ref_force_pushed", "base_ref_force_pushed"), lambda node, _: {"commit_id": _oid(node["afterCommit"])}
    ),
    **dict.fromkeys(("sub_issue_added", "sub_issue_removed"), _linked("subIssue", "sub_issue")),
    **dict.fromkeys(("parent_issue_added", "parent_issue_removed"), _linked("parent", "parent_issue")),
    **dict.fromkeys(("blocked_by_added", "blocked_by_removed"), _linked("blockingIssue", "blocked_by")),
    **dict.fromkeys(("blocking_added", "blocking_removed"), _linked("blockedIssue", "blocking")),
    "issue_type_added": lambda node, _: {"issue_type": _type(node["issueType"])},
    "issue_type_removed": lambda node, _: {"prev_issue_type": _type(node["issueType"])},
    "issue_type_changed": _types,
}
# What only GraphQL tells.
MORE: dict[str, Callable[[Node], JSON]] = {
    **dict.fromkeys(
        (
            "added_to_project_v2",
            "removed_from_project_v2",
            "converted_from_draft",
            "project_v2_item_status_changed",
        ),
        _board,
    ),
    "closed": _closer,
    "transferred": _from_repository,
    **dict.fromkeys(
        ("connected", "disconnected"),
        lambda node: {"source": _subject(node["source"]), "subject": _subject(node["subject"])},
    ),
    **dict.fromkeys(
        ("marked_as_duplicate", "unmarked_as_duplicate"), lambda node: {"canonical": _subject(node["canonical"])}
    ),
    "merged": _renamed_fields(merge_ref_name="mergeRefName"),
    "base_ref_changed": _renamed_fields(previous_ref_name="previousRefName", current_ref_name="currentRefName"),
    "base_ref_deleted": _renamed_fields(base_ref_name="baseRefName"),
    "head_ref_deleted": _renamed_fields(head_ref_name="headRefName"),
    **dict.fromkeys(
        ("automatic_base_change_failed", "automatic_base_change_succeeded"),
        _renamed_fields(old_base="oldBase", new_base="newBase"),
    ),
    "removed_from_merge_queue": _renamed_fields(reason="reason"),
}
