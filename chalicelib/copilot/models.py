"""The tables of Copilot: each day's figures, who used it, and who holds a seat."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, Double, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.store.base import JSON_OBJECT, Base, JsonObject, UTCDateTime

# The sources of a day's figures. When two have the same day, the one further to the right in SOURCES wins.
USAGE, METRICS, REPORT = "usage", "metrics", "report"
SOURCES = (USAGE, METRICS, REPORT)


class _Activity:
    """The counters of every report and every breakdown; a counter that GitHub left out is NULL."""

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
    """The source of a report, and how often GitHub has revised it."""

    source: Mapped[str] = mapped_column(
        String,
        comment="Where the figures are from: report (GitHub's API of today), or a saved file of one of the two retired "
        "APIs, metrics or usage",
    )
    revision: Mapped[int] = mapped_column(comment="1 at first, and 1 more each time GitHub revised the figures")
    first_seen_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="When this app first saw it")
    revised_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="When this app saw the last revision; NULL when there was none"
    )


class CopilotDay(_Activity, _Revised, Base):
    """An organisation's day, as GitHub last reported it."""

    __tablename__ = "copilot_days"
    __table_args__ = ({"comment": "An organisation's use of Copilot on a day, as GitHub last reported it"},)

    org: Mapped[str] = mapped_column(String, primary_key=True, comment="Organisation")
    day: Mapped[date] = mapped_column(Date, primary_key=True, comment="Day, UTC")
    daily_active_users: Mapped[int | None] = mapped_column(comment="People who used Copilot on the day")
    weekly_active_users: Mapped[int | None] = mapped_column(
        comment="People who used it in the 7 days that end with this one"
    )
    monthly_active_users: Mapped[int | None] = mapped_column(
        comment="People who used it in the 28 days that end with this one"
    )
    monthly_active_chat_users: Mapped[int | None] = mapped_column(
        comment="People who used the chat in the 28 days that end with this one"
    )
    monthly_active_agent_users: Mapped[int | None] = mapped_column(
        comment="People who used agents in the 28 days that end with this one"
    )
    engaged_users: Mapped[int | None] = mapped_column(
        comment="People who accepted, prompted or chatted (metrics only: total_engaged_users)"
    )
    chat_users: Mapped[int | None] = mapped_column(comment="People who chatted in an IDE (usage and metrics only)")
    chat_turns: Mapped[int | None] = mapped_column(
        BigInteger, comment="Number of chats (metrics), or of turns in chats (usage)"
    )
    chat_acceptances: Mapped[int | None] = mapped_column(
        BigInteger, comment="Times that code of a chat was copied or inserted (usage and metrics only)"
    )
    lines_accepted: Mapped[int | None] = mapped_column(
        BigInteger, comment="Lines of accepted completions (usage and metrics only; reports have loc_added_sum)"
    )
    pull_requests_created: Mapped[int | None] = mapped_column(
        comment="Pull requests opened (pull_requests.total_created)"
    )
    pull_requests_created_by_copilot: Mapped[int | None] = mapped_column(comment="Pull requests that Copilot opened")
    pull_requests_reviewed_by_copilot: Mapped[int | None] = mapped_column(comment="Pull requests that Copilot reviewed")
    pull_requests_merged: Mapped[int | None] = mapped_column(
        comment="Pull requests merged (pull_requests.total_merged)"
    )
    report: Mapped[JsonObject] = mapped_column(JSON_OBJECT, comment="GitHub's whole record of the day")


class CopilotDayRevision(Base):
    """One version of a day's report: `copilot_days` has the one that counts, this table has all of them."""

    __tablename__ = "copilot_day_revisions"
    __table_args__ = (
        {"comment": "Every version of a day's report that this app has seen; copilot_days has the one that counts"},
    )

    org: Mapped[str] = mapped_column(String, primary_key=True, comment="Organisation")
    day: Mapped[date] = mapped_column(Date, primary_key=True, comment="Day, UTC")
    digest: Mapped[str] = mapped_column(String, primary_key=True, comment="SHA-256 of source and report")
    source: Mapped[str] = mapped_column(String, comment="As in copilot_days")
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="When this app first saw it")
    report: Mapped[JsonObject] = mapped_column(JSON_OBJECT, comment="GitHub's whole record of the day")


class CopilotDayTotal(_Activity, Base):
    """One line of one of a day's breakdowns."""

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
        comment="What the day is broken down by: ide, feature, language_feature, language_model or model_feature "
        "(report); language_ide, language_ide_model or ide_model (usage, metrics). Choose one: each counts the same "
        "activity. Its sum may differ from the day's total, because GitHub leaves things out",
    )
    ide: Mapped[str] = mapped_column(String, primary_key=True, comment="IDE; empty in a breakdown that is not by IDE")
    feature: Mapped[str] = mapped_column(
        String, primary_key=True, comment="Feature of Copilot; empty in a breakdown that is not by feature"
    )
    language: Mapped[str] = mapped_column(
        String, primary_key=True, comment="Programming language; empty in a breakdown that is not by language"
    )
    model: Mapped[str] = mapped_column(
        String, primary_key=True, comment="Language model; empty in a breakdown that is not by model"
    )
    engaged_users: Mapped[int | None] = mapped_column(comment="People who used it (usage and metrics only)")
    lines_accepted: Mapped[int | None] = mapped_column(BigInteger, comment="Lines accepted (usage and metrics only)")


