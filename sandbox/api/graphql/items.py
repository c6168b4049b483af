"""Issues and pull requests as GraphQL shows them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from graphql import GraphQLError

from sandbox.api.access import Token
from sandbox.api.forms import Forms
from sandbox.api.graphql.accounts import JSON, Accounts, Field
from sandbox.api.graphql.pages import Connection, Row
from sandbox.api.nodeids import node_id
from sandbox.api.timelines import Entry, entries
from sandbox.api.times import moment, timestamp
from sandbox.world.items import Change, Item, Kind, Repository, Team, commit
from sandbox.world.people import Person

# Reactions as GraphQL calls them, and as REST does.
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
VERDICTS = {"approved": "APPROVED", "changes_requested": "CHANGES_REQUESTED"}


class Items(Accounts):
    """Builds issues and pull requests; `spend` counts the nodes that are shown."""

    def __init__(self, forms: Forms, token: Token, spend: Callable[[int], None]) -> None:
        super().__init__(forms, token)
        self.spend = spend
        self._items: dict[Item, JSON] = {}
        self._entries: dict[Item, list[Entry]] = {}

    def sees(self, item: Item) -> bool:
        """Whether the token may see an item that is still there."""
        there = item.id in self.world.items and self.token.reads(item.repository)
        return there and self.token.reads_kind(pulls=item.is_pull)

    def linked(self, item: Item | None) -> JSON | None:
        """Return an item that another one refers to, as what it is now; None if the token doesn't see it."""
        item = None if item is None else item.now()
        return self.item(item) if item is not None and self.sees(item) else None

    def entries(self, item: Item) -> list[Entry]:
        """Return all entries of an item's timeline, whoever may see them."""
        if item not in self._entries:
            self._entries[item] = entries(item)
        return self._entries[item]

    def item(self, item: Item) -> JSON:
        """Return an issue or a pull request."""
        if item not in self._items:
            self._items[item] = self._pull(item) if item.is_pull else self._issue(item)
        return self._items[item]

    def rows(self, rows: Iterable[Row], show: Callable[[Row], JSON | None]) -> Field:
        """Return the field of a plain list."""

        def field(_: Any, **arguments: Any) -> JSON:
            found: Sequence[Row] = list(rows)
            return Connection(found, show, arguments, spend=self.spend).answer()

        return field

    def commits(self, commits: list[JSON]) -> Field:
        """Return the field of a list of commits."""
        return self.rows(commits, lambda row: row)

    def _numbered(self, repository: Repository) -> Field:
        def field(info: Any, *, number: int) -> JSON:
            item = repository.items.get(number)
            pulls = {"issue": False, "pullRequest": True}.get(info.field_name, item is not None and item.is_pull)
            if item is None or item.is_pull != pulls or not self.sees(item):
                what = "a PullRequest" if info.field_name == "pullRequest" else "an issue or pull request"
                message = f"Could not resolve to {what} with the number of {number}."
                raise GraphQLError(message, extensions={"type": "NOT_FOUND"})
            return self.item(item)

        return field

    def board_rows(self, item: Item) -> Field:
        """Return the field of the rows that an item has on boards."""
        raise NotImplementedError

    def timeline(self, item: Item) -> Field:
        """Return the field of an item's timeline."""
        raise NotImplementedError

    def remark(self, item: Item, entry: Entry) -> JSON:
        """Return a comment or a review of a timeline."""
        raise NotImplementedError

    def updated_at(self, item: Item) -> int:
        """Return when an item was updated, as this server knows it."""
        return item.updated_at

    def reactions(self, item: Item, counts: dict[str, int], comment: Change | None = None) -> Field:
        """Return the field of the groups of reactions; each has a time since somebody reacted so."""

        def field(_: Any) -> list[JSON]:
            return [
                {
                    "content": content,
                    "createdAt": moment(_first_reaction(item, comment, name)),
                    "reactors": _counted(counts.get(name, 0)),
                }
                for content, name in REACTIONS.items()
            ]

        return field

    def _common(self, item: Item) -> JSON:
        """Return what issues and pull requests have in common."""
        comments = [entry for entry in self.entries(item) if entry.kind is Kind.COMMENTED]
        milestone = item.milestone
        association = self.forms.association(item)
        updated_at = timestamp(self.updated_at(item))
        return {
            "id": self.forms.item_node_id(item),
            "number": item.number,
            "title": item.title,
            "body": item.body or "",
            "author": self.person(item.author),
            "authorAssociation": association,
            "editor": None,
            "lastEditedAt": None,
            "includesCreatedEdit": False,
            "publishedAt": timestamp(item.created_at),
            "createdAt": timestamp(item.created_at),
            "updatedAt": updated_at,
            "closed": item.state == "closed",
            "closedAt": moment(item.closed_at),
            "locked": item.locked,
            "activeLockReason": "RESOLVED" if item.locked else None,
            "labels": self.rows(item.labels, lambda label: self.label(label, item)),
            "assignees": self.rows([one for one in item.assignees if one.type == "User"], self.person),
            "assignedActors": self.rows(item.assignees, self.person),
            "milestone": lambda _: None if milestone is None else self.milestone(milestone, item),
            "comments": self.rows(comments, lambda entry: self.remark(item, entry)),
            "reactionGroups": self.reactions(item, {}),
            "repository": self.repository(item.repository),
            "timelineItems": self.timeline(item),
            "projectItems": self.board_rows(item),
            **self.place(self.forms.html_url(item)),
        }

    def _issue(self, item: Item) -> JSON:
        reason = None if item.state_reason is None else item.state_reason.upper()

        def state_reason(_: Any, *, enableDuplicate: bool) -> str | None:  # noqa: N803 - GitHub's name
            return "NOT_PLANNED" if reason == "DUPLICATE" and not enableDuplicate else reason

        return {
            "__typename": "Issue",
            **self._common(item),
            "databaseId": item.id,
            "fullDatabaseId": str(item.id),
            "state": item.state.upper(),
            "stateReason": state_reason,
            "issueType": self.issue_type(item.issue_type),
            "duplicateOf": None,
            "parent": lambda _: self.linked(item.parent),
            "subIssuesSummary": lambda _: _summary([one.now() for one in item.sub_issues if self.linked(one)]),
            "issueDependenciesSummary": dict.fromkeys(("blockedBy", "blocking", "totalBlockedBy", "totalBlocking"), 0),
        }

    def issue_behind(self, pull: Item) -> JSON:
        """Return the issue that a pull request is, beside itself."""
        return {**self._issue(pull), "id": node_id("I", pull.repository.id, pull.id)}

    def _pull(self, item: Item) -> JSON:
        merged = item.merged_at is not None
        return {
            "__typename": "PullRequest",
            **self._common(item),
            "databaseId": item.pull_id,
            "fullDatabaseId": str(item.pull_id),
            "state": "MERGED" if merged else item.state.upper(),
            "merged": merged,
            "mergedAt": moment(item.merged_at),
            "mergedBy": self.person(item.merged_by),
            "mergeCommit": lambda _: self._merge_commit(item),
            "isDraft": item.draft,
            "isCrossRepository": False,
            "additions": item.additions,
            "deletions": item.deletions,
            "changedFiles": item.changed_files,
            "baseRefName": item.base,
            "baseRefOid": commit(item, "base"),
            "headRefName": f"{item.branch}-{item.number}",
            "headRefOid": commit(item, f"head/{item.commits}"),
            "reviewDecision": lambda _: _decision(item),
            "permalink": self.forms.html_url(item),
            "totalCommentsCount": item.comments + item.review_comments,
            **self._pull_lists(item),
        }

    def _pull_lists(self, item: Item) -> JSON:
        def of(kind: Kind) -> list[Entry]:
            return [entry for entry in self.entries(item) if entry.kind is kind]

        def show(entry: Entry) -> JSON:
            return self.remark(item, entry)

        requested: list[Person | Team] = [*item.reviewers, *item.requested_teams]
        return {
            "commits": self.rows(of(Kind.COMMITTED), show),
            "reviewThreads": self.rows(of(Kind.LINE_COMMENTED), show),
            "reviews": self._reviews(of(Kind.REVIEWED), show),
            "reviewRequests": self.rows(requested, lambda reviewer: self._request(item, reviewer)),
        }

    def _reviews(self, found: list[Entry], show: Callable[[Entry], JSON]) -> Field:
        def field(info: Any, *, states: list[str] | None = None, author: str | None = None, **arguments: Any) -> Any:
            wanted = [entry for entry in found if states is None or (entry.change.state or "").upper() in states]
            if author is not None:
                wanted = [entry for entry in wanted if entry.change.actor and entry.change.actor.login == author]
            return self.rows(wanted, show)(info, **arguments)

        return field

    def _request(self, item: Item, reviewer: Person | Team) -> JSON:
        return {
            "id": node_id("RR", item.repository.id, reviewer.id),
            "databaseId": reviewer.id,
            "asCodeOwner": False,
            "pullRequest": lambda _: self.item(item),
            "requestedReviewer": self.team(reviewer) if isinstance(reviewer, Team) else self.person(reviewer),
        }

    def _merge_commit(self, item: Item) -> JSON | None:
        if item.merged_at is None:
            return None
        message = f"Merge pull request #{item.number} from {item.branch}-{item.number}"
        return self.commit(
            item.repository, commit(item, "merge"), message=message, at=item.merged_at, person=item.merged_by
        )


def _summary(parts: list[Item]) -> JSON:
    """Return how many parts of an issue there are, and how many of them are closed."""
    closed = sum(one.state == "closed" for one in parts)
    return {"total": len(parts), "completed": closed, "percentCompleted": 100 * closed // max(len(parts), 1)}


def _counted(number: int) -> Field:
    return lambda _, **__: {"totalCount": number}


def _first_reaction(item: Item, comment: Change | None, name: str) -> int | None:
    if comment is None or not (comment.reactions or {}).get(name):
        return None
    given = (one for one in item.history if one.kind is Kind.REACTED and one.target is comment)
    return min((one.at for one in given if one.text == name), default=comment.at)


def _decision(item: Item) -> str | None:
    """Return what the last word of each reviewer comes to."""
    words = {one.actor: one.state for one in item.history if one.kind is Kind.REVIEWED and one.state in VERDICTS}
    if "changes_requested" in words.values():
        return "CHANGES_REQUESTED"
    if "approved" in words.values():
        return "APPROVED"
    return "REVIEW_REQUIRED" if item.reviewers and item.state == "open" else None
