"""The organisation's use of Copilot, and its seats."""

from __future__ import annotations

from datetime import date
from typing import Any

from chalicelib.models import CopilotDay, CopilotDayTotal, CopilotSeat, CopilotTeamDay
from docs.world.writer import FIRST_LOOK, ORG, PEOPLE, Writer, at

# Day of May 2025: people who used it, suggestions, acceptances, pull requests made by Copilot.
DAYS = {5: (3, 200, 60, 0), 6: (4, 240, 84, 1), 7: (2, 100, 21, 0)}
# What a day's use was of: the dimension's names, and the share of the day in hundredths.
PARTS: tuple[tuple[str, dict[str, str], int], ...] = (
    ("ide", {"ide": "vscode"}, 75),
    ("ide", {"ide": "intellij"}, 25),
    ("language_feature", {"language": "python", "feature": "code_completion"}, 50),
    ("language_feature", {"language": "typescript", "feature": "code_completion"}, 40),
    ("model_feature", {"model": "gpt-5-mini", "feature": "code_completion"}, 90),
    ("model_feature", {"model": "claude-sonnet-4.5", "feature": "chat_panel_ask_mode"}, 10),
    ("feature", {"feature": "code_completion"}, 90),
    ("feature", {"feature": "chat_panel_ask_mode"}, 10),
)
# Login: days since the seat was given, days since its last use (None: never).
SEATS = {"ada": (300, 0), "bob": (300, 3), "chloe": (90, 45), "dan": (40, None), "yuki": (200, 61)}


def counters(suggestions: int, acceptances: int) -> dict[str, Any]:
    """Give the counters that most of Copilot's tables have."""
    return {
        "code_generation_activity_count": suggestions,
        "code_acceptance_activity_count": acceptances,
        "user_initiated_interaction_count": suggestions // 10,
        "loc_suggested_to_add_sum": 3 * suggestions,
        "loc_added_sum": 2 * acceptances,
    }


def use_copilot(writer: Writer) -> None:
    """Write three days in May with their breakdowns and teams, and the seats."""
    for number, (people, suggestions, acceptances, made) in DAYS.items():
        day, seen = date(2025, 5, number), at(5, number + 1, 5)
        users = {"daily_active_users": people, "weekly_active_users": 4, "monthly_active_users": 5}
        row = counters(suggestions, acceptances) | users | {"pull_requests_created_by_copilot": made}
        writer.add(CopilotDay, row, org=ORG, day=day, source="report", revision=1, report={}, first_seen_at=seen)
        nothing = dict.fromkeys(("ide", "feature", "language", "model"), "")
        for dimension, names, share in PARTS:
            part = counters(suggestions * share // 100, acceptances * share // 100)
            writer.add(CopilotDayTotal, nothing | names | part, org=ORG, day=day, dimension=dimension)
        for key, slug, share in ((1, "platform", 60), (2, "web", 40)):
            team = counters(suggestions * share // 100, acceptances * share // 100)
            team |= {"team_id": key, "team_slug": slug, "members": 6, "active_members": people - key + 1}
            writer.add(CopilotTeamDay, team, org=ORG, day=day)
    for login, (given, used) in SEATS.items():
        seat = {"assignee_id": PEOPLE[login], "login": login, "plan_type": "business", "seat": {}}
        seat |= {"created_at": writer.ago(days=given), "monthly_price": 19.0}
        seat |= {"last_activity_at": None if used is None else writer.ago(days=used, hours=1)}
        writer.add(CopilotSeat, seat, org=ORG, first_seen_at=FIRST_LOOK)
