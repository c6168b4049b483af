"""Where GitHub is asked for an issue or a pull request."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class IssuePlace:
    """A number in a repository, by the repository's id if it is known.

    A name may be another repository's by now; an id never is. GitHub's own links to further pages use it too.
    """

    org: str
    repo: str
    number: int
    repository_id: int | None = None

    @property
    def path(self) -> str:
        """The path of the issue or pull request, as an issue."""
        return f"{self._repository}/issues/{self.number}"

    @property
    def pull_path(self) -> str:
        """The path of the pull request."""
        return f"{self._repository}/pulls/{self.number}"

    @property
    def _repository(self) -> str:
        if self.repository_id is None:
            return f"/repos/{quote(self.org)}/{quote(self.repo)}"
        return f"/repositories/{self.repository_id}"

    @property
    def name(self) -> str:
        """The name for people."""
        return f"{self.org}/{self.repo}#{self.number}"
