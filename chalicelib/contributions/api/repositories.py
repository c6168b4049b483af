"""The issues and pull requests of one repository, from its own lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from chalicelib.contributions.api.search import PULL_REQUESTS, moment_of
from chalicelib.errors import BadAnswerError
from chalicelib.github import PER_PAGE, GitHubAPI

NEWEST_FIRST = {"state": "all", "sort": "created", "direction": "desc", "per_page": str(PER_PAGE)}


@dataclass
class RepositoryAPI:
    """A repository's own lists: unlike a search, they don't depend on an index.

    https://docs.github.com/en/rest/issues/issues#list-repository-issues
    https://docs.github.com/en/rest/pulls/pulls#list-pull-requests
    """

    github: GitHubAPI

    def fetch_numbers(self, org: str, repo: str, kind: str, *, since: datetime) -> set[int]:
        """Fetch the numbers of a repository's issues or pull requests that were created at `since` or later.

        Raises NotFoundError, GoneError (issues are off) or BlockedError when there is no such list.
        """
        numbers = set[int]()
        for page in self._pages(org, repo, kind):
            numbers |= {item["number"] for item in page if _is_of(kind, item)}
            oldest = moment_of(page[-1], "created_at") if page else None
            if oldest is None or oldest < since:
                break
        return numbers

    def _pages(self, org: str, repo: str, kind: str) -> Iterator[list[Any]]:
        path = f"/repos/{quote(org)}/{quote(repo)}/{'pulls' if kind == PULL_REQUESTS else 'issues'}"
        for answer in self.github.pages(path, params=NEWEST_FIRST):
            if not isinstance(answer.body, list):
                raise BadAnswerError(
                    "the answer is not a list", status=answer.status, path=path, request_id=answer.request_id
                )
            yield answer.body


def _is_of(kind: str, item: Any) -> bool:
    """Tell whether a record is of the kind: the list of issues has pull requests too."""
    if not isinstance(item, dict) or type(item.get("number")) is not int:
        return False
    return kind == PULL_REQUESTS or "pull_request" not in item
