"""Security: alerts of Dependabot, secret scanning and code scanning, and the rules that repositories keep or break."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from chalicelib.ingest.context import Context
from chalicelib.ingest.domain import Domain, Relation
from chalicelib.ingest.steps import DAILY, Kind, Step
from chalicelib.inventory.sync.streams import TEAM_MEMBERS
from chalicelib.security.permissions import NEEDS
from chalicelib.security.settings import CHECKS as RULES
from chalicelib.security.settings import ENABLED, SETTINGS, agree, policy_of
from chalicelib.security.snapshots import SNAPSHOTS
from chalicelib.security.sync.alerts import sync_alerts
from chalicelib.security.sync.checks import CHECKS, check_repositories
from chalicelib.security.sync.deliveries import EVENTS
from chalicelib.security.sync.features import count_features
from chalicelib.security.sync.sources import SOURCES
from chalicelib.security.sync.teams import check_teams
from chalicelib.security.views import VIEWS
from chalicelib.settings import Settings


def is_enabled(settings: Settings) -> bool:
    """Tell whether the setting SECURITY is on."""
    return settings.value(ENABLED)


def check(context: Context) -> None:
    """Check which rules each repository keeps, and rate it."""
    check_repositories(context, policy_of(context.settings))


def count(context: Context) -> None:
    """Count today's repositories by feature: those that have it, those that don't, and those GitHub doesn't tell of."""
    count_features(context, rules=context.settings.value(RULES))


def check_members(context: Context) -> None:
    """Check which rules each team keeps, by its stored members."""
    check_teams(context, policy_of(context.settings), members=TEAM_MEMBERS)


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
    steps=(
        # First, for they tell where Dependabot is on again.
        Step(CHECKS, check, (DAILY,)),
        *(Step(source.name, partial(sync_alerts, source=source), (DAILY,)) for source in SOURCES),
        Step(f"{CHECKS}.teams", check_members, (DAILY,)),
        Step(f"{CHECKS}.features", count, (DAILY,)),
    ),
    kinds=tuple(Kind(name, STALE_AFTER) for name in (*ALERTS, CHECKS)),
    events=EVENTS,
    needs=NEEDS,
    snapshots=SNAPSHOTS,
    views=VIEWS,
    settings=SETTINGS,
    enabled=is_enabled,
    agree=agree,
    relations=RELATIONS,
)
