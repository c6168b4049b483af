"""The tables of issues and pull requests."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Float, Index, String, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from chalicelib.store.base import JSON_ARRAY, JSON_OBJECT, VOLATILE, Base, JsonList, JsonObject, UTCDateTime


class _Item:
    """The columns that issues and pull requests share."""

    comment: ClassVar[str]  # the table's

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[object, ...]:
        """Index the columns that people filter by: repository, author, and the three times."""
        return (
            Index(None, "org", "repo", "number"),
            Index(None, "org", "created_at"),
            Index(None, "org", "updated_at"),
            Index(None, "org", "closed_at"),
            Index(None, "username", "created_at"),
            Index(None, "author_id", "created_at"),
            Index(None, "repository_id"),
            # What the search for timelines to read needs of every item, every ten minutes.
            Index(
                None,
                "org",
                "id",
                postgresql_include=["created_at", "updated_at", "repository_id"],
                postgresql_where=text("deleted_at IS NULL"),
                sqlite_where=text("deleted_at IS NULL"),
            ),
            {"comment": cls.comment},
        )

    id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, comment="GitHub's issue id (pull requests have one too)"
    )
    active_lock_reason: Mapped[str | None] = mapped_column(String, comment="Why the conversation is locked")
    assignee: Mapped[JsonObject | None] = mapped_column(JSON_OBJECT, comment="First assignee (user object)")
    assignees: Mapped[JsonList | None] = mapped_column(JSON_ARRAY, comment="All assignees (user objects)")
    author_association: Mapped[str | None] = mapped_column(
        String, comment="The author's tie to the repository: MEMBER, CONTRIBUTOR, NONE, …"
    )
    body: Mapped[str | None] = mapped_column(String, comment="Description, Markdown")
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="When it was last closed; NULL while open")
    comments: Mapped[int | None] = mapped_column(comment="Number of comments")
    comments_url: Mapped[str | None] = mapped_column(String, comment="API: comments")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="When it was opened")
    events_url: Mapped[str | None] = mapped_column(String, comment="API: events")
    html_url: Mapped[str | None] = mapped_column(String, comment="Web page")
    labels: Mapped[JsonList | None] = mapped_column(JSON_ARRAY, comment="Labels (label objects)")
    labels_url: Mapped[str | None] = mapped_column(String, comment="API: labels")
    locked: Mapped[bool | None] = mapped_column(comment="True when the conversation is locked")
    milestone: Mapped[JsonObject | None] = mapped_column(JSON_OBJECT, comment="Milestone object")
    node_id: Mapped[str | None] = mapped_column(String, comment="GraphQL id")
    number: Mapped[int] = mapped_column(comment="Number within the repository")
    org: Mapped[str] = mapped_column(String, comment="Owner of the repository")
    performed_via_github_app: Mapped[str | None] = mapped_column(
        String, comment="Slug of the GitHub App that opened it; NULL when a person did"
    )
    reactions: Mapped[JsonObject | None] = mapped_column(JSON_OBJECT, comment="Reactions, counted by kind")
    repo: Mapped[str] = mapped_column(String, comment="Repository's name, without the owner")
    repository_id: Mapped[int | None] = mapped_column(
        BigInteger,
        comment="repositories.id; NULL while it is not known. A name may come to be another repository's",
    )
    repository_url: Mapped[str | None] = mapped_column(String, comment="API: the repository")
    state: Mapped[str] = mapped_column(String, comment="open or closed")
    state_reason: Mapped[str | None] = mapped_column(
        String, comment="completed, not_planned, duplicate or reopened; NULL when never closed"
    )
    timeline_url: Mapped[str | None] = mapped_column(String, comment="API: timeline")
    title: Mapped[str] = mapped_column(String, comment="Title")
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="When it last changed, according to GitHub")
    url: Mapped[str | None] = mapped_column(String, comment="API: this item as an issue")
    user: Mapped[JsonObject | None] = mapped_column(
        JSON_OBJECT, comment="Author (user object); NULL when the account is gone"
    )
    username: Mapped[str | None] = mapped_column(String, comment="Author's login; NULL when the account is gone")
    author_id: Mapped[int | None] = mapped_column(
        BigInteger,
        comment="Author's id, which stays with a person as a login does not; NULL when the account is gone",
    )
    deleted_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime,
        comment="When this app saw that it was deleted or moved; NULL while GitHub shows it. "
        "Leave out rows that have it to get GitHub's counts",
    )


class Issue(_Item, Base):
    """Issues."""

    __tablename__ = "issues"
    comment = "Issues"

    score: Mapped[float | None] = mapped_column(Float, info=VOLATILE, comment="Relevance to the search that found it")


class PullRequest(_Item, Base):
    """Pull requests."""

    __tablename__ = "pull_requests"
    comment = "Pull requests"

    merged: Mapped[bool | None] = mapped_column(
        comment="True when it was merged, false when it was not, NULL when GitHub has not said"
    )
    draft: Mapped[bool | None] = mapped_column(comment="True while it is a draft")
    pull_request: Mapped[JsonObject | None] = mapped_column(JSON_OBJECT, comment="pull_request object of the search")
    score: Mapped[int | None] = mapped_column(info=VOLATILE, comment="Relevance to the search that found it")
    merged_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="When it was merged (pull_request.merged_at); NULL when it was not"
    )
    pull_id: Mapped[int | None] = mapped_column(
        BigInteger,
        unique=True,
        comment="The pull request's id in /pulls and in webhooks, which is not its issue id. "
        "While no search has given the issue id, the column id holds the negative of pull_id",
    )
    # Searches don't tell what follows: the GraphQL API does.
    additions: Mapped[int | None] = mapped_column(comment="Lines added")
    deletions: Mapped[int | None] = mapped_column(comment="Lines deleted")
    changed_files: Mapped[int | None] = mapped_column(comment="Files changed")
    commits: Mapped[int | None] = mapped_column(comment="Commits")
    review_decision: Mapped[str | None] = mapped_column(
        String, comment="approved, changes_requested or review_required; NULL where no review is required"
    )
    merge_commit_oid: Mapped[str | None] = mapped_column(String, comment="Hash of the commit that merged it")
    merged_by: Mapped[str | None] = mapped_column(
        String, comment="Login of who merged it; NULL when it was not merged, or the account is gone"
    )
    base_ref: Mapped[str | None] = mapped_column(String, comment="Branch that it goes into")
    head_ref: Mapped[str | None] = mapped_column(String, comment="Branch that it comes from")
    requested_reviewers: Mapped[JsonList | None] = mapped_column(
        JSON_ARRAY,
        comment="Whose review it waits for: people (login, id, type) and teams (slug, id, type). Once it is closed, "
        "as they were when it was last read open; NULL when it was never read open",
    )
    first_commit_authored_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="When its first commit was written (the author's date, which a rebase keeps)"
    )
    sized_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="updated_at of the pull request when these columns were read; NULL before"
    )
