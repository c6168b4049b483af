"""Copilot."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

# Written out here and not imported: a migration must stay what it was when the models move on.
TIME = sa.DateTime(timezone=True)
JSON_OBJECT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

TABLES = (
    "copilot_day_revisions",
    "copilot_day_totals",
    "copilot_days",
    "copilot_seat_days",
    "copilot_seats",
    "copilot_team_totals",
    "copilot_user_days",
    "copilot_user_periods",
    "copilot_user_teams",
)


def upgrade() -> None:
    """Bring the tables forward."""
    _copilot_day_revisions()
    _copilot_day_totals()
    _copilot_days()
    _copilot_seat_days()
    _copilot_seats()
    _copilot_team_totals()
    _copilot_user_days()
    _copilot_user_periods()
    _copilot_user_teams()


def downgrade() -> None:
    """Take the tables back, and what says that they were read: the next upgrade's first run reads all days again."""
    op.execute("DELETE FROM watermarks WHERE name LIKE 'copilot.%'")
    op.execute("DELETE FROM sync_runs WHERE step LIKE 'copilot.%'")
    for table in reversed(TABLES):
        op.drop_table(table)


def _text(name: str, comment: str) -> Column[Any]:
    return Column(name, sa.String(), comment=comment)


def _count(name: str, comment: str) -> Column[Any]:
    return Column(name, sa.Integer(), comment=comment)


def _sum(name: str, comment: str) -> Column[Any]:
    return Column(name, sa.BigInteger(), comment=comment)


def _activity() -> list[Column[Any]]:
    return [
        _sum("user_initiated_interaction_count", "Prompts that people sent: chat messages, agent requests"),
        _sum("code_generation_activity_count", "Times that code was suggested or generated"),
        _sum("code_acceptance_activity_count", "Times that a suggestion was accepted"),
        _sum("loc_suggested_to_add_sum", "Lines suggested to be added"),
        _sum("loc_suggested_to_delete_sum", "Lines suggested to be deleted"),
        _sum("loc_added_sum", "Lines added to files"),
        _sum("loc_deleted_sum", "Lines deleted from files"),
    ]


def _revised() -> list[Column[Any]]:
    return [
        Column(
            "source",
            sa.String(),
            nullable=False,
            comment="report (the API of today), or metrics or usage (the two that are gone, from saved files)",
        ),
        Column(
            "revision",
            sa.Integer(),
            nullable=False,
            comment="How often what GitHub says has changed since it was first seen, from 1",
        ),
        Column("first_seen_at", TIME, nullable=False, comment="When this app first saw it"),
        Column("revised_at", TIME, comment="When this app saw the last change; NULL while there was none"),
    ]


def _copilot_day_revisions() -> None:
    op.create_table(
        "copilot_day_revisions",
        Column("org", sa.String(), nullable=False, comment="Organisation"),
        Column("day", sa.Date(), nullable=False, comment="Day, UTC"),
        Column("digest", sa.String(), nullable=False, comment="SHA-256 of source and report: kept once"),
        Column("source", sa.String(), nullable=False, comment="As in copilot_days"),
        Column("seen_at", TIME, nullable=False, comment="When this app first saw it"),
        Column("report", JSON_OBJECT, nullable=False, comment="The day as GitHub wrote it, whole"),
        sa.PrimaryKeyConstraint("org", "day", "digest", name=op.f("pk_copilot_day_revisions")),
        comment="Every different report of a day that was ever seen, whole; the last is in copilot_days",
    )