class CopilotUserDay(_Activity, _Revised, Base):
    """A person's use on a day."""

    __tablename__ = "copilot_user_days"
    __table_args__ = (
        Index(None, "org", "login", "day"),
        {"comment": "A person's use of Copilot on a day; empty with COPILOT_USER_DATA=off"},
    )

    org: Mapped[str] = mapped_column(String, primary_key=True, comment="Organisation")
    day: Mapped[date] = mapped_column(Date, primary_key=True, comment="Day, UTC")
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="GitHub's user id")
    login: Mapped[str | None] = mapped_column(String, comment="User name; a person who is renamed has the new one")
    used_agent: Mapped[bool | None] = mapped_column(comment="True when agents were used")
    used_chat: Mapped[bool | None] = mapped_column(comment="True when the chat was used")
    used_cli: Mapped[bool | None] = mapped_column(comment="True when the command line was used")
    ai_credits_used: Mapped[float | None] = mapped_column(Double, comment="AI credits spent")
    report: Mapped[JsonObject] = mapped_column(JSON_OBJECT, comment="GitHub's whole record")


class CopilotUserPeriod(_Activity, Base):
    """A person's use over several days, from reports that have no single days."""

    __tablename__ = "copilot_user_periods"
    __table_args__ = ({"comment": "A person's use of Copilot over 28 days, from reports that add the days up"},)

    org: Mapped[str] = mapped_column(String, primary_key=True, comment="Organisation")
    start_day: Mapped[date] = mapped_column(Date, primary_key=True, comment="First day, UTC")
    end_day: Mapped[date] = mapped_column(Date, primary_key=True, comment="Last day, UTC")
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="GitHub's user id")
    login: Mapped[str] = mapped_column(String, primary_key=True, comment="User name; empty when the report has none")
    total_active_days: Mapped[int | None] = mapped_column(comment="Days on which the person used it")
    report: Mapped[JsonObject] = mapped_column(JSON_OBJECT, comment="GitHub's whole record")


class CopilotUserTeam(Base):
    """A person's membership of a team on a day; with it, copilot_user_days adds up to team figures."""

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
    """A team's use on a day: the sum over its people."""

    __tablename__ = "copilot_team_days"
    __table_args__ = (
        {"comment": "A team's use of Copilot on a day: the sum of its people's; teams under five people are left out"},
    )

    org: Mapped[str] = mapped_column(String, primary_key=True, comment="Organisation")
    day: Mapped[date] = mapped_column(Date, primary_key=True, comment="Day, UTC")
    team_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="GitHub's team id")
    team_slug: Mapped[str | None] = mapped_column(String, comment="The team's name in addresses")
    members: Mapped[int] = mapped_column(comment="People with a seat in the team on that day")
    active_members: Mapped[int] = mapped_column(
        comment="People who used Copilot on that day; somebody in two teams counts in both"
    )
    ai_credits_used: Mapped[float | None] = mapped_column(Double, comment="AI credits spent")


class CopilotSeat(Base):
    """A seat that a person holds or held."""

    __tablename__ = "copilot_seats"
    __table_args__ = ({"comment": "Copilot seats: those that people hold, and those that were taken back"},)

    org: Mapped[str] = mapped_column(String, primary_key=True, comment="Organisation")
    assignee_id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, comment="GitHub's user id"
    )
    login: Mapped[str | None] = mapped_column(String, comment="User name")
    plan_type: Mapped[str | None] = mapped_column(String, comment="business, enterprise or unknown")
    assigning_team: Mapped[str | None] = mapped_column(String, comment="Slug of the team through which it was given")
    created_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="When it was given")
    pending_cancellation_date: Mapped[date | None] = mapped_column(
        Date, comment="When it will be taken back; NULL: it won't"
    )
    last_activity_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="Last use; kept here though GitHub forgets it after 90 days; NULL: none is known"
    )
    last_activity_editor: Mapped[str | None] = mapped_column(String, comment="Editor of the last use, and its versions")
    monthly_price: Mapped[float | None] = mapped_column(
        Double,
        comment="What the seat costs a month, in US dollars: COPILOT_SEAT_PRICE, else the list price of its plan",
    )
    first_seen_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="When this app first saw the seat")
    removed_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="When this app saw that it was taken back; NULL while it is held"
    )
    seat: Mapped[JsonObject] = mapped_column(JSON_OBJECT, comment="GitHub's whole record of the seat")


class CopilotSeatDay(Base):
    """How many seats there were on a day."""

    __tablename__ = "copilot_seat_days"
    __table_args__ = ({"comment": "How many seats there were each day, when the daily job ran"},)

    org: Mapped[str] = mapped_column(String, primary_key=True, comment="Organisation")
    day: Mapped[date] = mapped_column(Date, primary_key=True, comment="Day, UTC")
    total: Mapped[int] = mapped_column(comment="Seats that were held")
    active: Mapped[int] = mapped_column(comment="Seats that were used within the last 28 days")
    never_used: Mapped[int] = mapped_column(comment="Seats without any known use")
    pending_cancellation: Mapped[int] = mapped_column(comment="Seats that will be taken back")
    billed: Mapped[int | None] = mapped_column(comment="Seats in GitHub's billing (seat_breakdown.total)")
