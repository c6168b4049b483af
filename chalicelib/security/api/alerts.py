"""Alerts of Dependabot, secret scanning and code scanning, from GitHub's REST API.

https://docs.github.com/en/rest/dependabot/alerts#list-dependabot-alerts-for-an-organization
https://docs.github.com/en/rest/secret-scanning/secret-scanning#list-secret-scanning-alerts-for-an-organization
https://docs.github.com/en/rest/code-scanning/code-scanning#list-code-scanning-alerts-for-an-organization
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from chalicelib.errors import BadAnswerError
from chalicelib.github import GitHubAPI, ListAPI, ListPage, PageState

DEPENDABOT, SECRET_SCANNING, CODE_SCANNING = "dependabot", "secret-scanning", "code-scanning"
# GitHub lists these only when they are named.
# https://docs.github.com/en/code-security/reference/secret-security/supported-secret-scanning-patterns
GENERIC_SECRETS = (
    *("ec_private_key", "generic_private_key", "http_basic_authentication_header"),
    *("http_bearer_authentication_header", "mongodb_connection_string", "mysql_connection_string"),
    *("openssh_private_key", "password", "pgp_private_key", "postgres_connection_string", "rsa_private_key"),
)
NEWEST_FIRST = {"sort": "updated", "direction": "desc"}
# New alerts come at the end, so that pages stay what they are while they are read.
OLDEST_FIRST = {"sort": "created", "direction": "asc"}
# Never ask for the text of a secret.
HIDDEN = {"hide_secret": "true"}


@dataclass(frozen=True)
class AlertList:
    """One of an organisation's lists of alerts: its feature, and what it is narrowed to."""

    feature: str
    only: tuple[tuple[str, str], ...] = ()

    @property
    def path(self) -> str:
        """The end of its path, which tells it apart."""
        return f"{self.feature}/alerts"

    @property
    def name(self) -> str:
        """What tells it apart, in cursors."""
        return f"{self.path}?{self.only[0][0]}" if self.only else self.path

    @property
    def params(self) -> Mapping[str, str]:
        """What it is asked for with."""
        hidden = HIDDEN if self.feature == SECRET_SCANNING else {}
        return {**hidden, **dict(self.only)}


LISTS = {
    DEPENDABOT: (AlertList(DEPENDABOT),),
    SECRET_SCANNING: (
        AlertList(SECRET_SCANNING),
        AlertList(SECRET_SCANNING, (("secret_type", ",".join(GENERIC_SECRETS)),)),
    ),
    CODE_SCANNING: (AlertList(CODE_SCANNING),),
}


@dataclass
class SecurityAPI:
    """The alerts of an organisation, 100 a page. No secret's text is asked for, and no error quotes an answer."""

    github: GitHubAPI

    def fetch_newest(self, org: str, alerts: AlertList, known: Mapping[int, PageState]) -> Iterator[ListPage]:
        """Fetch alerts, those first that changed last; a page in `known` (by its number) is asked for by its ETag.

        Raises ForbiddenError or NotFoundError when the feature is off, or the credentials may not read it.
        """
        return self._lists.fetch_pages(self._path(org, alerts), known, {**alerts.params, **NEWEST_FIRST})

    def fetch_all(self, org: str, alerts: AlertList, *, after: ListPage | None = None) -> Iterator[ListPage]:
        """Fetch all alerts, the oldest first; with `after` those behind a page of an earlier reading.

        Raises ForbiddenError or NotFoundError when the feature is off, or the credentials may not read it.
        """
        return self._lists.fetch_pages(self._path(org, alerts), {}, {**alerts.params, **OLDEST_FIRST}, after=after)

    def fetch_one(self, org: str, repo: str, feature: str, number: int) -> dict[str, Any]:
        """Fetch an alert of a repository.

        Raises NotFoundError when there is none, ForbiddenError when the feature is off in the repository.
        """
        path = f"/repos/{quote(org)}/{quote(repo)}/{feature}/alerts/{number}"
        params = HIDDEN if feature == SECRET_SCANNING else None
        answer = self.github.get(path, params=params, is_confidential=True)
        if not isinstance(answer.body, dict) or answer.body.get("number") != number:
            raise BadAnswerError("the answer is not that alert", status=answer.status, path=path)
        return answer.body

    @property
    def _lists(self) -> ListAPI:
        return ListAPI(self.github, is_confidential=True)

    def _path(self, org: str, alerts: AlertList) -> str:
        return f"/orgs/{quote(org)}/{alerts.path}"
