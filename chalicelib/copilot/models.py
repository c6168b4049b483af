"""The tables of Copilot: days as GitHub reported them, who used it, and who holds a seat."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, Double, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.store.base import JSON_OBJECT, Base, JsonObject, UTCDateTime

# Where a day's figures come from; a later one of these wins over an earlier one.
USAGE, METRICS, REPORT = "usage", "metrics", "report"
SOURCES = (USAGE, METRICS, REPORT)


class _Activity:
    """The counters that every report and every breakdown has; one that GitHub left out is NULL."""

    user_initiated_interaction_count: Mapped[int | None] = mapped_column(
        BigInteger, comment="Prompts that people sent: chat messages, agent requests"
    )
    code_generation_activity_count: Mapped[int | None] = mapped_column(
        BigInteger, comment="Times that code was suggested or generated"
    )
    code_acceptance_activity_count: Mapped[int | None] = mapped_column(
        BigInteger, comment="Times that a suggestion was accepted"
    )
    loc_suggested_to_add_sum: Mapped[int | None] = mapped_column(BigInteger, comment="Lines suggested to be added")
    loc_suggested_to_delete_sum: Mapped[int | None] = mapped_column(BigInteger, comment="Lines suggested to be deleted")
    loc_added_sum: Mapped[int | None] = mapped_column(BigInteger, comment="Lines added to files")
    loc_deleted_sum: Mapped[int | None] = mapped_column(BigInteger, comment="Lines deleted from files")


class _Revised:
    """What tells one reading of a report from the next."""

    source: Mapped[str] = mapped_column(
        String, comment="report (the API of today), or metrics or usage (the two that are gone, from saved files)"
    )
    revision: Mapped[int] = mapped_column(
        comment="How often what GitHub says has changed since it was first seen, from 1"
    )
    first_seen_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="When this app first saw it")
    revised_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="When this app saw the last change; NULL while there was none"
    )


class CopilotDay(_Activity, _Revised, Base):
    """An organisation's day, as GitHub last reported it."""

    __tablename__ = "copilot_days"
    __table_args__ = ({"comment": "An organisation's use of Copilot on a day, as GitHub last reported it"},)

    org: Mapped[str] = mapped_column(String, primary_key=True, comment="Organisation")
    day: Mapped[date] = mapped_column(Date, primary_key=True, comment="Day, UTC")
    daily_active_users: Mapped[int | None] = mapped_column(comment="People who used Copilot on the day")
    weekly_active_users: Mapped[int | None] = mapped_column(
        comment="People who used it within 7 days, this one included"
    )
    monthly_active_users: Mapped[int | None] = mapped_column(comment="People who used it within 28 days")
    monthly_active_chat_users: Mapped[int | None] = mapped_column(comment="People who used the chat within 28 days")
    monthly_active_agent_users: Mapped[int | None] = mapped_column(comment="People who used agents within 28 days")
    engaged_users: Mapped[int | None] = mapped_column(
        comment="People who accepted, prompted or chatted (metrics only: total_engaged_users)"
    )
    chat_users: Mapped[int | None] = mapped_column(comment="People who chatted in an IDE (usage and metrics only)")
    chat_turns: Mapped[int | None] = mapped_column(BigInteger, comment="Chats (metrics), or turns of them (usage)")
    chat_acceptances: Mapped[int | None] = mapped_column(
        BigInteger, comment="Times that code of a chat was copied or inserted (usage and metrics only)"
    )
    lines_accepted: Mapped[int | None] = mapped_column(
        BigInteger, comment="Lines of accepted completions (usage and metrics only; reports have loc_added_sum)"
    )
    pull_requests_created: Mapped[int | None] = mapped_column(
        comment="Pull requests opened (pull_requests.total_created)"
    )
    pull_requests_created_by_copilot: Mapped[int | None] = mapped_column(comment="Those that Copilot opened")
    pull_requests_reviewed_by_copilot: Mapped[int | None] = mapped_column(comment="Pull requests that Copilot reviewed")
    pull_requests_merged: Mapped[int | None] = mapped_column(
        comment="Pull requests merged (pull_requests.total_merged)"
    )
    report: Mapped[JsonObject] = mapped_column(JSON_OBJECT, comment="The day as GitHub wrote it, whole")


