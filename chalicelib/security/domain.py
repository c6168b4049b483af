"""Security: alerts of Dependabot, secret scanning and code scanning, and the rules that repositories keep or break."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from chalicelib.ingest.domain import Domain, Relation
from chalicelib.ingest.steps import DAILY, Kind, Step
from chalicelib.security.permissions import NEEDS
from chalicelib.security.settings import ENABLED, SETTINGS
from chalicelib.security.sync.alerts import sync_alerts
from chalicelib.security.sync.sources import SOURCES
from chalicelib.security.views import VIEWS
from chalicelib.settings import Settings


def is_enabled(settings: Settings) -> bool:
    """Tell whether the setting SECURITY is on."""
    return settings.value(ENABLED)


STALE_AFTER = timedelta(hours=50)
ALERTS = tuple(source.name for source in SOURCES)
OF_REPOSITORIES = (*ALERTS, "alert_transitions", "repository_checks", "repository_check_changes", "repository_ratings")
RELATIONS = (
    *(
        Relation(table, "repositories", f"{table}.repository_id = repositories.id", "where it is")
        for table in OF_REPOSITORIES
    ),
    Relation("team_checks", "teams", "team_checks.team_id = teams.id", "whose check it is"),
)

SECURITY = Domain(
    name="security",
    steps=tuple(Step(source.name, partial(sync_alerts, source=source), (DAILY,)) for source in SOURCES),
    kinds=tuple(Kind(source.name, STALE_AFTER) for source in SOURCES),
    needs=NEEDS,
    views=VIEWS,
    settings=SETTINGS,
    enabled=is_enabled,
    relations=RELATIONS,
)
