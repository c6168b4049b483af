"""Projects: boards, what is on them, and their sprints."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.ingest.domain import Domain, Relation
from chalicelib.ingest.steps import DAILY, EVERY_30_MIN, Kind, Step
from chalicelib.projects.commands import COMMANDS
from chalicelib.projects.messages import MESSAGES
from chalicelib.projects.permissions import NEEDS
from chalicelib.projects.settings import PROJECTS_ENABLED, SETTINGS, agree
from chalicelib.projects.sync.boards import read_boards
from chalicelib.projects.sync.deliveries import EVENTS_KEPT
from chalicelib.projects.sync.saving import BOARDS
from chalicelib.projects.sync.timelines import STEP as TIMELINES
from chalicelib.projects.sync.timelines import read_timelines
from chalicelib.projects.views import VIEWS
from chalicelib.settings import Settings


def is_enabled(settings: Settings) -> bool:
    """Tell whether the setting PROJECTS is on."""
    return settings.value(PROJECTS_ENABLED)


RELATIONS = (
    Relation("project_fields", "projects", "project_fields.project_id = projects.id", "which board it is of"),
    Relation("project_statuses", "projects", "project_statuses.project_id = projects.id", "which board it is of"),
    Relation("iterations", "project_fields", "iterations.field_id = project_fields.id", "which field it is of"),
    Relation("project_items", "projects", "project_items.project_id = projects.id", "which board it is on"),
    Relation("project_items", "issues", "project_items.content_id = issues.id", "which issue it is, if it is one"),
    Relation(
        "project_items",
        "pull_requests",
        "project_items.content_node_id = pull_requests.node_id",
        "which pull request it is, if it is one",
    ),
    Relation("project_item_days", "project_items", "project_item_days.item_id = project_items.id", "which item it is"),
    Relation("project_days", "projects", "project_days.project_id = projects.id", "which board it is of"),
    Relation(
        "project_item_events",
        "project_items",
        "project_item_events.content_node_id = project_items.content_node_id",
        "what it happened to; on several boards, also choose one by project_id",
    ),
)

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
    relations=RELATIONS,
    views=VIEWS,
    messages=MESSAGES,
)
