"""How teams use Copilot."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Subquery, select

from chalicelib.copilot.models import CopilotTeamDay
from chalicelib.store.functions import ratio
from chalicelib.store.views import View, ViewColumn

LEAST_PEOPLE = 5  # GitHub's own limit: figures of a smaller team could show what one person does


def _team_days() -> Subquery:
    team: Any = CopilotTeamDay
    return (
        select(
            *(team.org, team.day, team.team_id, team.team_slug, team.members, team.active_members),
            team.code_generation_activity_count.label("suggestions"),
            team.code_acceptance_activity_count.label("acceptances"),
            team.loc_added_sum.label("lines_added"),
            team.user_initiated_interaction_count.label("prompts"),
            team.ai_credits_used.label("ai_credits"),
        )
        .where(team.members >= LEAST_PEOPLE)
        .subquery("team_day")
    )


_team = _team_days().c

COPILOT_TEAM_USE_DAILY = View(
    "copilot_team_use_daily",
    "How each team used Copilot on a day, as the sum over its people; also with COPILOT_USER_DATA=off. A person in "
    "several teams counts in each, so don't add teams up. Teams with fewer than five people are left out",
    [
        ViewColumn("org", _team.org, "Organisation"),
        ViewColumn("day", _team.day, "Day, UTC"),
        ViewColumn("team_id", _team.team_id, "GitHub's team id"),
        ViewColumn("team_slug", _team.team_slug, "The team's name in addresses"),
        ViewColumn("members", _team.members, "People with a seat in the team on that day; at least five"),
        ViewColumn("active_members", _team.active_members, "People of the team who used Copilot on that day"),
        ViewColumn(
            "suggestions",
            _team.suggestions,
            "Times that code was suggested or generated; NULL, as in the following columns, when nobody was active",
        ),
        ViewColumn("acceptances", _team.acceptances, "Times that a suggestion was accepted"),
        ViewColumn(
            "acceptance_rate",
            ratio(_team.acceptances, _team.suggestions),
            "acceptances / suggestions; NULL when there were no suggestions",
        ),
        ViewColumn("lines_added", _team.lines_added, "Lines added to files"),
        ViewColumn("prompts", _team.prompts, "Prompts that people sent: chat messages, agent requests"),
        ViewColumn("ai_credits", _team.ai_credits, "AI credits spent"),
    ],
)
