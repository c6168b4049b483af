"""What follows from the items and their events, kept so that views are quick; `contributions/facts` says how."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Double, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.store.base import SERIAL, Base, UTCDateTime


def _item_id(comment: str = "issues.id or pull_requests.id") -> Mapped[int]:
    return mapped_column(BigInteger, primary_key=True, autoincrement=False, comment=comment)


def _turn(comment: str) -> Mapped[int]:
    return mapped_column(BigInteger, primary_key=True, autoincrement=False, comment=comment)


def _time(comment: str) -> Mapped[datetime]:
    return mapped_column(UTCDateTime, comment=comment)


def _time_or_none(comment: str) -> Mapped[datetime | None]:
    return mapped_column(UTCDateTime, comment=comment)


def _count(comment: str) -> Mapped[int]:
    return mapped_column(BigInteger, comment=comment)


def _hours(comment: str) -> Mapped[float | None]:
    return mapped_column(Double, comment=comment)


class ChangedItem(Base):
    """Notes of items that have changed since their facts were stored; triggers write them."""

    __tablename__ = "changed_items"
    # A number is never given twice: what is noted while facts are stored is told apart by its higher number.
    __table_args__ = (
        {
            "sqlite_autoincrement": True,
            "comment": "Items whose rows or events changed since what follows from them was stored",
        },
    )

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True, comment="Number of the note")
    item_id: Mapped[int] = mapped_column(BigInteger, index=True, comment="issues.id or pull_requests.id")


class PersonRole(Base):
    """Who was a member or a maintainer of an organisation, and when."""

    __tablename__ = "person_roles"
    __table_args__ = ({"comment": "Who counts as one of us, and from when to when: made from what is stored"},)

    org: Mapped[str] = mapped_column(String, primary_key=True, comment="Organisation")
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="GitHub's user id")
    role: Mapped[str] = mapped_column(
        String,
        primary_key=True,
        comment="member (of the organisation), maintainer (merged, or is in GH_MAINTAINERS), or team/ and a teams.id",
    )
    since: Mapped[datetime | None] = _time_or_none("From when on; NULL: always")
    until: Mapped[datetime | None] = _time_or_none("Until when; NULL: until now")


class ListedPerson(Base):
    """The people of GH_MAINTAINERS and GH_BOTS, as the last job read these settings."""

    __tablename__ = "listed_people"
    __table_args__ = ({"comment": "The settings GH_MAINTAINERS and GH_BOTS, as the last job had them"},)

    login: Mapped[str] = mapped_column(String, primary_key=True, comment="Login in small letters, or organisation/team")
    role: Mapped[str] = mapped_column(String, primary_key=True, comment="maintainer or bot")


class _Place:
    """The columns that facts of an item repeat, so that they can be chosen without it."""

    org: Mapped[str] = mapped_column(String, comment="Owner of the repository")
    repo: Mapped[str] = mapped_column(String, comment="Repository's name, without the owner")


class _Opened(_Place):
    """Those, and who opened it when."""

    number: Mapped[int] = mapped_column(comment="Number within the repository")
    author_id: Mapped[int | None] = mapped_column(BigInteger, comment="Author's id; NULL when the account is gone")
    username: Mapped[str | None] = mapped_column(String, comment="Author's login; NULL when the account is gone")
    author_kind: Mapped[str] = mapped_column(
        String, comment="What the author was at its opening: member, maintainer, non-member or bot"
    )
    created_at: Mapped[datetime] = _time("When it was opened")


class PullRequestFact(_Opened, Base):
    """How long a pull request took."""

    __tablename__ = "pull_request_facts"
    __table_args__ = (
        Index(None, "org", "repo", "number"),
        Index(None, "org", "created_at"),
        {"comment": "What follows from each pull request's events: read pull_request_cycle instead"},
    )

    id: Mapped[int] = _item_id("pull_requests.id")
    outcome: Mapped[str] = mapped_column(String, comment="open, merged, unmerged or unknown")
    is_draft: Mapped[bool] = mapped_column(comment="True while it is a draft, and when it was closed as one")
    ready_at: Mapped[datetime | None] = _time_or_none("When the hours begin")
    first_response_at: Mapped[datetime | None] = _time_or_none("First comment or review")
    first_responder: Mapped[str | None] = mapped_column(String, comment="Who that was by")
    our_first_response_at: Mapped[datetime | None] = _time_or_none("First comment or review by one of us")
    our_first_responder: Mapped[str | None] = mapped_column(String, comment="Who that was by")
    first_review_at: Mapped[datetime | None] = _time_or_none("First review")
    first_reviewer: Mapped[str | None] = mapped_column(String, comment="Who that was by")
    first_approval_at: Mapped[datetime | None] = _time_or_none("First approval that was not dismissed")
    merged_at: Mapped[datetime | None] = _time_or_none("When it was merged")
    closed_at: Mapped[datetime | None] = _time_or_none("When it was last closed")
    draft_seconds: Mapped[int] = _count("Seconds as a draft, up to draft_since or the end")
    draft_since: Mapped[datetime | None] = _time_or_none("Since when it has been a draft; NULL: it is none, or closed")
    hours_to_first_response: Mapped[float | None] = _hours("Hours from ready_at to first_response_at")
    hours_to_our_first_response: Mapped[float | None] = _hours("Hours from ready_at to our_first_response_at")
    hours_to_first_review: Mapped[float | None] = _hours("Hours from ready_at to first_review_at")
    hours_to_approval: Mapped[float | None] = _hours("Hours from ready_at to first_approval_at")
    hours_to_merge: Mapped[float | None] = _hours("Hours from ready_at to merged_at")
    hours_to_close: Mapped[float | None] = _hours("Hours from ready_at to closed_at")
    reviews: Mapped[int] = _count("Reviews before the end")
    empty_reviews: Mapped[int] = _count("How many of them have neither a verdict nor a text")
    reviewers: Mapped[int] = _count("How many people submitted them")
    review_rounds: Mapped[int] = _count("How many rounds of reviews, with pushes between them")
    late_reviews: Mapped[int] = _count("Reviews after the end")
    moved_at: Mapped[datetime | None] = _time_or_none("When anybody but bots last moved it; NULL: nobody, or closed")


class IssueFact(_Opened, Base):
    """How long an issue took."""

    __tablename__ = "issue_facts"
    __table_args__ = (
        Index(None, "org", "repo", "number"),
        Index(None, "org", "created_at"),
        {"comment": "What follows from each issue's events: read issue_cycle instead"},
    )

    id: Mapped[int] = _item_id("issues.id")
    state: Mapped[str] = mapped_column(String, comment="open or closed")
    state_reason: Mapped[str | None] = mapped_column(String, comment="completed, not_planned, duplicate or reopened")
    closed_at: Mapped[datetime | None] = _time_or_none("When it was last closed")
    first_response_at: Mapped[datetime | None] = _time_or_none("First comment")
    first_responder: Mapped[str | None] = mapped_column(String, comment="Who that was by")
    our_first_response_at: Mapped[datetime | None] = _time_or_none("First comment by one of us")
    our_first_responder: Mapped[str | None] = mapped_column(String, comment="Who that was by")
    hours_to_first_response: Mapped[float | None] = _hours("Hours from created_at to first_response_at")
    hours_to_our_first_response: Mapped[float | None] = _hours("Hours from created_at to our_first_response_at")
    hours_to_close: Mapped[float | None] = _hours("Hours from created_at to closed_at")
    reopen_count: Mapped[int] = _count("How often it was reopened")


class WaitFact(_Opened, Base):
    """For whom an open item waits."""

    __tablename__ = "wait_facts"
    __table_args__ = (
        Index(None, "org", "repo", "number"),
        {"comment": "For whom each open item waits: read first_responses_pending instead"},
    )

    id: Mapped[int] = _item_id()
    kind: Mapped[str] = mapped_column(String, comment="issue or pull_request")
    waiting_for: Mapped[str] = mapped_column(String, comment="us or author")
    waiting_since: Mapped[datetime] = _time("Since when")
    answered: Mapped[bool] = mapped_column(comment="True when one of us has responded")
    author_last_at: Mapped[datetime] = _time("The author's last message")
    our_last_at: Mapped[datetime | None] = _time_or_none("The last message by one of us")


class ReviewRequestFact(_Opened, Base):
    """A request for a review of a pull request."""

    __tablename__ = "review_request_facts"
    __table_args__ = (
        Index(None, "org", "repo", "requested_at"),
        Index(None, "org", "requested_at"),
        Index(None, "reviewer_id", "requested_at"),
        {"comment": "Who was asked for a review of which pull request: read review_requests instead"},
    )

    item_id: Mapped[int] = _item_id("pull_requests.id")
    turn: Mapped[int] = _turn("Its place among those of the pull request, by time")
    asked: Mapped[str] = mapped_column(String, comment="person, team or bot")
    reviewer_id: Mapped[int | None] = mapped_column(BigInteger, comment="Who was asked; NULL for a team")
    reviewer: Mapped[str | None] = mapped_column(String, comment="That person's login then")
    team_id: Mapped[int | None] = mapped_column(BigInteger, comment="Which team was asked; NULL for a person")
    team: Mapped[str | None] = mapped_column(String, comment="That team's name in addresses then")
    requested_at: Mapped[datetime] = _time("When")
    requested_by: Mapped[str | None] = mapped_column(String, comment="Login of who asked; NULL when it is gone")
    removed_at: Mapped[datetime | None] = _time_or_none("When it was withdrawn unanswered")
    reviewed_at: Mapped[datetime | None] = _time_or_none("When it was answered with a review")
    reviewed_by_id: Mapped[int | None] = mapped_column(BigInteger, comment="Whose review that was")
    reviewed_by: Mapped[str | None] = mapped_column(String, comment="That person's login")
    is_open: Mapped[bool] = mapped_column(comment="True while the review is waited for")


class OpenPeriodFact(_Place, Base):
    """From when to when an item was open."""

    __tablename__ = "open_period_facts"
    __table_args__ = (
        Index(None, "org", "repo", "kind"),
        {"comment": "From when to when each item was open: read open_periods instead"},
    )

    item_id: Mapped[int] = _item_id()
    turn: Mapped[int] = _turn("1 from its opening on, 2 from its first reopening on, and so on")
    kind: Mapped[str] = mapped_column(String, comment="issue or pull_request")
    opened_at: Mapped[datetime] = _time("When it was opened, or reopened")
    closed_at: Mapped[datetime | None] = _time_or_none("When it was closed after that; NULL: it was not")


class LabelFact(_Place, Base):
    """A label of an item."""

    __tablename__ = "label_facts"
    __table_args__ = (
        Index(None, "org", "repo", "name"),
        Index(None, "org", "name"),
        {"comment": "The labels of each item: read item_labels instead"},
    )

    item_id: Mapped[int] = _item_id()
    name: Mapped[str] = mapped_column(String, primary_key=True, comment="Label's name")
    kind: Mapped[str] = mapped_column(String, comment="issue or pull_request")
    number: Mapped[int] = mapped_column(comment="Number within the repository")


class ActivityFact(_Place, Base):
    """Something that a person did."""

    __tablename__ = "activity_facts"
    __table_args__ = (
        Index(None, "org", "at"),
        Index(None, "org", "repo", "at"),
        Index(None, "user_id", "at"),
        {"comment": "What people did on issues and pull requests: read activity instead"},
    )

    item_id: Mapped[int] = _item_id()
    turn: Mapped[int] = _turn("Its place among those of the item, by time")
    kind: Mapped[str] = mapped_column(String, comment="issue or pull_request")
    what: Mapped[str] = mapped_column(
        String,
        comment="opened, commented, reviewed (somebody else's pull request), merged (it, whoever wrote it), closed "
        "(not by a merge), or was_merged: the author's own pull request, by anybody",
    )
    at: Mapped[datetime] = _time("When")
    user_id: Mapped[int | None] = mapped_column(BigInteger, comment="Who did it; NULL when the account is gone")
    username: Mapped[str | None] = mapped_column(String, comment="That person's login; NULL when the account is gone")
    person_kind: Mapped[str] = mapped_column(
        String, comment="What the person was at that time: member, maintainer, non-member or bot"
    )
