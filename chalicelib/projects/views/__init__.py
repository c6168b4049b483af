"""The questions about boards and sprints; each module says how it counts."""

from __future__ import annotations

from chalicelib.projects.views.daily import SPRINT_BURNDOWN, SPRINT_BURNUP
from chalicelib.projects.views.flow import PROJECT_CUMULATIVE_FLOW
from chalicelib.projects.views.knowledge import SPRINT_ITEM_DAYS
from chalicelib.projects.views.progress import DELIVERABLE_PROGRESS, PROJECT_ORPHANS, PROJECT_UNPOINTED
from chalicelib.projects.views.reports import SPRINT_ITEMS, SPRINT_REPORT
from chalicelib.projects.views.sprints import SPRINTS
from chalicelib.projects.views.statuses import PROJECT_ITEM_TIMES, PROJECT_STATUS_TIMES, PROJECT_TIME_IN_STATUS
from chalicelib.projects.views.velocity import SPRINT_VELOCITY
from chalicelib.store.views import View

__all__ = [
    "DELIVERABLE_PROGRESS",
    "PROJECT_CUMULATIVE_FLOW",
    "PROJECT_ITEM_TIMES",
    "PROJECT_ORPHANS",
    "PROJECT_STATUS_TIMES",
    "PROJECT_TIME_IN_STATUS",
    "PROJECT_UNPOINTED",
    "SPRINTS",
    "SPRINT_BURNDOWN",
    "SPRINT_BURNUP",
    "SPRINT_ITEMS",
    "SPRINT_ITEM_DAYS",
    "SPRINT_REPORT",
    "SPRINT_VELOCITY",
    "VIEWS",
]

# In the order in which they are made: a view may read those before it.
VIEWS: tuple[View, ...] = (
    SPRINTS,
    SPRINT_ITEM_DAYS,
    SPRINT_BURNDOWN,
    SPRINT_BURNUP,
    SPRINT_REPORT,
    SPRINT_ITEMS,
    SPRINT_VELOCITY,
    DELIVERABLE_PROGRESS,
    PROJECT_ORPHANS,
    PROJECT_UNPOINTED,
    PROJECT_STATUS_TIMES,
    PROJECT_TIME_IN_STATUS,
    PROJECT_ITEM_TIMES,
    PROJECT_CUMULATIVE_FLOW,
)
