"""Alerts of Dependabot, secret scanning and code scanning, from GitHub's REST API.

https://docs.github.com/en/rest/dependabot/alerts#list-dependabot-alerts-for-an-organization
https://docs.github.com/en/rest/secret-scanning/secret-scanning#list-secret-scanning-alerts-for-an-organization
https://docs.github.com/en/rest/code-scanning/code-scanning#list-code-scanning-alerts-for-an-organization
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from chalicelib.errors import BadAnswerError, GitHubError, SingleSignOnError
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
        return self._pages(org, alerts, known, NEWEST_FIRST)

    def fetch_all(self, org: str, alerts: AlertList, *, after: ListPage | None = None) -> Iterator[ListPage]:
        """Fetch all alerts, the oldest first; with `after` those behind a page of an earlier reading.

        Raises ForbiddenError or NotFoundError when the feature is off, or the credentials may not read it.
        """
        return self._pages(org, alerts, {}, OLDEST_FIRST, after=after)

    def fetch_one(self, repository_id: int, feature: str, number: int) -> dict[str, Any]:
        """Fetch an alert of a repository by the repository's id: another one may have its name.

        Raises NotFoundError when there is none, ForbiddenError when the feature is off in the repository.
        """
        path = f"/repositories/{repository_id}/{feature}/alerts/{number}"
        params = HIDDEN if feature == SECRET_SCANNING else None
        with discreet(feature):
            answer = self.github.get(path, params=params, is_confidential=True)
        if not isinstance(answer.body, dict) or answer.body.get("number") != number:
            raise BadAnswerError("the answer is not that alert", status=answer.status, path=path)
        return answer.body

    def _pages(
        self,
        org: str,
        alerts: AlertList,
        known: Mapping[int, PageState],
        order: Mapping[str, str],
        *,
        after: ListPage | None = None,
    ) -> Iterator[ListPage]:
        lists = ListAPI(self.github, is_confidential=True, always=HIDDEN if alerts.feature == SECRET_SCANNING else {})
        path = f"/orgs/{quote(org)}/{alerts.path}"
        pages = lists.fetch_pages(path, known, {**alerts.params, **order}, after=after)
        while True:
            with discreet(alerts.feature):
                page = next(pages, None)
            if page is None:
                return
            yield page


@contextmanager
def discreet(feature: str) -> Iterator[None]:
    """Let no error about secrets quote what GitHub said: only that the feature is off, or what the status means."""
    try:
        yield
    except GitHubError as error:
        if feature != SECRET_SCANNING or isinstance(error, SingleSignOnError):
            raise
        is_off = "disabled" in error.message.lower() or "not enabled" in error.message.lower()
        message = "secret scanning is disabled" if is_off else f"the answer was {error.status or 'none'}"
        raise type(error)(
            message, status=error.status, path=error.path, request_id=error.request_id, method=error.method
        ) from None
