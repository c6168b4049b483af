"""The permissions that workflows need."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.errors import ForbiddenError, NotFoundError
from chalicelib.github import GitHubAPI
from chalicelib.ingest.permissions import Lack, Need
from chalicelib.workflows.api import runs_path

RUNS = "runs of workflows and their jobs, unless WORKFLOWS=off"


def find_unseen_runs(github: GitHubAPI, org: str) -> Iterator[Lack]:
    """Ask for the runs of a repository; where there are no Actions, that is a 404, so it is not certain then."""
    try:
        body = github.get(f"/orgs/{org}/repos", params={"per_page": "1"}).body
        for repository in body if isinstance(body, list) else ():
            if isinstance(repository, dict) and type(repository.get("id")) is int:
                github.get(runs_path(repository["id"]), params={"per_page": "1"})
    except (ForbiddenError, NotFoundError) as error:
        yield Lack(f"{RUNS}: {error.message}", certain=isinstance(error, ForbiddenError))


NEEDS = (Need("actions", RUNS, find_unseen_runs),)
