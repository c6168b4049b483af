"""Single issues and pull requests, wherever they have moved to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chalicelib.contributions.api.places import IssuePlace
from chalicelib.errors import BadAnswerError, GoneError, NotFoundError
from chalicelib.github import Answer, GitHubAPI
from chalicelib.github.origin import path_of

# Redirects may form a circle.
MAX_MOVES = 20


@dataclass
class TransferAPI:
    """Where an issue or pull request is now.

    https://docs.github.com/en/rest/issues/issues#get-an-issue
    """

    github: GitHubAPI

    def fetch_item(self, place: IssuePlace) -> dict[str, Any] | None:
        """Fetch an issue or pull request, an issue object; follows each move (301) to another repository.

        None when it was deleted (410), or when this token can't see it (404). Raises BlockedError when GitHub shows it
        to nobody (451).
        """
        url = place.path
        for moves in range(MAX_MOVES):
            try:
                answer = self.github.get(url, follow_redirects=False)
            except (NotFoundError, GoneError):
                return None
            if answer.location is None:
                return _issue_of(answer, None if moves else place.number)
            url = answer.location
        raise BadAnswerError(f"it has moved more than {MAX_MOVES} times", path=place.path)

    def fetch_is_pull(self, place: IssuePlace) -> bool:
        """Ask whether a pull request is there, though it may not be there as an issue: where issues are off.

        https://docs.github.com/en/rest/pulls/pulls#get-a-pull-request
        """
        try:
            self.github.get(place.pull_path)
        except (NotFoundError, GoneError):
            return False
        return True


def _issue_of(answer: Answer, number: int | None) -> dict[str, Any]:
    """Check that an answer is an issue, and without a move the one with the number that was asked for."""
    body: Any = answer.body
    problem = ""
    if not isinstance(body, dict) or type(body.get("id")) is not int:
        problem = "the answer is not an issue"
    elif type(body.get("number")) is not int or number not in (None, body["number"]):
        problem = f"the answer is not issue {number}, and names no move"
    if problem:
        raise BadAnswerError(problem, status=answer.status, path=path_of(answer.url), request_id=answer.request_id)
    issue: dict[str, Any] = body
    return issue
