"""Projects: boards, what is on them, and their sprints."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.ingest.domain import Domain
from chalicelib.ingest.steps import DAILY, EVERY_30_MIN, Kind, Step
from chalicelib.projects.commands import COMMANDS
from chalicelib.projects.permissions import NEEDS
from chalicelib.projects.settings import PROJECTS_ENABLED, SETTINGS, agree
from chalicelib.projects.sync.boards import read_boards
from chalicelib.projects.sync.deliveries import EVENTS_KEPT
from chalicelib.projects.sync.saving import BOARDS
from chalicelib.projects.sync.timelines import STEP as TIMELINES
from chalicelib.projects.sync.timelines import read_timelines
from chalicelib.settings import Settings


def is_enabled(settings: Settings) -> bool:
    """Tell whether the setting PROJECTS is on."""
    return settings.value(PROJECTS_ENABLED)


PROJECTS = Domain(
    name="projects",
    steps=(
        Step(BOARDS, read_boards, (EVERY_30_MIN, DAILY)),
        # After the boards, for these tell whose timelines matter.
        Step(TIMELINES, read_timelines, (EVERY_30_MIN, DAILY)),
    ),
    kinds=(Kind(BOARDS, timedelta(hours=2)),),
    needs=NEEDS,
    events=EVENTS_KEPT,
    settings=SETTINGS,
    enabled=is_enabled,
    agree=agree,
    commands=COMMANDS,
)