def _copilot_day_totals() -> None:
    op.create_table(
        "copilot_day_totals",
        Column("org", sa.String(), nullable=False, comment="Organisation"),
        Column("day", sa.Date(), nullable=False, comment="Day, UTC"),
        Column(
            "dimension",
            sa.String(),
            nullable=False,
            comment="What it breaks down by: ide, feature, language_feature, language_model or model_feature; of the APIs that are gone: language_ide, language_ide_model or ide_model. GitHub leaves things out of some, so that they need not add up to the day",
        ),
        Column("ide", sa.String(), nullable=False, comment="IDE; empty when it is not broken down by it"),
        Column("feature", sa.String(), nullable=False, comment="Feature of Copilot; likewise"),
        Column("language", sa.String(), nullable=False, comment="Programming language; likewise"),
        Column("model", sa.String(), nullable=False, comment="Language model; likewise"),
        _count("engaged_users", "People (usage and metrics only)"),
        _sum("lines_accepted", "Lines accepted (usage and metrics only)"),
        *_activity(),
        sa.PrimaryKeyConstraint(
            "org", "day", "dimension", "ide", "feature", "language", "model", name=op.f("pk_copilot_day_totals")
        ),
        comment="A day's breakdowns: a row for each IDE, each feature, and each pair that GitHub counts",
    )
    op.create_index(op.f("ix_copilot_day_totals_org_dimension_day"), "copilot_day_totals", ["org", "dimension", "day"])


def _copilot_days() -> None:
    op.create_table(
        "copilot_days",
        Column("org", sa.String(), nullable=False, comment="Organisation"),
        Column("day", sa.Date(), nullable=False, comment="Day, UTC"),
        _count("daily_active_users", "People who used Copilot on the day"),
        _count("weekly_active_users", "People who used it within 7 days, this one included"),
        _count("monthly_active_users", "People who used it within 28 days"),
        _count("monthly_active_chat_users", "People who used the chat within 28 days"),
        _count("monthly_active_agent_users", "People who used agents within 28 days"),
        _count("engaged_users", "People who accepted, prompted or chatted (metrics only: total_engaged_users)"),
        _count("chat_users", "People who chatted in an IDE (usage and metrics only)"),
        _sum("chat_turns", "Chats (metrics), or turns of them (usage)"),
        _sum("chat_acceptances", "Times that code of a chat was copied or inserted (usage and metrics only)"),
        _sum("lines_accepted", "Lines of accepted completions (usage and metrics only; reports have loc_added_sum)"),
        _count("pull_requests_created", "Pull requests opened (pull_requests.total_created)"),
        _count("pull_requests_created_by_copilot", "Those that Copilot opened"),
        _count("pull_requests_reviewed_by_copilot", "Pull requests that Copilot reviewed"),
        _count("pull_requests_merged", "Pull requests merged (pull_requests.total_merged)"),
        Column("report", JSON_OBJECT, nullable=False, comment="The day as GitHub wrote it, whole"),
        *_activity(),
        *_revised(),
        sa.PrimaryKeyConstraint("org", "day", name=op.f("pk_copilot_days")),
        comment="An organisation's use of Copilot on a day, as GitHub last reported it",
    )


def _copilot_seat_days() -> None:
    op.create_table(
        "copilot_seat_days",
        Column("org", sa.String(), nullable=False, comment="Organisation"),
        Column("day", sa.Date(), nullable=False, comment="Day, UTC"),
        Column("total", sa.Integer(), nullable=False, comment="Seats that were held"),
        Column("active", sa.Integer(), nullable=False, comment="Those used within 28 days"),
        Column("never_used", sa.Integer(), nullable=False, comment="Those of which no use was ever seen"),
        Column("pending_cancellation", sa.Integer(), nullable=False, comment="Those that will be taken back"),
        _count("billed", "What GitHub's billing counts (seat_breakdown.total)"),
        sa.PrimaryKeyConstraint("org", "day", name=op.f("pk_copilot_seat_days")),
        comment="Seats by day, as they were when the daily job looked",
    )


