"""What repositories' own lists show: a second opinion on a search, which depends on an index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from chalicelib.contributions.api.search import PULL_REQUESTS, moment_of
from chalicelib.errors import BadAnswerError, GoneError, NotFoundError
from chalicelib.github import PER_PAGE, GitHubAPI


@dataclass
class RepositoryAPI:
    """The repositories of an organisation, and the newest items of each."""

    github: GitHubAPI

    def fetch_names(self, org: str) -> list[str]:
        """Fetch the names (owner/name) of the 100 repositories that had the latest pushes; those with open items first.

        https://docs.github.com/en/rest/repos/repos#list-organization-repositories
        """
        path = f"/orgs/{quote(org)}/repos"
        found = self._list(path, {"sort": "pushed", "direction": "desc"})
        named = [repo for repo in found if isinstance(repo, dict) and isinstance(repo.get("full_name"), str)]
        return [repo["full_name"] for repo in sorted(named, key=lambda repo: not repo.get("open_issues_count"))]

    def fetch_newest(self, repo: str, kind: str, *, by: str) -> list[Any]:
        """Fetch the 100 newest items of a repository, of one kind, in any state; `by` is created or updated.

        Empty, too, when the repository can't be seen or has its issues switched off.

        https://docs.github.com/en/rest/pulls/pulls#list-pull-requests
        https://docs.github.com/en/rest/issues/issues#list-repository-issues
        """
        name = "pulls" if kind == PULL_REQUESTS else "issues"
        try:
            found = self._list(f"/repos/{quote(repo)}/{name}", {"state": "all", "sort": by, "direction": "desc"})
        except (NotFoundError, GoneError):
            return []
        # The list of issues has pull requests, too.
        return found if kind == PULL_REQUESTS else [item for item in found if "pull_request" not in item]

    def fetch_numbers(self, repo: str, kind: str, *, since: datetime) -> set[int]:
        """Fetch the numbers of a repository's issues or pull requests that were created at `since` or later.

        Raises NotFoundError, GoneError (issues are off) or BlockedError when there is no such list.

        https://docs.github.com/en/rest/issues/issues#list-repository-issues
        """
        numbers = set[int]()
        for page in self._pages(repo, kind):
            numbers |= {item["number"] for item in page if _is_of(kind, item)}
            oldest = moment_of(page[-1], "created_at") if page else None
            if oldest is None or oldest < since:
                break
        return numbers

    def _pages(self, repo: str, kind: str) -> Iterator[list[Any]]:
        path = f"/repos/{quote(repo)}/{'pulls' if kind == PULL_REQUESTS else 'issues'}"
        newest = {"state": "all", "sort": "created", "direction": "desc", "per_page": str(PER_PAGE)}
        for answer in self.github.pages(path, params=newest):
            if not isinstance(answer.body, list):
                raise BadAnswerError("the answer is not a list", status=answer.status, path=path)
            yield answer.body

    def _list(self, path: str, params: dict[str, str]) -> list[Any]:
        answer = self.github.get(path, params={"per_page": str(PER_PAGE), **params})
        if not isinstance(answer.body, list):
            raise BadAnswerError("the answer is not a list", status=answer.status, path=path)
        return answer.body


def _is_of(kind: str, item: Any) -> bool:
    """Tell whether a record is of the kind: the list of issues has pull requests, too."""
    if not isinstance(item, dict) or type(item.get("number")) is not int:
        return False
    return kind == PULL_REQUESTS or "pull_request" not in item
