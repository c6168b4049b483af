"""The members of organisations, from GitHub's REST API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from chalicelib.errors import BadAnswerError, NotFoundError
from chalicelib.github import PER_PAGE, GitHubAPI

MEMBERS = "members"


@dataclass
class MemberAPI:
    """The members of organisations."""

    github: GitHubAPI

    def fetch_members(self, org: str, role: str) -> Iterator[list[Any]]:
        """Fetch the members with a role (`admin`, `member` or `all`), in pages of up to 100 user objects.

        https://docs.github.com/en/rest/orgs/members#list-organization-members
        """
        path = f"/orgs/{org}/members"
        for answer in self.github.pages(path, params={"role": role, "per_page": str(PER_PAGE)}):
            if not isinstance(answer.body, list):
                raise BadAnswerError(
                    "the answer is not a list", status=answer.status, path=path, request_id=answer.request_id
                )
            yield answer.body

    def fetch_is_member(self, org: str, login: str) -> bool:
        """Ask whether a person is a member now; a list alone may miss people, since its pages shift during the read.

        Raises BadAnswerError when the token's owner is not a member: GitHub doesn't tell such a person.
        https://docs.github.com/en/rest/orgs/members#check-organization-membership-for-a-user
        """
        path = f"/orgs/{org}/members/{quote(login, safe='')}"
        try:
            answer = self.github.get(path, follow_redirects=False)
        except NotFoundError:
            return False
        if answer.status != HTTPStatus.NO_CONTENT:
            raise BadAnswerError(
                f"GitHub doesn't tell this token who is a member of {org}, because its owner is not one",
                status=answer.status,
                path=path,
                request_id=answer.request_id,
            )
        return True
