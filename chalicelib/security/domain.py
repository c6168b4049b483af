"""Security: alerts of Dependabot, secret scanning and code scanning, and the rules that repositories keep or break."""

from __future__ import annotations

import chalicelib.security.models  # noqa: F401 - registers the tables
from chalicelib.ingest.domain import Domain, Relation
from chalicelib.security.settings import ENABLED, SETTINGS
from chalicelib.security.views import VIEWS
from chalicelib.settings import Settings


def is_enabled(settings: Settings) -> bool:
    """Tell whether the setting SECURITY is on."""
    return settings.value(ENABLED)


ALERTS = ("dependabot_alerts", "secret_scanning_alerts", "code_scanning_alerts")
OF_REPOSITORIES = (*ALERTS, "alert_transitions", "repository_checks", "repository_check_changes", "repository_ratings")
RELATIONS = (
    *(
        Relation(table, "repositories", f"{table}.repository_id = repositories.id", "where it is")
        for table in OF_REPOSITORIES
    ),
    Relation("team_checks", "teams", "team_checks.team_id = teams.id", "whose check it is"),
)

SECURITY = Domain(name="security", views=VIEWS, settings=SETTINGS, enabled=is_enabled, relations=RELATIONS)
