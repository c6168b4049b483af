"""What an organisation has: repositories, releases, and teams with their members."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.store.base import (
    JSON_ARRAY,
    JSON_OBJECT,
    Base,
    JsonList,
    JsonObject,
    UTCDateTime,
    from_field,
    from_restricted,
    ours,
)

FIRST_SEEN = "When this app first saw it"
FEATURE = "enabled or disabled; NULL when GitHub doesn't tell this token"


class Repository(Base):
    """Repositories."""

    __tablename__ = "repositories"
    __table_args__ = (Index(None, "org", "name"), {"comment": "Repositories of the organisations"})

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="GitHub's repository id")
    org: Mapped[str] = mapped_column(String, info=ours(), comment="Owner")
    name: Mapped[str] = mapped_column(String, comment="Name, without the owner: `repo` in the other tables")
    node_id: Mapped[str | None] = mapped_column(String, comment="GraphQL id")
    description: Mapped[str | None] = mapped_column(String, comment="What it is, in its owner's words")
    html_url: Mapped[str | None] = mapped_column(String, comment="Web page")
    private: Mapped[bool | None] = mapped_column(comment="True when not everybody can see it")
    fork: Mapped[bool | None] = mapped_column(comment="True when it is a fork of another one")
    archived: Mapped[bool | None] = mapped_column(comment="True when it is read-only")
    visibility: Mapped[str | None] = mapped_column(String, comment="public, private or internal")
    default_branch: Mapped[str | None] = mapped_column(String, comment="Default branch")
    topics: Mapped[JsonList | None] = mapped_column(JSON_ARRAY, comment="Topics (texts)")
    language: Mapped[str | None] = mapped_column(String, comment="Language that most of its code is in")
    license: Mapped[str | None] = mapped_column(
        String,
        info=from_field("license.spdx_id"),
        comment="Licence's SPDX id, NOASSERTION when GitHub doesn't know it; NULL: none",
    )
    size: Mapped[int | None] = mapped_column(BigInteger, comment="Size in kilobytes, as GitHub last counted it")
    advanced_security: Mapped[str | None] = mapped_column(
        String, info=from_restricted("security_and_analysis.advanced_security.status"), comment=FEATURE
    )
    dependabot_security_updates: Mapped[str | None] = mapped_column(
        String, info=from_restricted("security_and_analysis.dependabot_security_updates.status"), comment=FEATURE
    )
    secret_scanning: Mapped[str | None] = mapped_column(
        String, info=from_restricted("security_and_analysis.secret_scanning.status"), comment=FEATURE
    )
    secret_scanning_push_protection: Mapped[str | None] = mapped_column(
        String, info=from_restricted("security_and_analysis.secret_scanning_push_protection.status"), comment=FEATURE
    )
    security_and_analysis: Mapped[JsonObject | None] = mapped_column(
        JSON_OBJECT,
        info=from_restricted("security_and_analysis"),
        comment="All of GitHub's security features, with their status",
    )
    custom_properties: Mapped[JsonObject | None] = mapped_column(
        JSON_OBJECT,
        info=from_restricted("custom_properties"),
        comment="Values of the organisation's custom properties (a text or a list of texts)",
    )
    created_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="When it was made")
    updated_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="When GitHub last counted a change")
    pushed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="When something was last pushed")
    first_seen_at: Mapped[datetime] = mapped_column(UTCDateTime, info=ours(), comment=FIRST_SEEN)
    deleted_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime,
        info=ours(),
        comment="When this app saw that GitHub no longer lists it (deleted, moved, or hidden); NULL while it does",
    )
    renamed_from: Mapped[str | None] = mapped_column(
        String, info=ours(), comment="Name that it had before; NULL when this app has never seen another one"
    )
    moved_to: Mapped[str | None] = mapped_column(
        String, info=ours(), comment="Owner and name now that it is another owner's; NULL when it is not known to be"
    )


class Release(Base):
    """Releases of repositories."""

    __tablename__ = "releases"
    __table_args__ = (
        Index(None, "org", "repo", "published_at"),
        Index(None, "repository_id"),
        {"comment": "Releases of repositories"},
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="GitHub's release id")
    org: Mapped[str] = mapped_column(String, info=ours(), comment="Owner of the repository")
    repo: Mapped[str] = mapped_column(String, info=ours(), comment="Repository's name, without the owner")
    repository_id: Mapped[int] = mapped_column(BigInteger, info=ours(), comment="repositories.id")
    node_id: Mapped[str | None] = mapped_column(String, comment="GraphQL id")
    tag_name: Mapped[str] = mapped_column(String, comment="Tag that was released, such as v1.2.0")
    target_commitish: Mapped[str | None] = mapped_column(String, comment="Branch or commit that the tag is made from")
    name: Mapped[str | None] = mapped_column(String, comment="Title")
    body: Mapped[str | None] = mapped_column(String, comment="Release notes, Markdown")
    draft: Mapped[bool] = mapped_column(comment="True while it is not published")
    prerelease: Mapped[bool] = mapped_column(comment="True when it is not meant for everybody")
    author_id: Mapped[int | None] = mapped_column(
        BigInteger, info=from_field("author.id"), comment="User id of who made it"
    )
    author: Mapped[str | None] = mapped_column(String, info=from_field("author.login"), comment="Login of who made it")
    created_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="Date of the commit that was released")
    published_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="When it was published; NULL for a draft"
    )
    updated_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="When it was last edited; NULL where GitHub doesn't tell it"
    )
    html_url: Mapped[str | None] = mapped_column(String, comment="Web page")
    assets: Mapped[JsonList | None] = mapped_column(
        JSON_ARRAY, comment="Files (asset objects), with size and download_count when they were last read"
    )
    first_seen_at: Mapped[datetime] = mapped_column(UTCDateTime, info=ours(), comment=FIRST_SEEN)
    deleted_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, info=ours(), comment="When this app saw that GitHub no longer lists it; NULL while it does"
    )


class Team(Base):
    """Teams of the organisations."""

    __tablename__ = "teams"
    __table_args__ = (Index(None, "org", "slug"), {"comment": "Teams of the organisations"})

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="GitHub's team id")
    org: Mapped[str] = mapped_column(String, info=ours(), comment="Organisation")
    slug: Mapped[str] = mapped_column(String, comment="Name in addresses, such as @my-org/platform")
    name: Mapped[str] = mapped_column(String, comment="Name")
    node_id: Mapped[str | None] = mapped_column(String, comment="GraphQL id")
    description: Mapped[str | None] = mapped_column(String, comment="What it is, in its own words")
    privacy: Mapped[str | None] = mapped_column(String, comment="closed (all members see it) or secret")
    permission: Mapped[str | None] = mapped_column(String, comment="What it may do in new repositories")
    parent_id: Mapped[int | None] = mapped_column(
        BigInteger, info=from_field("parent.id"), comment="teams.id of the team that it is part of; NULL: none"
    )
    html_url: Mapped[str | None] = mapped_column(String, comment="Web page")
    first_seen_at: Mapped[datetime] = mapped_column(UTCDateTime, info=ours(), comment=FIRST_SEEN)
    deleted_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, info=ours(), comment="When this app saw that GitHub no longer lists it; NULL while it does"
    )


class TeamMember(Base):
    """Who belonged to which team, and when: a row for each stay."""

    __tablename__ = "team_members"
    __table_args__ = (
        Index(None, "member_id"),
        Index(None, "org", "login"),
        {"comment": "Who belonged to which team and when: a row for each stay, members of child teams included"},
    )

    team_id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, info=ours(), comment="teams.id"
    )
    member_id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, info=from_field("id"), comment="GitHub's user id"
    )
    first_seen_at: Mapped[datetime] = mapped_column(
        UTCDateTime, primary_key=True, info=ours(), comment="When this app first saw the person in the team"
    )
    org: Mapped[str] = mapped_column(String, info=ours(), comment="Organisation")
    login: Mapped[str] = mapped_column(String, comment="User name")
    role: Mapped[str] = mapped_column(String, info=ours(), comment="maintainer or member; the last one seen")
    left_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime,
        info=ours(),
        comment="When this app saw that the person had left; NULL while in the team. Who comes back gets a new row",
    )
