"""Timelines as GitHub's JSON, made on demand from what happened to an item; the variants' fields differ as they do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.api.event_kinds import EVENT_KINDS, GRAPHQL_ONLY, prefix_of
from sandbox.api.nodeids import commit_node_id, node_id
from sandbox.api.payloads import Payloads
from sandbox.api.rare_events import RARE_DETAILS
from sandbox.api.times import timestamp
from sandbox.world import words
from sandbox.world.effects import DISMISSIBLE
from sandbox.world.items import Change, Item, Kind, Repository, commit
from sandbox.world.people import COPILOT, DEPENDABOT, Person

JSON = dict[str, Any]
Reads = Callable[[Repository], bool]
UNSHOWN = {Kind.EDITED, Kind.COMMENT_EDITED, Kind.REACTED}
# What issue events' own endpoints leave out.
TIMELINE_ONLY = {
    Kind.COMMENTED,
    Kind.COMMITTED,
    Kind.CROSS_REFERENCED,
    Kind.REVIEWED,
    Kind.LINE_COMMENTED,
    Kind.COMMIT_COMMENTED,
    Kind.UNSUBSCRIBED,
    *GRAPHQL_ONLY,
}
WITH_COMMIT = {Kind.CLOSED, Kind.MERGED, Kind.REFERENCED, Kind.HEAD_REF_FORCE_PUSHED, Kind.BASE_REF_FORCE_PUSHED}
COMMIT_PACE = 900  # seconds between the commits that a pull request was opened with


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a timeline before it is written: its kind, what made it, and how many commits there were then."""

    kind: Kind
    change: Change
    commits: int
    id: int


def _everybody(_: Repository) -> bool:
    return True


def _is_shown(change: Change) -> bool:
    if change.deleted or change.kind in UNSHOWN:
        return False
    # Who deletes a comment of their own leaves no trace.
    return change.kind is not Kind.COMMENT_DELETED or change.person is not change.actor


def _first_commits(item: Item) -> list[Entry]:
    """Return the commits that a pull request was opened with, which no change tells of."""
    count = item.commits - sum(change.kind is Kind.COMMITTED for change in item.history) if item.is_pull else 0
    moments = (item.created_at - (count - number) * COMMIT_PACE for number in range(count))
    changes = (Change(at, Kind.COMMITTED, item.author) for at in moments)
    return [Entry(Kind.COMMITTED, change, number, 0) for number, change in enumerate(changes, 1)]


def entries(item: Item) -> list[Entry]:
    """Return an item's timeline in order: what happened last is last."""
    found = _first_commits(item)
    commits = len(found)
    for change in item.history:
        commits += change.kind is Kind.COMMITTED
        if not _is_shown(change):
            continue
        found.append(Entry(change.kind, change, commits, change.id))
        closes = change.kind in (Kind.MERGED, Kind.CONVERTED_TO_DISCUSSION) and change.before == "open"
        if closes:
            found.append(Entry(Kind.CLOSED, change, commits, change.id + 1))
    return found


