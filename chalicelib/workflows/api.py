"""Runs of workflows and their jobs, from GitHub's REST API: what it shows now.

All paths name a repository by its id: a name may be another repository's by now. GitHub's own links do the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.errors import BadAnswerError, GoneError, NotFoundError
from chalicelib.github import GitHubAPI, ListAPI, ListPage, PageState

NOT_THERE = (NotFoundError, GoneError)


@dataclass(frozen=True)
class Jobs:
    """The jobs of all attempts of a run, as GitHub lists them, and how many it says that there are, if it does."""

    records: list[Any]
    total: int | None

    @property
    def ids(self) -> set[int]:
        """The ids of those that have one."""
        return {record["id"] for record in self.records if type(record.get("id")) is int}

    @property
    def is_whole(self) -> bool:
        """Whether as many are listed as GitHub says that there are."""
        return len(self.ids) == self.total


@dataclass
class WorkflowAPI:
    """Runs and jobs of repositories; `wait` is called before each request."""

    github: GitHubAPI
    wait: Callable[[], None]

    def fetch_runs(
        self,
        repository_id: int,
        known: Mapping[int, PageState],
        query: Mapping[str, str],
        *,
        after: ListPage | None = None,
    ) -> Iterator[ListPage]:
        """Fetch the runs of a repository, the newest first, page by page; a page in `known` by its ETag.

        With a `query`, GitHub lists 1,000 at most. Raises BadAnswerError for a page with another repository's runs.

        https://docs.github.com/en/rest/actions/workflow-runs#list-workflow-runs-for-a-repository
        """
        api, path = ListAPI(self.github, self.wait, within="workflow_runs"), runs_path(repository_id)
        for page in api.fetch_pages(path, known, query, after=after):
            if any(_is_of_another(record, repository_id) for record in page.items or ()):
                raise BadAnswerError("the answer has runs of another repository", path=path)
            yield page

    def fetch_run(self, repository_id: int, run_id: int) -> Any | None:
        """Fetch a run as its latest attempt is; None when there is none, though the repository's runs can be read.

        https://docs.github.com/en/rest/actions/workflow-runs#get-a-workflow-run
        """
        return self._fetch_one(repository_id, f"runs/{run_id}", run_id)

    def fetch_job(self, repository_id: int, job_id: int) -> Any | None:
        """Fetch a job; None when there is none, though the repository's runs can be read.

        https://docs.github.com/en/rest/actions/workflow-jobs#get-a-job-for-a-workflow-run
        """
        return self._fetch_one(repository_id, f"jobs/{job_id}", job_id)

    def fetch_jobs(self, repository_id: int, run_id: int) -> Jobs | None:
        """Fetch the jobs of all attempts of a run; None when there is no such run, though others can be read.

        https://docs.github.com/en/rest/actions/workflow-jobs#list-jobs-for-a-workflow-run
        """
        path = f"{runs_path(repository_id)}/{run_id}/jobs"
        try:
            pages = list(ListAPI(self.github, self.wait, within="jobs").fetch_pages(path, {}, {"filter": "all"}))
        except NOT_THERE:
            self.read_anything(repository_id)
            return None
        records = [record for page in pages for record in page.items or ()]
        if any(not isinstance(record, dict) or record.get("run_id") != run_id for record in records):
            raise BadAnswerError("the answer has jobs of another run", path=path)
        totals = [page.total for page in pages if page.total is not None]
        return Jobs(records, max(totals) if len(totals) == len(pages) else None)

    def read_anything(self, repository_id: int) -> None:
        """Read a run of a repository: only where that can be done does a 404 say that something is not there."""
        self.wait()
        answer = self.github.get(runs_path(repository_id), params={"per_page": "1"})
        listed = answer.body.get("workflow_runs") if isinstance(answer.body, dict) else None
        if not isinstance(listed, list) or any(_is_of_another(record, repository_id) for record in listed):
            raise BadAnswerError(
                "the answer has no list of its workflow_runs", status=answer.status, path=runs_path(repository_id)
            )

    def _fetch_one(self, repository_id: int, what: str, number: int) -> Any | None:
        path = f"/repositories/{repository_id}/actions/{what}"
        self.wait()
        try:
            answer = self.github.get(path)
        except NOT_THERE:
            self.read_anything(repository_id)
            return None
        is_it = isinstance(answer.body, dict) and answer.body.get("id") == number
        if not is_it or _is_of_another(answer.body, repository_id):
            raise BadAnswerError(
                f"the answer is not about {what}", status=answer.status, path=path, request_id=answer.request_id
            )
        return answer.body


def _is_of_another(record: Any, repository_id: int) -> bool:
    """Tell whether a run says that it is another repository's; its `head_repository` may be a fork."""
    repository = record.get("repository") if isinstance(record, dict) else None
    number = repository.get("id") if isinstance(repository, dict) else None
    return type(number) is int and number != repository_id


def runs_path(repository_id: int) -> str:
    """Write the path of a repository's runs."""
    return f"/repositories/{repository_id}/actions/runs"
