"""Copilot: how it is used, by day, team and person; and its seats."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.copilot.api import ORGANIZATION_28
from chalicelib.copilot.backfill import COST, CopilotHistory
from chalicelib.copilot.files import CopilotFiles
from chalicelib.copilot.settings import ENABLED, SEAT_PRICE, SETTINGS, USER_DATA
from chalicelib.copilot.snapshots import SNAPSHOTS
from chalicelib.copilot.sync.days import COPILOT as KIND
from chalicelib.copilot.sync.days import DAYS, sync_days
from chalicelib.copilot.sync.people import PEOPLE, sync_people
from chalicelib.copilot.sync.seats import SEATS, sync_seats
from chalicelib.copilot.views import VIEWS
from chalicelib.ingest.context import Context
from chalicelib.ingest.domain import Domain
from chalicelib.ingest.permissions import need_path
from chalicelib.ingest.steps import DAILY, Kind, Step
from chalicelib.settings import Settings


def read_people(context: Context) -> None:
    """Store how people and teams used Copilot each day."""
    sync_people(context, keeps_people=context.settings.value(USER_DATA))


def read_seats(context: Context) -> None:
    """Store who holds a seat, and how many seats there are."""
    keeps_people, price = context.settings.value(USER_DATA), context.settings.value(SEAT_PRICE)
    sync_seats(context, keeps_people=keeps_people, price=price)


def is_enabled(settings: Settings) -> bool:
    """Tell whether the setting COPILOT is on."""
    return settings.value(ENABLED)


NEEDS = (
    need_path(
        "organization_copilot_metrics",
        "Copilot's use, unless COPILOT=off",
        f"/orgs/{{org}}/copilot/metrics/reports/{ORGANIZATION_28}",
        may_be_absent=True,
    ),
    need_path(
        "organization_copilot_seat_management",
        "Copilot's seats, unless COPILOT=off",
        "/orgs/{org}/copilot/billing",
        may_be_absent=True,
    ),
)

COPILOT = Domain(
    name="copilot",
    steps=(Step(DAYS, sync_days, (DAILY,)), Step(PEOPLE, read_people, (DAILY,)), Step(SEATS, read_seats, (DAILY,))),
    kinds=(Kind(KIND, timedelta(hours=50), COST),),
    needs=NEEDS,
    snapshots=SNAPSHOTS,
    views=VIEWS,
    retired_views=("copilot_team_days",),  # the name of a table now
    settings=SETTINGS,
    enabled=is_enabled,
    history=CopilotHistory(),
    files=CopilotFiles(),
    examples=(
        "--since 2026-01-01 --only copilot",
        "--only copilot --orgs my-org --from-file historic_usage_data.json s3://my-bucket/2024.json",
    ),
)
