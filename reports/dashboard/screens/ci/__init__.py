"""CI: what runs and waits now, how long jobs queue, runners, workflows, and deployments; a part at a time."""

from __future__ import annotations

import streamlit as st

from reports.dashboard.filters import Choice, say_unknown
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
    asked, parts = st.query_params.to_dict(), list(PARTS)
    part = st.segmented_control("Part", parts, default=parts[0], required=True, key="part", bind="query-params")
    say_unknown(asked, {"part": parts})
    PARTS[part](source, choice)


SCREEN = Screen(
    "CI",
    "ci",
    "What runs and what waits, for how long, and how often does it fail?",
    show,
    kinds=("workflow_jobs", "workflow_runs"),
    filters=("repository", "period"),
)
