"""The tables of contributions: GitHub's objects, and this app's own records of how they were read."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Float, Index, String
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from chalicelib.store.base import JSON_ARRAY, JSON_OBJECT, VOLATILE, Base, JsonList, JsonObject, UTCDateTime, ours


class Member(Base):
    """A person who is, or was, a member of one of the organisations."""

    __tablename__ = "members"
    __table_args__ = ({"comment": "People who are or were members of an organisation"},)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="GitHub's user id")
    inserted_dt: Mapped[datetime] = mapped_column(
        UTCDateTime, info=ours(), comment="When this app first saw the member"
    )
    inactive_dt: Mapped[datetime | None] = mapped_column(
        UTCDateTime,
        info=ours(),
        comment="When this app saw that the member had left every organisation; NULL while active",
    )
    inactive: Mapped[bool] = mapped_column(info=ours(), comment="True once the person is a member of no organisation")
    avatar_url: Mapped[str | None] = mapped_column(String, comment="Picture")
    events_url: Mapped[str | None] = mapped_column(String, comment="API: events of this person")
    followers_url: Mapped[str | None] = mapped_column(String, comment="API: followers")
    following_url: Mapped[str | None] = mapped_column(String, comment="API: whom the person follows")
    gists_url: Mapped[str | None] = mapped_column(String, comment="API: gists")
    gravatar_id: Mapped[str | None] = mapped_column(String, comment="Gravatar id; mostly empty")
    html_url: Mapped[str | None] = mapped_column(String, comment="Profile page")
    login: Mapped[str | None] = mapped_column(
        String, unique=True, comment="User name; NULL once somebody else has taken it over"
    )
    node_id: Mapped[str | None] = mapped_column(String, comment="GraphQL id")
    organizations_url: Mapped[str | None] = mapped_column(String, comment="API: organisations of this person")
    received_events_url: Mapped[str | None] = mapped_column(String, comment="API: events received")
    repos_url: Mapped[str | None] = mapped_column(String, comment="API: repositories")
    site_admin: Mapped[bool | None] = mapped_column(comment="True for GitHub's staff")
    starred_url: Mapped[str | None] = mapped_column(String, comment="API: starred repositories")
    subscriptions_url: Mapped[str | None] = mapped_column(String, comment="API: watched repositories")
    type: Mapped[str | None] = mapped_column(String, comment="User, Bot or Mannequin")
    url: Mapped[str | None] = mapped_column(String, comment="API: this person")


class Membership(Base):
    """A person's membership of one organisation; `members` has one row per person, over all organisations."""

    __tablename__ = "memberships"
    __table_args__ = ({"comment": "Who belongs to which organisation: one person may be in several"},)

    org: Mapped[str] = mapped_column(String, primary_key=True, comment="Organisation")
    member_id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, index=True, comment="members.id"
    )
    role: Mapped[str] = mapped_column(String, comment="admin (an owner) or member; the last one seen")
    inserted_dt: Mapped[datetime] = mapped_column(UTCDateTime, comment="When this app first saw the membership")
    inactive: Mapped[bool] = mapped_column(comment="True once the person has left this organisation")
    inactive_dt: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="When this app saw that the person had left; NULL while active"
    )


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
            Index(None, "repository_id"),
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


class Event(Base):
    """What happened to issues and pull requests."""

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "org", "repo", "created_at"),
        Index(None, "issue_id", "created_at"),
        {"comment": "Timeline events of issues and pull requests"},
    )

    id: Mapped[int] = mapped_column(
        BigInteger,
        primary_key=True,
        autoincrement=False,
        comment="GitHub's id of the event, comment or review. An event without one has a negative number, which is the "
        "same on every read",
    )
    issue_id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, comment="issues.id or pull_requests.id"
    )
    org: Mapped[str] = mapped_column(String, comment="Owner of the repository")
    repo: Mapped[str] = mapped_column(String, comment="Repository's name, without the owner")
    event: Mapped[str] = mapped_column(
        String,
        primary_key=True,
        comment="Kind of event, such as labeled or reviewed. Part of the key because a comment and a review of the "
        "same issue may have the same id",
    )
    body: Mapped[str | None] = mapped_column(String, comment="Text of a comment or review")
    label: Mapped[JsonObject | None] = mapped_column(JSON_OBJECT, comment="Label of a labeled or unlabeled event")
    reactions: Mapped[JsonObject | None] = mapped_column(JSON_OBJECT, comment="Reactions to a comment")
    state: Mapped[str | None] = mapped_column(String, comment="State of a review")
    created_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime,
        comment="When it happened; for a review, when it was submitted; for a commit, when it was committed",
    )
    updated_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="When a comment was last edited")
    node_id: Mapped[str | None] = mapped_column(String, comment="GraphQL id")
    user: Mapped[JsonObject | None] = mapped_column(JSON_OBJECT, comment="Who did it (user object)")
    author_association: Mapped[str | None] = mapped_column(String, comment="The person's tie to the repository")
    username: Mapped[str | None] = mapped_column(String, index=True, comment="Login of who did it")
    details: Mapped[JsonObject | None] = mapped_column(
        JSON_OBJECT,
        comment="Fields that only this kind of event has: assignee, milestone, rename, state_reason, commit_id, …",
    )
    graphql_details: Mapped[JsonObject | None] = mapped_column(
        JSON_OBJECT,
        comment="Fields that only the GraphQL API tells: a board event's project and statuses, the pull request that "
        "closed an issue, where a transferred issue came from, …; NULL while only REST has been asked",
    )
    # When a page is read again, an event that was on it and is not any more has been removed.
    page_no: Mapped[int] = mapped_column(
        comment="Page of the timeline that it was last seen on; 0 while only a webhook has told of it"
    )
    removed_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime,
        comment="When this app saw that GitHub no longer shows it, such as a deleted comment; NULL while it does",
    )