def _copilot_seats() -> None:
    op.create_table(
        "copilot_seats",
        Column("org", sa.String(), nullable=False, comment="Organisation"),
        Column("assignee_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="GitHub's user id"),
        _text("login", "User name"),
        _text("plan_type", "business, enterprise or unknown"),
        _text("assigning_team", "Slug of the team through which it was given"),
        Column("created_at", TIME, comment="When it was given"),
        Column("pending_cancellation_date", sa.Date(), comment="When it will be taken back"),
        Column("last_activity_at", TIME, comment="Last use; GitHub forgets it after 90 days, this column doesn't"),
        _text("last_activity_editor", "Where that was: editor and versions"),
        Column(
            "monthly_price",
            sa.Double(),
            comment="What the seat costs a month, in US dollars: COPILOT_SEAT_PRICE, else the list price of its plan",
        ),
        Column("first_seen_at", TIME, nullable=False, comment="When this app first saw the seat"),
        Column("removed_at", TIME, comment="When this app saw that it was taken back; NULL while it is held"),
        Column("seat", JSON_OBJECT, nullable=False, comment="The seat as GitHub last wrote it, whole"),
        sa.PrimaryKeyConstraint("org", "assignee_id", name=op.f("pk_copilot_seats")),
        comment="Who holds a seat; removed_at once nobody is billed for it any more",
    )


def _copilot_team_totals() -> None:
    op.create_table(
        "copilot_team_totals",
        Column("org", sa.String(), nullable=False, comment="Organisation"),
        Column("day", sa.Date(), nullable=False, comment="Day, UTC"),
        Column("team_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="GitHub's team id"),
        _text("team_slug", "The team's name in addresses"),
        Column("members", sa.Integer(), nullable=False, comment="People with a seat in the team on that day"),
        Column(
            "active_members",
            sa.Integer(),
            nullable=False,
            comment="Those who used Copilot; somebody in two teams counts in both",
        ),
        Column("ai_credits_used", sa.Double(), comment="Credits spent"),
        *_activity(),
        sa.PrimaryKeyConstraint("org", "day", "team_id", name=op.f("pk_copilot_team_totals")),
        comment="A team's use of Copilot on a day: the sum of its people's; teams under five people are left out",
    )


def _copilot_user_days() -> None:
    op.create_table(
        "copilot_user_days",
        Column("org", sa.String(), nullable=False, comment="Organisation"),
        Column("day", sa.Date(), nullable=False, comment="Day, UTC"),
        Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="GitHub's user id"),
        _text("login", "User name on that day"),
        Column("used_agent", sa.Boolean(), comment="True when agents were used"),
        Column("used_chat", sa.Boolean(), comment="True when the chat was used"),
        Column("used_cli", sa.Boolean(), comment="True when the command line was used"),
        Column("ai_credits_used", sa.Double(), comment="Credits spent"),
        Column("report", JSON_OBJECT, nullable=False, comment="The row as GitHub wrote it, whole"),
        *_activity(),
        *_revised(),
        sa.PrimaryKeyConstraint("org", "day", "user_id", name=op.f("pk_copilot_user_days")),
        comment="A person's use of Copilot on a day; empty with COPILOT_USER_DATA=off",
    )
    op.create_index(op.f("ix_copilot_user_days_org_login_day"), "copilot_user_days", ["org", "login", "day"])


def _copilot_user_periods() -> None:
    op.create_table(
        "copilot_user_periods",
        Column("org", sa.String(), nullable=False, comment="Organisation"),
        Column("start_day", sa.Date(), nullable=False, comment="First day, UTC"),
        Column("end_day", sa.Date(), nullable=False, comment="Last day, UTC"),
        Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="GitHub's user id"),
        Column("login", sa.String(), nullable=False, comment="User name; empty when the report has none"),
        _count("total_active_days", "Days on which the person used it"),
        Column("report", JSON_OBJECT, nullable=False, comment="The row as GitHub wrote it, whole"),
        *_activity(),
        sa.PrimaryKeyConstraint(
            "org", "start_day", "end_day", "user_id", "login", name=op.f("pk_copilot_user_periods")
        ),
        comment="A person's use of Copilot over 28 days, from reports that add the days up",
    )


def _copilot_user_teams() -> None:
    op.create_table(
        "copilot_user_teams",
        Column("org", sa.String(), nullable=False, comment="Organisation"),
        Column("day", sa.Date(), nullable=False, comment="Day, UTC"),
        Column("team_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="GitHub's team id"),
        Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="GitHub's user id"),
        _text("team_slug", "The team's name in addresses"),
        _text("login", "User name"),
        sa.PrimaryKeyConstraint("org", "day", "team_id", "user_id", name=op.f("pk_copilot_user_teams")),
        comment="Who was in which team on a day; GitHub leaves out teams with fewer than five seats",
    )
