"""What fields, statuses and deliverables mean."""

from chalicelib.projects.rules.changes import Change, in_order
from chalicelib.projects.rules.deliverables import deliverable_of
from chalicelib.projects.rules.roles import (
    DELIVERABLE,
    FIELD,
    PARENTS,
    POINTS,
    ROLES,
    SPRINT,
    STATUS,
    Choice,
    Roles,
    options_of,
    roles_of,
)
from chalicelib.projects.rules.statuses import DONE, IN_PROGRESS, TODO, status_kinds

__all__ = [
    "DELIVERABLE",
    "DONE",
    "FIELD",
    "IN_PROGRESS",
    "PARENTS",
    "POINTS",
    "ROLES",
    "SPRINT",
    "STATUS",
    "TODO",
    "Change",
    "Choice",
    "Roles",
    "deliverable_of",
    "in_order",
    "options_of",
    "roles_of",
    "status_kinds",
]
