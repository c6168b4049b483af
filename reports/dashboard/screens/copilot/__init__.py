"""Copilot: how it is used, what is accepted, what its seats cost, and how pull requests go beside it."""

from __future__ import annotations

import streamlit as st

from reports.dashboard.filters import Choice, choose_one
from reports.dashboard.screen import Screen
from reports.dashboard.screens.copilot.beside import show_beside
from reports.dashboard.screens.copilot.breakdowns import show_languages, show_models
from reports.dashboard.screens.copilot.seats import show_seats
from reports.dashboard.screens.copilot.teams import show_teams
from reports.dashboard.screens.copilot.use import show_use
from reports.dashboard.screens.copilot.window import KINDS
from reports.dashboard.source import Source

# One at a time: each asks the database for its own.
PARTS = {
    "Use": show_use,
    "Languages and editors": show_languages,
    "Models and features": show_models,
    "Teams": show_teams,
    "Seats and cost": show_seats,
    "Beside pull requests": show_beside,
}
TEAMS = "Teams"


def show(source: Source, choice: Choice) -> None:
    """Show the page."""
    part = choose_one("Part", list(PARTS), key="part")
    if choice.team and part != TEAMS:
        st.caption("The filter of the team changes the part Teams only.")
    PARTS[part](source, choice)


SCREEN = Screen(
    "Copilot",
    "copilot",
    "Who uses Copilot, what becomes of its suggestions, and what does it cost?",
    show,
    kinds=KINDS,
    filters=("team", "period"),
)
