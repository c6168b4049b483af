"""The tables of people: members and their memberships."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.store.base import Base, UTCDateTime, ours


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