class EventPoll(Base):
    """How far each timeline was read."""

    __tablename__ = "event_polls"
    __table_args__ = ({"comment": "The last read of each page of each timeline"},)

    id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, comment="issues.id or pull_requests.id"
    )
    page_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="Page, from 1")
    issue_updated_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="updated_at of the issue or pull request when the page was read"
    )
    etag: Mapped[str | None] = mapped_column(String, comment="ETag of that page, quotes included")
    # After a full last page there may be another.
    events: Mapped[int] = mapped_column(comment="How many events that page had")
    # An unchanged page is a 304, which need not repeat the link.
    next_url: Mapped[str | None] = mapped_column(String, comment="GitHub's link to the next page; NULL on the last one")
    total: Mapped[int | None] = mapped_column(
        comment="How many events the GraphQL API counted in the timeline, when it was read there; NULL when REST was"
    )


class Transfer(Base):
    """Issues that moved to another repository."""

    __tablename__ = "transfers"
    __table_args__ = (
        Index(None, "org", "repo", "number"),
        Index(None, "repository_id"),
        {"comment": "Issues that moved to another repository, as they were before"},
    )

    issue_id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, comment="Id before the move"
    )
    new_issue_id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, index=True, comment="Id after the move"
    )
    url: Mapped[str | None] = mapped_column(String, comment="API: before the move")
    number: Mapped[int | None] = mapped_column(comment="Number before the move")
    repo: Mapped[str | None] = mapped_column(String, comment="Repository before the move")
    repository_id: Mapped[int | None] = mapped_column(
        BigInteger, comment="repositories.id of the repository before the move; NULL when it was not known"
    )
    title: Mapped[str | None] = mapped_column(String, comment="Title before the move")
    body: Mapped[str | None] = mapped_column(String, comment="Description before the move")
    created_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="When the issue was opened")
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="When it was closed before the move")
    state: Mapped[str | None] = mapped_column(String, comment="State before the move")
    org: Mapped[str | None] = mapped_column(String, comment="Owner of both repositories")
    assignee: Mapped[JsonObject | None] = mapped_column(JSON_OBJECT, comment="First assignee before the move")
    assignees: Mapped[JsonList | None] = mapped_column(JSON_ARRAY, comment="Assignees before the move")
    labels: Mapped[JsonList | None] = mapped_column(JSON_ARRAY, comment="Labels before the move")
    new_repo: Mapped[str | None] = mapped_column(String, comment="Repository after the move")
    new_html_url: Mapped[str | None] = mapped_column(String, comment="The page after the move")
    new_url: Mapped[str | None] = mapped_column(String, comment="API: after the move")
    new_number: Mapped[int | None] = mapped_column(comment="Number after the move")
    user: Mapped[JsonObject | None] = mapped_column(JSON_OBJECT, comment="Author (user object)")
    username: Mapped[str | None] = mapped_column(String, comment="Author's login")
    detected_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="When this app saw the move")


class TransferCheck(Base):
    """Issues that looked as if they had moved; GitHub was asked, and they had not."""

    __tablename__ = "transfer_checks"
    __table_args__ = (
        {"comment": "Issues that did not move, though a newer one has the same author and opening time (a twin)"},
    )

    issue_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="issues.id")
    newest_twin_id: Mapped[int] = mapped_column(
        BigInteger, comment="The newest twin at that time; GitHub is asked again when a newer one comes"
    )
    checked_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="When GitHub was asked")
