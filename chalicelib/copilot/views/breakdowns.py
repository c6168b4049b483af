"""An organisation's days by IDE, language, model and feature.

GitHub breaks each day down in several ways, and each way counts the same activity. So each view uses one breakdown
per source; with two, activity would count twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from chalicelib.copilot.models import METRICS, REPORT, USAGE, CopilotDay, CopilotDayTotal
from chalicelib.copilot.views.days import ADDED_OR_ACCEPTED, SOURCE
from chalicelib.store.functions import ratio, sum_of
from chalicelib.store.views import View, ViewColumn

# The breakdown that each view uses, by the source of the day.
DIMENSIONS: Mapping[str, Mapping[str, str]] = {
    "ide": {REPORT: "ide", METRICS: "ide_model", USAGE: "language_ide"},
    "language": {REPORT: "language_feature", METRICS: "language_ide_model", USAGE: "language_ide"},
    "model": {REPORT: "model_feature", METRICS: "ide_model"},
    "feature": {REPORT: "feature"},
}


def _totals(thing: str) -> Select[Any]:
    """A row per organisation, day and `thing` (such as ide), with the source of the day."""
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
            ViewColumn(thing, row[thing], f"GitHub's name of the {what}"),
            ViewColumn("source", row.source, SOURCE),
            ViewColumn("suggestions", row.suggestions, "Times that code was suggested or generated"),
            ViewColumn("acceptances", row.acceptances, "Times that a suggestion was accepted"),
            ViewColumn(
                "acceptance_rate",
                ratio(row.acceptances, row.suggestions),
                "acceptances / suggestions; NULL when there were no suggestions",
            ),
            ViewColumn("lines_suggested", row.lines_suggested, "Lines suggested to be added"),
            ViewColumn("lines_added_or_accepted", row.lines_added_or_accepted, ADDED_OR_ACCEPTED),
            ViewColumn("prompts", row.prompts, "Prompts that people sent (report only, and not by language)"),
        ],
    )


MAY_DIFFER = "The sum of a day's rows may differ from the totals in copilot_use_daily"
COPILOT_IDES_DAILY = _breakdown("copilot_ides_daily", "ide", "IDE", f"{MAY_DIFFER}: use outside of an IDE is in no row")
COPILOT_LANGUAGES_DAILY = _breakdown(
    "copilot_languages_daily",
    "language",
    "programming language",
    f"{MAY_DIFFER}: use without a language is in no row",
)
COPILOT_MODELS_DAILY = _breakdown(
    "copilot_models_daily",
    "model",
    "language model",
    f"{MAY_DIFFER}: GitHub leaves some use out. Days from the usage API have no rows",
)
COPILOT_FEATURES_DAILY = _breakdown(
    "copilot_features_daily",
    "feature",
    "feature of Copilot",
    f"{MAY_DIFFER}: GitHub leaves some use out. Days from the retired APIs have no rows",
)