class CopilotDayRevision(Base):
    """What a day said before it was revised, or in a source that another one wins over."""

    __tablename__ = "copilot_day_revisions"
    __table_args__ = (
        {"comment": "Every different report of a day that was ever seen, whole; the last is in copilot_days"},
    )

    org: Mapped[str] = mapped_column(String, primary_key=True, comment="Organisation")
    day: Mapped[date] = mapped_column(Date, primary_key=True, comment="Day, UTC")
    digest: Mapped[str] = mapped_column(String, primary_key=True, comment="SHA-256 of source and report: kept once")
    source: Mapped[str] = mapped_column(String, comment="As in copilot_days")
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="When this app first saw it")
    report: Mapped[JsonObject] = mapped_column(JSON_OBJECT, comment="The day as GitHub wrote it, whole")


class CopilotDayTotal(_Activity, Base):
    """One line of a day's breakdown."""

    __tablename__ = "copilot_day_totals"
    __table_args__ = (
        Index(None, "org", "dimension", "day"),
        {"comment": "A day's breakdowns: a row for each IDE, each feature, and each pair that GitHub counts"},
    )

    org: Mapped[str] = mapped_column(String, primary_key=True, comment="Organisation")
    day: Mapped[date] = mapped_column(Date, primary_key=True, comment="Day, UTC")
    dimension: Mapped[str] = mapped_column(
        String,
        primary_key=True,
        comment="What it breaks down by: ide, feature, language_feature, language_model or model_feature; of the APIs "
        "that are gone: language_ide, language_ide_model or ide_model. GitHub leaves things out of some, so that they "
        "need not add up to the day",
    )
    ide: Mapped[str] = mapped_column(String, primary_key=True, comment="IDE; empty when it is not broken down by it")
    feature: Mapped[str] = mapped_column(String, primary_key=True, comment="Feature of Copilot; likewise")
    language: Mapped[str] = mapped_column(String, primary_key=True, comment="Programming language; likewise")
    model: Mapped[str] = mapped_column(String, primary_key=True, comment="Language model; likewise")
    engaged_users: Mapped[int | None] = mapped_column(comment="People (usage and metrics only)")
    lines_accepted: Mapped[int | None] = mapped_column(BigInteger, comment="Lines accepted (usage and metrics only)")


class CopilotUserDay(_Activity, _Revised, Base):
    """A person's day."""

    __tablename__ = "copilot_user_days"
    __table_args__ = (
        Index(None, "org", "login", "day"),
        {"comment": "A person's use of Copilot on a day; empty with COPILOT_USER_DATA=off"},
    )

    org: Mapped[str] = mapped_column(String, primary_key=True, comment="Organisation")
    day: Mapped[date] = mapped_column(Date, primary_key=True, comment="Day, UTC")
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="GitHub's user id")
    login: Mapped[str | None] = mapped_column(String, comment="User name on that day")
    used_agent: Mapped[bool | None] = mapped_column(comment="True when agents were used")
    used_chat: Mapped[bool | None] = mapped_column(comment="True when the chat was used")
    used_cli: Mapped[bool | None] = mapped_column(comment="True when the command line was used")
    ai_credits_used: Mapped[float | None] = mapped_column(Double, comment="Credits spent")
    report: Mapped[JsonObject] = mapped_column(JSON_OBJECT, comment="The row as GitHub wrote it, whole")


class CopilotUserPeriod(_Activity, Base):
    """A person's use over some days, where GitHub gives no single days."""

    __tablename__ = "copilot_user_periods"
    __table_args__ = ({"comment": "A person's use of Copilot over 28 days, from reports that add the days up"},)

    org: Mapped[str] = mapped_column(String, primary_key=True, comment="Organisation")
    start_day: Mapped[date] = mapped_column(Date, primary_key=True, comment="First day, UTC")
    end_day: Mapped[date] = mapped_column(Date, primary_key=True, comment="Last day, UTC")
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="GitHub's user id")
    login: Mapped[str] = mapped_column(String, primary_key=True, comment="User name; empty when the report has none")
    total_active_days: Mapped[int | None] = mapped_column(comment="Days on which the person used it")
    report: Mapped[JsonObject] = mapped_column(JSON_OBJECT, comment="The row as GitHub wrote it, whole")