class Timelines(Payloads):
    """Builds items' events, comments and reviews for one base URL."""

    def entries(self, item: Item, *, reads: Reads = _everybody) -> list[Entry]:
        """Return an item's timeline for somebody who reads these repositories: references from others are hidden."""
        return [entry for entry in entries(item) if entry.kind not in GRAPHQL_ONLY and self.seen(entry, reads)]

    def seen(self, entry: Entry, reads: Reads) -> bool:
        """Whether somebody who reads these repositories sees an entry: a reference from where they do."""
        if entry.kind is not Kind.CROSS_REFERENCED:
            return True
        source = entry.change.source
        if source is None:
            return False
        source = source.now()
        return source.id in self.world.items and reads(source.repository)

    def timeline(self, item: Item) -> list[JSON]:
        """Return an item's whole timeline, as somebody who may read everything gets it."""
        return [self.row(item, entry) for entry in self.entries(item)]

    def row(self, item: Item, entry: Entry) -> JSON:
        """Return a timeline's row in the form of its variant."""
        special = _SPECIAL.get(entry.kind)
        return special(self, item, entry) if special else self.event(item, entry)

    def event(self, item: Item, entry: Entry) -> JSON:
        """Return a standard event."""
        change, repository_url = entry.change, self.repository_url(item.repository)
        sha = change.sha if entry.kind in WITH_COMMIT else None
        if entry.kind is Kind.CLOSED and item.is_pull:
            sha = None  # `merged` names the commit, the `closed` beside it doesn't
        details = _DETAILS.get(entry.kind)
        return {
            "id": entry.id,
            "node_id": self.event_node_id(item, entry),
            "url": f"{repository_url}/issues/events/{entry.id}",
            "actor": self.any_user(change.actor),
            "event": str(entry.kind),
            "commit_id": sha,
            "commit_url": None if sha is None else f"{repository_url}/commits/{sha}",
            "created_at": timestamp(change.at),
            **(details(self, item, change) if details else {}),
            "performed_via_github_app": self._app_of(change.actor, item),
        }

    def event_node_id(self, item: Item, entry: Entry) -> str:
        """Return an event's node id."""
        kind = EVENT_KINDS[entry.kind].type_name if entry.kind in EVENT_KINDS else "IssueEvent"
        numbers = (item.repository.id, item.id, entry.id)
        return self.node_id(kind, prefix_of(entry.kind), *numbers, at=entry.change.at)

    def issue_event(self, item: Item, entry: Entry) -> JSON:
        """Return an event in the form of the issue events' endpoints."""
        event = self.event(item, entry)
        if entry.kind in (Kind.ASSIGNED, Kind.UNASSIGNED):
            event["assigner"] = event["actor"]
        return event

    def _app_of(self, actor: Person | None, item: Item) -> JSON | None:
        if actor is None or actor.type != "Bot" or actor.login in (DEPENDABOT, COPILOT):
            return None
        return self.app(self.world.apps[actor.id], item.repository.owner.account)

    def comment(self, item: Item, change: Change) -> JSON:
        """Return a comment as the comments' endpoints show it."""
        repository_url = self.repository_url(item.repository)
        url = f"{repository_url}/issues/comments/{change.id}"
        return {
            "url": url,
            "html_url": f"{self.html_url(item)}#issuecomment-{change.id}",
            "issue_url": f"{repository_url}/issues/{item.number}",
            "id": change.id,
            "node_id": self.node_id("IssueComment", "IC", item.repository.id, change.id, at=change.at),
            "user": self.any_user(change.actor),
            "created_at": timestamp(change.at),
            "updated_at": timestamp(change.updated_at or change.at),
            "body": change.text,
            "author_association": self.world.standing(change.actor, item.repository),
            "reactions": self.reactions(url, change.reactions or {}),
            "performed_via_github_app": self._app_of(change.actor, item),
        }

    def _commented(self, item: Item, entry: Entry) -> JSON:
        row = self.comment(item, entry.change)
        return {**row, "event": "commented", "actor": row["user"]}

    def review(self, item: Item, entry: Entry) -> JSON:
        """Return a review as the reviews' endpoint shows it; a timeline writes the state in lower case."""
        change = entry.change
        html_url = f"{self.html_url(item)}#pullrequestreview-{change.id}"
        pull_url = f"{self.repository_url(item.repository)}/pulls/{item.number}"
        return {
            "id": change.id,
            "node_id": self.node_id("PullRequestReview", "PRR", item.repository.id, change.id, at=change.at),
            "user": self.any_user(change.actor),
            "body": change.text or "",
            "state": (change.state or "").upper(),
            "html_url": html_url,
            "pull_request_url": pull_url,
            "_links": {"html": {"href": html_url}, "pull_request": {"href": pull_url}},
            "submitted_at": timestamp(change.at),
            "commit_id": commit(item, f"head/{entry.commits}"),
            "author_association": self.world.standing(change.actor, item.repository),
        }

    def _reviewed(self, item: Item, entry: Entry) -> JSON:
        row, change = self.review(item, entry), entry.change
        updated_at = timestamp(change.updated_at or change.at)
        return {**row, "state": row["state"].lower(), "updated_at": updated_at, "event": "reviewed"}

    def _cross_referenced(self, _: Item, entry: Entry) -> JSON:
        change = entry.change
        source = change.source.now() if change.source else None
        return {
            "event": "cross-referenced",
            "actor": self.any_user(change.actor),
            "created_at": timestamp(change.at),
            "updated_at": timestamp(change.at),
            "source": {"type": "issue", "issue": None if source is None else self._referring(source)},
        }

    def _referring(self, source: Item) -> JSON:
        return {**self.issue(source), "repository": self.repository(source.repository)}

    def _committed(self, item: Item, entry: Entry) -> JSON:
        sha, parent = (commit(item, f"head/{number}") for number in (entry.commits, entry.commits - 1))
        repository_url = self.repository_url(item.repository)
        pages = f"{self.html}/{item.repository.full_name}/commit"
        url, parent_url = (f"{repository_url}/git/commits/{one}" for one in (sha, parent))
        tree = commit(item, f"tree/{entry.commits}")
        author = signature(entry.change)
        return {
            "event": "committed",
            "sha": sha,
            "node_id": commit_node_id(item.repository.id, sha),
            "url": url,
            "html_url": f"{pages}/{sha}",
            "author": author,
            "committer": author,
            "tree": {"sha": tree, "url": f"{repository_url}/git/trees/{tree}"},
            "message": message_of(item, entry),
            "parents": [{"sha": parent, "url": parent_url, "html_url": f"{pages}/{parent}"}],
            "verification": UNSIGNED,
        }

    def _line_commented(self, item: Item, entry: Entry) -> JSON:
        thread = node_id("PRRT", item.repository.id, entry.id)
        return {"event": "line-commented", "node_id": thread, "comments": [self.line_comment(item, entry)]}

    def line_comment(self, item: Item, entry: Entry) -> JSON:
        """Return a comment on a line of a pull request."""
        pull_url = f"{self.repository_url(item.repository)}/pulls"
        url, html_url = f"{pull_url}/comments/{entry.id}", f"{self.html_url(item)}#discussion_r{entry.id}"
        sha = commit(item, f"head/{entry.commits}")
        links = {"self": url, "html": html_url, "pull_request": f"{pull_url}/{item.number}"}
        places = {"position": 1, "original_position": 1, "line": 1, "original_line": 1, "start_line": None}
        return {
            **self._remark(item, entry, prefix="PRRC", url=url, html_url=html_url),
            "pull_request_review_id": None,
            "diff_hunk": "@@ -1 +1 @@\n-old\n+new",
            "path": "src/main.py",
            **places,
            "original_start_line": None,
            "start_side": None,
            "side": "RIGHT",
            "subject_type": "line",
            "commit_id": sha,
            "original_commit_id": sha,
            "pull_request_url": links["pull_request"],
            "_links": {name: {"href": href} for name, href in links.items()},
        }

    def commit_comment(self, item: Item, entry: Entry) -> JSON:
        """Return a comment on a commit of a pull request."""
        sha = commit(item, f"head/{entry.commits}")
        url = f"{self.repository_url(item.repository)}/comments/{entry.id}"
        html_url = f"{self.html}/{item.repository.full_name}/commit/{sha}#commitcomment-{entry.id}"
        comment = self._remark(item, entry, prefix="CC", url=url, html_url=html_url)
        return comment | {"path": None, "position": None, "line": None, "commit_id": sha}

    def _commit_commented(self, item: Item, entry: Entry) -> JSON:
        comment, thread = self.commit_comment(item, entry), node_id("PRCCT", item.repository.id, entry.id)
        sha = comment["commit_id"]
        return {"event": "commit-commented", "node_id": thread, "commit_id": sha, "comments": [comment]}

    def _remark(self, item: Item, entry: Entry, *, prefix: str, url: str, html_url: str) -> JSON:
        """Return what comments on lines and on commits have in common."""
        change = entry.change
        return {
            "url": url,
            "html_url": html_url,
            "id": entry.id,
            "node_id": node_id(prefix, item.repository.id, entry.id),
            "user": self.any_user(change.actor),
            "body": change.text or "",
            "created_at": timestamp(change.at),
            "updated_at": timestamp(change.at),
            "author_association": self.world.standing(change.actor, item.repository),
            "reactions": self.reactions(url, {}),
        }


