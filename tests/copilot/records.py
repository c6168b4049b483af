"""Records of Copilot as GitHub writes them, made up."""

from __future__ import annotations

from datetime import date
from typing import Any

from chalicelib.copilot.models import CopilotDay, CopilotDayTotal

ACTIVITY = {
    "user_initiated_interaction_count": 1,
    "code_generation_activity_count": 20,
    "code_acceptance_activity_count": 3,
    "loc_suggested_to_add_sum": 400,
    "loc_suggested_to_delete_sum": 5,
    "loc_added_sum": 60,
    "loc_deleted_sum": 3_000_000_000,
}
NO_ACTIVITY = dict.fromkeys(ACTIVITY)
ACTIVE = {
    "daily_active_users": 1,
    "weekly_active_users": 2,
    "monthly_active_users": 3,
    "monthly_active_chat_users": 4,
    "monthly_active_agent_users": 5,
}
REPORT = (
    {"day": "2026-05-01", "organization_id": "7", "totals_by_cli": {"session_count": 1}, "totals_by_planet": [1]}
    | ACTIVITY
    | ACTIVE
    | {
        "pull_requests": {"total_created": 4, "total_created_by_copilot": 3, "median_minutes_to_merge": 1.5}
        | {"total_reviewed_by_copilot": 2, "total_merged": 1},
        "totals_by_ide": [{"ide": "vscode"} | ACTIVITY],
        "totals_by_feature": [{"feature": "agent_edit"} | ACTIVITY],
        "totals_by_language_feature": [
            {"language": "go", "feature": "chat_inline", "loc_added_sum": 1},
            {"language": "c#", "feature": "chat_inline", "loc_added_sum": 2},
            {"language": "go", "feature": "chat_inline", "loc_added_sum": 4, "loc_deleted_sum": 8},
        ],
        "totals_by_language_model": [{"language": "go", "model": "auto"} | ACTIVITY],
        "totals_by_model_feature": [{"model": "auto", "feature": "agent_edit"} | ACTIVITY] * 2,
    }
)
LEAST = {"day": "2026-05-01"}
METRICS = {
    "date": "2024-11-04",
    "total_active_users": 9,
    "total_engaged_users": 8,
    "copilot_dotcom_chat": {"total_engaged_users": 1, "models": [{"name": "default", "total_chats": 99}]},
    "copilot_ide_chat": {
        "total_engaged_users": 7,
        "editors": [
            {
                "name": "vscode",
                "models": [
                    {"name": "a", "total_chats": 1, "total_chat_copy_events": 2, "total_chat_insertion_events": 3},
                    {"name": "b", "total_chats": 10, "total_chat_copy_events": 20, "total_chat_insertion_events": 30},
                ],
            },
            {"name": "Xcode", "models": [{"name": "a", "total_chats": 100}]},
        ],
    },
    "copilot_ide_code_completions": {
        "total_engaged_users": 6,
        "languages": [{"name": "go", "total_engaged_users": 5}],
        "editors": [
            {
                "name": "vscode",
                "models": [
                    {
                        "name": "a",
                        "total_engaged_users": 5,
                        "languages": [
                            {"name": "go", "total_engaged_users": 4, "total_code_suggestions": 40}
                            | {"total_code_acceptances": 4, "total_code_lines_suggested": 80}
                            | {"total_code_lines_accepted": 8},
                            {"name": "c", "total_engaged_users": 3, "total_code_suggestions": 30},
                        ],
                    },
                    {"name": "b", "total_engaged_users": 2},
                ],
            }
        ],
    },
}
USAGE = {
    "day": "2024-03-18",
    "total_suggestions_count": 100,
    "total_acceptances_count": 20,
    "total_lines_suggested": 300,
    "total_lines_accepted": 40,
    "total_active_users": 5,
    "total_chat_acceptances": 6,
    "total_chat_turns": 7,
    "total_active_chat_users": 8,
    "breakdown": [
        {"language": "go", "editor": "vim", "suggestions_count": 60, "acceptances_count": 12, "lines_suggested": 99}
        | {"lines_accepted": 30, "active_users": 4},
        {"language": "hcl", "editor": "vim", "suggestions_count": 3, "active_users": 1},
        {"language": "hcl", "editor": "vim", "suggestions_count": 4, "active_users": 1},
    ],
}
USER = {"day": "2026-05-01", "user_id": 3_000_000_000, "user_login": "ada"}
PLACE = {"user_id": 1, "day": "2026-05-01", "team_id": 9}
SEAT = {
    "created_at": "2026-01-01T18:00:00-06:00",
    "pending_cancellation_date": "2026-06-01",
    "last_activity_at": "2026-04-30T23:30:00-06:00",
    "last_activity_editor": "vscode/1.99.0/copilot/1.308.0",
    "plan_type": "business",
    "assignee": {"login": "ada", "id": 1},
    "assigning_team": {"id": 4, "slug": "core"},
}
WINDOW = {"report_start_day": "2026-05-01", "report_end_day": "2026-05-28"}
PERIOD = {"user_id": 1, "login": "ada", "total_active_days": 2}

Json = dict[str, Any]
DAY, LAST = date(2026, 5, 1), date(2026, 5, 28)
TWICE = {name: 2 * value for name, value in ACTIVITY.items()}
DAY_COLUMNS = set(CopilotDay.__table__.columns.keys()) - {"revision", "first_seen_at", "revised_at"}
NO_DAY = dict.fromkeys(sorted(DAY_COLUMNS)) | {"org": "acme"}
NO_LINE = dict.fromkeys(CopilotDayTotal.__table__.columns.keys()) | dict.fromkeys(
    ["ide", "feature", "language", "model"], ""
)


def line(day: date, dimension: str, **columns: Any) -> Json:
    return NO_LINE | {"org": "acme", "day": day, "dimension": dimension} | columns


def of(record: Json, **changes: Any) -> Json:
    """A record with changes; `...` leaves the key out."""
    return {name: value for name, value in (record | changes).items() if value is not ...}
