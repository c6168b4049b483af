"""Comments, reviews, threads and commits of timelines as GraphQL shows them, from the rows of REST."""

from collections.abc import Callable

from sandbox.api.graphql.accounts import JSON
from sandbox.api.graphql.audits import Audits
from sandbox.api.nodeids import commit_node_id
from sandbox.api.timelines import Entry, message_of, signature
from sandbox.api.times import moment
from sandbox.world.items import Item, Kind, commit


class Remarks(Audits):
    """Builds what people wrote, and the commits that they pushed."""

    def remark(self, item: Item, entry: Entry) -> JSON:
        """Return a comment, a review, a thread or a commit."""
        return _SHOWN[entry.kind](self, item, entry)

    def of(self, item: Item) -> JSON:
        """Return where a remark belongs: its item under each name, its repository."""
        me = self.item(item)
        return {
            "repository": me["repository"],
            "pullRequest": me if item.is_pull else None,
            # GraphQL has an issue behind every pull request, too.
            "issue": (lambda _: self.issue_behind(item)) if item.is_pull else me,
        }

    def _written(self, row: JSON, item: Item, entry: Entry) -> JSON:
        """Return what everything that somebody wrote has."""
        change = entry.change
        edited = change.updated_at is not None and entry.kind is Kind.COMMENTED
        return {
            **self.of(item),
            "id": row["node_id"],
            "databaseId": row["id"],
            "fullDatabaseId": str(row["id"]),
            "author": self.person(change.actor),
            "authorAssociation": row["author_association"],
            "body": row["body"] or "",
            "editor": self.person(change.actor) if edited else None,
            "lastEditedAt": moment(change.updated_at) if edited else None,
            "includesCreatedEdit": edited,
            "isMinimized": False,
            "minimizedReason": None,
            "reactionGroups": self.reactions(item, change.reactions or {}, change),
            **self.place(row["html_url"]),
        }

    def comment(self, item: Item, entry: Entry) -> JSON:
        """Return a comment."""
        row = self.forms.comment(item, entry.change)
        return {"__typename": "IssueComment", **self._written(row, item, entry), **_times(row)}

    def review(self, item: Item, entry: Entry) -> JSON:
        """Return a review."""
        row = self.forms.row(item, entry)
        at = row["submitted_at"]
        return {
            "__typename": "PullRequestReview",
            **self._written(row, item, entry),
            "state": row["state"].upper(),
            "submittedAt": at,
            "createdAt": at,
            "publishedAt": at,
            "updatedAt": row["updated_at"],
            "commit": lambda _: self._head(item, entry),
            "comments": self.rows([], lambda _: None),
            "onBehalfOf": self.rows([], lambda _: None),
        }

    def _head(self, item: Item, entry: Entry) -> JSON:
        """Return the newest commit of then."""
        pushed = [one for one in self.entries(item) if one.kind is Kind.COMMITTED and one.commits == entry.commits]
        return self._pushed(item, pushed[0] if pushed else entry)

    def _pushed(self, item: Item, entry: Entry) -> JSON:
        change = entry.change
        sha = commit(item, f"head/{entry.commits}")
        message = message_of(item, entry)
        return self.commit(
            item.repository, sha, message=message, at=change.at, person=change.actor, name=signature(change)
        )

    def pull_commit(self, item: Item, entry: Entry) -> JSON:
        """Return a commit as part of its pull request."""
        sha = commit(item, f"head/{entry.commits}")
        return {
            "__typename": "PullRequestCommit",
            "id": commit_node_id(item.repository.id, sha, prefix="PURC"),
            "commit": self._pushed(item, entry),
            "pullRequest": self.item(item),
            **self.place(f"{self.forms.html_url(item)}/commits/{sha}"),
        }

    def thread(self, item: Item, entry: Entry) -> JSON:
        """Return a thread about a line, which has one comment."""
        row = self.forms.row(item, entry)
        first = row["comments"][0]
        return {
            "__typename": "PullRequestReviewThread",
            "id": row["node_id"],
            "repository": self.repository(item.repository),
            "pullRequest": self.item(item),
            "path": first["path"],
            "line": first["line"],
            "originalLine": first["original_line"],
            "startLine": first["start_line"],
            "originalStartLine": first["original_start_line"],
            "diffSide": first["side"],
            "startDiffSide": first["start_side"],
            "subjectType": first["subject_type"].upper(),
            "isCollapsed": False,
            "isOutdated": False,
            "isResolved": False,
            "resolvedBy": None,
            "comments": self.rows([entry], lambda one: self.line_comment(item, one)),
        }

    def line_comment(self, item: Item, entry: Entry) -> JSON:
        """Return a comment on a line."""
        row = self.forms.line_comment(item, entry)
        return {
            "__typename": "PullRequestReviewComment",
            **self._written(row, item, entry),
            **_times(row),
            "draftedAt": row["created_at"],
            "state": "SUBMITTED",
            "outdated": False,
            "path": row["path"],
            "position": row["position"],
            "originalPosition": row["original_position"],
            "line": row["line"],
            "originalLine": row["original_line"],
            "startLine": row["start_line"],
            "originalStartLine": row["original_start_line"],
            "subjectType": row["subject_type"].upper(),
            "diffHunk": row["diff_hunk"],
            "commit": lambda _: self._head(item, entry),
            "originalCommit": lambda _: self._head(item, entry),
            "pullRequestReview": None,
            "replyTo": None,
        }

    def commit_thread(self, item: Item, entry: Entry) -> JSON:
        """Return a thread about a commit, which has one comment."""
        row = self.forms.row(item, entry)
        return {
            "__typename": "PullRequestCommitCommentThread",
            "id": row["node_id"],
            "repository": self.repository(item.repository),
            "pullRequest": self.item(item),
            "path": None,
            "position": None,
            "commit": lambda _: self._head(item, entry),
            "comments": self.rows([entry], lambda one: self.commit_comment(item, one)),
        }

    def commit_comment(self, item: Item, entry: Entry) -> JSON:
        """Return a comment on a commit."""
        row = self.forms.commit_comment(item, entry)
        return {
            "__typename": "CommitComment",
            **self._written(row, item, entry),
            **_times(row),
            "path": row["path"],
            "position": row["position"],
            "commit": lambda _: self._head(item, entry),
        }

    def marker(self, item: Item, entry: Entry) -> JSON:
        """Return how far the reader has seen a pull request: the one thing without an id."""
        return {
            "__typename": "PullRequestRevisionMarker",
            "createdAt": moment(entry.change.at),
            "lastSeenCommit": lambda _: self._head(item, entry),
            "pullRequest": self.item(item),
        }


def _times(row: JSON) -> JSON:
    return {"createdAt": row["created_at"], "publishedAt": row["created_at"], "updatedAt": row["updated_at"]}


_SHOWN: dict[Kind, Callable[[Remarks, Item, Entry], JSON]] = {
    Kind.COMMENTED: Remarks.comment,
    Kind.REVIEWED: Remarks.review,
    Kind.COMMITTED: Remarks.pull_commit,
    Kind.LINE_COMMENTED: Remarks.thread,
    Kind.COMMIT_COMMENTED: Remarks.commit_thread,
    Kind.REVISION_MARKER: Remarks.marker,
}