UNSIGNED = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}


def message_of(item: Item, entry: Entry) -> str:
    """Return the message of a pull request's commit."""
    return words.COMMIT_MESSAGES[(item.id + entry.commits) % len(words.COMMIT_MESSAGES)]


def signature(change: Change) -> JSON:
    """Return who made a commit, and when."""
    login, name = (change.actor.login, change.actor.name) if change.actor else ("ghost", "Ghost")
    return {"name": name, "email": f"{login}@users.noreply.github.example", "date": timestamp(change.at)}


_SPECIAL: dict[Kind, Callable[[Timelines, Item, Entry], JSON]] = {
    Kind.COMMENTED: Timelines._commented,
    Kind.REVIEWED: Timelines._reviewed,
    Kind.CROSS_REFERENCED: Timelines._cross_referenced,
    Kind.COMMITTED: Timelines._committed,
    Kind.LINE_COMMENTED: Timelines._line_commented,
    Kind.COMMIT_COMMENTED: Timelines._commit_commented,
}
# What an event of the kind has beside the usual; labels and milestones are called as they were then.
_DETAILS: dict[Kind, Callable[[Timelines, Item, Change], JSON]] = {
    **dict.fromkeys((Kind.LABELED, Kind.UNLABELED), lambda _, __, change: {"label": _label(change)}),
    **dict.fromkeys(
        (Kind.ASSIGNED, Kind.UNASSIGNED), lambda payloads, _, change: {"assignee": payloads.any_user(change.person)}
    ),
    **dict.fromkeys((Kind.MILESTONED, Kind.DEMILESTONED), lambda _, __, change: {"milestone": {"title": change.text}}),
    **dict.fromkeys(
        (Kind.REVIEW_REQUESTED, Kind.REVIEW_REQUEST_REMOVED),
        lambda payloads, _, change: {
            "review_requester": payloads.any_user(change.actor),
            **_requested(payloads, change),
        },
    ),
    Kind.RENAMED: lambda _, __, change: {"rename": {"from": change.before, "to": change.text}},
    Kind.REVIEW_DISMISSED: lambda _, __, change: {"dismissed_review": _dismissed(change)},
    Kind.LOCKED: lambda *_: {"lock_reason": "resolved"},
    Kind.CLOSED: lambda _, item, change: {"state_reason": _reason(item, change)},
    Kind.REOPENED: lambda *_: {"state_reason": None},
    **RARE_DETAILS,
}


def _requested(payloads: Timelines, change: Change) -> JSON:
    if change.team is not None:
        return {"requested_team": payloads.team(change.team)}
    return {"requested_reviewer": payloads.any_user(change.person)}


def _label(change: Change) -> JSON:
    return {"name": change.text, "color": change.label.color if change.label else "ededed"}


def _dismissed(change: Change) -> JSON:
    review = {"state": change.before or DISMISSIBLE[0], "review_id": change.target.id if change.target else 0}
    return {**review, "dismissal_message": change.text}


def _reason(item: Item, change: Change) -> str | None:
    if item.is_pull:
        return None
    return change.text if change.kind is Kind.CLOSED else "completed"
