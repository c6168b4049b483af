"""Boards, what is on them, and what timelines tell of them, from GitHub."""

from chalicelib.projects.api.boards import ProjectsAPI
from chalicelib.projects.api.items import ItemsRead

__all__ = ["ItemsRead", "ProjectsAPI"]
