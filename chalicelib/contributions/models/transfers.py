"""The tables of moves: issues that went to another repository, and those that only looked so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.store.base import JSON_ARRAY, JSON_OBJECT, Base, JsonList, JsonObject, UTCDateTime


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
    author_id: Mapped[int | None] = mapped_column(
        BigInteger,
        comment="Author's id, which stays with a person as a login does not; NULL when the account is gone",
    )
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
