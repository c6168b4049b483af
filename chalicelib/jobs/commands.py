"""Runs a domain's own command, which asks GitHub and shows what it says."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.domains import COMMANDS, check_settings
from chalicelib.github import Budget
from chalicelib.jobs.connections import open_github
from chalicelib.settings import Settings


def run_command(name: str, settings: Settings, *, budget: Budget | None = None) -> Iterator[str]:
    """Give the lines that a command of `COMMANDS` shows, as they come; raises SettingsError before GitHub is asked."""
    check_settings(settings)
    with open_github(settings, budget) as github:
        yield from COMMANDS[name].lines(github, settings)
