"""The permissions that workflows need."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.errors import ForbiddenError, NotFoundError
from chalicelib.github import GitHubAPI
from chalicelib.ingest.permissions import Lack, Need
from chalicelib.workflows.api import runs_path

RUNS = "runs of workflows and their jobs, unless WORKFLOWS=off"


def find_unseen_runs(github: GitHubAPI, org: str) -> Iterator[Lack]:
    """Ask for the runs of a repository; one that was Actions taken from answers 404, so that is not certain."""
    body = github.get(f"/orgs/{org}/repos", params={"per_page": "1"}).body
    for repository in body[:1] if isinstance(body, list) else ():
        if not isinstance(repository, dict) or type(repository.get("id")) is not int:
            continue
        try:
            github.get(runs_path(repository["id"]), params={"per_page": "1"})
        except (ForbiddenError, NotFoundError) as error:
            yield Lack(f"{RUNS}: {error.message}", certain=isinstance(error, ForbiddenError))


NEEDS = (Need("actions", RUNS, find_unseen_runs),)
