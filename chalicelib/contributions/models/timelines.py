"""The tables of timelines: what happened, and how far each was read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.store.base import JSON_OBJECT, Base, JsonObject, UTCDateTime

# Who merges counts as one of us: who did, and when first, is asked at the end of every job.
MERGED = text("event = 'merged' AND removed_at IS NULL")


class Event(Base):
    """What happened to issues and pull requests."""

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "org", "repo", "created_at"),
        # What follows from an item asks for its events of a few kinds.
        Index(None, "issue_id", "event", "created_at"),
        Index(None, "user_id", "created_at"),
        Index("ix_events_merged", "org", "user_id", "created_at", postgresql_where=MERGED, sqlite_where=MERGED),
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
    user_id: Mapped[int | None] = mapped_column(
        BigInteger,
        comment="Id of who did it, which stays with a person as a login does not; NULL when the account is gone",
    )
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
    __table_args__ = (
        # What the search for timelines to read needs of every one, every ten minutes.
        Index(
            None,
            "id",
            postgresql_include=["issue_updated_at"],
            postgresql_where=text("page_no = 1"),
            sqlite_where=text("page_no = 1"),
        ),
        {"comment": "The last read of each page of each timeline"},
    )

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
