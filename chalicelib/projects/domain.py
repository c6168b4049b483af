"""Projects: boards, what is on them, and their sprints."""

from __future__ import annotations

from chalicelib.ingest.domain import Domain
from chalicelib.projects import models
from chalicelib.projects.commands import COMMANDS
from chalicelib.projects.permissions import NEEDS
from chalicelib.projects.settings import PROJECTS_ENABLED, SETTINGS, agree
from chalicelib.settings import Settings

__all__ = ["PROJECTS", "models"]


def is_enabled(settings: Settings) -> bool:
    """Tell whether the setting PROJECTS is on."""
    return settings.value(PROJECTS_ENABLED)


PROJECTS = Domain(name="projects", needs=NEEDS, settings=SETTINGS, enabled=is_enabled, agree=agree, commands=COMMANDS)
