"""CI: what runs and waits now, how long jobs queue, runners, workflows, and deployments; a part at a time."""

from __future__ import annotations

from reports.dashboard.filters import Choice, choose_one
from reports.dashboard.screen import Screen
from reports.dashboard.screens.ci import deployments, now, queue, runners, workflows
from reports.dashboard.source import Source

PARTS = {
    "Now": now.show,
    "Queue time": queue.show,
    "Runners": runners.show,
    "Workflows": workflows.show,
    "Deployments": deployments.show,
}


def show(source: Source, choice: Choice) -> None:
    """Show the part that is chosen."""
    PARTS[choose_one("Part", list(PARTS), key="part")](source, choice)


SCREEN = Screen(
    "CI",
    "ci",
    "What runs and what waits, for how long, and how often does it fail?",
    show,
    kinds=("workflow_jobs", "workflow_runs"),
    filters=("repository", "period"),
)
