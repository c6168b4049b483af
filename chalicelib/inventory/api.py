"""Single repositories and organisations, from GitHub's REST API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from chalicelib.errors import BadAnswerError, GoneError, NotFoundError
from chalicelib.github import GitHubAPI


@dataclass
class RepositoryAPI:
    """Repositories by their ids, which stay when a repository is renamed or moves, and by their names, which don't."""

    github: GitHubAPI

    def fetch_by_id(self, repository_id: int) -> dict[str, Any] | None:
        """Fetch a repository, wherever it is now; None when it was deleted, or this token can't see it.

        GitHub leads from each former name to this path.
        """
        return self._fetch(f"/repositories/{repository_id}")

    def fetch_by_name(self, org: str, name: str) -> dict[str, Any] | None:
        """Fetch the repository that has this name now, or had it before when nobody has it; None: there is none.

        https://docs.github.com/en/rest/repos/repos#get-a-repository
        """
        return self._fetch(f"/repos/{quote(org)}/{quote(name)}")

    def fetch_issue_id(self, repository_id: int, number: int) -> int | None:
        """Fetch the id of the issue or pull request that has a number now; None when there is none."""
        path = f"/repositories/{repository_id}/issues/{number}"
        try:
            answer = self.github.get(path, follow_redirects=False)
        except (NotFoundError, GoneError):
            return None
        found = answer.body.get("id") if isinstance(answer.body, dict) else None
        return found if type(found) is int else None

    def fetch_count(self, org: str) -> int | None:
        """Fetch how many repositories an organisation has, private ones too; None when GitHub doesn't tell this token.

        https://docs.github.com/en/rest/orgs/orgs#get-an-organization
        """
        body = self.github.get(f"/orgs/{org}").body
        found = body if isinstance(body, dict) else {}
        public, private = found.get("public_repos"), found.get("total_private_repos")
        return public + private if type(public) is int and type(private) is int else None

    def _fetch(self, path: str) -> dict[str, Any] | None:
        try:
            answer = self.github.get(path)
        except (NotFoundError, GoneError):
            return None
        body = answer.body
        if not isinstance(body, dict) or type(body.get("id")) is not int or not isinstance(body.get("full_name"), str):
            raise BadAnswerError(
                "the answer is not a repository", status=answer.status, path=path, request_id=answer.request_id
            )
        return body
