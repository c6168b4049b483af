"""The settings of workflows."""

from __future__ import annotations

from chalicelib.settings import Setting, switch

ENABLED = Setting(
    "WORKFLOWS",
    default=True,
    parse=switch,
    help="`off` leaves out runs of workflows, their jobs, runners, deployments and GitHub's own state",
    shown="on",
)
SETTINGS = (ENABLED,)