class CopilotUserTeam(Base):
    """A person's place in a team on a day, to add up team figures from copilot_user_days."""

    __tablename__ = "copilot_user_teams"
    __table_args__ = (
        {"comment": "Who was in which team on a day; GitHub leaves out teams with fewer than five seats"},
    )

    org: Mapped[str] = mapped_column(String, primary_key=True, comment="Organisation")
    day: Mapped[date] = mapped_column(Date, primary_key=True, comment="Day, UTC")
    team_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="GitHub's team id")
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="GitHub's user id")
    team_slug: Mapped[str | None] = mapped_column(String, comment="The team's name in addresses")
    login: Mapped[str | None] = mapped_column(String, comment="User name")


class CopilotTeamDay(_Activity, Base):
    """A team's day, added up from its people's."""

    __tablename__ = "copilot_team_days"
    __table_args__ = (
        {"comment": "A team's use of Copilot on a day: the sum of its people's; teams under five people are left out"},
    )

    org: Mapped[str] = mapped_column(String, primary_key=True, comment="Organisation")
    day: Mapped[date] = mapped_column(Date, primary_key=True, comment="Day, UTC")
    team_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="GitHub's team id")
    team_slug: Mapped[str | None] = mapped_column(String, comment="The team's name in addresses")
    members: Mapped[int] = mapped_column(comment="People with a seat in the team on that day")
    active_members: Mapped[int] = mapped_column(comment="Those who used Copilot; somebody in two teams counts in both")
    ai_credits_used: Mapped[float | None] = mapped_column(Double, comment="Credits spent")


class CopilotSeat(Base):
    """A seat that somebody holds, or held."""

    __tablename__ = "copilot_seats"
    __table_args__ = ({"comment": "Who holds a seat; removed_at once nobody is billed for it any more"},)

    org: Mapped[str] = mapped_column(String, primary_key=True, comment="Organisation")
    assignee_id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, comment="GitHub's user id"
    )
    login: Mapped[str | None] = mapped_column(String, comment="User name")
    plan_type: Mapped[str | None] = mapped_column(String, comment="business, enterprise or unknown")
    assigning_team: Mapped[str | None] = mapped_column(String, comment="Slug of the team through which it was given")
    created_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="When it was given")
    pending_cancellation_date: Mapped[date | None] = mapped_column(Date, comment="When it will be taken back")
    last_activity_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="Last use; GitHub forgets it after 90 days, this column doesn't"
    )
    last_activity_editor: Mapped[str | None] = mapped_column(String, comment="Where that was: editor and versions")
    monthly_price: Mapped[float | None] = mapped_column(
        Double,
        comment="What the seat costs a month, in US dollars: COPILOT_SEAT_PRICE, else the list price of its plan",
    )
    first_seen_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="When this app first saw the seat")
    removed_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="When this app saw that it was taken back; NULL while it is held"
    )
    seat: Mapped[JsonObject] = mapped_column(JSON_OBJECT, comment="The seat as GitHub last wrote it, whole")


class CopilotSeatDay(Base):
    """How many seats there were on a day."""

    __tablename__ = "copilot_seat_days"
    __table_args__ = ({"comment": "Seats by day, as they were when the daily job looked"},)

    org: Mapped[str] = mapped_column(String, primary_key=True, comment="Organisation")
    day: Mapped[date] = mapped_column(Date, primary_key=True, comment="Day, UTC")
    total: Mapped[int] = mapped_column(comment="Seats that were held")
    active: Mapped[int] = mapped_column(comment="Those used within 28 days")
    never_used: Mapped[int] = mapped_column(comment="Those of which no use was ever seen")
    pending_cancellation: Mapped[int] = mapped_column(comment="Those that will be taken back")
    billed: Mapped[int | None] = mapped_column(comment="What GitHub's billing counts (seat_breakdown.total)")
