"""Rows of issues, pull requests, their events and how their timelines were read, from what happened to them."""

from __future__ import annotations

from random import Random
from typing import Any

from benchmarks.large.histories import Happening, Opening
from benchmarks.large.states import State
from benchmarks.large.texts import Json, canonical_json, moment, sha
from chalicelib.utils import format_utc

Row = dict[str, Any]
REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
# Events that have no id of GitHub's: the app derives a negative one.
NAMELESS = {"committed", "cross-referenced"}


def reactions(rng: Random, url: str) -> Json:
    """The reactions object that everything with a text has: mostly zeros."""
    counts = dict.fromkeys(REACTIONS, 0)
    if rng.random() < 0.1:
        counts["+1"] = rng.randrange(1, 9)
    return canonical_json({"url": f"{url}/reactions", "total_count": sum(counts.values()), **counts})


def item_row(rng: Random, item: Opening, state: State, body: str) -> Row:
    """The columns that issues and pull requests share."""
    repo, number = item.repo, item.repo.number
    url, kind = f"{repo.url}/issues/{number}", "pull" if item.is_pull else "issues"
    assignees = [each.user for each in state.assignees]
    return {
        "id": item.key,
        "assignee": assignees[0] if assignees else None,
        "assignees": assignees,
        "author_association": item.author.association,
        "author_id": item.author.id,
        "body": body,
        "closed_at": moment(state.closed_at) if state.closed_at else None,
        "comments": state.comments,
        "comments_url": f"{url}/comments",
        "created_at": moment(item.at),
        "events_url": f"{url}/events",
        "html_url": f"{repo.html_url}/{kind}/{number}",
        "labels": list(state.labels),
        "labels_url": f"{url}/labels{{/name}}",
        "locked": False,
        "node_id": f"{'PR' if item.is_pull else 'I'}_kwDO{item.key:010d}",
        "number": number,
        "org": repo.org,
        "reactions": reactions(rng, url),
        "repo": repo.name,
        "repository_id": repo.id,
        "repository_url": repo.url,
        "state": "closed" if state.closed_at else "open",
        "state_reason": None if item.is_pull else state.reason,
        "timeline_url": f"{url}/timeline",
        "title": body[:60].replace("\n", " "),
        "updated_at": moment(state.updated_at),
        "url": url,
        "user": item.author.user,
        "username": item.author.login,
        "deleted_at": moment(state.updated_at) if rng.random() < 0.005 else None,
        "score": 1,
    }


def pull_row(rng: Random, item: Opening, state: State) -> Row:
    """The columns that only pull requests have."""
    merged, lines = state.merged, int(rng.lognormvariate(3.4, 1.7)) + 1
    merged_at = moment(merged.at) if merged else None
    url = f"{item.repo.url}/pulls/{item.repo.number}"
    page = f"{item.repo.html_url}/pull/{item.repo.number}"
    links = {"url": url, "html_url": page, "diff_url": f"{page}.diff", "patch_url": f"{page}.patch"}
    return {
        "merged": merged is not None,
        "draft": state.is_draft,
        "pull_request": canonical_json(links | {"merged_at": merged_at and format_utc(merged_at)}),
        "merged_at": merged_at,
        "pull_id": item.key // 2,
        "additions": lines,
        "deletions": int(lines * rng.random() * 1.2),
        "changed_files": 1 + int(lines**0.5 * rng.random()),
        "commits": state.commits,
        "review_decision": state.decision,
        "merge_commit_oid": merged.details["commit_id"] if merged else None,
        "merged_by": merged.person.login if merged and merged.person else None,
        "base_ref": "main" if rng.random() < 0.93 else "release",
        "head_ref": f"change-{item.key}",
        "requested_reviewers": [canonical_json(each.brief) for each in state.requested],
        "first_commit_authored_at": moment(state.first_commit),
        "sized_at": moment(state.updated_at),
    }


def poll_row(item: Opening, state: State, events: int) -> Row:
    """How the timeline was read: all of it, since the last change."""
    row = {"id": item.key, "page_no": 1, "issue_updated_at": moment(state.updated_at), "etag": None}
    return row | {"events": events, "next_url": None, "total": events}


class Events:
    """Makes rows of events, and numbers them as time goes by."""

    def __init__(self, rng: Random, *, since: int) -> None:
        self.rng, self.since, self.count = rng, since - 10 * 365 * 86_400, 0

    def key(self, each: Happening) -> int:
        """An id of its own that is the larger the later it happened; negative where GitHub gives none."""
        self.count += 1
        key = (each.at - self.since) << 22 | self.count
        return -key if each.kind in NAMELESS else key

    def row(self, item: Opening, each: Happening) -> Row:
        """The row of an event."""
        key, repo, who = self.key(each), item.repo, each.person
        is_comment = each.kind == "commented"
        at = moment(each.at)
        return {
            "id": key,
            "issue_id": item.key,
            "org": repo.org,
            "repo": repo.name,
            "event": each.kind,
            "body": each.body,
            "label": each.label,
            "reactions": reactions(self.rng, f"{repo.url}/issues/comments/{key}") if is_comment else None,
            "state": each.state,
            "created_at": at,
            "updated_at": at if is_comment else None,
            "node_id": f"EV_lADO{key:014d}",
            "user": who.user if who else None,
            "user_id": who.id if who else None,
            "author_association": who.association if who and each.body is not None else None,
            "username": who.login if who else None,
            "details": self._details(item, each),
            "page_no": 1,
            "removed_at": at if is_comment and self.rng.random() < 0.004 else None,
        }

    def _details(self, item: Opening, each: Happening) -> Json | None:
        if each.kind == "committed":
            return canonical_json(_dated(each.details))
        if each.kind == "cross-referenced":
            return canonical_json({"source": {"type": "issue", "issue": self._other(item)}})
        if each.about and each.kind == "review_requested":
            asker = item.author.brief
            return canonical_json({"requested_reviewer": each.about.brief, "review_requester": asker})
        if each.about:
            return canonical_json({"assignee": each.about.brief})
        return canonical_json(each.details) if each.details else None

    def _other(self, item: Opening) -> dict[str, Any]:
        """A pull request that refers to the issue."""
        number = self.rng.randrange(1, item.repo.number + 1)
        page, title = f"{item.repo.html_url}/pull/{number}", f"Change that refers to {sha(number)[:7]}"
        found = {"number": number, "title": title, "state": "closed", "html_url": page}
        return found | {"repository_url": item.repo.url, "pull_request": {"merged_at": None}}


def _dated(details: dict[str, Any]) -> dict[str, Any]:
    """A commit's details, with its times as texts."""
    dated = {who: details[who] | {"date": format_utc(moment(details[who]["date"]))} for who in ("author", "committer")}
    return details | dated
