"""Copilot's reports in all their forms, made up: today's two kinds, the two APIs that are gone, and seats.

Days are missing in the middle of windows, counters are left out or null, names are missing, and lines stand twice.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

OURS = {"organization_id": "3100", "enterprise_id": "9"}
COUNTERS = (
    "user_initiated_interaction_count",
    "code_generation_activity_count",
    "code_acceptance_activity_count",
    "loc_suggested_to_add_sum",
    "loc_suggested_to_delete_sum",
    "loc_added_sum",
    "loc_deleted_sum",
)
HUGE = 4_000_000_000  # beyond 32 bits


def counted(number: int, **names: str) -> Json:
    """Counters of a line; those of lines by language have no interactions."""
    values = dict(zip(COUNTERS, range(number, number + len(COUNTERS)), strict=True))
    if "language" in names:
        del values["user_initiated_interaction_count"]
    return names | values


def lines(number: int) -> Json:
    return {
        "totals_by_ide": [counted(number, ide="vscode"), counted(number, ide="neovim")],
        "totals_by_feature": [counted(number, feature="code_completion"), counted(1, feature="a_feature_of_tomorrow")],
        # One line twice, one without its language's name, one whose name is null.
        "totals_by_language_feature": [
            counted(number, language="zig", feature="chat_inline"),
            counted(number, language="zig", feature="chat_inline"),
            {"feature": "chat_inline", "loc_added_sum": 3},
            {"language": None, "feature": "chat_inline", "loc_added_sum": 4},
        ],
        "totals_by_language_model": [counted(number, language="objective-c++", model="auto")],
        "totals_by_model_feature": [counted(number, model="m-1", feature="agent_edit"), {"model": "m-2"}],
    }


# Days of an organisation and of an enterprise


def day(on: str, number: int, **more: Any) -> Json:
    active = {"daily_active_users": 2, "weekly_active_users": 5, "monthly_active_users": 9}
    chat = {"monthly_active_chat_users": 4, "monthly_active_agent_users": 3, "daily_active_cli_users": 0}
    return {"day": on, **OURS, **active, **chat, **counted(number), **lines(number), **more}


PULL_REQUESTS = {
    "total_created": 6,
    "total_created_by_copilot": 1,
    "total_reviewed_by_copilot": 0,
    "total_merged": 4,
    "total_suggestions": 11,
    "median_minutes_to_merge": 61.25,
}
CLI = {"session_count": 2, "token_usage": {"output_tokens_sum": HUGE, "avg_tokens_per_request": 1.5}}
ORGANISATION_DAYS = [
    day("2026-01-05", 10, pull_requests=PULL_REQUESTS, totals_by_cli=CLI),
    # The 6th is missing.
    day("2026-01-07", HUGE, pull_requests={**PULL_REQUESTS, "median_minutes_to_merge": None}),
    day("2026-01-08", 0, pull_requests={}, monthly_active_agent_users=None, totals_by_ide=[], daily_active_users=0),
    {"day": "2026-02-01", **OURS, "loc_added_sum": 7, **lines(2)},
]
ENTERPRISE_DAYS = [day("2025-11-03", 5), day("2025-11-29", 8, totals_by_feature=[])]
JANUARY = {"report_start_day": "2026-01-05", "report_end_day": "2026-02-01"}
NOVEMBER = {"report_start_day": "2025-11-02", "report_end_day": "2025-11-29"}
MADE = {"created_at": "2026-02-02T05:00:00Z", **OURS}
ONE_DAY = {"report_start_day": "2026-01-07", "report_end_day": "2026-01-07"}

# People


def person(login: str, number: int, amount: int, **more: Any) -> Json:
    used = {"used_agent": False, "used_chat": True, "used_cli": False, "ai_credits_used": 1.25}
    return {"user_id": number, "user_login": login, **OURS, **counted(amount), **lines(amount), **used, **more}


def total(login: str, number: int, amount: int, **more: Any) -> Json:
    """A person of an enterprise: of 28 days, or of one that only the report names."""
    spent = {"total_active_days": 3, "ai_credits_used": 0.0}
    return {"login": login, "user_id": number, **counted(amount), **lines(amount), **spent, **more}


PEOPLE = [
    person("mira-k", 41, 3, day="2026-01-07"),
    person("xX-0ld-Xx", HUGE, HUGE, day="2026-01-07", used_cli=True, totals_by_cli=CLI, ai_credits_used=2),
]
PEOPLES_DAYS = [
    person("mira-k", 41, 1, day="2026-01-05", **JANUARY),
    PEOPLE[0] | JANUARY,
    # No agent, no name, no credits, no lines.
    {"user_id": 55, "day": "2026-01-05", **JANUARY, **OURS, **counted(0), "ai_credits_used": None},
    person("renamed", 55, 2, day="2026-02-01", **JANUARY, ai_adoption_phase={"phase_number": 2, "phase": "P2"}),
]
PERIODS = [
    total("mira-k", 41, 30),
    total("renamed", 55, 0, total_active_days=0, totals_by_ide=[]),
    total("big", HUGE, HUGE),
]

# The APIs that are gone


def language(name: str, number: int, **more: Any) -> Json:
    names = ("total_engaged_users", "total_code_suggestions", "total_code_acceptances", "total_code_lines_suggested")
    values = dict(zip(names, range(number, number + len(names)), strict=True))
    return {"name": name, **values, "total_code_lines_accepted": number, **more}


def model(number: int, **more: Any) -> Json:
    return {"name": "default", "is_custom_model": False, "total_engaged_users": number, **more}


CHATS = {"total_chats": 12, "total_chat_copy_events": 3, "total_chat_insertion_events": 4}
COMPLETIONS = [
    {"name": "vscode", "models": [model(3, languages=[language("zig", 2), language("ada", 9)])]},
    # A model of nobody's making, and one without languages.
    {"name": "emacs", "models": [model(1, name="ours", is_custom_model=True, languages=[]), model(2)]},
]
METRICS = [
    {
        "date": "2025-03-02",
        "total_active_users": 7,
        "total_engaged_users": 6,
        "copilot_ide_chat": {
            "total_engaged_users": 5,
            "editors": [
                {"name": "vscode", "models": [model(4, **CHATS), model(1, name="ours", total_chats=HUGE)]},
                {"name": "xcode", "models": []},
            ],
        },
        "copilot_dotcom_chat": {"total_engaged_users": 0},
        "copilot_ide_code_completions": {"total_engaged_users": 3, "editors": COMPLETIONS},
    },
    # A Sunday: the sections are there, and hold nothing.
    {
        "date": "2025-03-09",
        "total_active_users": 0,
        "total_engaged_users": 0,
        "copilot_ide_chat": {"total_engaged_users": 0},
        "copilot_dotcom_pull_requests": {"total_engaged_users": 0},
        "copilot_ide_code_completions": {"total_engaged_users": 0, "editors": []},
    },
]


def editor(language: str, name: str, number: int, **more: Any) -> Json:
    counts = ("suggestions_count", "acceptances_count", "lines_suggested", "lines_accepted", "active_users")
    return {"language": language, "editor": name, **dict.fromkeys(counts, number), **more}


def usage(on: str, number: int, breakdown: list[Json]) -> Json:
    names = ("suggestions_count", "acceptances_count", "lines_suggested", "lines_accepted")
    chat = {"total_chat_acceptances": 1, "total_chat_turns": number, "total_active_chat_users": 2}
    chat["total_active_users"] = 5
    return {"day": on, **{f"total_{name}": number for name in names}, **chat, "breakdown": breakdown}


USAGE = [
    # One line twice, and one whose names are no text that anybody chose.
    usage("2024-08-01", 40, [editor("zig", "vim", 9), editor("zig", "vim", 8), editor("unknown", "unknown", 1)]),
    usage("2024-08-02", HUGE, [editor("go", "vim", HUGE, active_users=3)]),
    usage("2024-08-04", 0, []),
]

# Seats


def seat(login: str, number: int, **more: Any) -> Json:
    return {
        "created_at": "2025-06-01T09:00:00+02:00",
        "updated_at": "2025-07-01T00:00:00Z",
        "pending_cancellation_date": None,
        "last_activity_at": "2026-01-31T23:45:00-05:00",
        "last_activity_editor": "vscode/1.99/copilot/1.2",
        "plan_type": "business",
        "assignee": {"login": login, "id": number, "type": "User"},
        **more,
    }


TEAM = {"id": 4, "name": "Wiring", "slug": "wiring"}
SEATS = [
    seat("mira-k", 41, assigning_team=TEAM),
    seat("never-used", 91, last_activity_at=None, last_activity_editor=None, assigning_team=None),
    seat("leaving", HUGE, pending_cancellation_date="2026-03-01", plan_type="enterprise"),
]
# One person twice: through two teams, with different last uses.
TWICE = [
    seat("mira-k", 41, assigning_team=TEAM, last_activity_at="2026-01-01T00:00:00Z"),
    seat("mira-k", 41, assigning_team=TEAM | {"slug": "lamps"}),
]

LINK = {"download_links": ["https://reports.example.com/r.json?sig=made-up"]}
FILES: dict[str, Any] = {
    "legacy/enterprise_seats_with_duplicates": {"total_seats": 2, "seats": TWICE},
    "legacy/organization_metrics_response_sample": METRICS,
    "legacy/organization_seats_response_sample": {"total_seats": 3, "seats": SEATS},
    "legacy/organization_usage_response_sample": USAGE,
    "reports/download-links-enterprise-28-day": LINK | NOVEMBER,
    "reports/download-links-organization-1-day": LINK | {"report_day": "2026-01-07"},
    "reports/download-links-organization-28-day": LINK | JANUARY,
    "reports/enterprise-28-day-report": NOVEMBER | MADE | {"day_totals": ENTERPRISE_DAYS},
    "reports/enterprise-users-1-day-report": {"report_day": "2025-11-28", **MADE, "user_totals": PERIODS[:1]},
    "reports/enterprise-users-28-day-report": NOVEMBER | MADE | {"user_totals": PERIODS},
    "reports/organization-1-day-report": {"day_totals": ORGANISATION_DAYS[1:2], **ONE_DAY, **MADE},
    "reports/organization-28-day-report": {"day_totals": ORGANISATION_DAYS, **JANUARY, **MADE},
    "reports/organization-users-1-day-report": ONE_DAY | MADE | {"day_totals": PEOPLE},
    "reports/organization-users-28-day-report": JANUARY | MADE | {"day_totals": PEOPLES_DAYS},
}
# Of each file: how many records it has, and its first and its last day.
SIZES: dict[str, tuple[int, str | None, str | None]] = {
    "legacy/enterprise_seats_with_duplicates": (2, None, None),
    "legacy/organization_metrics_response_sample": (2, "2025-03-02", "2025-03-09"),
    "legacy/organization_seats_response_sample": (3, None, None),
    "legacy/organization_usage_response_sample": (3, "2024-08-01", "2024-08-04"),
    "reports/download-links-enterprise-28-day": (0, "2025-11-02", "2025-11-29"),
    "reports/download-links-organization-1-day": (0, "2026-01-07", "2026-01-07"),
    "reports/download-links-organization-28-day": (0, "2026-01-05", "2026-02-01"),
    "reports/enterprise-28-day-report": (2, "2025-11-02", "2025-11-29"),
    "reports/enterprise-users-1-day-report": (1, "2025-11-28", "2025-11-28"),
    "reports/enterprise-users-28-day-report": (3, "2025-11-02", "2025-11-29"),
    "reports/organization-1-day-report": (1, "2026-01-07", "2026-01-07"),
    "reports/organization-28-day-report": (4, "2026-01-05", "2026-02-01"),
    "reports/organization-users-1-day-report": (2, "2026-01-07", "2026-01-07"),
    "reports/organization-users-28-day-report": (4, "2026-01-05", "2026-02-01"),
}
