"""The permission that projects need."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.errors import ForbiddenError, IncompleteReadError, NotFoundError, UnprocessableError
from chalicelib.github import GitHubAPI
from chalicelib.ingest.permissions import Lack, Need
from chalicelib.projects.api import ProjectsAPI

DATA = "boards (GitHub Projects), unless PROJECTS=off"


def find_lacks(github: GitHubAPI, org: str) -> Iterator[Lack]:
    """Ask for the boards of an organisation; a server that has none is no fault."""
    try:
        next(ProjectsAPI(github).projects(org), None)
    except (ForbiddenError, NotFoundError, IncompleteReadError) as error:
        yield Lack(f"{DATA}: {getattr(error, 'message', error)}")
    except UnprocessableError as error:
        # A classic token without the scope read:project gets such an answer, and so does a server without boards.
        if "scope" in error.message:
            yield Lack(f"{DATA}: {error.message}")


NEEDS = (Need("organization_projects", DATA, find_lacks),)
