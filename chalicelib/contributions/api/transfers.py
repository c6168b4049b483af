"""Where issues have moved to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from chalicelib.errors import BadAnswerError, GoneError, NotFoundError
from chalicelib.github import Answer, GitHubAPI

# An issue that moves in circles is not followed for ever.
MOST_MOVES = 20


@dataclass
class TransferAPI:
    """Where issues are now.

    https://docs.github.com/en/rest/issues/issues#get-an-issue
    """

    github: GitHubAPI

    def fetch_place(self, org: str, repo: str, number: int) -> dict[str, Any] | None:
        """Fetch an issue or pull request wherever it has moved to, following each move (301) by itself.

        None when it is deleted (410), or not visible to this token (404).
        """
        url = f"/repos/{quote(org)}/{quote(repo)}/issues/{number}"
        for _ in range(MOST_MOVES):
            try:
                answer = self.github.get(url, follow_redirects=False)
            except (NotFoundError, GoneError):
                return None
            if answer.location is None:
                return _issue_of(answer)
            url = answer.location
        raise BadAnswerError(f"it has moved more than {MOST_MOVES} times", path=f"/repos/{org}/{repo}/issues/{number}")


def _issue_of(answer: Answer) -> dict[str, Any]:
    if not isinstance(answer.body, dict) or "id" not in answer.body:
        raise BadAnswerError("the answer is not an issue", status=answer.status, request_id=answer.request_id)
    return answer.body
