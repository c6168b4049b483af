"""Projects: boards, what is on them, and their sprints."""

from __future__ import annotations

from chalicelib.ingest.domain import Domain
from chalicelib.projects import models

__all__ = ["PROJECTS", "models"]

PROJECTS = Domain(name="projects")
