"""An organisation's days by IDE, language, model and feature.

GitHub breaks a day down in several ways at once, each of which adds up the day: a view takes one of them for each
source, so that nothing counts twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from chalicelib.copilot.models import METRICS, REPORT, USAGE, CopilotDay, CopilotDayTotal
from chalicelib.copilot.views.days import ADDED_OR_ACCEPTED
from chalicelib.store.functions import ratio, sum_of
from chalicelib.store.views import View, ViewColumn

# Which breakdown tells of something, by the source of the day.
DIMENSIONS: Mapping[str, Mapping[str, str]] = {
    "ide": {REPORT: "ide", METRICS: "ide_model", USAGE: "language_ide"},
    "language": {REPORT: "language_feature", METRICS: "language_ide_model", USAGE: "language_ide"},
    "model": {REPORT: "model_feature", METRICS: "ide_model"},
    "feature": {REPORT: "feature"},
}


def _totals(thing: str) -> Select[Any]:
    """A row per organisation, day and IDE (or another thing), with the source of the day."""
    total: Any = CopilotDayTotal
    lines = func.coalesce(total.loc_added_sum, total.lines_accepted)
    value, chosen = getattr(total, thing), DIMENSIONS[thing].items()
    return (
        select(
            *(total.org, total.day, value, CopilotDay.source),
            sum_of(total.code_generation_activity_count).label("suggestions"),
            sum_of(total.code_acceptance_activity_count).label("acceptances"),
            sum_of(total.loc_suggested_to_add_sum).label("lines_suggested"),
            sum_of(lines).label("lines_added_or_accepted"),
            sum_of(total.user_initiated_interaction_count).label("prompts"),
        )
        .join(CopilotDay, and_(CopilotDay.org == total.org, CopilotDay.day == total.day))
        .where(or_(*(and_(CopilotDay.source == source, total.dimension == name) for source, name in chosen)))
        .group_by(total.org, total.day, value, CopilotDay.source)
    )


def _breakdown(name: str, thing: str, what: str, note: str) -> View:
    row = _totals(thing).subquery("total").c
    return View(
        name,
        f"How an organisation used Copilot on each day, by {what}. {note}",
        [
            ViewColumn("org", row.org, "Organisation"),
            ViewColumn("day", row.day, "Day, UTC"),
            ViewColumn(thing, row[thing], f"The {what}, by GitHub's name for it"),
            ViewColumn("source", row.source, "report, or of the APIs that are gone: metrics or usage"),
            ViewColumn("suggestions", row.suggestions, "Times that code was suggested or generated"),
            ViewColumn("acceptances", row.acceptances, "Times that a suggestion was accepted"),
            ViewColumn(
                "acceptance_rate",
                ratio(row.acceptances, row.suggestions),
                "acceptances over suggestions; NULL when there were none of these",
            ),
            ViewColumn("lines_suggested", row.lines_suggested, "Lines suggested to be added"),
            ViewColumn("lines_added_or_accepted", row.lines_added_or_accepted, ADDED_OR_ACCEPTED),
            ViewColumn("prompts", row.prompts, "Prompts that people sent (report only, and not by language)"),
        ],
    )


MAY_DIFFER = "Sums over them may differ from the day's own totals in copilot_use_daily, since GitHub leaves things out"
COPILOT_IDES_DAILY = _breakdown(
    "copilot_ides_daily", "ide", "IDE", f"{MAY_DIFFER}: what is used outside of an IDE has none"
)
COPILOT_LANGUAGES_DAILY = _breakdown(
    "copilot_languages_daily",
    "language",
    "programming language",
    f"{MAY_DIFFER}: what has no language is in none",
)
COPILOT_MODELS_DAILY = _breakdown(
    "copilot_models_daily", "model", "language model", f"{MAY_DIFFER}. Days of the usage API have no models"
)
COPILOT_FEATURES_DAILY = _breakdown(
    "copilot_features_daily",
    "feature",
    "feature of Copilot",
    f"{MAY_DIFFER}. Days of the APIs that are gone have no features",
)
